"""G1: what becomes of seats when a gathering is held in another way: in the hall, online, or both.

Nobody loses a seat by it. When only one way is left, who was to take part in the other moves along, seats and places in
line alike, and hears so; they may give the seat back freely until the start. When there is no room for them in the way
that is left, the change is refused and says how many seats it takes.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.agenda.guests.models import Guest
from app.agenda.models import (
    Booking,
    BookingState,
    Gathering,
    Pool,
    SeatMode,
    Seats,
    WaitlistEntry,
    pools_of,
)
from app.agenda.services.refusals import CapacityBelowBookings, NoRoomForAll
from app.agenda.waitlist_queries import IN_LINE
from app.core.db import QUIETLY, db


def refuse_too_few(gathering: Gathering, wanted: Seats) -> None:
    """Refuse when somebody who has a seat, or is offered one, would lose it."""
    standing, ahead = gathering.pools, pools_of(wanted)
    if len(ahead) == 1:
        taken, moving = gathering.everybody, sum(pool.taken for pool in standing if pool.mode is not ahead[0].mode)
        if ahead[0].capacity < taken:
            raise NoRoomForAll(ahead[0].mode, taken, moving) if moving else CapacityBelowBookings(taken)
        return
    for pool in ahead:
        taken = sum(one.taken for one in standing if one.mode is pool.mode)
        if pool.capacity < taken:
            raise CapacityBelowBookings(taken, pool.mode)


def move_counters(gathering: Gathering, standing: tuple[Pool, ...]) -> None:
    """Let the counters follow, once the gathering says how it is held from now on; its row is held."""
    was, now = _modes(standing), _modes(gathering.pools)
    if len(was) == len(now):
        return
    if len(now) == 1:
        gathering.seats_taken += gathering.online_taken
        gathering.seats_held += gathering.online_held
        gathering.online_taken = gathering.online_held = 0
    elif was == {SeatMode.ONLINE}:
        gathering.online_taken, gathering.online_held = gathering.seats_taken, gathering.seats_held
        gathering.seats_taken = gathering.seats_held = 0


def move_people(gathering: Gathering, standing: tuple[Pool, ...]) -> tuple[UUID, ...]:
    """Let seats and places of a mode that ended go along to the one that is left; return whose seats those are."""
    was, now = _modes(standing), _modes(gathering.pools)
    if not was - now:
        return ()
    to = next(iter(now))
    kept = {"mode": to, "cancel_until": gathering.starts_at}
    moved = db.session.scalars(
        _of(Booking, gathering, to)
        .where(Booking.state == BookingState.CONFIRMED)
        .values(**kept, moves=Booking.moves + 1)
        .returning(Booking.id)
    )
    ids = tuple(moved)
    db.session.execute(
        _of(Guest, gathering, to).where(Guest.state == BookingState.CONFIRMED).values(**kept, moves=Guest.moves + 1)
    )
    db.session.execute(_of(WaitlistEntry, gathering, to).where(WaitlistEntry.state.in_(IN_LINE)).values(mode=to))
    return ids


def _of(model: Any, gathering: Gathering, to: SeatMode) -> Any:
    changed = update(model).where(model.gathering_id == gathering.id, model.mode != to)
    return changed.execution_options(**QUIETLY)


def _modes(pools: tuple[Pool, ...]) -> set[SeatMode]:
    return {pool.mode for pool in pools}
