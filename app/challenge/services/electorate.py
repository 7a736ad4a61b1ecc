"""V5: who votes besides the members, invited before the opening, and changes of the roll while an edition is open."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete

from app.audit import services as audit
from app.challenge.board import Kind
from app.challenge.models import Edition, EditionState, Invitee, RollEntry
from app.challenge.queries import voting
from app.challenge.services.boards import write
from app.challenge.services.editions import EditionFrozen
from app.challenge.services.transitions import locked
from app.core.db import db, insert_once, insert_rows
from app.core.errors import Refusal
from app.core.i18n import _l


class AlreadyOnRoll(Refusal):
    """V5: one person, one vote."""

    message = _l("This person is on the roll already. Nothing was changed.")


class NotOnRoll(Refusal):
    """V5: who is not on the roll cannot vote."""

    message = _l("You are not on the roll of this vote, so there is no ballot for you.")


class VotedAlready(Refusal):
    """V5: a vote that was cast stays in the box."""

    message = _l(
        "This person has voted, and nobody can take a vote out again. So the name stays on the roll. Nothing was"
        " changed."
    )


class RollNotOpen(Refusal):
    """V5: before the opening the roll is not there yet; afterwards it stays as it is."""

    message = _l("The roll can be changed only while the vote is open. Nothing was changed.")


@dataclass(frozen=True)
class Invitation:
    """Somebody to be invited to vote."""

    name: str
    email: str
    locale: str = "nl"


def invite_voters(edition_id: UUID, invitations: Sequence[Invitation], *, by: UUID) -> int:
    """V5: let these people vote besides the members; who is there already stays. Returns how many are new."""
    edition = locked(edition_id)
    if edition.is_frozen:
        raise EditionFrozen
    there = {one.email for one in voting.invitees(edition.id)} | voting.emails_of_voters(edition)
    new = {one.email: one for one in invitations if one.email not in there}
    insert_rows(
        Invitee,
        [{"id": uuid.uuid4(), "edition_id": edition.id, **vars(one)} for one in new.values()],
    )
    if new:
        audit.record("edition.voters_invited", by=by, on=("edition", edition.id), after={"voters": len(new)})
    return len(new)


def uninvite_all(edition_id: UUID, *, by: UUID) -> None:
    """V5: take the list of invited voters back, before the opening."""
    edition = locked(edition_id)
    if edition.is_frozen:
        raise EditionFrozen
    gone = len(voting.invitees(edition.id))
    db.session.execute(delete(Invitee).where(Invitee.edition_id == edition.id))
    if gone:
        audit.record("edition.voters_uninvited", by=by, on=("edition", edition.id), before={"voters": gone})


def add_to_roll(edition_id: UUID, voter: UUID, *, why: str, by: UUID) -> None:
    """V5: put somebody on the roll who was left out; the board tells why, and nobody's name."""
    edition = _open(edition_id)
    if not insert_once(RollEntry, edition_id=edition.id, voter=voter, voted=False, owed=False):
        raise AlreadyOnRoll
    _tell(edition, "edition.voter_added", voter, why=why, by=by)


def take_off_roll(edition_id: UUID, voter: UUID, *, why: str, by: UUID) -> None:
    """V5: take somebody off who should not be on it, as long as they have not voted."""
    edition = _open(edition_id)
    entry = voting.roll_entry(edition.id, voter)
    if entry is None:
        raise NotOnRoll(_l("This person is not on the roll. Nothing was changed."))
    if entry.voted:
        raise VotedAlready
    db.session.delete(entry)
    db.session.flush()
    _tell(edition, "edition.voter_removed", voter, why=why, by=by)


def _open(edition_id: UUID) -> Edition:
    edition = locked(edition_id)
    if edition.state is not EditionState.OPEN:
        raise RollNotOpen
    return edition


def _tell(edition: Edition, deed: str, voter: UUID, *, why: str, by: UUID) -> None:
    """Write a change on the board, and in the log whom it was about, by id."""
    count = voting.turnout(edition.id).roll
    write(edition, Kind.ROLL_CHANGED, roll=count, reason=why)
    audit.record(deed, by=by, on=("edition", edition.id), after={"voter": voter, "reason": why, "voters": count})
