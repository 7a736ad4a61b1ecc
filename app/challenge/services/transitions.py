"""V8: the one place where an edition changes state; each step locks it, checks it, and writes the board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.audit import services as audit
from app.audit.services import plain
from app.challenge import queries
from app.challenge.board import Kind, hash_of
from app.challenge.events import EditionCancelled
from app.challenge.models import NEXT, Edition, EditionState, Juror, JurorState, Nominee, NomineeState
from app.challenge.readiness import missing
from app.challenge.services.boards import write
from app.core import clock
from app.core.db import db
from app.core.errors import IllegalTransition, NotFound, Refusal
from app.core.events import publish
from app.core.i18n import _l


class NotReady(Refusal):
    """V8: something is still missing; the page before the phase tells what."""

    message = _l("Something is still missing before this step. The list on this page tells what.")


def locked(edition_id: UUID) -> Edition:
    """Return an edition as it is now, locked until the transaction ends: every change begins here."""
    found = db.session.get(Edition, edition_id, with_for_update={"of": Edition}, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def open_nominations(edition_id: UUID, *, by: UUID) -> None:
    """V2, V8: show the edition to everybody, and let people be put forward."""
    edition = _ready(edition_id, EditionState.NOMINATION)
    _move(edition, EditionState.NOMINATION, by=by, case_sha256=edition.case_sha256)


def open_edition(edition_id: UUID, *, by: UUID) -> None:
    """V8: freeze everything that decides, and say on the board what that is."""
    edition = _ready(edition_id, EditionState.OPEN)
    rules = plain(rules_of(edition))
    _move(edition, EditionState.OPEN, by=by, frozen=rules, rules=hash_of(rules))


def close_edition(edition_id: UUID, *, by: UUID) -> None:
    """V8: after the closing date nothing counts any more."""
    edition = _ready(edition_id, EditionState.CLOSED)
    _move(edition, EditionState.CLOSED, by=by)


def cancel_edition(edition_id: UUID, *, why: str, by: UUID) -> None:
    """Call an edition off, with a reason that everybody reads; a new one can take its year."""
    edition = locked(edition_id)
    edition.cancelled_why = why
    _move(edition, EditionState.CANCELLED, by=by, reason=why)
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
STEPS: dict[EditionState, Callable[..., None]] = {
    EditionState.NOMINATION: open_nominations,
    EditionState.OPEN: open_edition,
    EditionState.CLOSED: close_edition,
}


def rules_of(edition: Edition) -> dict[str, Any]:
    """V8: tell everything that decides, as the board keeps it: no names, the case and terms as their digests."""
    nominees = select(Nominee.id, Nominee.number).where(
        Nominee.edition_id == edition.id, Nominee.state == NomineeState.TAKING_PART
    )
    jurors = select(Juror.id).where(Juror.edition_id == edition.id, Juror.state == JurorState.SITS)
    return {
        "year": edition.year,
        "case": {"text": hash_of(edition.case_text), "file": edition.case_sha256},
        "criteria": [
            {"id": one.id, "nl": one.name_nl, "en": one.name_en, "weight": one.weight} for one in edition.criteria
        ],
        "rounds": [{"kind": one.kind, "method": one.method} for one in edition.rounds],
        "model": edition.model,
        "jury_share": edition.jury_share,
        "quorum_percent": edition.quorum_percent,
        "tie_order": edition.tie_order,
        "eligible_on": edition.eligible_on,
        "blind": edition.is_blind,
        "nominees": [
            {"id": row.id, "number": row.number} for row in db.session.execute(nominees.order_by(Nominee.number))
        ],
        "jurors": sorted(str(one) for one in db.session.scalars(jurors)),
        "closes_at": edition.closes_at,
    }


def _ready(edition_id: UUID, to: EditionState) -> Edition:
    edition = locked(edition_id)
    if to not in NEXT[edition.state]:
        raise IllegalTransition(edition.state, to)
    if missing(queries.facts(edition, clock.now()), to):
        raise NotReady
    return edition


def _move(edition: Edition, to: EditionState, *, by: UUID, **told: Any) -> None:
    before = edition.state
    if to not in NEXT[before]:
        raise IllegalTransition(before, to)
    edition.state = to
    db.session.flush()
    write(edition, KINDS[to], **told)
    after = {"state": to, **({"reason": edition.cancelled_why} if to is EditionState.CANCELLED else {})}
    audit.record(f"edition.{to}", by=by, on=("edition", edition.id), before={"state": before}, after=after)
