"""V4: what a jury gave, put together for the chair and for the files that anybody can check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.challenge.jury import Panel, panel
from app.challenge.models import ChairScore, Criterion, EditedReason, Edition, Juror, JurorState, Nominee, Score
from app.challenge.queries.jury import judged, jurors_of, recusals
from app.core.db import db


@dataclass(frozen=True)
class Verdict:
    """Everything a jury gave, by numbers: jurors in the order of their ids, as the board names them at the opening.

    Withdrawn nominees are in nothing; a recused juror's marks for that nominee are not in `marks`.
    """

    edition: Edition
    jurors: Mapping[int, Juror]
    nominees: Mapping[int, Nominee]
    criteria: Mapping[str, Criterion]
    marks: Mapping[tuple[int, int, str], int]
    reasons: Mapping[tuple[int, int, str], str]
    recused: tuple[tuple[int, int], ...]
    decided: Mapping[tuple[int, str], int]
    decisions: Mapping[tuple[int, str], ChairScore]

    @property
    def panel(self) -> Panel:
        """The scores and contributions."""
        weights = {code: one.weight for code, one in self.criteria.items()}
        return panel(self.marks, tuple(self.nominees), weights, decided=self.decided)


@dataclass(frozen=True)
class Reason:
    """V4: what may be read about a nominee on one criterion, as the chair let it through."""

    nominee_id: UUID
    criterion_id: UUID
    text: str


def verdict(edition: Edition) -> Verdict:
    """V4: gather what the jury of an edition gave."""
    sitting = sorted(jurors_of(edition.id, JurorState.SITS), key=lambda one: str(one.id))
    number_of = {one.id: number for number, one in enumerate(sitting, start=1)}
    standing = judged(edition.id)
    nominees = {one.id: one.number for one in standing}
    codes = {one.id: one.code for one in edition.criteria}
    left = {
        (number_of[juror_id], nominees[nominee_id])
        for juror_id, nominee_id in recusals(edition.id)
        if juror_id in number_of and nominee_id in nominees
    }
    marks, reasons = {}, {}
    for one in db.session.scalars(select(Score).where(Score.juror_id.in_(number_of), Score.nominee_id.in_(nominees))):
        key = (number_of[one.juror_id], nominees[one.nominee_id], codes[one.criterion_id])
        if key[:2] not in left:
            marks[key], reasons[key] = one.halves, one.reason
    decided = {
        (nominees[one.nominee_id], codes[one.criterion_id]): one
        for one in db.session.scalars(select(ChairScore).where(ChairScore.nominee_id.in_(nominees)))
    }
    return Verdict(
        edition=edition,
        jurors={number_of[one.id]: one for one in sitting},
        nominees={one.number: one for one in standing},
        criteria={one.code: one for one in edition.criteria},
        marks=marks,
        reasons=reasons,
        recused=tuple(sorted(left)),
        decided={key: one.score for key, one in decided.items()},
        decisions=decided,
    )


def edited_reasons(edition_id: UUID) -> dict[tuple[UUID, UUID, UUID], EditedReason]:
    """Return what the chair made of the jurors' reasons, by juror, nominee and criterion."""
    wanted = select(EditedReason).join(Juror, Juror.id == EditedReason.juror_id).where(Juror.edition_id == edition_id)
    return {(one.juror_id, one.nominee_id, one.criterion_id): one for one in db.session.scalars(wanted)}


def published_reasons(edition: Edition) -> list[Reason]:
    """V4: return the reasons for the result page: those the chair let through, of scores that count, without jurors."""
    found = verdict(edition)
    ids = {
        (found.jurors[juror].id, found.nominees[nominee].id, found.criteria[code].id)
        for juror, nominee, code in found.marks
    }
    kept = [(key, one.text) for key, one in edited_reasons(edition.id).items() if key in ids and one.text]
    told = {Reason(nominee_id, criterion_id, text) for (_juror, nominee_id, criterion_id), text in kept}
    return sorted(told, key=lambda one: (str(one.nominee_id), str(one.criterion_id), one.text))
