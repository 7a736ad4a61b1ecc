"""Gatherings as lists show them: light rows, equal when they look alike, by statements that are put together once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select

from app.agenda.models import Gathering, GatheringKind, GatheringState, Mode, Pool, SeatMode, Speaker, mode_of, pools_of
from app.core import clock
from app.core.db import UtcDateTime, db


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
    fee_cents: int
    online_capacity: int | None
    online_taken: int
    speakers: tuple[str, ...]

    @property
    def seats_left(self) -> int:
        """How many seats can still be booked, in whatever mode."""
        return sum(pool.left for pool in self.pools)

    @property
    def pools(self) -> tuple[Pool, ...]:
        """The seats by mode."""
        return pools_of(self)

    def pool(self, mode: SeatMode) -> Pool | None:
        """Return the seats of one mode, if one can take part like that."""
        return next((pool for pool in self.pools if pool.mode is mode), None)

    @property
    def mode(self) -> Mode:
        """How one takes part."""
        return mode_of(self.venue, self.online_url)


class Seat(NamedTuple):
    """Somebody's booking beside what it is for."""

    id: UUID
    mode: SeatMode
    gathering: Listed
    pay_by: datetime | None = None


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


_ON_DAY = (
    select(*LISTED)
    .where(
        Gathering.state == GatheringState.PUBLISHED,
        Gathering.venue != "",
        Gathering.starts_at >= bindparam("begins", type_=UtcDateTime()),
        Gathering.starts_at < bindparam("ends", type_=UtcDateTime()),
    )
    .order_by(Gathering.starts_at, Gathering.id)
)


def doors_on(day: date) -> list[Listed]:
    """G7: return the gatherings of a day that have a door, the first first, those that are over included."""
    begins, ends = (clock.at_home(datetime.combine(day + timedelta(days=more), time.min)) for more in (0, 1))
    return listed(_ON_DAY, {"begins": begins, "ends": ends})
