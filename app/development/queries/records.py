"""L6: somebody's record: what they did, in which registers they stand, and how far they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.development.models import (
    AttendanceCertificate,
    EntryState,
    PeEntry,
    PeRegistration,
    PeRules,
    PeScheme,
)
from app.development.points import Activity, Result, earned, results, year_rules
from app.development.queries.schemes import circle_rules


@dataclass(frozen=True)
class Year:
    """A calendar year by the circle's rules, in tenths: earned at the circle and by own entries."""

    year: int
    circle: int
    own: int

    @property
    def total(self) -> int:
        return self.circle + self.own


@dataclass(frozen=True)
class Standing:
    """How somebody stands in one register: each period up to now, the first first."""

    registration: PeRegistration
    results: Sequence[Result]

    @property
    def now(self) -> Result:
        """The period that runs, or the last one of a registration that ended."""
        return self.results[-1]


@dataclass(frozen=True)
class Record:
    """Everything on one page: points per year, the newest first, and how each registration stands."""

    years: Sequence[Year]
    standings: Sequence[Standing]

    def of(self, year: int) -> Year:
        """Return one year, of nothing when nothing was done."""
        return next((one for one in self.years if one.year == year), Year(year, 0, 0))


def counting(account_id: UUID) -> Sequence[PeEntry]:
    """Return everything that counts for somebody, the oldest first."""
    rows = select(PeEntry).where(PeEntry.account_id == account_id, PeEntry.state == EntryState.COUNTS)
    return db.session.scalars(rows.order_by(PeEntry.done_on, PeEntry.id)).all()


def years(entries: Iterable[Activity], rules: Sequence[PeRules]) -> list[Year]:
    """Add up points by calendar year, by the rules that held on its first day, the newest first."""
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for entry in entries:
        found[entry.done_on.year][entry.own] += earned(year_rules(rules, entry.done_on), entry)
    return [Year(year, *found[year]) for year in sorted(found, reverse=True)]


def record(account_id: UUID) -> Record:
    """Return how somebody stands; what is entered ahead of today counts in its own period."""
    entries, today = counting(account_id), clock.today()
    standings = [
        Standing(one, results(one.starts_on, one.scheme.rules, entries, until=max(today, one.starts_on)))
        for one in registrations_of(account_id)
    ]
    return Record(years(entries, circle_rules()), standings)


def registrations_of(account_id: UUID) -> Sequence[PeRegistration]:
    """Return in which registers somebody stands now, the oldest first."""
    rows = select(PeRegistration).where(PeRegistration.account_id == account_id, PeRegistration.ended_on.is_(None))
    with_rules = selectinload(PeRegistration.scheme).selectinload(PeScheme.rules)
    return db.session.scalars(
        rows.options(with_rules).order_by(PeRegistration.starts_on, PeRegistration.created_at)
    ).all()


def own_registration(id: UUID, *, viewer: UUID) -> PeRegistration:
    """Return a registration of the viewer's own, ended or not, with its scheme's rules."""
    with_rules = selectinload(PeRegistration.scheme).selectinload(PeScheme.rules)
    found = db.session.get(PeRegistration, id, options=[with_rules])
    if found is None or found.account_id != viewer:
        raise NotFound
    return found


def own_entry(id: UUID, *, viewer: UUID) -> PeEntry:
    """Return what the viewer entered themselves, removed or not."""
    found = db.session.get(PeEntry, id)
    if found is None or found.account_id != viewer or not found.own:
        raise NotFound
    return found


def any_entry(id: UUID) -> PeEntry:
    """Return an entry, for what follows from it."""
    return db.session.get_one(PeEntry, id)


def entry_at(gathering_id: UUID, account_id: UUID) -> PeEntry | None:
    """Return the entry for somebody's presence at a gathering, whether it counts or not."""
    rows = select(PeEntry).where(PeEntry.gathering_id == gathering_id, PeEntry.account_id == account_id)
    return db.session.scalar(rows)


def entries_at(gathering_id: UUID) -> Sequence[PeEntry]:
    """Return what a gathering gave, to everybody."""
    return db.session.scalars(select(PeEntry).where(PeEntry.gathering_id == gathering_id).order_by(PeEntry.id)).all()


def credited_since(day: date) -> Sequence[UUID]:
    """Return the gatherings on or after a day that gave somebody something, in case nobody was there after all."""
    rows = select(PeEntry.gathering_id).where(
        PeEntry.gathering_id.is_not(None), PeEntry.done_on >= day, PeEntry.state == EntryState.COUNTS
    )
    return [found for found in db.session.scalars(rows.distinct()) if found is not None]


def listed(account_id: UUID, first: date | None = None, last: date | None = None) -> Select[Any]:
    """Give what counts for somebody, between two days if told, with the certificates that stand, as a list."""
    paper = AttendanceCertificate
    columns: tuple[Any, ...] = (
        PeEntry.id,
        PeEntry.done_on,
        PeEntry.title,
        PeEntry.organiser,
        PeEntry.kind,
        PeEntry.minutes,
        PeEntry.whole_minutes,
        PeEntry.tenths,
        PeEntry.gathering_id,
        PeEntry.proof_name,
        PeEntry.gathering_id.is_(None).label("own"),
        paper.id.label("certificate_id"),
        paper.code,
    )
    rows = select(*columns).where(PeEntry.account_id == account_id, PeEntry.state == EntryState.COUNTS)
    rows = rows.outerjoin(paper, and_(paper.entry_id == PeEntry.id, paper.withdrawn_at.is_(None)))
    if first and last:
        rows = rows.where(PeEntry.done_on >= first, PeEntry.done_on <= last)
    return rows
