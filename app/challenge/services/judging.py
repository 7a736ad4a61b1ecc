"""V4: the jury's work: kept as it is typed, nominee by nominee, until the second the edition closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from app.accounts.events import AccountAnonymised
from app.audit import services as audit
from app.challenge import queries, rubric
from app.challenge.models import (
    Criterion,
    Edition,
    EditionState,
    HandedIn,
    Juror,
    JurorState,
    Nominee,
    Recusal,
    Score,
    Sheet,
)
from app.challenge.services.nominating import TooLate
from app.challenge.services.working import ChangedElsewhere
from app.core import clock
from app.core.db import db, insert_once, now_in_database, put_rows
from app.core.errors import NotFound, Refusal
from app.core.i18n import _l


class LeftToOthers(Refusal):
    """V4: a recused juror does not score that nominee."""

    message = _l("You leave this nominee to the others, so you give no scores here.")


class NotFinished(Refusal):
    """V4: what is handed in is whole."""

    message = _l("Some scores are still missing. The list on this page tells whose.")


@dataclass(frozen=True)
class Mark:
    """What a juror gives on one criterion: halves of a point, or nothing yet, and why."""

    halves: int | None
    reason: str


def judging(juror_id: UUID) -> Juror:
    """Return a juror whose scores count now, by the clock of the database; the edition stays open meanwhile."""
    found = db.session.get(Juror, juror_id)
    if found is None or found.state is not JurorState.SITS:
        raise NotFound
    shared = {"of": Edition, "read": True}
    edition = db.session.get(Edition, found.edition_id, with_for_update=shared, populate_existing=True)
    assert edition is not None
    closes = edition.closes_at
    if edition.state is not EditionState.OPEN or closes is None or now_in_database() > closes:
        raise TooLate
    db.session.refresh(found, with_for_update={"of": Juror})
    return found


def save_sheet(juror_id: UUID, number: int, marks: Mapping[str, Mark], *, seen: int, by: UUID) -> Sheet:
    """V4: keep what was typed for a nominee; what of it is whole counts. `seen` is the version it was opened with."""
    juror = judging(juror_id)
    nominee = queries.judged_as(juror.edition_id, number)
    recusal = queries.newest_recusal(juror.id, nominee.id)
    if recusal is not None and recusal.stands:
        raise LeftToOthers
    typed = {code: {"halves": mark.halves, "reason": mark.reason} for code, mark in marks.items()}
    kept = {"juror_id": juror.id, "nominee_id": nominee.id}
    is_new = insert_once(Sheet, **kept, version=0, typed={}, saved_at=clock.now())
    sheet = db.session.get_one(Sheet, (juror.id, nominee.id), populate_existing=True)
    if typed == sheet.typed:
        return sheet
    if sheet.version != seen:
        raise ChangedElsewhere
    sheet.typed, sheet.version, sheet.saved_at = typed, sheet.version + 1, clock.now()
    db.session.flush()
    _count(juror, nominee, marks)
    if is_new:
        audit.record("juror.began", by=by, on=("juror", juror.id), after={"nominee": nominee.number})
    return sheet


def hand_in(juror_id: UUID, *, by: UUID) -> None:
    """V4: say that the work is done, once every nominee has every score; said twice it changes nothing."""
    juror = judging(juror_id)
    if not queries.progress(juror.edition_id, juror.id)[juror.id].complete:
        raise NotFinished
    if insert_once(HandedIn, juror_id=juror.id, at=clock.now()):
        audit.record("juror.handed_in", by=by, on=("juror", juror.id))


def forget_juror(event: AccountAnonymised) -> None:
    """L4: let go of what somebody wrote as a juror; scores stay, since results are made of them."""
    seats = select(Juror.id).where(Juror.account_id == event.account_id).scalar_subquery()
    for kept in (Score, Sheet, Recusal):
        empty: dict[str, Any] = {"typed": {}} if kept is Sheet else {"note" if kept is Recusal else "reason": ""}
        db.session.execute(update(kept).where(kept.juror_id.in_(seats)).values(empty))
    db.session.flush()


def _count(juror: Juror, nominee: Nominee, marks: Mapping[str, Mark]) -> None:
    criteria = db.session.scalars(select(Criterion).where(Criterion.edition_id == juror.edition_id)).all()
    given = {one.id: marks[one.code] for one in criteria if one.code in marks}
    whole = {criterion_id: mark for criterion_id, mark in given.items() if rubric.counts(mark.halves, mark.reason)}
    place = {"juror_id": juror.id, "nominee_id": nominee.id}
    gone = Score.criterion_id.not_in(whole)
    db.session.execute(delete(Score).where(Score.juror_id == juror.id, Score.nominee_id == nominee.id, gone))
    rows = [
        {**place, "criterion_id": one, "halves": mark.halves, "reason": mark.reason, "saved_at": clock.now()}
        for one, mark in whole.items()
    ]
    put_rows(Score, rows)
    if len(whole) < len(criteria):
        db.session.execute(delete(HandedIn).where(HandedIn.juror_id == juror.id))
