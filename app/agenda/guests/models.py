"""Somebody without an account on a seat of their own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.agenda.attendance.models import Way
from app.agenda.models import Booking, BookingState, Gathering, SeatMode
from app.core.db import Base, Id, state_column

LIVE_GUEST = "state = 'confirmed' AND email <> ''"


class Ending(StrEnum):
    """Who gave a guest's seat back: whoever invited, the guest, the bureau, or the host together with the own seat."""

    HOST = "host"
    GUEST = "guest"
    BUREAU = "bureau"
    WITH_HOST = "with_host"


class Guest(Base):
    """G9: one guest of whoever holds a seat. The same address has at most one seat at a gathering.

    The seat is counted where those of bookings are, `seq` is of the same row of numbers, and `mode` and `moves` are
    what they are there (G1): a guest takes part as the host did when inviting. `no_show_at` tells who did not come,
    which nobody is written about. L4: name and address go a while after the gathering (`forgotten_at`); that there was
    a guest stays.
    """

    __tablename__ = "guest"
    __table_args__ = (
        UniqueConstraint("gathering_id", "seq"),
        Index(
            "uq_guest_live",
            "gathering_id",
            "email",
            unique=True,
            sqlite_where=text(LIVE_GUEST),
            postgresql_where=text(LIVE_GUEST),
        ),
        Index("ix_guest_booking_id_state", "booking_id", "state"),
        Index("ix_guest_forgotten_at_gathering_id", "forgotten_at", "gathering_id"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
        CheckConstraint("(state = 'cancelled') = (ending IS NOT NULL)", name="ended_by"),
        CheckConstraint("no_show_at IS NULL OR (state = 'confirmed' AND arrived_at IS NULL)", name="no_show"),
        CheckConstraint("left_at IS NULL OR left_at >= arrived_at", name="left_after_arrived"),
        CheckConstraint("(forgotten_at IS NULL) = (email <> '')", name="forgotten"),
    )

    id: Mapped[Id]
    gathering_id: Mapped[UUID] = mapped_column(ForeignKey("gathering.id"))
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("booking.id"))
    state: Mapped[BookingState] = state_column(BookingState, name="state", default=BookingState.CONFIRMED)
    mode: Mapped[SeatMode] = state_column(SeatMode, name="mode", default=SeatMode.ON_SITE)
    moves: Mapped[int] = mapped_column(default=0)
    seq: Mapped[int]
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(5), default="nl")
    added_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    ending: Mapped[Ending | None] = state_column(Ending, name="ending")
    way: Mapped[Way | None] = state_column(Way, name="way")
    arrived_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    no_show_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]

    gathering: Mapped[Gathering] = relationship()
    booking: Mapped[Booking] = relationship()

    @property
    def fee_cents(self) -> int:
        """P10: guests come along where seats are free."""
        return 0

    @property
    def name(self) -> str:
        """The whole name; empty once it was forgotten."""
        return f"{self.given_name} {self.family_name}".strip()
