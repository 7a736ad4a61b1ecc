"""Who may pass the door, who is inside, who was there and for how long (G7); for the bureau, and for what follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy import cast as sql_cast

from app.agenda.attendance.models import Attendance
from app.agenda.guests import queries as guests
from app.agenda.guests.models import Guest
from app.agenda.models import Booking, BookingState, Gathering, GatheringState, SeatMode, WaitlistEntry
from app.agenda.waitlist_queries import IN_LINE
from app.core import clock, search
from app.core.db import Base, UtcDateTime, db
from app.core.errors import NotFound
from app.membership import queries as membership

NEAR = timedelta(days=7)


class Held(NamedTuple):
    """A seat as it is known at the door."""

    booking_id: UUID
    seq: int
    state: BookingState
    mode: SeatMode
    cancelled_at: datetime | None
    no_show_at: datetime | None
    account_id: UUID
    name: str
    gathering_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    gathering_state: GatheringState
    no_shows_at: datetime | None
    online_capacity: int | None

    @property
    def beside_hall(self) -> bool:
        """G1: whether this is a seat online at a gathering that is held in a hall as well."""
        return self.online_capacity is not None and self.mode is SeatMode.ONLINE


def _person() -> Any:
    return Base.metadata.tables["account"].c


def _name() -> ColumnElement[str]:
    person = _person()
    called: ColumnElement[str] = person.given_name + " " + person.family_name
    return called.label("name")


@cache
def _held() -> Select[Any]:
    person = _person()
    wanted = (
        select(
            Booking.id,
            Booking.seq,
            Booking.state,
            Booking.mode,
            Booking.cancelled_at,
            Booking.no_show_at,
            Booking.account_id,
            _name(),
            Gathering.id,
            Gathering.title,
            Gathering.starts_at,
            Gathering.ends_at,
            Gathering.state,
            Gathering.no_shows_at,
            Gathering.online_capacity,
        )
        .join(Gathering, Gathering.id == Booking.gathering_id)
        .join(person.id.table, person.id == Booking.account_id)
        .where(Booking.id == bindparam("booking_id", type_=Uuid()))
    )
    return cast("Select[Any]", wanted)


def held(booking_id: UUID) -> Held:
    """Hold a seat's row until the transaction ends and tell how it stands: one passage of a person at a time."""
    row = db.session.execute(_held().with_for_update(of=Booking), {"booking_id": booking_id}).one_or_none()
    if row is None:
        raise NotFound
    return Held._make(row)


_LATEST = (
    select(Attendance)
    .where(Attendance.booking_id == bindparam("booking_id", type_=Uuid()))
    .order_by(Attendance.number.desc())
    .limit(1)
)


def latest_stay(booking_id: UUID) -> Attendance | None:
    """Return somebody's last stay, open or over; None when they have not been there."""
    found: Attendance | None = db.session.scalar(
        _LATEST, {"booking_id": booking_id}, execution_options={"populate_existing": True}
    )
    return found


def stay(id: UUID) -> Attendance | None:
    """Return one stay, or None when it was undone."""
    return db.session.get(Attendance, id, populate_existing=True)


def seats_numbered(seq: int, *, near: Gathering) -> list[UUID]:
    """Return the seats of a number: this gathering's first, then those of the gatherings of a week around."""
    numbered = [
        select(seat.id, seat.gathering_id)
        .join(Gathering, Gathering.id == seat.gathering_id)
        .where(
            seat.seq == seq,
            Gathering.starts_at >= near.starts_at - NEAR,
            Gathering.starts_at <= near.starts_at + NEAR,
        )
        for seat in (Booking, Guest)
    ]
    rows = db.session.execute(union_all(*numbered)).all()
    return [row.id for row in sorted(rows, key=lambda row: row.gathering_id != near.id)]


class Outcome(StrEnum):
    """What became of a booking."""

    SEAT = "seat"
    CAME = "came"
    NO_SHOW = "no_show"
    GIVEN_BACK = "given_back"
    GIVEN_BACK_LATE = "given_back_late"


def outcome() -> ColumnElement[str]:
    """Say as SQL what became of a booking."""
    return sql_cast(
        case(
            (Booking.cancelled_late, Outcome.GIVEN_BACK_LATE),
            (Booking.state == BookingState.CANCELLED, Outcome.GIVEN_BACK),
            (exists().where(Attendance.booking_id == Booking.id), Outcome.CAME),
            (Booking.no_show_at.is_not(None), Outcome.NO_SHOW),
            else_=Outcome.SEAT,
        ),
        String,
    )


class Turnout(NamedTuple):
    """How many hold a seat, have been there, are inside now, and did not come."""

    seats: int
    came: int
    inside: int
    no_shows: int

    @property
    def expected(self) -> int:
        """Who has a seat and is not here yet."""
        return self.seats - self.came


