"""V4: who judges, for themselves and for the bureau; how far they are, and whom they leave to the others."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.challenge import ties
from app.challenge.models import (
    Criterion,
    Edition,
    EditionState,
    HandedIn,
    Juror,
    JurorState,
    Nomination,
    Nominee,
    NomineeState,
    Recusal,
    RecusalReason,
    Score,
    Sheet,
)
from app.challenge.queries.nominees import nominees_of
from app.core.db import db
from app.core.errors import NotFound

Pair = tuple[UUID, UUID]
"""A juror and a nominee."""


@dataclass(frozen=True)
class Progress:
    """How far a juror is: how many nominees have all their scores, of how many, and whether the work is handed in."""

    done: int
    of: int
    handed_in: bool

    @property
    def complete(self) -> bool:
        """Whether every nominee has all scores."""
        return self.done == self.of


def juror(id: UUID) -> Juror:
    """Return a juror with the edition and its criteria."""
    whole = joinedload(Juror.edition).options(selectinload(Edition.criteria))
    found = db.session.get(Juror, id, options=[whole])
    if found is None:
        raise NotFound
    return found


def own_seat(id: UUID, *, viewer: UUID) -> Juror:
    """Return the viewer's own place in a jury."""
    found = juror(id)
    if found.account_id != viewer:
        raise NotFound
    return found


def seat_in(edition_id: UUID, account_id: UUID) -> Juror | None:
    """Return somebody's place in the jury of an edition, whatever they answered."""
    wanted = select(Juror).where(Juror.edition_id == edition_id, Juror.account_id == account_id)
    return db.session.scalar(wanted)


def seats_of(account_id: UUID) -> list[Juror]:
    """Return somebody's places in juries, the newest edition first."""
    wanted = select(Juror).join(Juror.edition).where(Juror.account_id == account_id).order_by(Edition.year.desc())
    return list(db.session.scalars(wanted.options(joinedload(Juror.edition))))


def unanswered(before: datetime) -> list[Juror]:
    """Return who was asked for a jury whose edition opens before a moment, and did not answer."""
    soon = (Edition.state == EditionState.NOMINATION) & (Edition.opens_at <= before)
    return _in_editions(Juror.state == JurorState.ASKED, soon)


def scoring() -> list[Juror]:
    """Return who sits in the jury of an edition that is open."""
    return _in_editions(Juror.state == JurorState.SITS, Edition.state == EditionState.OPEN)


