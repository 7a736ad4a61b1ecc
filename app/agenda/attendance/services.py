"""G7: in and out at the door, what was done by mistake undone, and, when all is over, who did not come.

Each passage first holds the row of the seat: of two scanners that read one ticket in the same instant the second waits
for the first and then finds the person inside. That at most one stay is open is a unique index besides.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import update

from app.accounts import queries as accounts
from app.agenda import queries as agenda
from app.agenda import waitlist_queries as waitlist
from app.agenda.attendance import queries, refusals
from app.agenda.attendance.models import Attendance, Passage, Way
from app.agenda.attendance.queries import Held
from app.agenda.events import NoShowRecorded
from app.agenda.guests import services as guests
from app.agenda.models import Booking, BookingState, Cause, EntryState, Gathering, GatheringState, SeatMode
from app.agenda.services import seats, terms_of
from app.agenda.services import waitlist as line
from app.audit import services as audit
from app.core import clock
from app.core.db import QUIETLY, atomic, db
from app.core.errors import NotFound
from app.core.events import publish
from app.core.i18n import speaking
from app.membership import queries as membership

CORRECTED_FOR = timedelta(days=14)
SETTLED_AT = "12:00"


class Passed(NamedTuple):
    """Who went through the door, which way and when; `repeated` when that was so before."""

    stay_id: UUID
    name: str
    passage: Passage
    at: datetime
    repeated: bool


def pass_door(booking_id: UUID, gathering_id: UUID, passage: Passage, *, way: Way, by: UUID) -> Passed:
    """Check somebody in or out at a gathering; a second time tells since when and changes nothing.

    Refuses with the reason and the way out: another gathering's ticket, a seat given back, a place in line, no such
    gathering any more, not the day yet, or too long ago. G1: whoever was to take part online in a hybrid gathering is
    marked by name; when they come to the hall after all, they are let in like who has no booking.
    """
    seat = _seat_here(queries.held(booking_id), gathering_id)
    if seat.beside_hall and way is not Way.NAME:
        raise refusals.SeatOnline(gathering_id, seat.name)
    refuse_unless_open(seat.gathering_state, seat.starts_at, seat.ends_at)
    return _come_in(seat, way, by=by) if passage is Passage.IN else _go_out(seat, by=by)


def _seat_here(seat: Held, gathering_id: UUID) -> Held:
    """Return the seat that a ticket stands for at this door; an old ticket is good when its holder booked again."""
    if seat.gathering_id != gathering_id:
        if agenda.live_booking(gathering_id, seat.account_id):
            raise refusals.SeatHereToo(gathering_id, seat.name, seat.title, seat.starts_at)
        raise refusals.OtherGathering(seat.gathering_id, seat.title, seat.starts_at)
    if seat.state is BookingState.CONFIRMED:
        return seat
    if again := agenda.live_booking(gathering_id, seat.account_id):
        return queries.held(again.id)
    if entry := waitlist.live_entry(gathering_id, seat.account_id):
        raise refusals.StillWaiting(gathering_id, seat.name, waitlist.position(entry))
    assert seat.cancelled_at is not None
    raise refusals.SeatGivenBack(gathering_id, seat.name, seat.cancelled_at)


def refuse_unless_open(state: GatheringState, starts_at: datetime, ends_at: datetime) -> None:
    """Refuse when nobody can be checked in: called off, before the day, or too long ago to put anything right."""
    now, opens_at = clock.now(), queries.opens_at(starts_at)
    if state is not GatheringState.PUBLISHED:
        raise refusals.NothingToCome
    if now < opens_at:
        raise refusals.DoorNotOpen(opens_at)
    if now > ends_at + CORRECTED_FOR:
        raise refusals.DoorClosed


def _come_in(seat: Held, way: Way, *, by: UUID) -> Passed:
    latest = queries.latest_stay(seat.booking_id)
    now = clock.now()
    if latest and (latest.left_at is None or now > seat.ends_at):
        return Passed(latest.id, seat.name, Passage.IN, latest.arrived_at, repeated=True)
    stay = _stay(seat, way, number=latest.number + 1 if latest else 1)
    if seat.no_show_at is not None:
        _set_no_show(seat.booking_id, None)
    audit.record(
        "attendance.checked_in",
        by=by,
        on=("booking", seat.booking_id),
        before={"no_show": seat.no_show_at is not None},
        after={"title": seat.title, "way": way, "arrived_at": stay.arrived_at, "no_show": False},
    )
    return Passed(stay.id, seat.name, Passage.IN, stay.arrived_at, repeated=False)


def _stay(seat: Held, way: Way, *, number: int, seat_added: bool = False) -> Attendance:
    """Begin a stay; when all is over it is put right that somebody was there, and then from beginning to end."""
    now = clock.now()
    over = now > seat.ends_at
    stay = Attendance(
        booking_id=seat.booking_id,
        number=number,
        way=way,
        arrived_at=seat.starts_at if over else now,
        left_at=seat.ends_at if over else None,
        seat_added=seat_added,
    )
    db.session.add(stay)
    db.session.flush()
    return stay


def _go_out(seat: Held, *, by: UUID) -> Passed:
    latest = queries.latest_stay(seat.booking_id)
    if latest is None:
        raise refusals.NotInside(seat.gathering_id, seat.name)
    if latest.left_at is not None:
        return Passed(latest.id, seat.name, Passage.OUT, latest.left_at, repeated=True)
    latest.left_at = max(clock.now(), latest.arrived_at)
    db.session.flush()
    audit.record(
        "attendance.checked_out",
        by=by,
        on=("booking", seat.booking_id),
        after={"title": seat.title, "left_at": latest.left_at},
    )
    return Passed(latest.id, seat.name, Passage.OUT, latest.left_at, repeated=False)


def undo(stay_id: UUID, gathering_id: UUID, passage: Passage, *, by: UUID) -> str | None:
    """Take back a passage that was a mistake and return whose; None when it was taken back before, or overtaken."""
    stay = queries.stay(stay_id)
    if stay is None:
        return None
    if agenda.booking(stay.booking_id).gathering_id != gathering_id:
        raise NotFound
    if stay.way is Way.WALK_IN:
        line.hold(gathering_id)
    seat = queries.held(stay.booking_id)
    refuse_unless_open(seat.gathering_state, seat.starts_at, seat.ends_at)
    latest = queries.latest_stay(seat.booking_id)
    if latest is None or latest.id != stay_id or (passage is Passage.OUT and latest.left_at is None):
        return None
    if passage is Passage.OUT:
        _undo_leaving(latest, seat, by=by)
    else:
        _undo_coming(latest, seat, by=by)
    return seat.name


def _undo_leaving(stay: Attendance, seat: Held, *, by: UUID) -> None:
    before, stay.left_at = stay.left_at, None
    db.session.flush()
    audit.record(
        "attendance.check_out_undone",
        by=by,
        on=("booking", seat.booking_id),
        before={"left_at": before},
        after={"title": seat.title},
    )


def _undo_coming(stay: Attendance, seat: Held, *, by: UUID) -> None:
    audit.record(
        "attendance.check_in_undone",
        by=by,
        on=("booking", seat.booking_id),
        before={"arrived_at": stay.arrived_at},
        after={"title": seat.title},
    )
    walked_in, seat_added, first = stay.way is Way.WALK_IN, stay.seat_added, stay.number == 1
    db.session.delete(stay)
    db.session.flush()
    if walked_in and first:
        _take_seat_back(seat, seat_added=seat_added)
    elif first and seat.no_shows_at is not None:
        _set_no_show(seat.booking_id, clock.now())


def _take_seat_back(seat: Held, *, seat_added: bool) -> None:
    """End the booking of who was let in by mistake; a seat that was added for them goes away with it."""
    gathering = line.hold(seat.gathering_id)
    seats.release(seat.booking_id, gathering.id, now=clock.now())
    db.session.expire_all()
    if seat_added:
        gathering.capacity -= 1
        db.session.flush()
    else:
        line.promote(gathering.id, seat.mode, cause=Cause.SEAT_GIVEN_BACK, freed_by=seat.account_id)


def let_in(gathering_id: UUID, account_id: UUID, *, add_seat: bool = False, by: UUID) -> Passed:
    """Let a member in who has no booking: on a free seat, or on one that is added because the bureau decides so.

    Whoever turns out to have a seat is simply checked in, and one who was to take part online exchanges theirs. Being
    let in ends a place on the waiting list. A second click tells what the first did.
    """
    seats.one_at_a_time(gathering_id, account_id)
    booking = agenda.live_booking(gathering_id, account_id)
    gathering = line.hold(gathering_id)
    refuse_unless_open(gathering.state, gathering.starts_at, gathering.ends_at)
    if booking := booking or agenda.live_booking(gathering_id, account_id):
        if gathering.online_capacity is not None and booking.mode is SeatMode.ONLINE:
            _into_hall(booking, gathering, add_seat=add_seat, by=by)
        return pass_door(booking.id, gathering_id, Passage.IN, way=Way.NAME, by=by)._replace(repeated=False)
    day = clock.local(gathering.starts_at).date()
    if not membership.is_member(account_id, day):
        raise refusals.NoMemberOnTheDay(accounts.account(account_id).name, day)
    booking_id, added = _seat_for(gathering, account_id, add_seat=add_seat)
    seat = queries.held(booking_id)
    stay = _stay(seat, Way.WALK_IN, number=1, seat_added=added)
    audit.record(
        "attendance.walked_in",
        by=by,
        on=("booking", booking_id),
        after={"title": gathering.title, "account_id": account_id, "seat_added": added},
    )
    return Passed(stay.id, seat.name, Passage.IN, stay.arrived_at, repeated=False)


def _into_hall(booking: Booking, gathering: Gathering, *, add_seat: bool, by: UUID) -> None:
    """G1: give somebody who was to take part online a seat in the hall for it."""
    entry = waitlist.live_entry(gathering.id, booking.account_id)
    offered = entry is not None and entry.state is EntryState.OFFERED
    if not seats.move(booking.id, gathering.id, to=SeatMode.ON_SITE, held=offered):
        if not add_seat:
            raise refusals.AllSeatsTaken
        gathering.capacity += 1
        db.session.flush()
        seats.move(booking.id, gathering.id, to=SeatMode.ON_SITE)
    if entry is not None:
        line.seated_by_own_click(entry, gathering, booking.id)
    line.after_exchange(booking, gathering, by=by)


def _seat_for(gathering: Gathering, account_id: UUID, *, add_seat: bool) -> tuple[UUID, bool]:
    """Take the seat that is held for somebody, a free one, or one more; return the booking and whether it was added."""
    entry = waitlist.live_entry(gathering.id, account_id)
    offered = entry is not None and entry.state is EntryState.OFFERED and entry.mode is gathering.pools[0].mode
    take = seats.take_held if offered else seats.take
    with speaking(accounts.account(account_id).locale):
        terms = terms_of(gathering)
    agreed: dict[str, Any] = {
        "mode": gathering.pools[0].mode,
        "now": clock.now(),
        "cancel_until": gathering.cancel_until,
        "terms": terms,
    }
    given, added = take(gathering.id, account_id, **agreed), False
    if given is None:
        if not add_seat:
            raise refusals.AllSeatsTaken
        db.session.expire(gathering)
        gathering.capacity += 1
        db.session.flush()
        given, added = seats.take(gathering.id, account_id, **agreed), True
    assert given is not None
    if entry is not None:
        line.seated_by_own_click(entry, gathering, given.id)
    db.session.expire(gathering)
    return given.id, added


def tell_no_shows() -> None:
    """Settle, for each gathering of the days before today, who did not come; doing it again changes nothing.

    The morning after is the bureau's, to put the list right. A gathering at which nobody was checked in is left alone:
    there the door was not kept, and nobody is blamed for that.
    """
    today = clock.today()
    midnight = clock.at_home(datetime(today.year, today.month, today.day))  # noqa: DTZ001  made aware by at_home
    for gathering_id in queries.to_settle(since=clock.now() - CORRECTED_FOR, until=midnight):
        with atomic():
            record_no_shows(gathering_id, by=None)


def record_no_shows(gathering_id: UUID, *, by: UUID | None) -> int:
    """Write down who kept a seat and did not come, once; return how many. Who is online passes no door."""
    gathering = line.hold(gathering_id)
    refuse_unless_open(gathering.state, gathering.starts_at, gathering.ends_at)
    if gathering.no_shows_at is not None or gathering.ends_at > clock.now():
        return 0
    absent = queries.absent(gathering_id, gathering.pools[0].mode)
    if not queries.turnout(gathering_id).came:
        return 0
    gathering.no_shows_at = clock.now()
    db.session.flush()
    guests_absent = guests.record_absent(gathering_id, gathering.pools[0].mode, clock.now())
    for booking_id in absent:
        _set_no_show(booking_id, clock.now())
        audit.record("attendance.no_show", by=None, on=("booking", booking_id), after={"title": gathering.title})
        publish(NoShowRecorded(booking_id=booking_id))
    audit.record(
        "attendance.settled",
        by=by,
        on=("gathering", gathering_id),
        after={"title": gathering.title, "no_shows": len(absent) + guests_absent},
    )
    return len(absent) + guests_absent


def _set_no_show(booking_id: UUID, at: datetime | None) -> None:
    db.session.execute(
        update(Booking).where(Booking.id == booking_id).values(no_show_at=at).execution_options(**QUIETLY)
    )
