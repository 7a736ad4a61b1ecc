"""Who stands on which waiting list, how far, and with what odds (G3). A place is its owner's own, and the bureau's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased, joinedload

from app.agenda.entries import COLUMNS, Listed, Seat
from app.agenda.models import (
    Booking,
    BookingState,
    EntryState,
    Gathering,
    GatheringKind,
    GatheringState,
    Promotion,
    SeatMode,
    WaitlistEntry,
    WaitlistPreference,
    Wish,
)
from app.core import clock
from app.core.db import Base, UtcDateTime, db
from app.core.errors import NotFound

IN_LINE = (EntryState.WAITING, EntryState.OFFERED)
REACHED = (EntryState.SEATED, EntryState.OFFERED, EntryState.DECLINED, EntryState.EXPIRED)
LOOK_BACK = timedelta(days=730)
ENOUGH = 4
LARGEST_SEQ = 2_147_483_647


class Stand(NamedTuple):
    """How somebody stands in line, and for what."""

    state: EntryState
    mode: SeatMode


class Standings(NamedTuple):
    """How somebody stands among some gatherings: where they have which seat, unpaid or not, and how where they wait."""

    booked: dict[UUID, SeatMode]
    in_line: dict[UUID, Stand]
    unpaid: set[UUID]


_STANDINGS: CompoundSelect[Any] = union_all(
    select(Booking.gathering_id, literal("booked").label("state"), Booking.mode, Booking.pay_by).where(
        Booking.account_id == bindparam("account_id", type_=Uuid()),
        Booking.state == BookingState.CONFIRMED,
        Booking.gathering_id.in_(bindparam("ids", expanding=True)),
    ),
    select(
        WaitlistEntry.gathering_id,
        type_coerce(WaitlistEntry.state, String()).label("state"),
        WaitlistEntry.mode,
        type_coerce(null(), UtcDateTime()),
    ).where(
        WaitlistEntry.account_id == bindparam("account_id", type_=Uuid()),
        WaitlistEntry.state.in_(IN_LINE),
        WaitlistEntry.gathering_id.in_(bindparam("ids", expanding=True)),
    ),
)


def standings_among(account_id: UUID, gathering_ids: Iterable[UUID]) -> Standings:
    """Return at which of these gatherings somebody has a seat or waits for one, in one question."""
    wanted = list(gathering_ids)
    found = Standings({}, {}, set())
    for row in db.session.execute(_STANDINGS, {"account_id": account_id, "ids": wanted}) if wanted else ():
        if row.state == "booked":
            found.booked[row.gathering_id] = row.mode
            if row.pay_by:
                found.unpaid.add(row.gathering_id)
        else:
            found.in_line[row.gathering_id] = Stand(EntryState(row.state), row.mode)
    return found


_LIVE = select(WaitlistEntry).where(
    WaitlistEntry.gathering_id == bindparam("gathering_id", type_=Uuid()),
    WaitlistEntry.account_id == bindparam("account_id", type_=Uuid()),
    WaitlistEntry.state.in_(IN_LINE),
)


def live_entry(gathering_id: UUID, account_id: UUID) -> WaitlistEntry | None:
    """Return the place somebody has in line, if any."""
    found: WaitlistEntry | None = db.session.scalar(_LIVE, {"gathering_id": gathering_id, "account_id": account_id})
    return found


class Own(NamedTuple):
    """What somebody has at one gathering: a seat or a place in line, and how many wait before that or in all."""

    booking: Booking | None
    entry: WaitlistEntry | None
    ahead_on_site: int
    ahead_online: int

    def ahead(self, mode: SeatMode) -> int:
        """How many wait for a seat of a mode before somebody, or in all."""
        return self.ahead_online if mode is SeatMode.ONLINE else self.ahead_on_site


@cache
def _own() -> Select[Any]:
    person, waiting = bindparam("account_id", type_=Uuid()), aliased(WaitlistEntry)
    behind_all = func.coalesce(WaitlistEntry.seq, LARGEST_SEQ)

    def ahead(mode: SeatMode) -> Any:
        counted = select(func.count()).where(
            waiting.gathering_id == Gathering.id,
            waiting.state == EntryState.WAITING,
            waiting.mode == mode,
            waiting.seq < behind_all,
        )
        return counted.correlate(Gathering, WaitlistEntry).scalar_subquery()

    held = and_(
        Booking.gathering_id == Gathering.id, Booking.account_id == person, Booking.state == BookingState.CONFIRMED
    )
    stood = and_(
        WaitlistEntry.gathering_id == Gathering.id,
        WaitlistEntry.account_id == person,
        WaitlistEntry.state.in_(IN_LINE),
    )
    wanted = select(Booking, WaitlistEntry, ahead(SeatMode.ON_SITE), ahead(SeatMode.ONLINE))
    wanted = wanted.select_from(Gathering).outerjoin(Booking, held).outerjoin(WaitlistEntry, stood)
    return wanted.where(Gathering.id == bindparam("gathering_id", type_=Uuid()))


def own_at(gathering_id: UUID, account_id: UUID) -> Own:
    """Return what somebody has at a gathering that exists, in one question."""
    return Own(*db.session.execute(_own(), {"gathering_id": gathering_id, "account_id": account_id}).one())


def own_entry(gathering_id: UUID, *, viewer: UUID) -> WaitlistEntry:
    """Return the viewer's latest place on a waiting list, live or not."""
    wanted = select(WaitlistEntry).where(WaitlistEntry.gathering_id == gathering_id, WaitlistEntry.account_id == viewer)
    found = db.session.scalar(wanted.order_by(WaitlistEntry.seq.desc()).limit(1))
    if found is None:
        raise NotFound
    return found


