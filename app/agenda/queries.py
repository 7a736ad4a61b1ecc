"""What stands in the agenda and for whom: drafts exist for the bureau only, bookings for their owner and the bureau."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, Uuid, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from app.agenda.entries import LISTED, Listed, listed
from app.agenda.models import Booking, BookingState, Gathering, GatheringKind, GatheringState
from app.core import clock
from app.core.db import UtcDateTime, db
from app.core.errors import NotFound
from app.core.formats import short_date

PAGE = 20
LONGEST = timedelta(days=7)
_MONTH = re.compile(r"((?:19|20|21)\d\d)-(0[1-9]|1[0-2])", re.ASCII)
MONTHS_AHEAD = 6
SEEN_BY_ALL = (GatheringState.PUBLISHED, GatheringState.CANCELLED)


class Where(StrEnum):
    """The agenda's filter on how one takes part; a hybrid gathering is found under both."""

    ON_SITE = "on_site"
    ONLINE = "online"


@dataclass(frozen=True)
class Month:
    """A calendar month on the bureau's wall."""

    year: int
    month: int

    @classmethod
    def of(cls, moment: datetime) -> Month:
        """Return the month in which a moment falls at the bureau."""
        local = clock.local(moment)
        return cls(local.year, local.month)

    @classmethod
    def read(cls, text: str) -> Month | None:
        """Read `2027-01`; anything else is no month."""
        match = _MONTH.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def following(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def start(self) -> datetime:
        """The moment at which the month begins."""
        return clock.at_home(datetime(self.year, self.month, 1))  # noqa: DTZ001  a wall-clock time, made aware by at_home

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True)
class Wanted:
    """G10: what somebody looks for in the agenda; everything in it stands in the address of the page."""

    kind: GatheringKind | None = None
    month: Month | None = None
    where: Where | None = None
    past: bool = False
    after: tuple[datetime, UUID] | None = None

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out on request."""
        return bool(self.kind or self.month or self.where)

    def but(self, **changes: Any) -> Wanted:
        """Return the same search with something changed, from its first page."""
        return replace(self, **{"after": None, **changes})

    def as_query(self) -> dict[str, str]:
        """Return the search as query values."""
        values = {
            "kind": self.kind.value if self.kind else "",
            "month": str(self.month) if self.month else "",
            "where": self.where.value if self.where else "",
            "past": "1" if self.past else "",
            "after": f"{self.after[0].astimezone(UTC):%Y%m%dT%H%M%S}~{self.after[1]}" if self.after else "",
        }
        return {name: value for name, value in values.items() if value}

    @classmethod
    def read(cls, values: dict[str, str]) -> Wanted:
        """Read a search from query values; what makes no sense narrows nothing."""
        return cls(
            kind=_member(GatheringKind, values.get("kind", "")),
            month=Month.read(values.get("month", "")),
            where=_member(Where, values.get("where", "")),
            past=values.get("past") == "1",
            after=_place(values.get("after", "")),
        )


@dataclass(frozen=True)
class AgendaPage:
    """One page of the agenda and the search that gives the next."""

    gatherings: Sequence[Listed]
    following: Wanted | None


def _member(kind: Any, value: str) -> Any:
    return kind(value) if value in set(kind) else None


def _place(text: str) -> tuple[datetime, UUID] | None:
    moment, _, key = text.partition("~")
    try:
        return datetime.strptime(moment, "%Y%m%dT%H%M%S").replace(tzinfo=UTC), UUID(key)
    except ValueError:
        return None


def agenda(wanted: Wanted, *, size: int = PAGE) -> AgendaPage:
    """G10: return what is coming, next first, or what has been, latest first; by keyset, so that no page is slow."""
    now = clock.now()
    statement = _agenda(
        past=wanted.past, kind=bool(wanted.kind), month=bool(wanted.month), where=wanted.where, later=bool(wanted.after)
    )
    values: dict[str, Any] = {"now": now, "lately": now - LONGEST, "kind": wanted.kind, "most": size + 1}
    if wanted.month:
        values |= {"month_begins": wanted.month.start, "month_ends": wanted.month.following.start}
    if wanted.after:
        values |= {"place": wanted.after[0], "place_id": wanted.after[1]}
    found = listed(statement, values)
    more = len(found) > size
    last = found[size - 1] if more else None
    return AgendaPage(found[:size], replace(wanted, after=(last.starts_at, last.id)) if last else None)


@cache
def _agenda(*, past: bool, kind: bool, month: bool, where: Where | None, later: bool) -> Select[Any]:
    """Give the statement behind `agenda` for one shape of search."""
    starts, ends = Gathering.starts_at, Gathering.ends_at
    now, place, place_id = _moment("now"), _moment("place"), bindparam("place_id", type_=Uuid())
    query = select(*LISTED).limit(bindparam("most", type_=Integer()))
    if past:
        query = query.where(Gathering.state.in_([GatheringState.PUBLISHED]), ends <= now, starts < now)
        query = query.order_by(starts.desc(), Gathering.id.desc())
        beyond = and_(starts <= place, or_(starts < place, and_(starts == place, Gathering.id < place_id)))
    else:
        query = query.where(Gathering.state.in_(SEEN_BY_ALL), ends > now, starts > _moment("lately"))
        query = query.order_by(starts, Gathering.id)
        beyond = and_(starts >= place, or_(starts > place, and_(starts == place, Gathering.id > place_id)))
    narrowing = (
        (kind, Gathering.kind == bindparam("kind", type_=Gathering.kind.type)),
        (where is Where.ONLINE, Gathering.online_url != ""),
        (where is Where.ON_SITE, Gathering.venue != ""),
        (month, and_(starts >= _moment("month_begins"), starts < _moment("month_ends"))),
        (later, beyond),
    )
    return query.where(*(condition for asked, condition in narrowing if asked))


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcDateTime())


def months_ahead() -> list[Month]:
    """Return the months the agenda offers as a filter: this one and the next five."""
    months = [Month.of(clock.now())]
    while len(months) < MONTHS_AHEAD:
        months.append(months[-1].following)
    return months


_COMING = (
    select(*LISTED)
    .where(Gathering.state == GatheringState.PUBLISHED, Gathering.starts_at > _moment("now"))
    .order_by(Gathering.starts_at, Gathering.id)
    .limit(bindparam("most", type_=Integer()))
)


def coming(limit: int = 3) -> list[Listed]:
    """Return the next gatherings that take place, for the front pages."""
    return listed(_COMING, {"now": clock.now(), "most": limit})


def titled(text: str, limit: int) -> Sequence[Gathering]:
    """Return gatherings whose title holds this text, letter by letter, the latest first; for the bureau."""
    query = select(Gathering).where(Gathering.title.icontains(text.strip(), autoescape=True))
    return db.session.scalars(query.order_by(Gathering.starts_at.desc(), Gathering.id).limit(limit)).all()


_ALONE = select(Gathering).where(Gathering.id == bindparam("id", type_=Uuid()))
_BY_ID = _ALONE.options(joinedload(Gathering.speakers))
_WITH_MATERIALS = _BY_ID.options(joinedload(Gathering.materials))


def published(id: UUID, *, with_materials: bool = False) -> Gathering:
    """Return a gathering as the world may see it, cancelled ones included; a draft is not found."""
    return _seen_by_all(_WITH_MATERIALS if with_materials else _BY_ID, id)


def to_book(id: UUID) -> Gathering:
    """Return the same without those who speak there: whoever books asks for no more, and others may wait."""
    return _seen_by_all(_ALONE, id)


def _seen_by_all(statement: Select[Any], id: UUID) -> Gathering:
    gathering = _found(statement, id)
    if gathering.state not in SEEN_BY_ALL:
        raise NotFound
    return gathering


def any_gathering(id: UUID) -> Gathering:
    """Return a gathering as the bureau sees it, drafts included."""
    return _found(_BY_ID, id)


def _found(statement: Select[Any], id: UUID) -> Gathering:
    gathering: Gathering | None = db.session.scalars(statement, {"id": id}).unique().one_or_none()
    if gathering is None:
        raise NotFound
    return gathering


_LIVE_BOOKING = select(Booking).where(
    Booking.gathering_id == bindparam("gathering_id", type_=Uuid()),
    Booking.account_id == bindparam("account_id", type_=Uuid()),
    Booking.state == BookingState.CONFIRMED,
)


def live_booking(gathering_id: UUID, account_id: UUID) -> Booking | None:
    """Return the seat somebody holds at a gathering, if any."""
    found: Booking | None = db.session.scalar(_LIVE_BOOKING, {"gathering_id": gathering_id, "account_id": account_id})
    return found


def latest_booking(gathering_id: UUID, account_id: UUID) -> Booking:
    """Return somebody's newest booking at a gathering; when a seat is held, it is this one."""
    booking = db.session.scalar(
        select(Booking)
        .where(Booking.gathering_id == gathering_id, Booking.account_id == account_id)
        .options(joinedload(Booking.gathering))
        .order_by(Booking.seq.desc())
        .limit(1)
    )
    if booking is None:
        raise NotFound
    return booking


