"""Which gatherings belong together, and what else stands in the agenda on the days of a preview."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CompoundSelect, ScalarSelect, Select, exists, func, select, union

from app.agenda.guests.models import Guest
from app.agenda.models import Booking, BookingState, Gathering, GatheringState, WaitlistEntry
from app.agenda.queries import is_full
from app.agenda.series.models import GatheringSeries
from app.agenda.waitlist_queries import IN_LINE
from app.core import clock
from app.core.db import db

MOST_OTHER_DATES = 6


class Scope(StrEnum):
    """To which dates of a series something happens."""

    ONE = "one"
    FOLLOWING = "following"
    ALL = "all"


def series_of(gathering: Gathering) -> GatheringSeries | None:
    """Return the series a gathering belongs to, if any."""
    return db.session.get(GatheringSeries, gathering.series_id) if gathering.series_id else None


def dates_of(series_id: UUID) -> Sequence[Gathering]:
    """Return every gathering of a series, drafts and cancelled ones included, in order of time."""
    wanted = select(Gathering).where(Gathering.series_id == series_id)
    return db.session.scalars(wanted.order_by(Gathering.starts_at, Gathering.id)).all()


def in_scope(gathering: Gathering, scope: Scope) -> list[UUID]:
    """Return the gathering and, by the scope, those of its series that are still to come; not what is cancelled."""
    if scope is Scope.ONE or gathering.series_id is None:
        return [gathering.id]
    wanted = select(Gathering.id).where(
        Gathering.series_id == gathering.series_id,
        Gathering.state != GatheringState.CANCELLED,
        Gathering.starts_at > clock.now(),
        Gathering.id != gathering.id,
    )
    if scope is Scope.FOLLOWING:
        wanted = wanted.where(Gathering.starts_at >= gathering.starts_at)
    return [gathering.id, *db.session.scalars(wanted.order_by(Gathering.starts_at, Gathering.id))]


def has_others(gathering: Gathering) -> bool:
    """Say whether other dates of its series are still to come."""
    return len(in_scope(gathering, Scope.ALL)) > 1


class OtherDate(NamedTuple):
    """Another date of the same series, as its page links to it."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    full: bool


def other_dates(gathering: Gathering) -> list[OtherDate]:
    """G10: return the next dates of the same series that anybody may see, without this one."""
    if gathering.series_id is None:
        return []
    wanted = select(Gathering.id, Gathering.starts_at, Gathering.ends_at, is_full()).where(
        Gathering.series_id == gathering.series_id,
        Gathering.id != gathering.id,
        Gathering.state == GatheringState.PUBLISHED,
        Gathering.starts_at > clock.now(),
    )
    rows = db.session.execute(wanted.order_by(Gathering.starts_at, Gathering.id).limit(MOST_OTHER_DATES))
    return [OtherDate(*row) for row in rows]


class Busy(NamedTuple):
    """Something else that stands in the agenda."""

    id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    series_id: UUID | None


def busy_between(first: date, last: date) -> list[Busy]:
    """Return what stands in the agenda between two days, drafts included, not what is cancelled."""
    wanted = select(Gathering.id, Gathering.title, Gathering.starts_at, Gathering.ends_at, Gathering.series_id).where(
        Gathering.state != GatheringState.CANCELLED,
        Gathering.starts_at >= clock.at_home(datetime.combine(first, time())),
        Gathering.starts_at < clock.at_home(datetime.combine(last + timedelta(days=1), time())),
    )
    return [Busy(*row) for row in db.session.execute(wanted.order_by(Gathering.starts_at))]


class Concerned(NamedTuple):
    """How many people hold a seat, how many stand in line without one there, and how many they are together."""

    seated: int
    waiting: int
    people: int


def concerned_by(ids: Collection[UUID]) -> Concerned:
    """G6: return whom a change of these gatherings concerns; who waits for the other mode (G1) has a seat already."""
    holders = select(Booking.account_id).where(Booking.gathering_id.in_(ids), Booking.state == BookingState.CONFIRMED)
    seated_there = exists().where(
        Booking.gathering_id == WaitlistEntry.gathering_id,
        Booking.account_id == WaitlistEntry.account_id,
        Booking.state == BookingState.CONFIRMED,
    )
    standing = select(WaitlistEntry.account_id).where(
        WaitlistEntry.gathering_id.in_(ids), WaitlistEntry.state.in_(IN_LINE), ~seated_there
    )
    brought = select(func.count(Guest.email.distinct())).where(
        Guest.gathering_id.in_(ids), Guest.state == BookingState.CONFIRMED
    )
    guests = brought.scalar_subquery()
    counted = select(_people(holders) + guests, _people(standing), _people(union(holders, standing)) + guests)
    return Concerned(*db.session.execute(counted).one())


def _people(accounts: Select[UUID] | CompoundSelect[UUID]) -> ScalarSelect[int]:
    found = accounts.subquery()
    return select(func.count(found.c.account_id.distinct())).scalar_subquery()
