"""V8: making a result public takes two persons, and either can take it back until the other has agreed."""

from __future__ import annotations

from uuid import UUID

from app.audit import services as audit
from app.challenge import queries
from app.challenge.events import ResultPublished
from app.challenge.models import Edition, EditionState, Nominee, NomineeState, Release, ReleaseRole
from app.challenge.services.nominating import TooLate
from app.challenge.services.transitions import locked, move
from app.core.db import db
from app.core.errors import NotFound, Refusal
from app.core.events import publish
from app.core.i18n import _l


class SamePerson(Refusal):
    """V8: one person never makes a result public, in whichever roles."""

    message = _l("A result is made public by two persons. You agreed already, so somebody else has to.")


def agree_to_publish(edition_id: UUID, *, by: UUID) -> bool:
    """V8: agree that the result is made public; say whether it now is. Agreeing twice changes nothing."""
    edition = _counted(edition_id)
    if edition.state is EditionState.PUBLISHED:
        return True
    role = role_of(edition, by)
    given = queries.releases(edition_id)
    if role in given and given[role].account_id == by:
        return False
    if any(one.account_id == by for one in given.values()):
        raise SamePerson
    if role not in given:
        db.session.add(Release(edition_id=edition_id, role=role, account_id=by))
        db.session.flush()
        audit.record("edition.release_agreed", by=by, on=("edition", edition_id), after={"role": role})
    if len(queries.releases(edition_id)) < len(ReleaseRole):
        return False
    move(edition, EditionState.PUBLISHED, by=by)
    publish(ResultPublished(edition_id=edition_id))
    return True


def take_back(edition_id: UUID, *, by: UUID) -> None:
    """V8: no longer agree, as long as the other has not; done twice it changes nothing."""
    edition = _counted(edition_id)
    if edition.state is not EditionState.COUNTED:
        raise TooLate
    role = role_of(edition, by)
    given = queries.releases(edition_id).get(role)
    if given is None or given.account_id != by:
        return
    db.session.delete(given)
    db.session.flush()
    audit.record("edition.release_taken_back", by=by, on=("edition", edition_id), before={"role": role})


def role_of(edition: Edition, person: UUID) -> ReleaseRole:
    """V8: return as whom somebody agrees: who chairs the jury as the chair, anybody else as the officer."""
    return ReleaseRole.CHAIR if edition.chair_id == person else ReleaseRole.OFFICER


def choose_naming(nominee_id: UUID, *, is_named: bool, by: UUID) -> None:
    """V7: say whether one's name stands by one's points off the podium, until the opening writes it down."""
    nominee = db.session.get(Nominee, nominee_id, with_for_update={"of": Nominee}, populate_existing=True)
    if nominee is None or nominee.state is not NomineeState.TAKING_PART:
        raise NotFound
    if locked(nominee.edition_id).is_frozen:
        raise TooLate
    if nominee.is_named is not is_named:
        nominee.is_named = is_named
        db.session.flush()
        audit.record("nominee.naming_chosen", by=by, on=("nominee", nominee.id), after={"named": is_named})


def _counted(edition_id: UUID) -> Edition:
    edition = locked(edition_id)
    if edition.state not in {EditionState.COUNTED, EditionState.PUBLISHED}:
        raise NotFound
    return edition
