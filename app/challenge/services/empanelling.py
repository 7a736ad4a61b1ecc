"""V4, V8: asking people for the jury, what they answer, and who chairs it; all of it until the edition opens."""

from __future__ import annotations

from uuid import UUID

from app.accounts.events import AccountAnonymised
from app.audit import services as audit
from app.challenge import queries
from app.challenge.events import JurorAsked
from app.challenge.models import Edition, Juror, JurorState, NomineeState
from app.challenge.services.editions import EditionFrozen
from app.challenge.services.transitions import locked
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound, Refusal
from app.core.events import publish
from app.core.i18n import _l

OUT = (NomineeState.DECLINED, NomineeState.WITHDRAWN)


class StandsAsNominee(Refusal):
    """V4: nobody judges an edition in which they stand."""

    message = _l("This person was put forward in this edition, so cannot judge it as well.")


class AskedAlready(Refusal):
    """V4: each is asked once."""

    message = _l("This person was asked for this jury already.")


class NotInJury(Refusal):
    """V4: the chair is one of the jury."""

    message = _l("The chair has to be somebody who sits in the jury. Nothing was changed.")


def invite_juror(edition_id: UUID, account_id: UUID, *, by: UUID) -> Juror:
    """V4: ask somebody for the jury, by mail; who declined earlier is asked anew."""
    edition = _unfrozen(edition_id)
    place = queries.own_place(edition.id, account_id)
    if place is not None and place.state not in OUT:
        raise StandsAsNominee
    juror = queries.seat_in(edition.id, account_id)
    if juror is not None and juror.state is not JurorState.DECLINED:
        raise AskedAlready
    if juror is None:
        juror = Juror(edition_id=edition.id, account_id=account_id)
        db.session.add(juror)
    juror.state, juror.asked_at, juror.answered_at = JurorState.ASKED, clock.now(), None
    db.session.flush()
    audit.record("juror.asked", by=by, on=("juror", juror.id))
    publish(JurorAsked(juror_id=juror.id))
    return juror


def accept_seat(juror_id: UUID, *, by: UUID) -> None:
    """V4: sit in the jury; until the opening one can also say so after declining. Said twice it changes nothing."""
    juror = _answering(juror_id)
    if juror.state is JurorState.SITS:
        return
    place = queries.own_place(juror.edition_id, juror.account_id)
    if place is not None and place.state not in OUT:
        raise StandsAsNominee
    _answer(juror, JurorState.SITS)
    audit.record("juror.accepted", by=by, on=("juror", juror.id))


def decline_seat(juror_id: UUID, *, by: UUID | None) -> None:
    """V4: do not sit in the jury, or step out of it before it opens; whoever chairs it then no longer does."""
    _leave(juror_id, "juror.declined", by)


def remove_juror(juror_id: UUID, *, by: UUID) -> None:
    """V4, V8: take somebody out of the jury again, before the edition opens."""
    _leave(juror_id, "juror.removed", by)


def choose_chair(juror_id: UUID, *, by: UUID) -> None:
    """V4: let one of the jury chair it."""
    juror = _answering(juror_id)
    if juror.state is not JurorState.SITS:
        raise NotInJury
    edition = juror.edition
    if edition.chair_id == juror.account_id:
        return
    edition.chair_id = juror.account_id
    db.session.flush()
    audit.record("juror.chairs", by=by, on=("juror", juror.id))


def leave_jury(event: AccountAnonymised) -> None:
    """L4: whoever is forgotten leaves juries that have not opened yet."""
    for juror in queries.seats_of(event.account_id):
        if not juror.edition.is_frozen:
            decline_seat(juror.id, by=None)


def _unfrozen(edition_id: UUID) -> Edition:
    edition = locked(edition_id)
    if edition.is_frozen:
        raise EditionFrozen
    return edition


def _answering(juror_id: UUID) -> Juror:
    found = db.session.get(Juror, juror_id)
    if found is None:
        raise NotFound
    _unfrozen(found.edition_id)
    db.session.refresh(found)
    return found


def _answer(juror: Juror, state: JurorState) -> None:
    juror.state, juror.answered_at = state, clock.now()
    db.session.flush()


def _leave(juror_id: UUID, deed: str, by: UUID | None) -> None:
    juror = _answering(juror_id)
    if juror.state is JurorState.DECLINED:
        return
    if juror.edition.chair_id == juror.account_id:
        juror.edition.chair_id = None
    _answer(juror, JurorState.DECLINED)
    audit.record(deed, by=by, on=("juror", juror.id))
