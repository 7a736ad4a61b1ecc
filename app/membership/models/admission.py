"""M4, M6: who judges an application, what referees said, and the periods that were given without money."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Id, state_column


class ApplicationReviewer(Base):
    """M4: which colleague has an application in hand."""

    __tablename__ = "application_reviewer"

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    since: Mapped[datetime] = mapped_column(default=clock.now)


class CheckOutcome(StrEnum):
    """What a call to a referee came to."""

    POSITIVE = "positive"
    MIXED = "mixed"
    NEGATIVE = "negative"
    NOT_REACHED = "not_reached"


class ReferenceCheck(Base):
    """M4: one call to one referee: who called, when, what was said. It is added to, never changed."""

    __tablename__ = "reference_check"
    __table_args__ = (Index("ix_reference_check_reference", "reference_id", "called_on"),)

    id: Mapped[Id]
    reference_id: Mapped[UUID] = mapped_column(ForeignKey("application_reference.id", ondelete="CASCADE"))
    called_on: Mapped[date]
    called_by_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    outcome: Mapped[CheckOutcome] = state_column(CheckOutcome, name="outcome")
    said: Mapped[str] = mapped_column(Text, default="")
    kept_at: Mapped[datetime] = mapped_column(default=clock.now)


class PeriodWaiver(Base):
    """M6: a period that was given without money, by whom and why. `stood_before` says whether it waited already."""

    __tablename__ = "period_waiver"

    period_id: Mapped[UUID] = mapped_column(ForeignKey("membership_period.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    stood_before: Mapped[bool]
    void_bill_id: Mapped[UUID | None] = mapped_column(ForeignKey("bill.id"))
    credited: Mapped[bool]
