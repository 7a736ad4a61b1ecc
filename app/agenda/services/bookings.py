"""Booking a seat and giving it back (G2, G4)."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import make_transient_to_detached

from app.agenda import queries
from app.agenda import waitlist_queries as waitlist
from app.agenda.attendance import queries as attendance
from app.agenda.attendance.refusals import AlreadyThere
from app.agenda.events import SeatBooked, SeatReleased, WaitlistJoined
from app.agenda.models import Booking, BookingState, Cause, EntryState, Gathering, GatheringState, WaitlistEntry
from app.agenda.services import seats
from app.agenda.services import waitlist as line
from app.agenda.services.refusals import (
    BookingNotOpen,
    GatheringCalledOff,
    GatheringFull,
    GatheringPast,
    MembershipNeeded,
    SeatElsewhere,
    TooLateToCancel,
)
from app.agenda.services.seats import Given
from app.agenda.services.terms import terms_until
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.events import publish
from app.membership import queries as membership

TRIES = 5
R = TypeVar("R", Booking, WaitlistEntry)


def book_seat(gathering: Gathering, account_id: UUID, *, by: UUID, id: UUID | None = None) -> Booking | WaitlistEntry:
    """G2: give somebody a seat, or the next place in line when all are taken; exactly once, and never one too many.

    A second click returns what they have. Refuses with the reason and the way out: called off, begun, not open yet, not
    a member on the day (M7), a seat elsewhere at these hours, full with the list closed. What has to be read is read
    first, since whoever holds the row keeps all others waiting; `id` is for what was prepared under it.
    """
    _refuse_unless_open(gathering)
    seats.one_at_a_time(gathering.id, account_id)
    if held := queries.live_booking(gathering.id, account_id):
        return held
    entry = waitlist.live_entry(gathering.id, account_id)
    if entry is not None and entry.state is EntryState.OFFERED:
        return line.accept_offer(entry.id, by=by)
    _refuse_unless_member(gathering, account_id)
    if elsewhere := waitlist.seat_elsewhere(account_id, gathering):
        raise SeatElsewhere(elsewhere.id, elsewhere.title)
    return _seat_or_place(gathering, account_id, entry, by=by, id=id)


def _seat_or_place(
    gathering: Gathering, account_id: UUID, entry: WaitlistEntry | None, *, by: UUID, id: UUID | None
) -> Booking | WaitlistEntry:
    """Ask for what there seems to be, and look again when somebody was quicker."""
    wish = waitlist.wish_of(account_id) if entry is None and not gathering.seats_left else None
    for _try in range(TRIES):
        if gathering.seats_left:
            terms, now = terms_of(gathering), clock.now()
            seat = seats.take(
                gathering.id, account_id, now=now, cancel_until=gathering.cancel_until, terms=terms, id=id
            )
            if seat is not None:
                return _booked(gathering, account_id, seat, entry, by=by)
        elif entry is not None:
            return entry
        elif not line.is_open(gathering):
            raise GatheringFull
        else:
            wish = wish or waitlist.wish_of(account_id)
            place = seats.queue(gathering.id, account_id, now=clock.now(), wish=wish, id=id)
            if place is not None:
                return _placed(gathering, account_id, place, by=by)
        db.session.refresh(gathering)
        _refuse_unless_open(gathering)
        if held := queries.live_booking(gathering.id, account_id):
            return held
        entry = waitlist.live_entry(gathering.id, account_id)
    raise GatheringFull


def _booked(gathering: Gathering, account_id: UUID, seat: Given, entry: WaitlistEntry | None, *, by: UUID) -> Booking:
    if entry is not None:
        line.seated_by_own_click(entry, seat.id)
    db.session.expire(gathering, ["seats_taken", "arrivals"])
    audit.record(
        "booking.made", by=by, on=("booking", seat.id), after={"title": gathering.title, "account_id": account_id}
    )
    publish(SeatBooked(booking_id=seat.id, gathering_id=gathering.id, account_id=account_id, sequence=seat.sequence))
    return _row(Booking(id=seat.id))


def _placed(gathering: Gathering, account_id: UUID, place: Given, *, by: UUID) -> WaitlistEntry:
    db.session.expire(gathering, ["queued"])
    audit.record(
        "waitlist.joined",
        by=by,
        on=("waitlist_entry", place.id),
        after={"title": gathering.title, "account_id": account_id},
    )
    publish(
        WaitlistJoined(entry_id=place.id, gathering_id=gathering.id, account_id=account_id, sequence=place.sequence)
    )
    return _row(WaitlistEntry(id=place.id))


def _row(row: R) -> R:
    """Stand for a row that was just written: it is read when somebody looks, not while others wait for the lock."""
    make_transient_to_detached(row)
    db.session.add(row)
    return row


def _refuse_unless_open(gathering: Gathering) -> None:
    now = clock.now()
    if gathering.state is GatheringState.DRAFT:
        raise NotFound
    if gathering.state is GatheringState.CANCELLED:
        raise GatheringCalledOff
    if gathering.starts_at <= now:
        raise GatheringPast
    if gathering.members_from > now:
        raise BookingNotOpen(gathering.members_from)


def _refuse_unless_member(gathering: Gathering, account_id: UUID) -> None:
    day = clock.local(gathering.starts_at).date()
    if not membership.is_member(account_id, day):
        raise MembershipNeeded(day, renewing=membership.is_member(account_id, clock.today()))


def terms_of(gathering: Gathering) -> str:
    """G4: the terms that somebody agrees to by booking now, in words, to be kept with the booking."""
    return terms_until(gathering.cancel_until)


def free_until(booking: Booking) -> datetime:
    """G4: until when this seat is given back freely: as agreed, or later when the gathering has become more lenient."""
    return max(booking.cancel_until, booking.gathering.cancel_until)


def is_late(booking: Booking) -> bool:
    """G4: say whether giving this seat back is no longer free; a seat that was given back is nobody's concern."""
    return booking.state is BookingState.CONFIRMED and clock.now() > free_until(booking)


def cancel_seat(booking: Booking, *, late_agreed: bool = False, by: UUID) -> None:
    """G4: give a seat back; after the deadline only with consent to the booking's terms. Twice is the same as once.

    G3: who is first on the waiting list gets the seat in the same transaction.
    """
    now = clock.now()
    gathering = booking.gathering
    if booking.state is BookingState.CANCELLED:
        return
    if gathering.starts_at <= now:
        raise GatheringPast
    late = is_late(booking)
    if late and not late_agreed:
        raise TooLateToCancel(free_until(booking))
    _refuse_who_is_there(booking, now)
    if not seats.release(booking.id, gathering.id, now=now, late=late):
        return
    db.session.expire(booking)
    db.session.expire(gathering, ["seats_taken"])
    audit.record(
        "booking.cancelled",
        by=by,
        on=("booking", booking.id),
        before={"state": BookingState.CONFIRMED},
        after={"state": BookingState.CANCELLED, "late": late, "title": gathering.title},
    )
    publish(SeatReleased(booking_id=booking.id, gathering_id=gathering.id, account_id=booking.account_id))
    line.promote(gathering.id, cause=Cause.SEAT_GIVEN_BACK, freed_by=booking.account_id)


def _refuse_who_is_there(booking: Booking, now: datetime) -> None:
    """G7: who was checked in has come; on the day itself the row is held first, since a scanner may be at it."""
    if now < attendance.opens_at(booking.gathering.starts_at):
        return
    attendance.held(booking.id)
    if attendance.latest_stay(booking.id):
        raise AlreadyThere
