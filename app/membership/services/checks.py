"""M4: who has an application in hand, and what referees told."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.membership.models import (
    Application,
    ApplicationReference,
    ApplicationReviewer,
    ApplicationState,
    CheckOutcome,
    ReferenceCheck,
)
from app.membership.services.admission import AlreadyDecided
from app.membership.services.transitions import locked


def take_in_hand(application: Application, *, by: Account) -> None:
    """M4: become the colleague who judges an application, in place of another if there was one."""
    application = locked(application.id)
    if application.state not in (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW):
        raise AlreadyDecided
    reviewer = db.session.get(ApplicationReviewer, application.id)
    if reviewer is not None and reviewer.account_id == by.id:
        return
    if reviewer is None:
        reviewer = ApplicationReviewer(application_id=application.id)
        db.session.add(reviewer)
    reviewer.account_id, reviewer.since = by.id, clock.now()
    audit.record("application.taken_in_hand", by=by.id, on=("application", application.id))


def keep_check(
    application: Application, reference_id: UUID, *, called_on: date, outcome: CheckOutcome, said: str, by: Account
) -> ReferenceCheck:
    """M4: keep what a referee told, or that nobody answered; the same call kept twice stands once."""
    application = locked(application.id)
    if application.state is not ApplicationState.IN_REVIEW:
        raise AlreadyDecided
    reference = db.session.get(ApplicationReference, reference_id)
    if reference is None or reference.application_id != application.id:
        raise NotFound
    told = {"called_on": called_on, "outcome": outcome, "said": said}
    same = select(ReferenceCheck).where(
        ReferenceCheck.reference_id == reference_id,
        ReferenceCheck.called_by_id == by.id,
        ReferenceCheck.called_on == called_on,
        ReferenceCheck.outcome == outcome,
        ReferenceCheck.said == said,
    )
    known = db.session.scalar(same)
    if known is not None:
        return known
    check = ReferenceCheck(reference_id=reference_id, called_by_id=by.id, **told)
    db.session.add(check)
    db.session.flush()
    audit.record(
        "application.reference_called",
        by=by.id,
        on=("application", application.id),
        after={"referee": reference.name, "called_on": called_on, "outcome": outcome},
    )
    return check