@cache
def _turnout(mode: SeatMode | None) -> Select[Any]:
    been = exists().where(Attendance.booking_id == Booking.id)
    came = Guest.arrived_at.is_not(None)
    members = _seat_holders(Booking, mode, been, _is_inside())
    brought = _seat_holders(Guest, mode, came, and_(came, Guest.left_at.is_(None)))
    everybody = union_all(members, brought).subquery().c
    return select(
        func.count(),
        func.coalesce(func.sum(everybody.been), 0),
        func.coalesce(func.sum(everybody.inside), 0),
        func.count(everybody.no_show_at),
    ).select_from(everybody.been.table)


def _seat_holders(
    seat: type[Booking | Guest], mode: SeatMode | None, been: ColumnElement[bool], inside: ColumnElement[bool]
) -> Select[Any]:
    in_hall = or_(seat.mode == SeatMode.ON_SITE, Gathering.online_capacity.is_(None))
    return (
        select(case((been, 1), else_=0).label("been"), case((inside, 1), else_=0).label("inside"), seat.no_show_at)
        .join(Gathering, Gathering.id == seat.gathering_id)
        .where(
            seat.gathering_id == bindparam("gathering_id", type_=Uuid()),
            seat.state == BookingState.CONFIRMED,
            seat.mode == mode if mode else in_hall,
        )
    )


def _is_inside() -> ColumnElement[bool]:
    return exists().where(Attendance.booking_id == Booking.id, Attendance.left_at.is_(None))


def turnout(gathering_id: UUID, mode: SeatMode | None = None) -> Turnout:
    """Count who came, in one question: of one mode, or, of a hybrid gathering, in the hall."""
    return Turnout._make(db.session.execute(_turnout(mode), {"gathering_id": gathering_id}).one())


def seats_at_door(gathering_id: UUID, mode: SeatMode | None = None) -> Select[Any]:
    """Give everybody who holds a seat, of one mode or any, guests too, with their last stay, as a list.

    `presence` is `expected`, `in` or `left`; `host` is who brings a guest.
    """
    person = _person()
    newest = (
        select(func.max(Attendance.number))
        .where(Attendance.booking_id == Booking.id)
        .correlate(Booking)
        .scalar_subquery()
    )
    presence = case((Attendance.id.is_(None), "expected"), (Attendance.left_at.is_(None), "in"), else_="left")
    members = (
        select(
            Booking.id,
            Booking.seq,
            Booking.account_id,
            Booking.mode,
            Booking.no_show_at,
            _name(),
            person.family_name,
            person.given_name,
            Attendance.id.label("stay_id"),
            Attendance.way,
            Attendance.arrived_at,
            Attendance.left_at,
            Booking.pay_by,
            sql_cast(presence, String).label("presence"),
            type_coerce(null(), String()).label("host"),
        )
        .join(person.id.table, person.id == Booking.account_id)
        .outerjoin(Attendance, and_(Attendance.booking_id == Booking.id, Attendance.number == newest))
        .where(
            Booking.gathering_id == gathering_id,
            Booking.state == BookingState.CONFIRMED,
            *([Booking.mode == mode] if mode else []),
        )
    )
    return select(*union_all(members, guests.at_door(gathering_id, mode)).subquery().c)


def circle(gathering: Gathering, *, named: bool) -> Select[Any]:
    """Give everybody with a membership and no seat here, as a list to search: who may be let in without a booking.

    G1: a seat online is none in the hall. `member` tells whether they are a member on the day; `waits` their number on
    the waiting list. Without a name to look for the list is empty.
    """
    person, day = _person(), clock.local(gathering.starts_at).date()
    roll = membership.roll(day).subquery()
    seated = exists().where(
        Booking.gathering_id == gathering.id,
        Booking.account_id == roll.c.account_id,
        Booking.state == BookingState.CONFIRMED,
        Booking.mode == gathering.pools[0].mode,
    )
    waiting = and_(
        WaitlistEntry.gathering_id == gathering.id,
        WaitlistEntry.account_id == roll.c.account_id,
        WaitlistEntry.state.in_(IN_LINE),
    )
    return (
        select(
            roll.c.membership_id.label("id"),
            roll.c.account_id,
            _name(),
            person.family_name,
            person.email,
            roll.c.status.in_(("active", "grace")).label("member"),
            WaitlistEntry.seq.label("waits"),
        )
        .join(person.id.table, person.id == roll.c.account_id)
        .outerjoin(WaitlistEntry, waiting)
        .where(~seated, person.active, true() if named else false())
    )


def found_by(text: str) -> ColumnElement[bool]:
    """G7: say that somebody has words in name, address or company that begin like these, as quick in a large circle."""
    return search.matching(search.PEOPLE, _person().id, text)


