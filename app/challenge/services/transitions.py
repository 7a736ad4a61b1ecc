"""V8: the one place where an edition changes state; each step locks it, checks it, and writes the board."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from app.audit import services as audit
from app.challenge import queries
from app.challenge.board import Kind
from app.challenge.events import EditionCancelled
from app.challenge.models import NEXT, Edition, EditionState
from app.challenge.readiness import missing
from app.challenge.services import files, freezing, rolling, slots
from app.challenge.services.boards import write
from app.core import clock
from app.core.db import after_commit, db
from app.core.errors import IllegalTransition, NotFound, Refusal
from app.core.events import publish
from app.core.i18n import _l


class NotReady(Refusal):
    """V8: something is still missing; the page before the phase tells what."""

    message = _l("Something is still missing before this step. The list on this page tells what.")


class NobodyVotes(Refusal):
    """V5: a ballot without voters cannot be secret, nor a ballot."""

    message = _l(
        "Nobody may vote in this edition: there is no member on the day that counts, and nobody was invited. Change the"
        " day, or leave the ballot out of the rounds."
    )


def locked(edition_id: UUID) -> Edition:
    """Return an edition as it is now, locked until the transaction ends: every change begins here."""
    found = db.session.get(Edition, edition_id, with_for_update={"of": Edition}, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def open_nominations(edition_id: UUID, *, by: UUID) -> None:
    """V2, V8: show the edition to everybody, and let people be put forward."""
    edition = ready(edition_id, EditionState.NOMINATION)
    move(edition, EditionState.NOMINATION, by=by, case_sha256=edition.case_sha256)


def open_edition(edition_id: UUID, *, by: UUID) -> None:
    """V8: freeze everything that decides, and say on the board what that is."""
    edition = ready(edition_id, EditionState.OPEN)
    has_ballot = freezing.ballot_method(edition) is not None
    roll = rolling.fill(edition) if has_ballot else 0
    if has_ballot and not roll:
        raise NobodyVotes
    digest = files.keep(edition, "rules", freezing.rules_of(edition, roll=roll))
    move(edition, EditionState.OPEN, by=by, roll=roll, rules=digest)


def cancel_edition(edition_id: UUID, *, why: str, by: UUID) -> None:
    """Call an edition off, with a reason that everybody reads; a new one can take its year."""
    edition = locked(edition_id)
    edition.cancelled_why = why
    move(edition, EditionState.CANCELLED, by=by, reason=why)
    after_commit(partial(slots.destroy_slot_key, edition.id))
    publish(EditionCancelled(edition_id=edition.id))


KINDS = {
    EditionState.NOMINATION: Kind.NOMINATIONS,
    EditionState.OPEN: Kind.OPENED,
    EditionState.CLOSED: Kind.CLOSED,
    EditionState.OPENED: Kind.UNSEALED,
    EditionState.COUNTED: Kind.COUNTED,
    EditionState.PUBLISHED: Kind.PUBLISHED,
    EditionState.CANCELLED: Kind.CANCELLED,
}


def ready(edition_id: UUID, to: EditionState) -> Edition:
    """V8: return an edition, locked, that lacks nothing before this state."""
    edition = locked(edition_id)
    if to not in NEXT[edition.state]:
        raise IllegalTransition(edition.state, to)
    if missing(queries.facts(edition, clock.now()), to):
        raise NotReady
    return edition


def move(edition: Edition, to: EditionState, *, by: UUID | None, **told: Any) -> None:
    """V8: take a locked edition to a state, on the board and in the log."""
    before = edition.state
    if to not in NEXT[before]:
        raise IllegalTransition(before, to)
    edition.state = to
    db.session.flush()
    write(edition, KINDS[to], **told)
    after = {"state": to, **({"reason": edition.cancelled_why} if to is EditionState.CANCELLED else {})}
    audit.record(f"edition.{to}", by=by, on=("edition", edition.id), before={"state": before}, after=after)
