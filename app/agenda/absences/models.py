"""What the bureau decided about seats that stay empty, and which of them it does not count."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, state_column


class Consequence(StrEnum):
    """What follows when a seat stayed empty too often: nothing, a word by mail, or booking only shortly before."""

    NOTHING = "nothing"
    NOTE = "note"
    LATER = "later"


class AbsencePolicy(Base):
    """G7: the one row of what holds: how often within how many months is too often, and what follows then.

    `days_before` is how many days before a gathering somebody can still book when booking later is what follows.
    """

    __tablename__ = "absence_policy"
    __table_args__ = (
        CheckConstraint("id = 1", name="one"),
        CheckConstraint("times BETWEEN 1 AND 20", name="times"),
        CheckConstraint("months BETWEEN 1 AND 36", name="months"),
        CheckConstraint("days_before BETWEEN 1 AND 30", name="days_before"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    consequence: Mapped[Consequence] = state_column(Consequence, name="consequence")
    times: Mapped[int]
    months: Mapped[int]
    days_before: Mapped[int]
    changed_at: Mapped[datetime]


class AbsenceExcuse(Base):
    """G7: a seat that stayed empty and is not counted, for the bureau's reason."""

    __tablename__ = "absence_excuse"

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(400))
    excused_by_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    excused_at: Mapped[datetime]