def by_family_name(gathering_id: UUID, mode: SeatMode | None = None) -> Sequence[Any]:
    """Return everybody who holds a seat, of one mode or any, in the order of a paper list."""
    everybody = seats_at_door(gathering_id, mode)
    by = everybody.selected_columns
    rows = everybody.order_by(func.lower(by.family_name), func.lower(by.given_name), by.seq)
    return db.session.execute(rows).all()


def absent(gathering_id: UUID, mode: SeatMode) -> list[UUID]:
    """Return, with their rows held, the members' seats of a mode of who did not come."""
    seats = (
        select(Booking.id)
        .where(Booking.gathering_id == gathering_id, Booking.state == BookingState.CONFIRMED, Booking.mode == mode)
        .order_by(Booking.seq)
        .with_for_update()
    )
    ids = list(db.session.scalars(seats))
    been = set(db.session.scalars(select(Attendance.booking_id).where(Attendance.booking_id.in_(ids))))
    return [one for one in ids if one not in been]


_UNSETTLED = (
    select(Gathering.id)
    .where(
        Gathering.state == GatheringState.PUBLISHED,
        Gathering.no_shows_at.is_(None),
        Gathering.venue != "",
        Gathering.ends_at > bindparam("since", type_=UtcDateTime()),
        Gathering.ends_at <= bindparam("until", type_=UtcDateTime()),
        exists().where(
            Attendance.booking_id == Booking.id,
            Booking.gathering_id == Gathering.id,
            Booking.mode == SeatMode.ON_SITE,
        ),
    )
    .order_by(Gathering.ends_at, Gathering.id)
)


def to_settle(*, since: datetime, until: datetime) -> list[UUID]:
    """Return the gatherings over between two moments whose no-shows can be told without asking.

    Those in whose hall somebody was checked in: who took part online passed no door.
    """
    return list(db.session.scalars(_UNSETTLED, {"since": since, "until": until}))


_ATTENDED = (
    select(Gathering.id)
    .where(
        Gathering.state == GatheringState.PUBLISHED,
        Gathering.ends_at > bindparam("since", type_=UtcDateTime()),
        Gathering.ends_at <= bindparam("until", type_=UtcDateTime()),
        exists().where(Attendance.booking_id == Booking.id, Booking.gathering_id == Gathering.id),
    )
    .order_by(Gathering.ends_at, Gathering.id)
)


def attended_between(since: datetime, until: datetime) -> list[UUID]:
    """G8: return the gatherings over between two moments that somebody was checked in at, the first first."""
    return list(db.session.scalars(_ATTENDED, {"since": since, "until": until}))


class Presence(NamedTuple):
    """G8: somebody's presence at a gathering: how, from when till when, and the whole minutes of it in its hours."""

    booking_id: UUID
    account_id: UUID
    gathering_id: UUID
    mode: SeatMode
    first_in: datetime
    last_out: datetime
    minutes: int


def presences(gathering_id: UUID) -> list[Presence]:
    """Return who was at a gathering and for how long, in order of arrival; for points and certificates."""
    return _presences(Booking.gathering_id == gathering_id)


def presences_of(account_id: UUID, *, since: datetime | None = None) -> list[Presence]:
    """Return where somebody was and for how long, the first first; for a record of permanent education."""
    begun = [Gathering.starts_at >= since] if since else []
    return _presences(Booking.account_id == account_id, *begun)


def _presences(*conditions: ColumnElement[bool]) -> list[Presence]:
    rows = db.session.execute(
        select(
            Attendance.booking_id,
            Booking.account_id,
            Booking.gathering_id,
            Booking.mode,
            Gathering.starts_at,
            Gathering.ends_at,
            Attendance.arrived_at,
            Attendance.left_at,
        )
        .join(Booking, Booking.id == Attendance.booking_id)
        .join(Gathering, Gathering.id == Booking.gathering_id)
        .where(Gathering.state == GatheringState.PUBLISHED, *conditions)
        .order_by(Attendance.arrived_at, Attendance.booking_id)
    )
    stays: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        stays[row.booking_id].append(row)
    return [_together(some) for some in stays.values()]


def _together(stays: Sequence[Any]) -> Presence:
    """Put somebody's stays together; a stay that nobody ended lasts till the end."""
    first = stays[0]
    ends = [row.left_at or max(row.ends_at, row.arrived_at) for row in stays]
    within = [
        min(until, first.ends_at) - max(row.arrived_at, first.starts_at) for row, until in zip(stays, ends, strict=True)
    ]
    inside = sum((one for one in within if one > timedelta()), timedelta())
    return Presence(
        booking_id=first.booking_id,
        account_id=first.account_id,
        gathering_id=first.gathering_id,
        mode=first.mode,
        first_in=first.arrived_at,
        last_out=max(ends),
        minutes=int(inside / timedelta(minutes=1)),
    )


def opens_at(starts_at: datetime) -> datetime:
    """Return when the door of a gathering opens: as the day begins at the bureau."""
    return clock.at_home(clock.local(starts_at).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None))
