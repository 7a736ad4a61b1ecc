"""L6: standing in a professional body's register, as the member tells it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.i18n import _l
from app.development import queries
from app.development.models import PeRegistration, PeScheme


class AlreadyRegistered(Refusal):
    """Somebody stands in a register once at a time."""

    message = _l("You keep your points for this register already.")


def register(account_id: UUID, scheme: PeScheme, *, starts_on: date, number: str, by: UUID) -> PeRegistration:
    """Begin to count for a register, from the first day of somebody's first period on."""
    if any(one.scheme_id == scheme.id for one in queries.registrations_of(account_id)):
        raise AlreadyRegistered
    found = PeRegistration(
        account_id=account_id, scheme_id=scheme.id, starts_on=starts_on, number=number, created_at=clock.now()
    )
    db.session.add(found)
    db.session.flush()
    audit.record(
        "pe_registration.begun",
        by=by,
        on=("pe_registration", found.id),
        after={"scheme": scheme.name_nl, "starts_on": starts_on},
    )
    return found


def end_registration(registration: PeRegistration, *, by: UUID) -> None:
    """Stop counting for a register; nothing that was done is lost. Twice is the same as once."""
    if registration.ended_on is not None:
        return
    registration.ended_on = max(clock.today(), registration.starts_on)
    db.session.flush()
    _told("pe_registration.ended", registration, by=by)


def resume_registration(registration: PeRegistration, *, by: UUID) -> None:
    """Go on as if it had never stopped."""
    if registration.ended_on is None:
        return
    standing = queries.registrations_of(registration.account_id)
    if any(one.scheme_id == registration.scheme_id for one in standing):
        raise AlreadyRegistered
    registration.ended_on = None
    db.session.flush()
    _told("pe_registration.resumed", registration, by=by)


def _told(action: str, registration: PeRegistration, *, by: UUID) -> None:
    scheme = registration.scheme.name_nl
    audit.record(action, by=by, on=("pe_registration", registration.id), after={"scheme": scheme})
