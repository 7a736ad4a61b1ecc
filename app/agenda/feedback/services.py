"""G8: taking an answer so that nobody can tell whose it was, and hiding a comment that hurts somebody.

PostgreSQL keeps with each row the number of the transaction that wrote it, and rows in the order of writing. So each
answer writes all counts and all comments of its gathering anew, the comments in an order drawn by lot: all of them bear
the number of the last answer, whoever gave which. Nothing of it stands in the audit log, which would tell the order.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy import and_, case, delete, or_, select, update

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
from app.agenda.models import Gathering
from app.audit import services as audit
from app.core.db import QUIETLY, atomic, db, insert_new, insert_once, insert_rows
from app.core.errors import NotFound, Refusal
from app.core.i18n import _l

MOST_QUESTIONS = 8
FORGOTTEN_AT = "04:40"


class FeedbackClosed(Refusal):
    """It is not over yet, called off, or too long ago."""

    message = _l("This gathering takes no answers now, so nothing was kept.")


class TooManyQuestions(Refusal):
    """A form that long is not filled in."""

    message = _l("There are enough questions. Take one off first: a short form is filled in.")


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What somebody thought: a value per question, as far as answered, and what they wrote."""

    values: Mapping[UUID, int] = field(default_factory=dict)
    comments: Mapping[Part, str] = field(default_factory=dict)


def answer(gathering: Gathering, account_id: UUID, opinion: Opinion) -> bool:
    """G8: count somebody's answer once, and forget whose it was; False when they had answered before."""
    if not queries.was_there(gathering.id, account_id):
        raise NotFound
    if not queries.is_open(gathering):
        raise FeedbackClosed
    insert_once(FeedbackRound, gathering_id=gathering.id, answers=0)
    held = db.session.get_one(FeedbackRound, gathering.id, populate_existing=True, with_for_update=True)
    if not insert_once(FeedbackRoll, gathering_id=gathering.id, account_id=account_id):
        return False
    held.answers += 1
    _count(gathering.id, opinion.values)
    _mix_in(gathering.id, opinion.comments)
    db.session.flush()
    return True


def _count(gathering_id: UUID, values: Mapping[UUID, int]) -> None:
    """Add to the counts; those that stay the same are written as well."""
    blank = [
        {"gathering_id": gathering_id, "question_id": question.id, "value": value, "votes": 0}
        for question in queries.questions()
        for value in VALUES[question.scale]
    ]
    insert_new(FeedbackTally, blank)
    chosen = [and_(FeedbackTally.question_id == key, FeedbackTally.value == value) for key, value in values.items()]
    more = case((or_(*chosen), 1), else_=0) if chosen else 0
    here = update(FeedbackTally).where(FeedbackTally.gathering_id == gathering_id)
    db.session.execute(here.values(votes=FeedbackTally.votes + more).execution_options(**QUIETLY))


def _mix_in(gathering_id: UUID, comments: Mapping[Part, str]) -> None:
    """Put what was written among what others wrote, in an order drawn by lot."""
    here = FeedbackComment.gathering_id == gathering_id
    found = db.session.execute(select(*FeedbackComment.__table__.columns).where(here))
    rows = [dict(row) for row in found.mappings()]
    rows += [
        {"id": uuid4(), "gathering_id": gathering_id, "part": part, "text": text, "hidden_why": ""}
        for part, text in comments.items()
        if text
    ]
    secrets.SystemRandom().shuffle(rows)
    db.session.execute(delete(FeedbackComment).where(here).execution_options(**QUIETLY))
    insert_rows(FeedbackComment, rows)


def hide(comment: FeedbackComment, *, why: str, by: UUID) -> None:
    """Show a comment to nobody any more; the log keeps the reason, not the words."""
    before, comment.hidden_why = comment.hidden_why, why
    _audit("feedback.hidden", comment, {"reason": before}, {"reason": why}, by=by)


def show_again(comment: FeedbackComment, *, by: UUID) -> None:
    """Take that back."""
    before, comment.hidden_why = comment.hidden_why, ""
    _audit("feedback.shown", comment, {"reason": before}, {"reason": ""}, by=by)


def _audit(
    action: str, comment: FeedbackComment, before: Mapping[str, str], after: Mapping[str, str], *, by: UUID
) -> None:
    db.session.flush()
    title = db.session.get_one(Gathering, comment.gathering_id).title
    audit.record(
        action, by=by, on=("gathering", comment.gathering_id), before=dict(before), after={"title": title, **after}
    )


@dataclass(frozen=True, kw_only=True)
class QuestionDetails:
    """What the bureau decides about a question; how it is answered is fixed once it exists."""

    text_nl: str
    text_en: str
    asked: bool
    position: int


def add_question(details: QuestionDetails, *, by: UUID) -> FeedbackQuestion:
    """G8: ask something more from now on, answered by a mark."""
    question = FeedbackQuestion(id=uuid4(), scale=Scale.MARK, **vars(details))
    _refuse_too_many(queries.questions(), more=details.asked)
    db.session.add(question)
    db.session.flush()
    audit.record("feedback_question.added", by=by, on=("feedback_question", question.id), after=vars(details))
    return question


def change_question(question: FeedbackQuestion, details: QuestionDetails, *, by: UUID) -> None:
    """Change the words of a question, its place, and whether it is asked; what was answered to it stays."""
    _refuse_too_many(queries.questions(), more=details.asked and not question.asked)
    before = {name: getattr(question, name) for name in vars(details)}
    for name, value in vars(details).items():
        setattr(question, name, value)
    db.session.flush()
    if before != vars(details):
        audit.record(
            "feedback_question.changed",
            by=by,
            on=("feedback_question", question.id),
            before=before,
            after=vars(details),
        )


def _refuse_too_many(asked: Sequence[FeedbackQuestion], *, more: bool) -> None:
    if more and len(asked) >= MOST_QUESTIONS:
        raise TooManyQuestions


def forget_who_answered() -> None:
    """Empty the rolls of gatherings that take no more answers: from then on nobody knows who has answered."""
    for gathering_id in queries.closed_with_roll():
        with atomic() as session:
            session.execute(
                delete(FeedbackRoll).where(FeedbackRoll.gathering_id == gathering_id).execution_options(**QUIETLY)
            )
