"""An evening seven people were at, and their answers on the morning after."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.agenda import links, services
from app.agenda.attendance import services as door
from app.agenda.attendance.models import Passage, Way
from app.agenda.feedback import queries
from app.agenda.feedback import services as feedback
from app.agenda.feedback.models import (
    FeedbackQuestion,
    FeedbackRound,
    Part,
    Scale,
)
from app.agenda.feedback.services import Opinion
from app.agenda.models import Gathering
from app.core.db import atomic, db
from tests.agenda.conftest import make_gathering, make_member

STARTS = datetime(2027, 1, 14, 18, 30, tzinfo=UTC)
MORNING_AFTER = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
NAMES = ("Ada", "Bram", "Cor", "Dirk", "Eva", "Fien", "Guus")


@pytest.fixture
def bureau(make_account):
    return make_account(roles=("coordinator",), given_name="Bert", family_name="Bureau")


@pytest.fixture
def evening(app):
    return make_gathering(starts_at=STARTS)


@pytest.fixture
def afterwards(evening, bureau, calendar):
    """Seven people were there, Henk had a seat and was not; it is the morning after."""
    people = [
        make_member(given_name=name, family_name="Prins", email=f"{name.lower()}@voorbeeld.example", password=None)
        for name in NAMES
    ]
    away = make_member(given_name="Henk", family_name="Weg", password=None)
    seats = [services.book_seat(evening, one.id, by=one.id) for one in [*people, away]]
    calendar.move_to(STARTS, tick=False)
    for seat in seats[:-1]:
        door.pass_door(seat.id, evening.id, Passage.IN, way=Way.NAME, by=bureau.id)
    db.session.commit()
    calendar.move_to(MORNING_AFTER, tick=False)
    return [*people, away]


def form_of(person: Any, gathering: Gathering) -> str:
    return f"/feedback/{links.feedback_token(gathering.id, person.id)}"


def asked() -> list[FeedbackQuestion]:
    return list(queries.questions())


def filled(mark: int | str = 4, recommend: int | str = 8, **comments: str) -> dict[str, str]:
    values = {f"question-{one.id}": str(mark if one.scale is Scale.MARK else recommend) for one in asked()}
    return values | comments


def answers(evening: Gathering, people: list[Any], marks: tuple[int, ...] = (4, 4, 5, 3, 4), **comments: str) -> None:
    """Let the first of these people answer, one for each mark."""
    for person, mark in zip(people, marks, strict=False):
        values = {one.id: mark if one.scale is Scale.MARK else 2 * mark for one in asked()}
        with atomic():
            feedback.answer(
                db.session.get_one(Gathering, evening.id),
                person.id,
                Opinion(values=values, comments={Part(part): words for part, words in comments.items()}),
            )


def given(evening: Gathering) -> int:
    return db.session.scalar(select(FeedbackRound.answers).where(FeedbackRound.gathering_id == evening.id)) or 0
