"""Work that was given up, and another try for it."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.current import current_account
from app.audit import services as audit
from app.bureau.views.blueprint import bp
from app.core import access
from app.core.db import atomic
from app.core.permissions import Permission
from app.jobs import queries, services


@bp.get("/jobs")
@access.needs(Permission.JOB_RETRY)
def jobs() -> str:
    """B1: show the work that was given up, with the reason."""
    return render_template("bureau/jobs.html", jobs=queries.failed_jobs(), count=queries.failed_count())


@bp.post("/jobs/<uuid:id>/retry")
@access.needs(Permission.JOB_RETRY)
def retry_job(id: UUID) -> Response:
    """Give a job all its turns again; a second click changes nothing."""
    with atomic():
        again = services.retry(id)
        if again:
            audit.record("job.retried", by=current_account().id, on=("job", id))
    if again:
        flash(_("The job is tried again."), "success")
    else:
        flash(_("This job no longer waits for another try."), "info")
    return redirect(url_for(".jobs"), 303)
