"""What happened in the agenda, told inside the transaction that made it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class GatheringPublished(Event):
    """The gathering stands in the agenda."""

    gathering_id: UUID


@dataclass(frozen=True, kw_only=True)
class GatheringMoved(Event):
    """A published gathering has another time, place or title; `sequence` is the version for calendars.

    `before` holds how everything that calendars show read until now.
    """

    gathering_id: UUID
    sequence: int
    before: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class GatheringCancelled(Event):
    """The gathering does not take place."""

    gathering_id: UUID
    sequence: int


@dataclass(frozen=True, kw_only=True)
class SeatBooked(Event):
    """Somebody booked a seat, or accepted the one offered; `sequence` is the gathering's version for calendars."""

    booking_id: UUID
    gathering_id: UUID
    account_id: UUID
    sequence: int


@dataclass(frozen=True, kw_only=True)
class SeatReleased(Event):
    """Somebody gave a seat back; it is free for another."""

    booking_id: UUID
    gathering_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class SeatLapsed(Event):
    """Somebody did not pay in time; the seat is free for another (P10)."""

    booking_id: UUID
    gathering_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class SeatMoved(Event):
    """G1: somebody exchanged a seat in the hall for one online, or the other way round, for the so manieth time."""

    booking_id: UUID
    moves: int


@dataclass(frozen=True, kw_only=True)
class ModeEnded(Event):
    """G1: the bureau holds a gathering in one way only from now on; these people were to take part in the other."""

    gathering_id: UUID
    booking_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class NoShowRecorded(Event):
    """Somebody kept a seat and did not come (G7)."""

    booking_id: UUID


@dataclass(frozen=True, kw_only=True)
class WaitlistJoined(Event):
    """Somebody stands on a waiting list."""

    entry_id: UUID
    gathering_id: UUID
    account_id: UUID
    sequence: int


@dataclass(frozen=True, kw_only=True)
class WaitlistLeft(Event):
    """Somebody gave up a place on a waiting list, or turned an offered seat down."""

    entry_id: UUID


@dataclass(frozen=True, kw_only=True)
class SeatPromoted(Event):
    """Somebody got a seat from the waiting list without being asked, as they wished."""

    entry_id: UUID
    booking_id: UUID


@dataclass(frozen=True, kw_only=True)
class SeatOffered(Event):
    """A seat is held for somebody on the waiting list until they answer or the offer ends."""

    entry_id: UUID
    until: datetime


@dataclass(frozen=True, kw_only=True)
class OfferExpired(Event):
    """Nobody answered in time; the seat went on."""

    entry_id: UUID


@dataclass(frozen=True, kw_only=True)
class WaitlistCalledOff(Event):
    """The gathering is called off; these people were waiting for a seat."""

    gathering_id: UUID
    entry_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class GuestInvited(Event):
    """G9: somebody with a seat brings a guest, who has one now, too; also told when the address is put right."""

    guest_id: UUID


@dataclass(frozen=True, kw_only=True)
class GuestReleased(Event):
    """G9: a guest no longer has a seat, or is no longer to be written to at an address."""

    guest_id: UUID
    email: str