def own_booking(id: UUID, *, viewer: UUID) -> Booking:
    """Return a booking of the viewer's own, live or not, with its gathering."""
    booking = db.session.scalar(
        select(Booking).where(Booking.id == id, Booking.account_id == viewer).options(joinedload(Booking.gathering))
    )
    if booking is None:
        raise NotFound
    return booking


def booking(id: UUID) -> Booking:
    """Return a booking with its gathering, for mails and the bureau."""
    found = db.session.scalar(select(Booking).where(Booking.id == id).options(joinedload(Booking.gathering)))
    if found is None:
        raise NotFound
    return found


def bookings_of(account_id: UUID, *, past: bool = False, limit: int = 50) -> Sequence[Booking]:
    """Return somebody's seats: those to come, next first, or those that were, latest first."""
    now = clock.now()
    order = (Gathering.starts_at.desc(), Gathering.id) if past else (Gathering.starts_at, Gathering.id)
    return db.session.scalars(
        select(Booking)
        .join(Booking.gathering)
        .where(
            Booking.account_id == account_id,
            Booking.state == BookingState.CONFIRMED,
            Gathering.ends_at <= now if past else Gathering.ends_at > now,
        )
        .options(joinedload(Booking.gathering))
        .order_by(*order)
        .limit(limit)
    ).all()


