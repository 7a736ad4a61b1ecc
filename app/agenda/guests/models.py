"""Somebody without an account on a seat of their own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.agenda.attendance.models import Way
from app.agenda.models import UNPAID, Booking, BookingState, Gathering, SeatMode
from app.core.db import Base, Id, state_column

LIVE_GUEST = "state = 'confirmed' AND email <> ''"


class Ending(StrEnum):
    """Who gave a guest's seat back: whoever invited, the guest, the bureau, or the host together with the own seat."""

    HOST = "host"
    GUEST = "guest"
    BUREAU = "bureau"
    WITH_HOST = "with_host"


class Payer(StrEnum):
    """P10: who pays for a guest's seat: the member who brings them, or the guest."""

    HOST = "host"
    GUEST = "guest"


class Guest(Base):
    """G9: one guest of whoever holds a seat. The same address has at most one seat at a gathering.

    The seat is counted where those of bookings are, `seq` is of the same row of numbers, and `mode` and `moves` are
    what they are there (G1): a guest takes part as the host did when inviting. `no_show_at` tells who did not come,
    which nobody is written about. L4: name and address go a while after the gathering (`forgotten_at`); that there was
    a guest stays.

    P10: `fee_cents`, `pay_by` and `paid_at` are what they are of a booking, `payer` is whose bill it is, and until
    `cancel_until` the money goes back to whoever gives the seat back. `lapsed` tells that whoever was to pay did not;
    `fee_kept` that the seat was given back too late for that.
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
        CheckConstraint("fee_cents >= 0", name="fee_cents"),
        CheckConstraint("(fee_cents > 0) = (payer IS NOT NULL)", name="paid_by"),
        CheckConstraint("pay_by IS NULL OR (paid_at IS NULL AND fee_cents > 0)", name="pay_by"),
        CheckConstraint("NOT lapsed OR state = 'cancelled'", name="lapsed"),
        CheckConstraint("NOT fee_kept OR state = 'cancelled'", name="fee_kept"),
        Index("ix_guest_pay_by", "pay_by", sqlite_where=text(UNPAID), postgresql_where=text(UNPAID)),
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
    fee_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    payer: Mapped[Payer | None] = state_column(Payer, name="payer")
    cancel_until: Mapped[datetime | None]
    pay_by: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    lapsed: Mapped[bool] = mapped_column(default=False, server_default=false())
    fee_kept: Mapped[bool] = mapped_column(default=False, server_default=false())

    gathering: Mapped[Gathering] = relationship()
    booking: Mapped[Booking] = relationship()

    @property
    def name(self) -> str:
        """The whole name; empty once it was forgotten."""
        return f"{self.given_name} {self.family_name}".strip()
