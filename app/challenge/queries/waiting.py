"""What of the Challenge waits for somebody: an answer, scores, or a vote."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select

from app.challenge.models import Edition, EditionState, Juror, JurorState, RollEntry
from app.core import clock
from app.core.db import db


class Waiting(NamedTuple):
    """An edition, the place in its jury that waits, and whether the vote does."""

    edition: Edition
    juror: Juror | None
    vote: bool


def waiting_for(account_id: UUID) -> list[Waiting]:
    """Return the editions that wait for somebody, in one question, the first that closes first (V4, V5)."""
    asked = and_(Juror.state == JurorState.ASKED, Edition.state.in_((EditionState.CONCEPT, EditionState.NOMINATION)))
    scoring = and_(Juror.state == JurorState.SITS, Edition.state == EditionState.OPEN)
    seat = and_(Juror.edition_id == Edition.id, Juror.account_id == account_id, or_(asked, scoring))
    unused = and_(
        RollEntry.edition_id == Edition.id,
        RollEntry.voter == account_id,
        RollEntry.voted.is_(False),
        Edition.state == EditionState.OPEN,
        Edition.closes_at > clock.now(),
    )
    wanted = (
        select(Edition, Juror, RollEntry.voter)
        .outerjoin(Juror, seat)
        .outerjoin(RollEntry, unused)
        .where(or_(Juror.id.is_not(None), RollEntry.voter.is_not(None)))
        .order_by(Edition.closes_at, Edition.id)
    )
    return [Waiting(edition, juror, voter is not None) for edition, juror, voter in db.session.execute(wanted)]