def live_bookings(gathering_id: UUID) -> Sequence[Booking]:
    """Return everybody who holds a seat, in order of arrival."""
    return db.session.scalars(
        select(Booking)
        .where(Booking.gathering_id == gathering_id, Booking.state == BookingState.CONFIRMED)
        .order_by(Booking.seq)
    ).all()


def bookings_with_gathering(ids: Sequence[UUID]) -> Sequence[Booking]:
    """Return these bookings as far as they are still live, with their gathering, in order of arrival."""
    return db.session.scalars(
        select(Booking)
        .where(Booking.id.in_(ids), Booking.state == BookingState.CONFIRMED)
        .options(joinedload(Booking.gathering))
        .order_by(Booking.seq)
    ).all()


def unpaid_seats(now: datetime) -> Sequence[UUID]:
    """P10: return the seats whose time to pay is over, the longest overdue first."""
    overdue = select(Booking.id).where(
        Booking.state == BookingState.CONFIRMED, Booking.pay_by.is_not(None), Booking.pay_by <= now
    )
    return db.session.scalars(overdue.order_by(Booking.pay_by)).all()


def seats_with_money(gathering_id: UUID) -> Sequence[UUID]:
    """P10: return the bookings of a gathering for which money was asked or received."""
    asked = select(Booking.id).where(Booking.gathering_id == gathering_id, Booking.fee_cents > 0)
    return db.session.scalars(asked.order_by(Booking.seq)).all()


def is_full() -> ColumnElement[bool]:
    """Say as SQL that every seat is taken, in whatever mode."""
    hall = Gathering.seats_taken >= Gathering.capacity
    return and_(hall, Gathering.online_taken >= func.coalesce(Gathering.online_capacity, 0))


def gatherings_for_bureau(*, past: bool) -> Select[Any]:
    """Give what is coming or what has been, drafts included, as a list to filter and sort."""
    now = clock.now()
    return select(Gathering).where(Gathering.ends_at <= now if past else Gathering.ends_at > now)


