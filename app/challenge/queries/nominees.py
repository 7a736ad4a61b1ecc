"""V2, V3: who was put forward, for themselves, for everybody and for the bureau."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.challenge.models import Edition, EditionState, Nominee, NomineeState
from app.core.db import db
from app.core.errors import NotFound


def nominee(id: UUID) -> Nominee:
    """Return a nominee with edition and nominations, for mails and rules."""
    loaded = (joinedload(Nominee.edition), selectinload(Nominee.nominations))
    found = db.session.get(Nominee, id, options=loaded)
    if found is None:
        raise NotFound
    return found


def own_nominee(id: UUID, *, viewer: UUID) -> Nominee:
    """Return the viewer's own nomination."""
    found = nominee(id)
    if found.account_id != viewer:
        raise NotFound
    return found


def own_place(edition_id: UUID, account_id: UUID) -> Nominee | None:
    """Return whether somebody was put forward in an edition."""
    wanted = select(Nominee).where(Nominee.edition_id == edition_id, Nominee.account_id == account_id)
    return db.session.scalar(wanted)


def nominees_of(edition_id: UUID, *states: NomineeState) -> list[Nominee]:
    """Return who was put forward in an edition, by number; only those in some states if told."""
    wanted = select(Nominee).where(Nominee.edition_id == edition_id).order_by(Nominee.number)
    if states:
        wanted = wanted.where(Nominee.state.in_(states))
    return list(db.session.scalars(wanted.options(selectinload(Nominee.nominations))))


def open_to_nominations() -> Edition:
    """Return the edition in which people are put forward now."""
    wanted = select(Edition).where(Edition.state == EditionState.NOMINATION).order_by(Edition.year.desc()).limit(1)
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound
    return found
