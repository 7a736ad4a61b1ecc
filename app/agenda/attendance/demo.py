"""Who came to what has been, for the demo: most did, some left early or came late, a few kept a seat for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from app.agenda.attendance.models import Attendance, Way
from app.agenda.models import BookingState, GatheringState, SeatMode
from app.core import clock
from app.core.db import insert_rows
from app.core.demo import drawn_id

STAYED_AWAY, BY_CODE, BY_NAME, CHECKED_OUT = 0.09, 0.1, 0.25, 0.5
EARLIEST, LATEST = -25, 8
SURELY_AWAY = 3


def came(gathering: dict[str, Any], bookings: Sequence[dict[str, Any]], rng: Random) -> list[dict[str, Any]]:
    """Make the stays of a gathering that is over, and settle in its rows who did not come."""
    over = gathering["ends_at"] <= clock.now() and gathering["state"] is GatheringState.PUBLISHED
    if not over or not gathering["venue"]:
        return []
    gathering["no_shows_at"] = min(gathering["ends_at"] + timedelta(hours=15), clock.now())
    stays = []
    kept = [one for one in bookings if one["state"] is BookingState.CONFIRMED]
    for number, booking in enumerate(kept, start=1):
        if 1 < number < len(kept) and (number == SURELY_AWAY or rng.random() < STAYED_AWAY):
            booking["no_show_at"] = gathering["no_shows_at"] if booking["mode"] is SeatMode.ON_SITE else None
        else:
            stays.append(_stay(gathering, booking, rng))
    return stays


def _stay(gathering: dict[str, Any], booking: dict[str, Any], rng: Random) -> dict[str, Any]:
    arrived_at: datetime = gathering["starts_at"] + timedelta(minutes=rng.randint(EARLIEST, LATEST))
    left_at = gathering["ends_at"] + timedelta(minutes=rng.randint(-20, 30))
    chance = rng.random()
    way = Way.CODE if chance < BY_CODE else Way.NAME if chance < BY_NAME else Way.TICKET
    if booking["mode"] is SeatMode.ONLINE:
        way = Way.NAME
    return {
        "id": drawn_id(rng),
        "booking_id": booking["id"],
        "number": 1,
        "way": way,
        "arrived_at": arrived_at,
        "left_at": left_at if rng.random() < CHECKED_OUT else None,
        "seat_added": False,
    }


def write(stays: Sequence[dict[str, Any]], at_once: int) -> None:
    """Write the stays down, some at a time."""
    for start in range(0, len(stays), at_once):
        insert_rows(Attendance, stays[start : start + at_once])