class Payment(StrEnum):
    """P10: how the fee of a seat stands."""

    FREE = "free"
    PAID = "paid"
    UNPAID = "unpaid"
    LAPSED = "lapsed"
    NOTHING_ASKED = "nothing_asked"


def payment_of_seat() -> ColumnElement[str]:
    """Say as SQL how the fee of a seat stands; what was given back in time asks nothing any more."""
    kept = or_(Booking.state == BookingState.CONFIRMED, Booking.cancelled_late)
    return case(
        (Booking.fee_cents == 0, Payment.FREE.value),
        (Booking.lapsed, Payment.LAPSED.value),
        (and_(kept, Booking.paid_at.is_not(None)), Payment.PAID.value),
        (and_(kept, Booking.pay_by.is_not(None)), Payment.UNPAID.value),
        else_=Payment.NOTHING_ASKED.value,
    )


_VISITED = (
    select(Gathering.title, Gathering.starts_at)
    .join(Booking, Booking.gathering_id == Gathering.id)
    .where(
        Booking.account_id == bindparam("account_id", type_=Uuid()),
        Booking.state == BookingState.CONFIRMED,
        Gathering.state == GatheringState.PUBLISHED,
        Gathering.starts_at >= _moment("begins"),
        Gathering.starts_at < _moment("ends"),
    )
)
_HOW_OFTEN = select(func.count()).select_from(_VISITED.subquery())
_LATEST_FIRST = _VISITED.where(Booking.no_show_at.is_(None)).order_by(Gathering.starts_at.desc())


def _between(account_id: UUID, first: date, last: date) -> dict[str, Any]:
    begins = clock.at_home(datetime.combine(first, time.min))
    ends = clock.at_home(datetime.combine(last + timedelta(days=1), time.min))
    return {"account_id": account_id, "begins": begins, "ends": ends}


def seats_used(account_id: UUID, first: date, last: date) -> int:
    """M10: return how many seats somebody took at gatherings between two days, both included; also for nothing."""
    return db.session.execute(_HOW_OFTEN, _between(account_id, first, last)).scalar_one()


def visits_told(account_id: UUID, first: date, last: date) -> list[tuple[str, str]]:
    """M10: return the gatherings somebody had a seat at and did not stay away from, as title and day, latest first."""
    rows = db.session.execute(_LATEST_FIRST, _between(account_id, first, last))
    return [(row.title, short_date(row.starts_at)) for row in rows]


def met_in_peer_review(these: Collection[UUID], others: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """V4: return who of some sat with whom of others in a peer review that has begun."""
    one, other = aliased(Booking), aliased(Booking)
    sat = [seat.state == BookingState.CONFIRMED for seat in (one, other)]
    came = [seat.no_show_at.is_(None) for seat in (one, other)]
    wanted = (
        select(one.account_id, other.account_id)
        .join(other, other.gathering_id == one.gathering_id)
        .join(Gathering, Gathering.id == one.gathering_id)
        .where(
            Gathering.kind == GatheringKind.OPEN_PEER_REVIEW,
            Gathering.state == GatheringState.PUBLISHED,
            Gathering.starts_at <= clock.now(),
            one.account_id.in_(these),
            other.account_id.in_(others),
            *sat,
            *came,
        )
        .distinct()
    )
    return [(row[0], row[1]) for row in db.session.execute(wanted)]


def last_seats(account_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """M12: return when each of these people last booked a seat; whoever never did is not in it."""
    wanted = select(Booking.account_id, func.max(Booking.booked_at)).where(Booking.account_id.in_(list(account_ids)))
    return {row[0]: row[1] for row in db.session.execute(wanted.group_by(Booking.account_id))}


def coming_told() -> list[tuple[str, str]]:
    """M12: return the next gatherings as title and day, for an invitation."""
    return [(one.title, short_date(one.starts_at)) for one in coming()]


def booked_since(moment: datetime) -> Select[UUID]:
    """M12: give whoever booked a seat at or after a moment, as a selectable."""
    return select(Booking.account_id).where(Booking.booked_at >= moment)
