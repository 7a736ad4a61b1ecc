"""What people thought of the demo's gatherings: most answered by enough, the latest by too few and one by nobody."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

from app.agenda.feedback import queries
from app.agenda.feedback.models import (
    VALUES,
    FeedbackComment,
    FeedbackQuestion,
    FeedbackRoll,
    FeedbackRound,
    FeedbackTally,
    Part,
    Scale,
)
from app.agenda.models import BookingState, GatheringState, SeatMode
from app.core import clock
from app.core.db import insert_rows
from app.core.demo import drawn_id

FEWEST, MOST = 0.35, 0.7
TOO_FEW, TOO_FEW_AT, NOBODY_AT = 3, 0, 1
HIDDEN_AT, HIDDEN_WHY = 4, "Noemt een deelnemer bij naam, met iets persoonlijks."
SPREAD = 0.8
LEAST, BEST = 3.4, 4.6
HELPED = (
    "De oefening in drietallen: die gebruik ik maandag meteen.",
    "Een spreker die ook vertelde wat er misging.",
    "Het voorbeeld van het ziekenhuis. Herkenbaar, en toch nieuw.",
    "Met vakgenoten praten die hetzelfde meemaken.",
    "De checklist voor de eerste twee weken.",
    "Dat er tijd was om door te vragen.",
    "Rustig tempo, heldere opbouw.",
)
BETTER = (
    "Na de pauze ging het te snel.",
    "Graag wat meer tijd voor vragen.",
    "De zaal was koud en het parkeren duur.",
    "Iets minder theorie, iets meer casus.",
    "De sheets vooraf, dan kan ik meeschrijven.",
    "Een half uur eerder beginnen zou mij schelen in de file.",
)


def add(
    gatherings: Sequence[dict[str, Any]],
    bookings: Sequence[dict[str, Any]],
    stays: Sequence[dict[str, Any]],
    rng: Random,
) -> None:
    """Count believable answers about what has been, and write comments; of the latest two too few, or none."""
    there = _who_was_there(gatherings, bookings, {stay["booking_id"] for stay in stays})
    over = [one for one in gatherings if there[one["id"]] and one["ends_at"] <= clock.now()]
    over.sort(key=lambda one: one["ends_at"], reverse=True)
    rounds, tallies, comments, roll = [], [], [], []
    asked = queries.questions()
    for number, row in enumerate(over):
        people = there[row["id"]]
        answers = min(_answers(number, len(people), rng), len(people))
        if not answers:
            continue
        rounds.append({"gathering_id": row["id"], "answers": answers})
        tallies += _tallies(row["id"], asked, answers, rng)
        comments += _comments(row["id"], answers, rng, hides=number == HIDDEN_AT)
        if queries.closes_at(row["ends_at"]) > clock.now():
            last = people[-answers:]
            roll += [{"gathering_id": row["id"], "account_id": person} for person in last]
    for model, rows in (
        (FeedbackRound, rounds),
        (FeedbackTally, tallies),
        (FeedbackComment, comments),
        (FeedbackRoll, roll),
    ):
        insert_rows(model, rows)


def _who_was_there(
    gatherings: Sequence[dict[str, Any]], bookings: Sequence[dict[str, Any]], came: set[UUID]
) -> dict[UUID, list[UUID]]:
    online = {one["id"] for one in gatherings if not one["venue"]}
    held = {one["id"] for one in gatherings if one["state"] is GatheringState.PUBLISHED}
    there: dict[UUID, list[UUID]] = defaultdict(list)
    for booking in bookings:
        kept = booking["state"] is BookingState.CONFIRMED and booking["gathering_id"] in held
        at_home = booking["mode"] is SeatMode.ONLINE or booking["gathering_id"] in online
        if kept and (at_home or booking["id"] in came):
            there[booking["gathering_id"]].append(booking["account_id"])
    return there


def _answers(number: int, people: int, rng: Random) -> int:
    if number == NOBODY_AT:
        return 0
    wanted = max(queries.LEAST, math.ceil(people * rng.uniform(FEWEST, MOST)))
    return TOO_FEW if number == TOO_FEW_AT else wanted


def _tallies(gathering_id: UUID, asked: Sequence[FeedbackQuestion], answers: int, rng: Random) -> list[dict[str, Any]]:
    liked = rng.uniform(LEAST, BEST)
    rows = []
    for question in asked:
        values = VALUES[question.scale]
        middle = liked + rng.uniform(-0.4, 0.4)
        middle = 2 * middle if question.scale is Scale.RECOMMEND else middle
        given = Counter(min(max(round(rng.gauss(middle, SPREAD)), values[0]), values[-1]) for _ in range(answers))
        rows += [
            {"gathering_id": gathering_id, "question_id": question.id, "value": value, "votes": given[value]}
            for value in values
        ]
    return rows


def _comments(gathering_id: UUID, answers: int, rng: Random, *, hides: bool) -> list[dict[str, Any]]:
    written = [(Part.HELPED, words) for words in rng.sample(HELPED, min(answers // 2, len(HELPED)))]
    written += [(Part.BETTER, words) for words in rng.sample(BETTER, min(answers // 3, len(BETTER)))]
    rng.shuffle(written)
    return [
        {
            "id": drawn_id(rng),
            "gathering_id": gathering_id,
            "part": part,
            "text": words,
            "hidden_why": HIDDEN_WHY if hides and not number else "",
        }
        for number, (part, words) in enumerate(written)
    ]
