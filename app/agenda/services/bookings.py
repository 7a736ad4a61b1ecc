"""Booking a seat and giving it back (G2, G4)."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts import queries as accounts
from app.agenda import queries
from app.agenda import waitlist_queries as waitlist
from app.agenda.absences.services import refuse_who_comes_too_seldom
from app.agenda.attendance import queries as attendance
from app.agenda.attendance.refusals import AlreadyThere
from app.agenda.booking_queries import asking
from app.agenda.events import SeatBooked, SeatReleased, WaitlistJoined
from app.agenda.models import (
    Booking,
    BookingState,
    Cause,
    EntryState,
    Gathering,
    GatheringState,
    Pool,
    SeatMode,
    WaitlistEntry,
    Wish,
)
from app.agenda.services import fees, seats
from app.agenda.services import waitlist as line
from app.agenda.services.refusals import (
    BookingNotOpen,
    GatheringCalledOff,
    GatheringFull,
    GatheringPast,
    MembershipNeeded,
    NoSeatLikeThat,
    NotHeldLikeThat,
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
from app.payments.services import Buyer

TRIES = 5
R = TypeVar("R", Booking, WaitlistEntry)


def book_seat(
    gathering: Gathering,
    account_id: UUID,
    *,
    by: UUID,
    id: UUID | None = None,
    fee_seen: int | None = None,
    mode: SeatMode | None = None,
) -> Booking | WaitlistEntry:
    """G2: give somebody a seat, or the next place in line when all are taken; exactly once, and never one too many.

    A second click returns what they have. Refuses with the reason and the way out: called off, begun, not open yet, not
    a member on the day (M7), a seat elsewhere at these hours, too many seats left empty (G7), full with the list
    closed. What has to be read is read first, since whoever holds the row keeps all others waiting; `id` is for what
    was prepared under it.

    P10: a seat with a fee is billed at once; `fee_seen` is the fee that stood on the page.

    G1: `mode` chooses between the hall and online where there are both. Who has a seat in one mode and asks for the
    other gets it in exchange, or waits for it and keeps the seat meanwhile.
    """
    _refuse_unless_open(gathering)
    mode = _pool(gathering, mode).mode
    seats.one_at_a_time(gathering.id, account_id)
    found = asking(gathering, account_id)
    if found.has_seat and (held := queries.live_booking(gathering.id, account_id)):
        return held if held.mode is mode else _other_mode(held, mode, by=by, id=id)
    entry = waitlist.live_entry(gathering.id, account_id) if found.in_line else None
    if entry is not None and entry.state is EntryState.OFFERED and entry.mode is mode:
        return line.accept_offer(entry.id, by=by, fee_seen=fee_seen)
    _refuse_unless_member(gathering, account_id)
    if found.elsewhere and (elsewhere := waitlist.seat_elsewhere(account_id, gathering)):
        raise SeatElsewhere(elsewhere.id, elsewhere.title)
    if entry is None and found.later:
        refuse_who_comes_too_seldom(gathering, account_id)
    fees.refuse_another_fee(gathering, fee_seen)
    buyer = fees.buyer_for(gathering, account_id)
    return _seat_or_place(gathering, account_id, mode, entry, found.wish, buyer, by=by, id=id)


def _seat_or_place(
    gathering: Gathering,
    account_id: UUID,
    mode: SeatMode,
    entry: WaitlistEntry | None,
    wish: Wish,
    buyer: Buyer | None,
    *,
    by: UUID,
    id: UUID | None,
) -> Booking | WaitlistEntry:
    """Ask for what there seems to be, and look again when somebody was quicker."""
    for _try in range(TRIES):
        if _pool(gathering, mode).left:
            terms, now = terms_of(gathering), clock.now()
            seat = seats.take(
                gathering.id, account_id, mode, now=now, cancel_until=gathering.cancel_until, terms=terms, id=id
            )
            if seat is not None:
                fees.charge(gathering, seat.id, account_id, buyer=buyer, by=by)
                own = entry if entry is not None and entry.mode is mode else None
                return _booked(gathering, account_id, mode, seat, own, by=by)
        elif entry is not None:
            return entry
        elif not line.is_open(gathering):
            raise GatheringFull
        else:
            place = seats.queue(gathering.id, account_id, mode, now=clock.now(), wish=wish, id=id)
            if place is not None:
                return _placed(gathering, account_id, mode, place, by=by)
        db.session.refresh(gathering)
        _refuse_unless_open(gathering)
        if held := queries.live_booking(gathering.id, account_id):
            return held
        entry = waitlist.live_entry(gathering.id, account_id)
    raise GatheringFull


def _booked(
    gathering: Gathering, account_id: UUID, mode: SeatMode, seat: Given, entry: WaitlistEntry | None, *, by: UUID
) -> Booking:
    if entry is not None:
        line.seated_by_own_click(entry, gathering, seat.id)
    db.session.expire(gathering, ["seats_taken", "online_taken", "arrivals"])
    audit.record(
        "booking.made", by=by, on=("booking", seat.id), after={"title": gathering.title, "account_id": account_id}
    )
    publish(SeatBooked(booking_id=seat.id, gathering_id=gathering.id, account_id=account_id, sequence=seat.sequence))
    return _row(Booking(id=seat.id), gathering, account_id, mode, seat)


def _placed(gathering: Gathering, account_id: UUID, mode: SeatMode, place: Given, *, by: UUID) -> WaitlistEntry:
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
    return _row(WaitlistEntry(id=place.id), gathering, account_id, mode, place)


def _row(row: R, gathering: Gathering, account_id: UUID, mode: SeatMode, given: Given) -> R:
    """Stand for a row that was just written, with what is known of it.

    The rest is read when somebody asks for it, not while others wait for the lock.
    """
    session = db.session()
    known: R | None = session.identity_map.get(session.identity_key(type(row), row.id))
    if known is not None:
        return known
    make_transient_to_detached(row)
    session.add(row)
    for name, value in (
        ("gathering_id", gathering.id),
        ("account_id", account_id),
        ("mode", mode),
        ("seq", given.seq),
    ):
        set_committed_value(row, name, value)
    return row


def _pool(gathering: Gathering, mode: SeatMode | None) -> Pool:
    """Return the seats of a mode, or the only ones; where there are two and none was chosen, the hall's."""
    if mode is None:
        return gathering.pools[0]
    if pool := gathering.pool(mode):
        return pool
    raise NotHeldLikeThat(mode)


