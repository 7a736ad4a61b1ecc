"""Whose seats stayed empty, how often, and whether that is too often by the bureau's policy (G7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from app.agenda.absences.models import AbsenceExcuse, AbsencePolicy, Consequence
from app.agenda.models import Booking, Gathering, GatheringState
from app.core import clock
from app.core.db import Base, db
from app.core.errors import NotFound

DAYS_A_MONTH = 365.25 / 12
ONLY = 1


class Absence(StrEnum):
    """How a seat stayed empty."""

    NO_SHOW = "no_show"
    LATE = "late"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """G7: what follows from how many empty seats within how many months; nothing, until the bureau decides."""

    consequence: Consequence = Consequence.NOTHING
    times: int = 3
    months: int = 12
    days_before: int = 3

    @property
    def since(self) -> datetime:
        """From when on empty seats count."""
        return clock.now() - timedelta(days=round(self.months * DAYS_A_MONTH))

    def opens_for_late(self, starts_at: datetime) -> datetime:
        """Return from when on somebody can book whose seats stayed empty too often."""
        return starts_at - timedelta(days=self.days_before)


def policy() -> Policy:
    """Return what holds now."""
    found = db.session.get(AbsencePolicy, ONLY, populate_existing=True)
    if found is None:
        return Policy()
    return Policy(consequence=found.consequence, times=found.times, months=found.months, days_before=found.days_before)


def _empty() -> ColumnElement[bool]:
    return or_(Booking.no_show_at.is_not(None), Booking.cancelled_late)


def _counts(since: datetime) -> list[ColumnElement[bool]]:
    """Say as SQL which bookings count, of those joined with their gathering and, if any, their excuse."""
    return [
        _empty(),
        Gathering.state == GatheringState.PUBLISHED,
        Gathering.starts_at >= since,
        AbsenceExcuse.booking_id.is_(None),
    ]


def _joined(statement: Any) -> Select[Any]:
    joined = statement.join(Gathering, Gathering.id == Booking.gathering_id)
    return cast("Select[Any]", joined.outerjoin(AbsenceExcuse, AbsenceExcuse.booking_id == Booking.id))


def times_of(account_id: UUID, held: Policy) -> int:
    """Count somebody's empty seats, as far as they count."""
    counted = _joined(select(func.count()).select_from(Booking))
    found = db.session.scalar(counted.where(Booking.account_id == account_id, *_counts(held.since)))
    return found or 0


class Empty(NamedTuple):
    """One seat that stayed empty, and the bureau's reason not to count it."""

    booking_id: UUID
    gathering_id: UUID
    title: str
    starts_at: datetime
    absence: Absence
    excused: str | None


def record_of(account_id: UUID) -> list[Empty]:
    """Return somebody's seats that stayed empty, the latest first, excused ones included."""
    absence = case((Booking.cancelled_late, Absence.LATE), else_=Absence.NO_SHOW)
    rows = db.session.execute(
        _joined(
            select(
                Booking.id, Booking.gathering_id, Gathering.title, Gathering.starts_at, absence, AbsenceExcuse.reason
            ).select_from(Booking)
        )
        .where(Booking.account_id == account_id, _empty(), Gathering.state == GatheringState.PUBLISHED)
        .order_by(Gathering.starts_at.desc(), Booking.seq)
    )
    return [Empty(row[0], row[1], row[2], row[3], Absence(row[4]), row[5]) for row in rows]


def people(held: Policy) -> Select[Any]:
    """Give everybody with an empty seat in the time that counts, as a list to search, sort and export."""
    person = Base.metadata.tables["account"].c
    late = case((Booking.cancelled_late, 1), else_=0)
    counted = case((AbsenceExcuse.booking_id.is_(None), 1), else_=0)
    found = (
        _joined(
            select(
                Booking.account_id,
                func.sum(1 - late).label("no_shows"),
                func.sum(late).label("late"),
                func.sum(counted).label("counted"),
                func.max(Gathering.starts_at).label("last_at"),
            ).select_from(Booking)
        )
        .where(_empty(), Gathering.state == GatheringState.PUBLISHED, Gathering.starts_at >= held.since)
        .group_by(Booking.account_id)
        .subquery()
    )
    return select(
        person.id,
        (person.given_name + " " + person.family_name).label("name"),
        person.family_name,
        person.email,
        found.c.no_shows,
        found.c.late,
        found.c.counted,
        found.c.last_at,
    ).join(found, found.c.account_id == person.id)


def too_often(held: Policy) -> Select[Any]:
    """Give the people whom a policy concerns, as a selectable."""
    counted = _joined(select(Booking.account_id).select_from(Booking))
    return counted.where(*_counts(held.since)).group_by(Booking.account_id).having(func.count() >= held.times)


def concerned_by(held: Policy) -> Sequence[UUID]:
    """Return whom a policy would concern today."""
    return db.session.scalars(too_often(held)).all()


def empty_seat(booking_id: UUID) -> Booking:
    """Return a booking that is on somebody's record."""
    found = db.session.scalar(select(Booking).where(Booking.id == booking_id, _empty()))
    if found is None:
        raise NotFound
    return found


def excuse(booking_id: UUID) -> AbsenceExcuse | None:
    """Return why a seat is not counted, if so."""
    return db.session.get(AbsenceExcuse, booking_id, populate_existing=True)