def entry(id: UUID) -> WaitlistEntry:
    """Return a place with its gathering, for mails, signed links and the bureau."""
    wanted = select(WaitlistEntry).where(WaitlistEntry.id == id).options(joinedload(WaitlistEntry.gathering))
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound
    return found


def waiting_after(gathering_id: UUID, mode: SeatMode, seq: int, limit: int) -> Sequence[WaitlistEntry]:
    """Return who waits for a seat of a mode behind a number, in order of arrival, as it stands now."""
    wanted = select(WaitlistEntry).where(
        WaitlistEntry.gathering_id == gathering_id,
        WaitlistEntry.state == EntryState.WAITING,
        WaitlistEntry.mode == mode,
        WaitlistEntry.seq > seq,
    )
    ordered = wanted.order_by(WaitlistEntry.seq).limit(limit).execution_options(populate_existing=True)
    return db.session.scalars(ordered).all()


def in_line(gathering_id: UUID) -> Sequence[WaitlistEntry]:
    """Return everybody who waits or has an offer, in order of arrival."""
    wanted = select(WaitlistEntry).where(WaitlistEntry.gathering_id == gathering_id, WaitlistEntry.state.in_(IN_LINE))
    return db.session.scalars(wanted.order_by(WaitlistEntry.seq)).all()


def entries_with_gathering(ids: Sequence[UUID]) -> Sequence[WaitlistEntry]:
    """Return these places as far as somebody still stands there, with their gathering, in order of arrival."""
    wanted = select(WaitlistEntry).where(WaitlistEntry.id.in_(ids), WaitlistEntry.state.in_(IN_LINE))
    return db.session.scalars(wanted.options(joinedload(WaitlistEntry.gathering)).order_by(WaitlistEntry.seq)).all()


_WAIT_BEFORE = select(func.count()).where(
    WaitlistEntry.gathering_id == bindparam("gathering_id", type_=Uuid()),
    WaitlistEntry.state == EntryState.WAITING,
    WaitlistEntry.mode == bindparam("mode", type_=WaitlistEntry.mode.type),
    WaitlistEntry.seq < bindparam("seq", type_=Integer()),
)


def position(entry: WaitlistEntry) -> int:
    """Return the place in line, counted from one: who left or was seated no longer counts."""
    values = {"gathering_id": entry.gathering_id, "mode": entry.mode, "seq": entry.seq}
    return 1 + (db.session.scalar(_WAIT_BEFORE, values) or 0)


def overdue_offers() -> list[UUID]:
    """Return the offers whose time is over."""
    wanted = select(WaitlistEntry.id).where(
        WaitlistEntry.state == EntryState.OFFERED, WaitlistEntry.offer_until <= clock.now()
    )
    return list(db.session.scalars(wanted.order_by(WaitlistEntry.offer_until)))


