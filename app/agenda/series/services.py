"""What the bureau does with the dates of a series: lay them out, change, publish or call off several at once (G1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.agenda import services as agenda
from app.agenda.materials.services import copy as copy_materials
from app.agenda.models import Gathering, GatheringState
from app.agenda.series import queries
from app.agenda.series.models import GatheringSeries
from app.agenda.series.queries import Scope
from app.agenda.series.recurrence import Rule, moved
from app.agenda.services import GatheringDetails
from app.agenda.services.refusals import NotOnThisDate
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.i18n import _

MOMENTS = ("starts_at", "ends_at", "members_from", "guests_from", "cancel_until")


class Opening(StrEnum):
    """When members can book the dates of a series: all from one moment on, or each as long before it as the first."""

    AT_ONCE = "at_once"
    EACH_IN_TIME = "each_in_time"


def on_day(gathering: Gathering, day: date, opening: Opening) -> GatheringDetails:
    """Return what a gathering would be on another day: the same hours on the wall clock, whatever the season."""
    zone, kept = gathering.timezone, agenda.details_of(gathering)
    by = day - gathering.starts_at.astimezone(zone).date()
    starts_at = moved(kept.starts_at, by, zone)
    ends_at = moved(kept.ends_at, by, zone)
    members_from, guests_from = kept.members_from, kept.guests_from
    if opening is Opening.EACH_IN_TIME:
        members_from = moved(members_from, by, zone)
        guests_from = moved(guests_from, by, zone) if guests_from else None
    return replace(
        kept,
        starts_at=starts_at,
        ends_at=ends_at if ends_at > starts_at else starts_at + (kept.ends_at - kept.starts_at),
        cancel_until=min(moved(kept.cancel_until, by, zone), starts_at),
        members_from=members_from,
        guests_from=guests_from,
    )


def repeat(
    gathering: Gathering,
    rule: Rule,
    days: Iterable[date],
    opening: Opening,
    *,
    materials: Collection[UUID] = (),
    by: UUID,
) -> list[Gathering]:
    """Lay out drafts of a gathering on other days, each with these of its materials.

    A day that the series has already is left as it is.
    """
    series = _series_of(gathering, rule)
    zone = gathering.timezone
    taken = {one.starts_at.astimezone(zone).date() for one in queries.dates_of(series.id)}
    made = [
        agenda.draft_gathering(on_day(gathering, day, opening), by=by, series_id=series.id)
        for day in sorted(set(days) - taken)
    ]
    for one in made:
        copy_materials(materials, to=one.id, by=by)
    if made:
        audit.record(
            "gathering.repeated",
            by=by,
            on=("gathering", gathering.id),
            after={"title": gathering.title, "dates": len(made)},
        )
    return made


def _series_of(gathering: Gathering, rule: Rule) -> GatheringSeries:
    """Return the series of a gathering while its row is held, so that a second click finds the dates of the first."""
    _hold([gathering.id])
    series = queries.series_of(gathering)
    if series is None:
        first = gathering.starts_at.astimezone(gathering.timezone).date()
        series = GatheringSeries(rhythm=rule.rhythm, every=rule.every, first_day=first)
        db.session.add(series)
        db.session.flush()
        gathering.series_id = series.id
        db.session.flush()
    db.session.refresh(series, with_for_update=True)
    return series


def _hold(ids: Iterable[UUID]) -> list[Gathering]:
    """Hold the rows in one order for everybody, and return them as they are now, in order of time."""
    wanted = select(Gathering).where(Gathering.id.in_(list(ids))).order_by(Gathering.id)
    held = db.session.scalars(wanted.with_for_update(of=Gathering), execution_options={"populate_existing": True}).all()
    return sorted(held, key=lambda one: (one.starts_at, one.id))


@dataclass(frozen=True)
class Revision:
    """What one change does to one date."""

    gathering: Gathering
    details: GatheringDetails

    @property
    def moves(self) -> bool:
        """Whether who holds a seat has to know."""
        gathering = self.gathering
        return gathering.state is GatheringState.PUBLISHED and agenda.shows_otherwise(gathering, self.details)


def revisions(gathering: Gathering, details: GatheringDetails, scope: Scope) -> list[Revision]:
    """Tell, without changing anything, what a change of one date does to it and to the others in scope.

    What was changed here is changed there as well; in what was left alone, each date keeps its own. A moment moves by
    as many days and gets the same wall clock time.
    """
    found = [one for one in _read(queries.in_scope(gathering, scope)) if one.id != gathering.id]
    before = agenda.details_of(gathering)
    changes = {name: new for name, new in vars(details).items() if new != getattr(before, name)}
    return [
        Revision(gathering, details),
        *(Revision(one, _carried_over(one, before, changes, details)) for one in found),
    ]


def _read(ids: Iterable[UUID]) -> Iterator[Gathering]:
    wanted = select(Gathering).where(Gathering.id.in_(list(ids))).order_by(Gathering.starts_at, Gathering.id)
    yield from db.session.scalars(wanted.options(selectinload(Gathering.speakers)))


def _carried_over(
    other: Gathering, before: GatheringDetails, changes: dict[str, Any], details: GatheringDetails
) -> GatheringDetails:
    zone, own = other.timezone, agenda.details_of(other)
    values = {name: new for name, new in changes.items() if name not in MOMENTS}
    for name in MOMENTS:
        if name not in changes:
            continue
        old, new = getattr(before, name), changes[name]
        if old is None or new is None or getattr(own, name) is None:
            apart = _days(details.starts_at, own.starts_at, zone) if new else timedelta()
            values[name] = moved(new, apart, zone) if new else None
        else:
            values[name] = moved(getattr(own, name), _days(old, new, zone), zone, to=new.astimezone(zone).time())
    return replace(own, **values)


def _days(old: datetime, new: datetime, zone: ZoneInfo) -> timedelta:
    return new.astimezone(zone).date() - old.astimezone(zone).date()


def revise(gathering: Gathering, details: GatheringDetails, scope: Scope, *, by: UUID) -> int:
    """Change the dates in scope, all or none of them; who holds a seat at a date that moves is told of that one."""
    if scope is Scope.ONE:
        agenda.revise_gathering(gathering, details, by=by)
        return 1
    _hold(queries.in_scope(gathering, scope))
    wanted = revisions(gathering, details, scope)
    for one in wanted:
        with _naming(one.gathering, gathering):
            _refuse_odd_times(one)
            agenda.revise_gathering(one.gathering, one.details, by=by)
    return len(wanted)


def _refuse_odd_times(one: Revision) -> None:
    wanted = one.details
    if wanted.ends_at <= wanted.starts_at:
        raise Refusal(_("It would end before it starts."))
    if wanted.cancel_until > wanted.starts_at or wanted.members_from >= wanted.starts_at:
        raise Refusal(_("Booking would open, or free cancelling would end, after it starts."))
    if wanted.starts_at != one.gathering.starts_at and wanted.starts_at <= clock.now():
        raise Refusal(_("It would lie in the past."))


@contextmanager
def _naming(one: Gathering, asked: Gathering) -> Iterator[None]:
    """Say on which date something cannot be, unless it is the one that was asked for."""
    starts_at = one.starts_at
    try:
        yield
    except Refusal as refusal:
        if one.id == asked.id:
            raise
        raise NotOnThisDate(starts_at, str(refusal.message)) from refusal


def publish(gathering: Gathering, scope: Scope, *, by: UUID) -> int:
    """Put the drafts in scope in the agenda, all or none of them."""
    return _each(gathering, scope, lambda one: agenda.publish_gathering(one, by=by), only=GatheringState.DRAFT)


def call_off(gathering: Gathering, scope: Scope, *, reason: str, by: UUID) -> int:
    """Call the dates in scope off; their drafts, of which nobody knows, are thrown away."""
    count = _each(
        gathering,
        scope,
        lambda one: agenda.cancel_gathering(one, reason=reason, by=by),
        only=GatheringState.PUBLISHED,
    )
    for one in _hold(queries.in_scope(gathering, scope)):
        if one.state is GatheringState.DRAFT:
            agenda.discard_draft(one, by=by)
    return count


def _each(gathering: Gathering, scope: Scope, do: Callable[[Gathering], None], *, only: GatheringState) -> int:
    held = _hold(queries.in_scope(gathering, scope))
    wanted = [one for one in held if one.state is only or one.id == gathering.id]
    for one in wanted:
        with _naming(one, gathering):
            do(one)
    return len(wanted)
