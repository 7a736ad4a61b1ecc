"""Who is asked what they thought of a gathering, and what is told of the answers (G8).

Until `LEAST` people have answered nothing is told but how many did: of two answers anybody could guess whose they are.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, distinct, exists, func, or_, select

from app.agenda.attendance.models import Attendance
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
from app.agenda.models import Booking, BookingState, Gathering, GatheringKind, GatheringState, SeatMode
from app.core import clock
from app.core.db import UtcDateTime, db
from app.core.errors import NotFound

LEAST = 5
LEAST_GATHERINGS = 3
OPEN_FOR = timedelta(days=21)


def took_part() -> ColumnElement[bool]:
    """Say as SQL whether a booking's holder was there: checked in, or online, where there is no door."""
    been = exists().where(Attendance.booking_id == Booking.id).correlate(Booking)
    online = or_(Gathering.venue == "", Booking.mode == SeatMode.ONLINE)
    return and_(Booking.state == BookingState.CONFIRMED, or_(online, been))


def closes_at(ends_at: datetime) -> datetime:
    """Return until when answers are taken."""
    return ends_at + OPEN_FOR


def is_open(gathering: Gathering) -> bool:
    """Say whether answers are taken now."""
    over = gathering.state is GatheringState.PUBLISHED and gathering.ends_at <= clock.now()
    return over and clock.now() < closes_at(gathering.ends_at)


def was_there(gathering_id: UUID, account_id: UUID) -> bool:
    """Say whether somebody took part in a gathering."""
    here = and_(Booking.gathering_id == gathering_id, Booking.account_id == account_id)
    found = select(Booking.id).join(Gathering, Gathering.id == Booking.gathering_id).where(here, took_part())
    return db.session.scalar(found) is not None


def has_answered(gathering_id: UUID, account_id: UUID) -> bool:
    """Say whether somebody has answered; what, nobody knows."""
    return db.session.get(FeedbackRoll, (gathering_id, account_id), populate_existing=True) is not None


def open_among(gatherings: Iterable[Gathering], account_id: UUID) -> set[UUID]:
    """Return about which of these gatherings somebody can still say what they thought."""
    ids = [one.id for one in gatherings if is_open(one)]
    if not ids:
        return set()
    answered = exists().where(FeedbackRoll.gathering_id == Booking.gathering_id, FeedbackRoll.account_id == account_id)
    found = (
        select(Booking.gathering_id)
        .join(Gathering, Gathering.id == Booking.gathering_id)
        .where(Booking.gathering_id.in_(ids), Booking.account_id == account_id, took_part(), ~answered)
    )
    return set(db.session.scalars(found))


def to_ask(*, since: datetime, until: datetime) -> Sequence[UUID]:
    """Return the bookings of who took part in what ended between two moments and has not answered."""
    answered = exists().where(
        FeedbackRoll.gathering_id == Booking.gathering_id, FeedbackRoll.account_id == Booking.account_id
    )
    return db.session.scalars(
        select(Booking.id)
        .join(Gathering, Gathering.id == Booking.gathering_id)
        .where(
            Gathering.state == GatheringState.PUBLISHED,
            Gathering.ends_at > since,
            Gathering.ends_at <= until,
            took_part(),
            ~answered,
        )
        .order_by(Gathering.ends_at, Booking.seq)
    ).all()


def questions(*, asked: bool = True) -> Sequence[FeedbackQuestion]:
    """Return what is asked, in order; or everything that ever was."""
    wanted = select(FeedbackQuestion).order_by(FeedbackQuestion.position, FeedbackQuestion.id)
    return db.session.scalars(wanted.where(FeedbackQuestion.asked) if asked else wanted).all()


def question(id: UUID) -> FeedbackQuestion:
    """Return one question."""
    found = db.session.get(FeedbackQuestion, id)
    if found is None:
        raise NotFound
    return found


def comment(gathering_id: UUID, id: UUID) -> FeedbackComment:
    """Return one comment of a gathering, unless too few have answered for anybody to read it."""
    found = db.session.get(FeedbackComment, id)
    if found is None or found.gathering_id != gathering_id or not _enough(gathering_id):
        raise NotFound
    return found


def _enough(gathering_id: UUID) -> bool:
    found = db.session.get(FeedbackRound, gathering_id)
    return found is not None and found.answers >= LEAST


class Count(NamedTuple):
    """How many people have answered, of how many who took part."""

    answers: int
    asked: int

    @property
    def enough(self) -> bool:
        """Whether that is enough to tell what they said."""
        return self.answers >= LEAST

    @property
    def percent(self) -> int:
        """How many of a hundred answered; whoever answered and was taken off the list later still counts."""
        return min(100, round(100 * self.answers / self.asked)) if self.asked else 0


@cache
def _count() -> Select[Any]:
    wanted = bindparam("gathering_id", type_=Uuid())
    asked = (
        select(func.count())
        .select_from(Booking)
        .join(Gathering, Gathering.id == Booking.gathering_id)
        .where(Booking.gathering_id == wanted, took_part())
        .scalar_subquery()
    )
    answers = select(FeedbackRound.answers).where(FeedbackRound.gathering_id == wanted).scalar_subquery()
    return select(func.coalesce(answers, 0), asked)