def handed_in(juror_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these jurors handed their scores in."""
    return set(db.session.scalars(select(HandedIn.juror_id).where(HandedIn.juror_id.in_(juror_ids))))


def _in_editions(*conditions: ColumnElement[bool]) -> list[Juror]:
    wanted = select(Juror).join(Juror.edition).where(*conditions).order_by(Juror.edition_id, Juror.asked_at, Juror.id)
    return list(db.session.scalars(wanted.options(joinedload(Juror.edition))))


def jurors_of(edition_id: UUID, *states: JurorState) -> list[Juror]:
    """Return who was asked for a jury, in the order in which they were; only those in some states if told."""
    wanted = select(Juror).where(Juror.edition_id == edition_id).order_by(Juror.asked_at, Juror.id)
    if states:
        wanted = wanted.where(Juror.state.in_(states))
    return list(db.session.scalars(wanted))


def judged(edition_id: UUID) -> list[Nominee]:
    """Return who is judged: who takes part and did not withdraw."""
    return nominees_of(edition_id, NomineeState.TAKING_PART)


def as_the_jury_sees(edition: Edition) -> dict[int, Nominee]:
    """V3: return who is judged, by the numbers that the jury reads.

    They are those of the rules; where the jury sees no names it has numbers of its own, since the rules name everybody.
    """
    stand = nominees_of(edition.id, NomineeState.TAKING_PART, NomineeState.WITHDRAWN)
    if edition.is_blind:
        stand.sort(key=lambda one: hashlib.sha256(one.id.bytes).hexdigest())
    numbers = range(1, len(stand) + 1) if edition.is_blind else [one.number for one in stand]
    numbered = zip(numbers, stand, strict=True)
    return {number: one for number, one in numbered if one.state is NomineeState.TAKING_PART}


def judged_as(edition_id: UUID, number: int) -> Nominee:
    """Return whom the jury judges under a number."""
    wanted = select(Nominee).where(
        Nominee.edition_id == edition_id, Nominee.number == number, Nominee.state == NomineeState.TAKING_PART
    )
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound
    return found


def recusals(edition_id: UUID) -> dict[Pair, Recusal]:
    """Return the recusals that stand."""
    newest = {(one.juror_id, one.nominee_id): one for one in recusal_log(edition_id)}
    return {pair: one for pair, one in newest.items() if one.stands}


def recusal_log(edition_id: UUID) -> list[Recusal]:
    """Return everything that was declared in an edition, in order."""
    wanted = select(Recusal).join(Juror, Juror.id == Recusal.juror_id).where(Juror.edition_id == edition_id)
    return list(db.session.scalars(wanted.order_by(Recusal.declared_at, Recusal.seq)))


def newest_recusal(juror_id: UUID, nominee_id: UUID) -> Recusal | None:
    """Return what was declared last between a juror and a nominee."""
    wanted = select(Recusal).where(Recusal.juror_id == juror_id, Recusal.nominee_id == nominee_id)
    return db.session.scalar(wanted.order_by(Recusal.seq.desc()).limit(1))


def proposed_recusals(jurors: Collection[Juror], nominees: Collection[Nominee]) -> dict[Pair, RecusalReason]:
    """V4: tell between whom the portal knows of a tie, by juror and nominee."""
    known = ties.between({one.account_id for one in jurors}, {one.account_id for one in nominees})
    return {
        (one.id, other.id): known[one.account_id, other.account_id]
        for one in jurors
        for other in nominees
        if (one.account_id, other.account_id) in known
    }


def put_forward_by(jurors: Collection[UUID], nominees: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Return who of some put whom of others forward in an edition that is not over."""
    over = (EditionState.PUBLISHED, EditionState.CANCELLED)
    wanted = (
        select(Nomination.by_id, Nominee.account_id)
        .join(Nomination.nominee)
        .join(Nominee.edition)
        .where(Nomination.by_id.in_(jurors), Nominee.account_id.in_(nominees), Edition.state.not_in(over))
        .order_by(Nomination.created_at)
    )
    return [(row.by_id, row.account_id) for row in db.session.execute(wanted)]


def sheet(juror_id: UUID, nominee_id: UUID) -> Sheet | None:
    """Return what a juror typed for a nominee."""
    return db.session.get(Sheet, (juror_id, nominee_id))


def scores_of(juror_id: UUID) -> dict[tuple[UUID, UUID], Score]:
    """Return one juror's scores by nominee and criterion."""
    found = db.session.scalars(select(Score).where(Score.juror_id == juror_id))
    return {(one.nominee_id, one.criterion_id): one for one in found}


def progress(edition_id: UUID, *jurors: UUID) -> dict[UUID, Progress]:
    """Tell how far these jurors are; all who sit in the jury when none is named."""
    wanted = jurors or tuple(one.id for one in jurors_of(edition_id, JurorState.SITS))
    criteria = db.session.scalar(select(func.count()).where(Criterion.edition_id == edition_id)) or 0
    return progress_among(wanted, judged(edition_id), recusals(edition_id), criteria=criteria)


def progress_among(
    jurors: Collection[UUID], nominees: Collection[Nominee], left: Collection[Pair], *, criteria: int
) -> dict[UUID, Progress]:
    """Tell how far jurors are with these nominees, but for whom they leave to the others."""
    rows = db.session.execute(select(Score.juror_id, Score.nominee_id).where(Score.juror_id.in_(jurors)))
    given, done = Counter((row.juror_id, row.nominee_id) for row in rows), handed_in(jurors)
    told = {}
    for one in jurors:
        own = [pair for nominee in nominees if (pair := (one, nominee.id)) not in left]
        told[one] = Progress(sum(given[pair] == criteria for pair in own), len(own), one in done)
    return told
