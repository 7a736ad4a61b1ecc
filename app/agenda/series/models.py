"""What the dates of a series have in common; all else belongs to each gathering."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.agenda.series.recurrence import Rhythm
from app.core import clock
from app.core.db import Base, Id, state_column


class GatheringSeries(Base):
    """G1: gatherings that come back: since which day, and in which rhythm they were planned."""

    __tablename__ = "gathering_series"
    __table_args__ = (CheckConstraint("every >= 1", name="every"),)

    id: Mapped[Id]
    rhythm: Mapped[Rhythm] = state_column(Rhythm, name="rhythm")
    every: Mapped[int]
    first_day: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
