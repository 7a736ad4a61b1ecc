"""Ways to pay that later bills may be charged to, and the proof that their owner agreed (P8)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Id, state_column
from app.payments.models.attempt import Method

_IN_USE = text("withdrawn_at IS NULL")


class MethodConsent(Base):
    """P8: somebody agreed, at this attempt to pay, that later bills are charged to what it is paid with."""

    __tablename__ = "method_consent"

    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    agreed_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]


class SavedMethod(Base):
    """P8: what somebody's later bills are charged to, until withdrawn; a person has at most one in use."""

    __tablename__ = "saved_method"
    __table_args__ = (
        UniqueConstraint("provider", "reference", "attempt_id"),
        Index("uq_saved_method_in_use", "person_id", unique=True, sqlite_where=_IN_USE, postgresql_where=_IN_USE),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"))
    provider: Mapped[str] = mapped_column(String(20))
    customer: Mapped[str] = mapped_column(String(255))
    reference: Mapped[str] = mapped_column(String(255))
    method: Mapped[Method] = state_column(Method, name="method")
    label: Mapped[str] = mapped_column(String(120))
    mandate: Mapped[str] = mapped_column(String(120), default="")
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    forgotten_at: Mapped[datetime | None]


class SavedCharge(Base):
    """P8, M8: an attempt that charges a saved method while nobody is at a page, and the logged notice that allows it.

    There is no such attempt without a notice: the column says so.
    """

    __tablename__ = "saved_charge"

    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    saved_method_id: Mapped[UUID] = mapped_column(ForeignKey("saved_method.id"))
    notice_id: Mapped[UUID] = mapped_column(Uuid)