def _other_mode(held: Booking, to: SeatMode, *, by: UUID, id: UUID | None) -> Booking | WaitlistEntry:
    """G1: exchange a seat for one of the other mode, or wait for one; the seat that is left goes on at once."""
    gathering = line.hold(held.gathering_id)
    _refuse_unless_open(gathering)
    db.session.refresh(held)
    pool = _pool(gathering, to)
    if held.mode is to:
        return held
    _refuse_who_is_there(held, clock.now())
    entry = waitlist.live_entry(gathering.id, held.account_id)
    if entry is not None and entry.state is EntryState.OFFERED:
        return line.accept_offer(entry.id, by=by)
    if pool.left and seats.move(held.id, gathering.id, to=to):
        if entry is not None:
            line.seated_by_own_click(entry, gathering, held.id)
        line.after_exchange(held, gathering, by=by)
        return held
    if entry is not None:
        return entry
    if not line.is_open(gathering):
        raise NoSeatLikeThat(to)
    wish = waitlist.wish_of(held.account_id)
    place = seats.queue(gathering.id, held.account_id, to, now=clock.now(), wish=wish, id=id)
    assert place is not None
    return _placed(gathering, held.account_id, to, place, by=by)


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
    return terms_until(gathering.cancel_until, paid=bool(gathering.fee_cents))


def free_until(booking: Booking) -> datetime:
    """G4: until when this seat is given back freely: as agreed, or later when the gathering has become more lenient."""
    return max(booking.cancel_until, booking.gathering.cancel_until)


def is_late(booking: Booking) -> bool:
    """G4: say whether giving this seat back is no longer free; a seat that was given back is nobody's concern."""
    return booking.state is BookingState.CONFIRMED and clock.now() > free_until(booking)


def cancel_seat(booking: Booking, *, late_agreed: bool = False, by: UUID) -> None:
    """G4: give a seat back; after the deadline only with consent to the booking's terms. Twice is the same as once.

    G3: who is first on the waiting list gets the seat in the same transaction. The money of a seat with a fee goes back
    when it is given back in time (P10): by the portal itself, unless somebody of the bureau gave the seat back.
    Rows are held in the order in which everybody holds them: the bill, the gathering, the seat.
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
    fees.hold_bill(booking)
    gathering = line.hold(gathering.id)
    _refuse_who_is_there(booking, now)
    if not seats.release(booking.id, gathering.id, now=now, late=late):
        return
    db.session.expire(booking)
    db.session.expire(gathering, ["seats_taken", "online_taken"])
    audit.record(
        "booking.cancelled",
        by=by,
        on=("booking", booking.id),
        before={"state": BookingState.CONFIRMED},
        after={"state": BookingState.CANCELLED, "late": late, "title": gathering.title},
    )
    fees.give_back(booking, late=late, by=None if by == booking.account_id else accounts.account(by))
    publish(SeatReleased(booking_id=booking.id, gathering_id=gathering.id, account_id=booking.account_id))
    line.promote(gathering.id, booking.mode, cause=Cause.SEAT_GIVEN_BACK, freed_by=booking.account_id)


def _refuse_who_is_there(booking: Booking, now: datetime) -> None:
    """G7: who was checked in has come; on the day itself the row is held first, since a scanner may be at it."""
    if now < attendance.opens_at(booking.gathering.starts_at):
        return
    attendance.held(booking.id)
    if attendance.latest_stay(booking.id):
        raise AlreadyThere
