"""M4: who has an application in hand, calls to referees, invitations, and admissions opened once more."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.accounts.services import entering
from app.core import access, clock
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.forms import render_form
from app.core.forms.reading import show_phone
from app.core.permissions import Permission
from app.membership import queries, services
from app.membership.bureau.applications import bp, plan_options
from app.membership.forms import CheckForm, InvitationForm, ReopenForm
from app.membership.models import ApplicationState


@bp.post("/<uuid:id>/take")
@access.needs(Permission.APPLICATION_DECIDE)
def take(id: UUID) -> Response:
    """Take an application in hand, from a colleague if need be."""
    application = queries.application_for_staff(id)
    with atomic():
        services.take_in_hand(application, by=current_account())
    flash(_("You have this application in hand now."), "success")
    return redirect(url_for(".show", id=id), 303)


@bp.route("/<uuid:id>/references/<uuid:reference_id>", methods=["GET", "POST"])
@access.needs(Permission.APPLICATION_DECIDE)
def check(id: UUID, reference_id: UUID) -> ResponseReturnValue:
    """Write down a call to a referee."""
    application = queries.application_for_staff(id)
    dossier = queries.dossier(application)
    reference = next((one for one in dossier.references if one.id == reference_id), None)
    if reference is None:
        raise NotFound
    form = CheckForm(data={"called_on": clock.today()})
    if form.validate_on_submit():
        with atomic():
            services.keep_check(
                application,
                reference_id,
                called_on=form.called_on.data,
                outcome=form.outcome.data,
                said=form.said.data,
                by=current_account(),
            )
        flash(_("The call is in the file."), "success")
        return redirect(url_for(".show", id=id, _anchor="references"), 303)
    return render_form(
        "membership/bureau/reference_check.html",
        form,
        application=application,
        applicant=accounts.account(application.account_id),
        reference=reference,
        show_phone=show_phone,
    )


@bp.route("/invite", methods=["GET", "POST"])
@access.needs(Permission.APPLICATION_DECIDE)
def invite() -> ResponseReturnValue:
    """Ask somebody in, straight to admitted; a mail leads to company and payment."""
    options = plan_options()
    form = InvitationForm(data={"plan": options[0].value} if len(options) == 1 else None)
    form.plan.options = options
    if form.validate_on_submit():
        by = current_account()
        try:
            with atomic():
                account = accounts.by_email(form.email.data) or entering.open_account(
                    email=form.email.data, given_name=form.given_name.data, family_name=form.family_name.data, by=by
                )
                plan = queries.plan(form.plan.data)
                application = services.invite_applicant(account, plan=plan, reason=form.reason.data, by=by)
        except Refusal as refusal:
            form.refuse(refusal, form.email)
        else:
            flash(_("%(name)s gets the invitation by mail.", name=account.name), "success")
            return redirect(url_for(".show", id=application.id), 303)
    return render_form("membership/bureau/invite.html", form)


@bp.route("/<uuid:id>/reopen", methods=["GET", "POST"])
@access.needs(Permission.APPLICATION_DECIDE)
def reopen(id: UUID) -> ResponseReturnValue:
    """Give somebody whose admission expired another term to pay."""
    application = queries.application_for_staff(id)
    if application.state not in (ApplicationState.EXPIRED, ApplicationState.ACCEPTED):
        raise services.NotExpired
    options = plan_options()
    chosen = application.plan_id if application.plan_id in {option.value for option in options} else None
    form = ReopenForm(data={"plan": chosen or (options[0].value if len(options) == 1 else None)})
    form.plan.options = options
    if form.validate_on_submit():
        with atomic():
            services.reopen_admission(application, plan=queries.plan(form.plan.data), by=current_account())
        flash(_("The admission is open again; the applicant gets a mail with the way to pay."), "success")
        return redirect(url_for(".show", id=id), 303)
    applicant = accounts.account(application.account_id)
    return render_form("membership/bureau/reopen.html", form, application=application, applicant=applicant)