def lists_that_are_over() -> list[UUID]:
    """Return the gatherings that have begun or were called off while people still stand on their list."""
    wanted = (
        select(WaitlistEntry.gathering_id)
        .join(Gathering, Gathering.id == WaitlistEntry.gathering_id)
        .where(
            WaitlistEntry.state.in_(IN_LINE),
            (Gathering.starts_at <= clock.now()) | (Gathering.state == GatheringState.CANCELLED),
        )
    )
    return list(db.session.scalars(wanted.distinct()))


def wish_of(account_id: UUID) -> Wish:
    """Return what somebody wants on waiting lists unless they say otherwise."""
    kept = select(WaitlistPreference.wish).where(WaitlistPreference.account_id == account_id)
    return db.session.scalar(kept) or Wish.AUTOMATIC


class Elsewhere(NamedTuple):
    """A gathering at the same hours at which somebody has a seat."""

    id: UUID
    title: str


_ELSEWHERE = (
    select(Gathering.id, Gathering.title)
    .join(Booking, Booking.gathering_id == Gathering.id)
    .where(
        Booking.account_id == bindparam("account_id", type_=Uuid()),
        Booking.state == BookingState.CONFIRMED,
        Gathering.id != bindparam("gathering_id", type_=Uuid()),
        Gathering.state == GatheringState.PUBLISHED,
        Gathering.starts_at < bindparam("ends_at", type_=UtcDateTime()),
        Gathering.ends_at > bindparam("starts_at", type_=UtcDateTime()),
    )
    .order_by(Gathering.starts_at)
    .limit(1)
)


def seat_elsewhere(account_id: UUID, gathering: Gathering) -> Elsewhere | None:
    """Return where somebody has a seat at the hours of a gathering, if anywhere."""
    values = {
        "account_id": account_id,
        "gathering_id": gathering.id,
        "starts_at": gathering.starts_at,
        "ends_at": gathering.ends_at,
    }
    row = db.session.execute(_ELSEWHERE, values).first()
    return Elsewhere(row.id, row.title) if row else None


@dataclass(frozen=True)
class Odds:
    """In how many full gatherings of this kind, of how many, somebody this far down the list was offered a seat."""

    reached: int
    total: int

    @property
    def known(self) -> bool:
        """Whether there are enough to say anything by."""
        return self.total >= ENOUGH


def odds(kind: GatheringKind, place: int) -> Odds:
    """G3: count by the past two years how often a place like this led to a seat; a count, not a promise."""
    now = clock.now()
    served = (
        select(func.count().filter(WaitlistEntry.state.in_(REACHED)).label("served"))
        .join(Gathering, Gathering.id == WaitlistEntry.gathering_id)
        .where(
            Gathering.kind == kind,
            Gathering.state == GatheringState.PUBLISHED,
            Gathering.starts_at < now,
            Gathering.starts_at > now - LOOK_BACK,
        )
        .group_by(WaitlistEntry.gathering_id)
        .subquery()
    )
    row = db.session.execute(
        select(func.count().filter(served.c.served >= place), func.count()).select_from(served)
    ).one()
    return Odds(row[0], row[1])


class Place(NamedTuple):
    """Somebody's place in line beside what it is for."""

    id: UUID
    state: EntryState
    offer_until: datetime | None
    mode: SeatMode
    gathering: Listed


class Ahead(NamedTuple):
    """What lies ahead of somebody: seats, the next one first, and places in line, offers first."""

    seats: list[Seat]
    places: list[Place]


_NOW, _PERSON = bindparam("now", type_=UtcDateTime()), bindparam("account_id", type_=Uuid())
_AHEAD = union_all(
    select(Booking.id, literal("booked").label("state"), Booking.pay_by.label("until"), Booking.mode, *COLUMNS)
    .join(Booking.gathering)
    .where(Booking.account_id == _PERSON, Booking.state == BookingState.CONFIRMED, Gathering.ends_at > _NOW),
    select(
        WaitlistEntry.id,
        type_coerce(WaitlistEntry.state, String()),
        WaitlistEntry.offer_until,
        WaitlistEntry.mode,
        *COLUMNS,
    )
    .join(WaitlistEntry.gathering)
    .where(
        WaitlistEntry.account_id == _PERSON,
        WaitlistEntry.state.in_(IN_LINE),
        Gathering.state == GatheringState.PUBLISHED,
        Gathering.starts_at > _NOW,
    ),
).subquery()
_NEXT_FIRST = select(_AHEAD).order_by(_AHEAD.c.starts_at, _AHEAD.c.id).limit(bindparam("most", type_=Integer()))