def count(gathering_id: UUID) -> Count:
    """Count the answers about a gathering, in one question."""
    return Count._make(db.session.execute(_count(), {"gathering_id": gathering_id}).one())


@dataclass(frozen=True)
class Answered:
    """What was answered to one question: how often each value, and what such gatherings usually get."""

    text: str
    scale: Scale
    votes: tuple[int, ...]
    usual: Decimal | None

    @property
    def given(self) -> int:
        """How many answered this question."""
        return sum(self.votes)

    @property
    def mean(self) -> Decimal | None:
        """The mean of what was given; None when nobody answered it."""
        values = VALUES[self.scale]
        points = sum(value * votes for value, votes in zip(values, self.votes, strict=True))
        return Decimal(points) / self.given if self.given else None

    def between(self, first: int, last: int) -> int:
        """Count who gave a value from the first up to the last."""
        values = VALUES[self.scale]
        return sum(votes for value, votes in zip(values, self.votes, strict=True) if first <= value <= last)


@dataclass(frozen=True)
class Results:
    """What is told of the answers about one gathering; comments come in another order every time."""

    count: Count
    marks: tuple[Answered, ...] = ()
    recommended: tuple[Answered, ...] = ()
    comments: tuple[FeedbackComment, ...] = ()

    @property
    def mean(self) -> Decimal | None:
        """The mean of all marks together."""
        means = [one.mean for one in self.marks if one.mean is not None]
        return sum(means, Decimal(0)) / len(means) if means else None

    def said(self, part: Part) -> list[FeedbackComment]:
        """Return what was written to one of the open questions and is not hidden."""
        return [one for one in self.comments if one.part is part and not one.hidden_why]

    @property
    def hidden(self) -> list[FeedbackComment]:
        """Return what the bureau shows to nobody."""
        return [one for one in self.comments if one.hidden_why]


def results(gathering: Gathering, *, with_comments: bool = True) -> Results:
    """G8: return what is told of the answers; only how many there are as long as they are too few."""
    counted = count(gathering.id)
    if not counted.enough:
        return Results(counted)
    votes: dict[UUID, dict[int, int]] = defaultdict(dict)
    for row in db.session.execute(_VOTES, {"gathering_id": gathering.id}):
        votes[row.question_id][row.value] = row.votes
    usual = usually(gathering.kind, but=gathering.id)
    told = [
        Answered(one.text, one.scale, tuple(votes[one.id].get(n, 0) for n in VALUES[one.scale]), usual.get(one.id))
        for one in questions(asked=False)
        if sum(votes[one.id].values())
    ]
    return Results(
        counted,
        tuple(one for one in told if one.scale is Scale.MARK),
        tuple(one for one in told if one.scale is Scale.RECOMMEND),
        _shuffled(gathering.id) if with_comments else (),
    )


_VOTES = select(FeedbackTally.question_id, FeedbackTally.value, FeedbackTally.votes).where(
    FeedbackTally.gathering_id == bindparam("gathering_id", type_=Uuid())
)


def _shuffled(gathering_id: UUID) -> tuple[FeedbackComment, ...]:
    found = list(db.session.scalars(select(FeedbackComment).where(FeedbackComment.gathering_id == gathering_id)))
    secrets.SystemRandom().shuffle(found)
    return tuple(found)


def usually(kind: GatheringKind, *, but: UUID) -> dict[UUID, Decimal]:
    """Return what other gatherings of a kind got on average, by question; nothing until there are a few of them."""
    rows = db.session.execute(
        select(
            FeedbackTally.question_id,
            func.sum(FeedbackTally.value * FeedbackTally.votes).label("points"),
            func.sum(FeedbackTally.votes).label("given"),
            func.count(distinct(FeedbackTally.gathering_id)).label("gatherings"),
        )
        .join(FeedbackRound, FeedbackRound.gathering_id == FeedbackTally.gathering_id)
        .join(Gathering, Gathering.id == FeedbackTally.gathering_id)
        .where(Gathering.kind == kind, Gathering.id != but, FeedbackRound.answers >= LEAST)
        .group_by(FeedbackTally.question_id)
    )
    return {
        row.question_id: Decimal(row.points) / row.given
        for row in rows
        if row.given and row.gatherings >= LEAST_GATHERINGS
    }


_CLOSED = (
    select(FeedbackRoll.gathering_id)
    .distinct()
    .join(Gathering, Gathering.id == FeedbackRoll.gathering_id)
    .where(Gathering.ends_at <= bindparam("until", type_=UtcDateTime()))
)


def closed_with_roll() -> Sequence[UUID]:
    """Return the gatherings that take no more answers and of which it is still known who has answered."""
    return db.session.scalars(_CLOSED, {"until": clock.now() - OPEN_FOR}).all()
