"""V4: what falls to the chair after the close: scores that too few jurors gave, and reasons as they may be read."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from app.audit import services as audit
from app.challenge import queries
from app.challenge.bundle import Json, jury_file
from app.challenge.jury import ENOUGH
from app.challenge.models import ChairScore, EditedReason, Edition, EditionState
from app.challenge.queries import Verdict
from app.challenge.services.nominating import TooLate
from app.challenge.services.transitions import locked
from app.core import clock
from app.core.db import db, put_rows
from app.core.errors import NotFound, Refusal
from app.core.i18n import _l

DECIDING = (EditionState.CLOSED, EditionState.OPENED)
EDITING = (*DECIDING, EditionState.COUNTED)


class EnoughMarks(Refusal):
    """V4: where three or more jurors gave a mark, the panel has a score of its own."""

    message = _l("Three or more jurors gave a mark here, so there is nothing for the chair to decide.")


class ChairMustDecide(Refusal):
    """V4: without a decision there is no score where fewer than three jurors gave a mark."""

    message = _l("Fewer than three jurors gave a mark somewhere. The chair decides there before the votes are counted.")


def decide_score(edition_id: UUID, number: int, code: str, *, score: int, reason: str, by: UUID) -> None:
    """V4: lay down the panel score, in hundredths, where fewer than three jurors gave a mark; until the count."""
    verdict = _chaired(edition_id, by, DECIDING)
    if number not in verdict.nominees or code not in verdict.criteria:
        raise NotFound
    if len(verdict.panel.cells[number][code].marks) >= ENOUGH:
        raise EnoughMarks
    nominee, criterion = verdict.nominees[number], verdict.criteria[code]
    before = verdict.decisions.get((number, code))
    if before is not None and (before.score, before.reason) == (score, reason):
        return
    told = {"nominee": number, "criterion": criterion.name_nl, "score": score, "reason": reason}
    was = {"score": before.score, "reason": before.reason} if before else {}
    row = {"nominee_id": nominee.id, "criterion_id": criterion.id, "score": score, "reason": reason}
    put_rows(ChairScore, [{**row, "decided_at": clock.now()}])
    db.session.expire_all()
    audit.record("edition.chair_decided", by=by, on=("edition", edition_id), before=was, after=told)


def edit_reasons(edition_id: UUID, number: int, texts: Mapping[tuple[UUID, str], str], *, by: UUID) -> None:
    """V4: lay down how jurors' reasons for a nominee may be read; an empty one is left out, the original is kept."""
    verdict = _chaired(edition_id, by, EDITING)
    if number not in verdict.nominees:
        raise NotFound
    nominee = verdict.nominees[number]
    known = {(verdict.jurors[juror].id, code) for juror, of, code in verdict.marks if of == number}
    rows = [
        {
            "juror_id": juror_id,
            "nominee_id": nominee.id,
            "criterion_id": verdict.criteria[code].id,
            "text": text,
            "edited_at": clock.now(),
        }
        for (juror_id, code), text in texts.items()
        if (juror_id, code) in known
    ]
    put_rows(EditedReason, rows)
    db.session.expire_all()
    told = {"nominee": number, "shown": sum(bool(row["text"]) for row in rows), "of": len(rows)}
    audit.record("edition.reasons_edited", by=by, on=("edition", edition_id), after=told)


def jury_file_of(edition_id: UUID) -> Json:
    """V4, V5: write jury.json: marks by numbers of jurors, who recused for whom, and what the chair decided."""
    verdict = queries.verdict(queries.edition(edition_id))
    found = verdict.panel
    if found.undecided and any(one.method == "rubric" for one in verdict.edition.rounds):
        raise ChairMustDecide
    few = {key: score for key, score in verdict.decided.items() if found.cells[key[0]][key[1]].by_chair}
    return jury_file(str(edition_id), verdict.marks, decided=few, recused=verdict.recused)


def _chaired(edition_id: UUID, person: UUID, states: tuple[EditionState, ...]) -> Verdict:
    edition: Edition = locked(edition_id)
    if edition.chair_id != person:
        raise NotFound
    if edition.state not in states:
        raise TooLate
    return queries.verdict(edition)
