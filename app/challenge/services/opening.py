"""V5: the end of a ballot: it closes on its date, the trustee opens the envelopes elsewhere, the ballots come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.challenge import sealing
from app.challenge.board import hash_of, hash_of_digests
from app.challenge.bundle import NO_BALLOT, no_ballots, paper_of
from app.challenge.models import UNFROZEN, Edition, EditionState, Envelope
from app.challenge.sealing import Illegal, NotOpened
from app.challenge.services import files, slots
from app.challenge.services.transitions import NotReady, locked, move, open_edition, open_nominations, ready
from app.core.db import after_commit, atomic, db, now_in_database
from app.core.errors import Refusal
from app.core.i18n import _l


class NotTheBallots(Refusal):
    """V5: what was handed in are not the ballots out of these envelopes."""


class OpenedAlready(Refusal):
    """V5: other ballots were taken in before."""

    message = _l("The ballots of this edition are here already, and these are others. Nothing was changed.")


class NotClosed(Refusal):
    """V5: there is nothing to open before the close."""

    message = _l("This edition is not waiting for its ballots. Nothing was changed.")


WRONG = {
    "signature": _l(
        "This file was not signed with the key of this edition, or it was changed on the way. Ask the trustee for the"
        " file ballots.json again."
    ),
    "envelopes": _l(
        "These ballots come out of other envelopes than those of this edition. Send the trustee the file sealed.json"
        " of this page."
    ),
    "count": _l("There are not as many ballots as envelopes. Ask the trustee to open the file once more."),
    "codes": _l(
        "Two ballots have the same code, or they are not in order. Ask the trustee to open the file once more."
    ),
    "form": _l("This file is not written as the trustee’s program writes it. Ask for the file ballots.json again."),
    "illegal": _l(
        "There is a ballot that the rules of this edition do not allow, and that the portal never sealed. Do not go on:"
        " tell the chair of the jury."
    ),
}


def close_edition(edition_id: UUID, *, by: UUID | None) -> None:
    """V5, V8: after the closing date, by the database's clock, nothing counts any more.

    The envelopes are kept by digest, so that nothing tells in which order they were cast, and what said whose they are
    is destroyed once that is safe. Where the jury alone decides there is nothing to open.
    """
    edition = ready(edition_id, EditionState.CLOSED)
    if edition.closes_at is None or now_in_database() < edition.closes_at:
        raise NotReady
    sealed = sealing.sealed_file(str(edition.id), _envelopes(edition.id))
    digests = [each["digest"] for each in sealed["sealed"]]
    files.keep(edition, "sealed", sealed)
    move(edition, EditionState.CLOSED, by=by, count=len(digests), digests=hash_of_digests(digests))
    after_commit(partial(slots.destroy_slot_key, edition.id))
    rules = files.read(edition.id, "rules")
    if rules is not None and rules["kind"] == NO_BALLOT:
        _unseal(edition, no_ballots(sealed), by=by)


def close_due() -> None:
    """V5: close what is over, and destroy what an interrupted close left; each edition by itself."""
    now = now_in_database()
    due = select(Edition.id).where(Edition.state == EditionState.OPEN, Edition.closes_at <= now)
    for edition_id in db.session.scalars(due).all():
        try:
            with atomic():
                close_edition(edition_id, by=None)
        except Refusal:
            continue
    over = select(Edition.id).where(Edition.state.not_in([*UNFROZEN, EditionState.OPEN]))
    for edition_id in db.session.scalars(over).all():
        slots.destroy_slot_key(edition_id)


def take_in_ballots(edition_id: UUID, opened: Mapping[str, Any], *, by: UUID | None) -> int:
    """V5: take in what the trustee opened and return how many ballots there are; the same again changes nothing."""
    edition = locked(edition_id)
    kept = files.digest_of(edition.id, "ballots")
    if kept is not None:
        if kept == hash_of(opened):
            return len(opened["ballots"])
        raise OpenedAlready
    sealed, rules = files.read(edition.id, "sealed"), files.read(edition.id, "rules")
    if edition.state is not EditionState.CLOSED or sealed is None or rules is None:
        raise NotClosed
    paper = paper_of(rules)
    try:
        ballots = sealing.take_in(opened, sealed, signing=bytes.fromhex(rules["keys"]["trustee_signing"]))
        for ballot in ballots:
            sealing.check(sealing.read_vote(ballot), paper)
    except NotOpened as wrong:
        raise NotTheBallots(WRONG[wrong.reason]) from wrong
    except Illegal as wrong:
        raise NotTheBallots(WRONG["illegal"]) from wrong
    _unseal(edition, dict(opened), by=by)
    return len(ballots)


def _unseal(edition: Edition, ballots: dict[str, Any], *, by: UUID | None) -> None:
    digest = files.keep(edition, "ballots", ballots)
    move(edition, EditionState.OPENED, by=by, ballots=digest, count=len(ballots["ballots"]))


def _envelopes(edition_id: UUID) -> Sequence[bytes]:
    return db.session.scalars(select(Envelope.ciphertext).where(Envelope.edition_id == edition_id)).all()


STEPS: dict[EditionState, Callable[..., None]] = {
    EditionState.NOMINATION: open_nominations,
    EditionState.OPEN: open_edition,
    EditionState.CLOSED: close_edition,
}
