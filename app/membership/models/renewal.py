"""M8, M9: what was told and charged at the end of a period, and who gave up their place."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Id

_NOT_UNDONE = text("undone_at IS NULL")


class NoticeSent(Base):
    """M8: something that was told about the end of a period, once. Written before anything is done that it announces.

    `kind` is a rung of the ladder (`ahead:30`, `late:7`), a turn for the worse (`grace`, `suspended`, `lapsed`) or an
    announcement. `reference` tells occasions of one kind apart: the day cover was lost, or what is charged to what.
    """

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("period_id", "kind", "reference"),)

    id: Mapped[Id]
    period_id: Mapped[UUID] = mapped_column(ForeignKey("membership_period.id"))
    kind: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(120), default="")
    bill_id: Mapped[UUID | None] = mapped_column(Uuid)
    amount_cents: Mapped[int | None]
    told_on: Mapped[date]
    acts_on: Mapped[date | None]
    told_at: Mapped[datetime] = mapped_column(default=clock.now)


class RenewalCharge(Base):
    """M8, P8: one try to charge a renewal to a saved method, made because of a notice; three at most for one bill.

    The row is written before the provider is asked, so that a crash in between is gone on with and not repeated.
    """

    __tablename__ = "renewal_charge"
    __table_args__ = (
        UniqueConstraint("bill_id", "seq"),
        CheckConstraint("seq BETWEEN 1 AND 3", name="three_at_most"),
        CheckConstraint("amount_cents > 0", name="charges_something"),
    )

    id: Mapped[Id]
    bill_id: Mapped[UUID] = mapped_column(Uuid)
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notice.id"))
    seq: Mapped[int]
    amount_cents: Mapped[int]
    tried_on: Mapped[date]
    attempt_id: Mapped[UUID | None] = mapped_column(Uuid)
    failed_on: Mapped[date | None]


class Resignation(Base):
    """M9: somebody gave up their place as of a day; it can be undone until that day is over."""

    __tablename__ = "resignation"
    __table_args__ = (
        Index(
            "uq_resignation_standing",
            "membership_id",
            unique=True,
            sqlite_where=_NOT_UNDONE,
            postgresql_where=_NOT_UNDONE,
        ),
    )

    id: Mapped[Id]
    membership_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"))
    ends_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
