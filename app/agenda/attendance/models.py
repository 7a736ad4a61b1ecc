"""Who was there, and from when till when."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id, state_column

INSIDE = text("left_at IS NULL")


class Way(StrEnum):
    """How somebody was known at the door: by the ticket, by its code, by name, or let in without a booking."""

    TICKET = "ticket"
    CODE = "code"
    NAME = "name"
    WALK_IN = "walk_in"


class Passage(StrEnum):
    """Which way somebody goes through the door."""

    IN = "in"
    OUT = "out"


class Attendance(Base):
    """G7: one stay of whoever holds a seat; who goes out and comes back has two, numbered, of which one is open.

    Without `left_at` the person is inside, or left unseen: then the stay lasts as long as the gathering. A mistaken
    check-in is undone by deleting its row; that it was there stands in the audit log. `seat_added` tells that somebody
    without a booking was let in when all seats were taken, so that undoing that takes the seat away again.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("booking_id", "number"),
        Index("uq_attendance_inside", "booking_id", unique=True, sqlite_where=INSIDE, postgresql_where=INSIDE),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("left_at >= arrived_at", name="left_after_arrived"),
    )

    id: Mapped[Id]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("booking.id"))
    number: Mapped[int]
    way: Mapped[Way] = state_column(Way, name="way")
    arrived_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    seat_added: Mapped[bool] = mapped_column(default=False)
