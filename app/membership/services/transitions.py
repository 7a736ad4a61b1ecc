"""M4: the one place where an application changes state."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.audit import services as audit
from app.core.db import db
from app.core.errors import IllegalTransition, NotFound
from app.membership.models import NEXT, Application, ApplicationState


def locked(application_id: UUID) -> Application:
    """Return an application as it is now, locked until the transaction ends: every change begins here."""
    found = db.session.get(Application, application_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def move(application: Application, to: ApplicationState, *, by: UUID | None, **told: Any) -> None:
    """Change a locked application's state along the table and write it down with what else there is to tell."""
    before = application.state
    if to not in NEXT[before]:
        raise IllegalTransition(before, to)
    application.state = to
    audit.record(
        f"application.{to}",
        by=by,
        on=("application", application.id),
        before={"state": before},
        after={"state": to, **told},
    )
