"""A series among the demo's gatherings: an open intervision that comes back every month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Any, Protocol

from app.agenda.models import GatheringKind, GatheringState
from app.agenda.series.models import GatheringSeries
from app.agenda.series.recurrence import Rhythm, Rule, days_of, moved
from app.core import clock
from app.core.db import insert_rows
from app.core.demo import drawn_id

MOST_DATES, LEAST_COMING = 5, 3
SHARED = (
    "kind", "title", "summary", "programme", "venue", "address", "city", "online_url", "capacity", "online_capacity",
    "members_from", "pe_tenths",
)  # fmt: skip


class Made(Protocol):
    """A gathering that is not written yet."""

    row: dict[str, Any]
    at_hand: bool
    speakers: list[dict[str, Any]]


def lay_out(made: Sequence[Made], rng: Random) -> None:
    """Turn some of what is coming into the dates of one series; every row says to which it belongs, if to any."""
    for one in made:
        one.row["series_id"] = None
    now = clock.now()
    published = [one for one in made if one.row["state"] is GatheringState.PUBLISHED]
    coming = [one for one in published if one.row["starts_at"] > now and not one.at_hand]
    if len(coming) < LEAST_COMING:
        return
    model = next((one for one in coming if one.row["kind"] is GatheringKind.OPEN_PEER_REVIEW), coming[0])
    others = [one for one in coming[1:] if one is not model][::2][: MOST_DATES - 1]
    shared, planned = {name: model.row[name] for name in SHARED}, _day(model)
    first = min(planned, _day(coming[1]))
    days = [first, *days_of(Rule(Rhythm.MONTHLY_BY_WEEKDAY, times=len(others)), first, after=first)]
    series = {
        "id": drawn_id(rng),
        "rhythm": Rhythm.MONTHLY_BY_WEEKDAY,
        "every": 1,
        "first_day": first,
        "created_at": now,
    }
    insert_rows(GatheringSeries, [series])
    hours = {name: model.row[name] for name in ("starts_at", "ends_at", "cancel_until")}
    for one, day in zip([model, *others], days, strict=True):
        dates = {name: moved(moment, day - planned, clock.HOME_ZONE) for name, moment in hours.items()}
        one.row |= shared | dates | {"series_id": series["id"]}
        if one is not model:
            one.speakers[:] = [
                speaker | {"id": drawn_id(rng), "gathering_id": one.row["id"]} for speaker in model.speakers
            ]


def _day(one: Made) -> date:
    return clock.local(one.row["starts_at"]).date()
