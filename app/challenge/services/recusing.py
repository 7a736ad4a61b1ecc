"""V4: leaving a nominee to the other jurors, by oneself or by the bureau; undone only with a reason, never silently."""

from __future__ import annotations

from uuid import UUID

from app.audit import services as audit
from app.challenge import queries
from app.challenge.models import EditionState, Juror, JurorState, Nominee, Recusal, RecusalReason
from app.challenge.services.nominating import TooLate
from app.challenge.services.transitions import locked
from app.core import clock
from app.core.db import db, now_in_database
from app.core.errors import NotFound


def recuse(juror_id: UUID, number: int, *, reason: RecusalReason, note: str, by: UUID, by_bureau: bool = False) -> None:
    """V4: let a juror not judge a nominee; scores given before no longer count. Said twice it changes nothing."""
    juror, nominee = _between(juror_id, number)
    newest = queries.newest_recusal(juror.id, nominee.id)
    if newest is not None and newest.stands:
        return
    _declare(newest, juror, nominee, stands=True, reason=reason, note=note, by_bureau=by_bureau)
    told = {"nominee": nominee.number, "recused_for": reason, "note": note}
    audit.record("juror.recused", by=by, on=("juror", juror.id), after=told)


def lift_recusal(juror_id: UUID, number: int, *, why: str, by: UUID) -> None:
    """V4: the bureau lets a juror judge after all, with a reason that stays in the log."""
    juror, nominee = _between(juror_id, number)
    newest = queries.newest_recusal(juror.id, nominee.id)
    if newest is None or not newest.stands:
        return
    _declare(newest, juror, nominee, stands=False, reason=None, note=why, by_bureau=True)
    told = {"nominee": nominee.number, "reason": why}
    audit.record("juror.recusal_lifted", by=by, on=("juror", juror.id), after=told)


def _between(juror_id: UUID, number: int) -> tuple[Juror, Nominee]:
    """Return both, as long as it matters: until the edition closes, by the clock of the database."""
    juror = db.session.get(Juror, juror_id)
    if juror is None:
        raise NotFound
    edition = locked(juror.edition_id)
    db.session.refresh(juror)
    if juror.state is JurorState.DECLINED:
        raise NotFound
    nominee = queries.judged_as(edition.id, number)
    over = edition.closes_at is not None and now_in_database() > edition.closes_at
    if edition.state not in (EditionState.NOMINATION, EditionState.OPEN) or over:
        raise TooLate
    return juror, nominee


def _declare(
    newest: Recusal | None,
    juror: Juror,
    nominee: Nominee,
    *,
    stands: bool,
    reason: RecusalReason | None,
    note: str,
    by_bureau: bool,
) -> None:
    db.session.add(
        Recusal(
            juror_id=juror.id,
            nominee_id=nominee.id,
            seq=newest.seq + 1 if newest else 1,
            stands=stands,
            reason=reason,
            note=note,
            by_bureau=by_bureau,
            declared_at=clock.now(),
        )
    )
    db.session.flush()
