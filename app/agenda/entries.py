"""Gatherings as lists show them: light rows, equal when they look alike, by statements that are put together once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select

from app.agenda.models import Gathering, GatheringKind, GatheringState, Mode, Speaker, mode_of
from app.core.db import db


class Listed(NamedTuple):
    """What lists tell of a gathering."""

    id: UUID
    state: GatheringState
    kind: GatheringKind
    title: str
    venue: str
    city: str
    online_url: str
    starts_at: datetime
    ends_at: datetime
    members_from: datetime
    capacity: int
    seats_taken: int
    speakers: tuple[str, ...]

    @property
    def seats_left(self) -> int:
        """How many seats can still be booked."""
        return self.capacity - self.seats_taken

    @property
    def mode(self) -> Mode:
        """How one takes part."""
        return mode_of(self.venue, self.online_url)


class Seat(NamedTuple):
    """Somebody's booking beside what it is for."""

    id: UUID
    gathering: Listed


COLUMNS = tuple(getattr(Gathering, name) for name in Listed._fields if name != "speakers")
_APART = "\n"
_IN_ORDER = (
    select(Speaker.name)
    .where(Speaker.gathering_id == Gathering.id)
    .order_by(Speaker.position)
    .correlate(Gathering)
    .subquery()
)
LISTED = (*COLUMNS, select(func.aggregate_strings(_IN_ORDER.c.name, _APART)).scalar_subquery().label("speakers"))


def listed(statement: Select[Any], values: Mapping[str, Any]) -> list[Listed]:
    """Ask a statement that selects `LISTED`."""
    return [
        Listed._make((*row[:-1], tuple(row.speakers.split(_APART)) if row.speakers else ()))
        for row in db.session.execute(statement, values)
    ]