def ahead_for(account_id: UUID, *, limit: int = 50) -> Ahead:
    """Return somebody's next seats and where they wait, in one question."""
    found = Ahead([], [])
    for row in db.session.execute(_NEXT_FIRST, {"account_id": account_id, "now": clock.now(), "most": limit}):
        gathering = Listed._make((*row[4:], ()))
        if row[1] == "booked":
            found.seats.append(Seat(row[0], row[3], gathering, row[2]))
        else:
            found.places.append(Place(row[0], EntryState(row[1]), row[2], row[3], gathering))
    found.places.sort(key=lambda place: place.state is not EntryState.OFFERED)
    return found


def entries_for_bureau(gathering_id: UUID) -> Select[Any]:
    """Give everybody who ever stood on a waiting list, as a list to search, filter and sort."""
    person = Base.metadata.tables["account"].c
    return (
        select(
            WaitlistEntry.id,
            WaitlistEntry.seq,
            WaitlistEntry.state,
            WaitlistEntry.mode,
            WaitlistEntry.wish,
            WaitlistEntry.joined_at,
            WaitlistEntry.offer_until,
            WaitlistEntry.account_id,
            (person.given_name + " " + person.family_name).label("name"),
            person.family_name,
            person.email,
        )
        .join(person.id.table, person.id == WaitlistEntry.account_id)
        .where(WaitlistEntry.gathering_id == gathering_id)
    )


def first_in_line(gathering_id: UUID, most: int) -> Sequence[Any]:
    """Return who stands first in line: the place of each as they read it, and how many wait or have an offer in all."""
    named = entries_for_bureau(gathering_id).where(WaitlistEntry.state.in_(IN_LINE)).subquery()

    def waits_for(mode: SeatMode) -> ColumnElement[bool]:
        return and_(named.c.state == EntryState.WAITING, named.c.mode == mode)

    has_offer = case((named.c.state == EntryState.OFFERED, named.c.offer_until))
    waits = case((named.c.state == EntryState.WAITING, 1))
    counted = select(
        named,
        (func.count(waits).over(partition_by=named.c.mode, order_by=named.c.seq)).label("place"),
        func.count(has_offer).over().label("offers"),
        func.count().over().label("in_line"),
        func.count(case((waits_for(SeatMode.ON_SITE), 1))).over().label("waiting_in_hall"),
        func.count(case((waits_for(SeatMode.ONLINE), 1))).over().label("waiting_online"),
        func.min(has_offer).over().label("next_offer_until"),
    )
    return db.session.execute(counted.order_by(named.c.seq).limit(most)).all()


def is_stuck() -> ColumnElement[bool]:
    """Say as SQL that somebody waits while a seat is free: passed over, or the list had closed before it came free."""
    in_hall, online = Gathering.seats_taken < Gathering.capacity, Gathering.online_taken < Gathering.online_capacity
    apart = and_(Gathering.online_capacity.is_not(None), WaitlistEntry.mode == SeatMode.ONLINE)
    waits = exists().where(
        WaitlistEntry.gathering_id == Gathering.id,
        WaitlistEntry.state == EntryState.WAITING,
        or_(and_(apart, online), and_(~apart, in_hall)),
    )
    return and_(
        Gathering.state == GatheringState.PUBLISHED,
        Gathering.starts_at > clock.now(),
        Gathering.queued > 0,
        waits,
    )


def stuck_count() -> int:
    """B1: count the gatherings whose waiting list stands still while a seat is free."""
    return db.session.scalar(select(func.count()).select_from(Gathering).where(is_stuck())) or 0


def promotions(gathering_id: UUID, *, limit: int = 200) -> Sequence[Promotion]:
    """Return the log of a waiting list, the latest first."""
    wanted = select(Promotion).where(Promotion.gathering_id == gathering_id)
    return db.session.scalars(wanted.order_by(Promotion.at.desc(), Promotion.seq.desc()).limit(limit)).all()
