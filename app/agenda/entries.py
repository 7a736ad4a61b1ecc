"""Gatherings as lists show them: light rows, equal when they look alike, by statements that are put together once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, select

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
_SPEAKERS = (
    select(Speaker.gathering_id, Speaker.name)
    .where(Speaker.gathering_id.in_(bindparam("ids", expanding=True)))
    .order_by(Speaker.gathering_id, Speaker.position)
)


def listed(statement: Select[Any], values: Mapping[str, Any]) -> list[Listed]:
    """Ask a statement that selects `COLUMNS`, and who speaks there."""
    rows = db.session.execute(statement, values).all()
    speakers = _speakers(row.id for row in rows)
    return [Listed._make((*row, speakers.get(row.id, ()))) for row in rows]


def _speakers(ids: Iterable[UUID]) -> dict[UUID, tuple[str, ...]]:
    wanted: Sequence[UUID] = list(ids)
    found: dict[UUID, tuple[str, ...]] = {}
    for gathering_id, name in db.session.execute(_SPEAKERS, {"ids": wanted}) if wanted else ():
        found[gathering_id] = (*found.get(gathering_id, ()), name)
    return found
