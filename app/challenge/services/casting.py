"""V5: casting a sealed ballot.

A vote is sealed before the transaction, so that nobody waits for it. Then one transaction checks state, clock and roll,
lays the envelope in the voter's slot, marks the roll, and writes the board. It writes nothing that names the voter but
that mark: no log entry, no mail, no moment. The mails are written later, by `services.confirming`.

PostgreSQL keeps with each row the number of the transaction that wrote it, which would put a mark on the roll beside an
entry on the board. So each cast writes the whole roll anew: all its rows bear the number of the last cast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nacl.signing import SigningKey
from sqlalchemy import or_, update

from app.challenge.board import Kind, receipt
from app.challenge.bundle import paper_of
from app.challenge.models import BoardEntry, Edition, EditionState, Envelope, RollEntry
from app.challenge.queries import voting
from app.challenge.sealing import Illegal, Paper, Vote, digest, seal, slot
from app.challenge.services import slots
from app.challenge.services.boards import write
from app.challenge.services.electorate import NotOnRoll
from app.challenge.services.transitions import locked
from app.core.db import db, now_in_database, put_rows
from app.core.errors import Refusal
from app.core.i18n import _l


class VoteClosed(Refusal):
    """V5: by the database's own clock, or by its state, the edition takes no votes."""

    message = _l("The vote is not open now. Your vote was not received.")


class CastElsewhere(Refusal):
    """V5: a double click, or another window: the voter's envelope is not the one this page knew of."""

    message = _l(
        "A vote of yours came in while this page was open: that one is received, and below is its receipt. Did you"
        " mean to vote otherwise? Then vote again; your last vote counts."
    )


@dataclass(frozen=True)
class Box:
    """What casting needs besides the database: what a ballot may say, for whom it is sealed, where envelopes lie."""

    paper: Paper
    trustee: bytes
    slot_key: bytes

    def place(self, voter: UUID) -> str:
        """Return the slot of a voter."""
        return slot(self.slot_key, self.paper.edition, str(voter))


def box_of(rules: Mapping[str, Any]) -> Box:
    """V5: return the box of an edition by its frozen rules; KeyLost when envelopes cannot be found any more."""
    paper = paper_of(rules)
    return Box(paper, bytes.fromhex(rules["keys"]["trustee_encryption"]), slots.slot_key(UUID(paper.edition)))


def sealed(vote: Vote, box: Box, *, own: int | None = None) -> bytes:
    """V5: close a ballot up; nominees do not name themselves. Raises Illegal for what the rules do not allow."""
    named = {one for group in vote.ranks for one in group} | set(vote.scores or {})
    if own in named:
        raise Illegal("own name")
    return seal(vote, box.paper, box.trustee)


def cast(edition_id: UUID, voter: UUID, envelope: bytes, box: Box, *, replaces: str | None) -> BoardEntry:
    """V5: take a vote in; the last one of a voter counts.

    `replaces` is the digest of the voter's envelope as the page knew it, None for none: a second click finds another
    one there and changes nothing.
    """
    edition = locked(edition_id)
    _refuse_unless_open(edition)
    if voting.roll_entry(edition.id, voter) is None:
        raise NotOnRoll
    place = box.place(voter)
    earlier = voting.digest_in(place)
    if earlier != replaces:
        raise CastElsewhere
    named = digest(envelope)
    put_rows(Envelope, [{"slot": place, "edition_id": edition.id, "ciphertext": envelope, "digest": named}])
    _mark(edition.id, voter)
    return write(edition, Kind.CAST, digest=named, replaces=earlier)


def _refuse_unless_open(edition: Edition) -> None:
    opens, closes = edition.opens_at, edition.closes_at
    if edition.state is not EditionState.OPEN or opens is None or closes is None:
        raise VoteClosed
    if not opens <= now_in_database() < closes:
        raise VoteClosed


def _mark(edition_id: UUID, voter: UUID) -> None:
    """Note that somebody voted and is owed a mail, by writing the whole roll anew."""
    theirs = RollEntry.voter == voter
    everybody = update(RollEntry).where(RollEntry.edition_id == edition_id)
    marked = everybody.values(voted=or_(RollEntry.voted, theirs), owed=or_(RollEntry.owed, theirs))
    db.session.execute(marked.execution_options(synchronize_session=False))


def receipt_in(place: str, edition_id: UUID, key: SigningKey) -> dict[str, object] | None:
    """V5: return the receipt of the envelope that lies in a slot, signed as at the moment it was cast."""
    named = voting.digest_in(place)
    entry = voting.cast_entry(edition_id, named) if named else None
    return receipt(entry.entry, key) if entry else None
