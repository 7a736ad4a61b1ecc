"""M4: the bureau's side of applications: the queue, the file, the decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.core import access, clock, files
from app.core.db import atomic
from app.core.errors import NotFound, WayOut
from app.core.forms import Option, render_form
from app.core.forms.reading import show_phone
from app.core.i18n import _n
from app.core.listing import Badge, ChoiceFilter, Column, DateFilter, Kind, Listing, YesFilter
from app.core.money import format_money
from app.core.permissions import Permission
from app.membership import queries, services, words
from app.membership.forms import AdmitForm, DeclineForm, IntakeForm
from app.membership.models import Application, ApplicationState, ManagementCategory, Plan, TermKind
from app.membership.shown import TO_THE_BUREAU, timeline_of
from app.payments import queries as bills

bp = Blueprint("membership_bureau", __name__, url_prefix="/bureau/applications")

LONG_DAYS = 5
_RECEIVED = [state for state in ApplicationState if state is not ApplicationState.DRAFT]

APPLICATIONS = Listing(
    title=_l("Applications"),
    columns=[
        Column(
            "name",
            _l("Applicant"),
            sql=queries.APPLICANT_NAME,
            sort=queries.APPLICANT_ORDER,
            href=lambda row: url_for("membership_bureau.show", id=row.id),
        ),
        Column("state", _l("State"), Kind.BADGE, badge=lambda state: Badge(*words.APPLICATION_STATES[state])),
        Column("submitted_at", _l("Sent in"), Kind.MOMENT, sort=True, nullable=False),
        Column("reviewer", _l("In hand of"), sort=True, nullable=True),
        Column("company", _l("Company"), nullable=True),
        Column("place", _l("Place")),
        Column("experience_years", _l("Years of experience"), Kind.NUMBER, shown=False),
    ],
    choose_columns=True,
    search=queries.received_from,
    search_label=_l("Name, e-mail address or company"),
    filters=[
        ChoiceFilter("state", _l("State"), [Option(state, words.APPLICATION_STATES[state][1]) for state in _RECEIVED]),
        YesFilter(
            "long",
            _l("Waiting for more than five days"),
            lambda: queries.undecided_since(clock.now() - timedelta(days=LONG_DAYS)),
        ),
        YesFilter("mine", _l("In my hands"), lambda: queries.in_hand_of(current_account().id)),
        DateFilter("submitted_at", _l("Sent in")),
    ],
    default_sort="submitted_at",
    counted=lambda number: _n("application", "applications", number),
    export=True,
    keep=("show",),
)
ALL_APPLICATIONS = replace(
    APPLICATIONS,
    columns=[
        replace(column, sort=column.sort if column.name != "reviewer" else False) for column in APPLICATIONS.columns
    ],
    default_sort="-submitted_at",
)
"""Who has what in hand is a question about what waits: of everything that ever came no index could tell it in order."""


@bp.get("")
@access.needs(Permission.APPLICATION_READ)
def index() -> ResponseReturnValue:
    """Show what waits for the bureau or for payment, the longest waiting first; or everything, the newest first."""
    everything = request.args.get("show") == "all" or "state" in request.args
    wanted = queries.received_applications() if everything else queries.open_applications()
    tabs = [
        {"url": url_for(".index"), "label": _("To deal with"), "current": not everything},
        {"url": url_for(".index", show="all"), "label": _("All applications"), "current": everything},
    ]
    listing = ALL_APPLICATIONS if everything else APPLICATIONS
    lede = _("Everything that was sent in, the newest first.") if everything else _("The longest waiting first.")
    return listing.respond(
        "membership/bureau/applications.html",
        wanted,
        tabs=tabs,
        lede=lede,
        waits={ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW},
        days_since=lambda moment: (clock.today() - clock.local(moment).date()).days,
    )


@bp.get("/<uuid:id>")
@access.needs(Permission.APPLICATION_READ)
def show(id: UUID) -> ResponseReturnValue:
    """Show a whole application."""
    return _show(queries.application_for_staff(id))


def _show(application: Application, form: IntakeForm | None = None) -> ResponseReturnValue:
    dossier = queries.dossier(application)
    reviewer, checks = queries.reviewer_of(application.id), queries.checks_of(application.id)
    callers = {check.called_by_id for calls in checks.values() for check in calls}
    known = {application.account_id, application.decided_by_id, application.intake_by_id, reviewer} | callers
    people = accounts.names({one for one in known if one})
    period = queries.open_period(application.account_id) if application.state is ApplicationState.ACCEPTED else None
    return render_form(
        "membership/bureau/application.html",
        form or IntakeForm(data={"report": application.intake_report}),
        application=application,
        applicant=accounts.account(application.account_id),
        dossier=dossier,
        badge=words.APPLICATION_STATES[application.state],
        categories=[words.CATEGORIES[ManagementCategory(value)][0] for value in application.categories],
        kinds=TermKind,
        levels=_levels(dossier),
        consents=[
            (words.CONSENTS[text.kind], consent, text)
            for consent, text in queries.latest_consents(application.account_id)
        ],
        people=people,
        timeline=timeline_of(application, TO_THE_BUREAU),
        bill=bills.bill_for("membership_period", period.id) if period else None,
        states=ApplicationState,
        show_phone=show_phone,
        reviewer=reviewer,
        mine=reviewer == current_account().id,
        checks=checks,
        outcomes=words.CHECK_OUTCOMES,
    )


def _levels(dossier: queries.Dossier) -> list[tuple[Any, list[tuple[str, int]]]]:
    """Return the competences of each kind, the strongest first."""
    return [
        (
            heading,
            sorted(((term.name, dossier.levels[term.id]) for term in dossier.terms[kind]), key=lambda one: -one[1]),
        )
        for heading, kind in (
            (_("Expertise"), TermKind.HARD_COMPETENCE),
            (_("Strengths"), TermKind.SOFT_COMPETENCE),
        )
    ]


@bp.get("/<uuid:id>/cv")
@access.needs(Permission.APPLICATION_READ)
def cv(id: UUID) -> ResponseReturnValue:
    """Give the CV as a download, never shown inside the portal (ASVS 3.2.1)."""
    found = queries.cv_of(queries.application_for_staff(id).id)
    if found is None:
        raise NotFound
    return send_file(
        files.path(found.stored_name), mimetype="application/pdf", as_attachment=True, download_name=found.shown_name
    )


@bp.post("/<uuid:id>/review")
@access.needs(Permission.APPLICATION_DECIDE)
def review(id: UUID) -> Response:
    """Take an application into review."""
    application = queries.application_for_staff(id)
    with atomic():
        services.take_into_review(application, by=current_account())
    flash(_("The application is in review; the applicant sees that."), "success")
    return redirect(url_for(".show", id=id), 303)


@bp.post("/<uuid:id>/intake")
@access.needs(Permission.APPLICATION_DECIDE)
def intake(id: UUID) -> ResponseReturnValue:
    """Keep the intake report."""
    application = queries.application_for_staff(id)
    form = IntakeForm()
    if not form.validate():
        return _show(application, form)
    with atomic():
        services.keep_intake_report(application, form.report.data, by=current_account())
    flash(_("The intake report has been saved."), "success")
    return redirect(url_for(".show", id=id, _anchor="intake"), 303)


def _in_review(id: UUID) -> Application:
    application = queries.application_for_staff(id)
    if application.state is not ApplicationState.IN_REVIEW:
        raise services.AlreadyDecided(way_out=WayOut(_l("See the application"), "membership_bureau.show", {"id": id}))
    return application


@bp.get("/<uuid:id>/admit")
@access.needs(Permission.APPLICATION_DECIDE)
def confirm_admission(id: UUID) -> ResponseReturnValue:
    """Say what admitting does before it is done (ux 20)."""
    return _show_admission(_in_review(id), _admit_form())


def _admit_form() -> AdmitForm:
    options = plan_options()
    form = AdmitForm(data={"plan": options[0].value} if len(options) == 1 else None)
    form.plan.options = options
    return form


def plan_options() -> list[Option]:
    """Return the plans that somebody can be admitted to today, with what they cost."""
    plans = [plan for plan in queries.plans_on_offer() if plan.price_on(clock.today())]
    return [Option(plan.id, plan.name, hint=_priced(plan)) for plan in plans]


def _priced(plan: Plan) -> str:
    price = queries.price_on(plan, clock.today())
    assert price is not None
    return _("%(net)s a year, %(gross)s including VAT", net=format_money(price.net), gross=format_money(price.gross))


def _show_admission(application: Application, form: AdmitForm) -> ResponseReturnValue:
    return render_form(
        "membership/bureau/admit.html",
        form,
        application=application,
        applicant=accounts.account(application.account_id),
        dossier=queries.dossier(application),
    )


@bp.post("/<uuid:id>/admit")
@access.needs(Permission.APPLICATION_DECIDE)
def admit(id: UUID) -> ResponseReturnValue:
    """M4: admit, once; the bill and the mail follow from it."""
    application = queries.application_for_staff(id)
    form = _admit_form()
    if not form.validate():
        return _show_admission(application, form)
    plan = queries.plan(form.plan.data)
    with atomic():
        services.admit(application, plan=plan, reason=form.reason.data, by=current_account())
    flash(_("Admitted. The bill has been drawn up and the applicant gets the mail with the way to pay."), "success")
    return redirect(url_for(".show", id=id), 303)


@bp.get("/<uuid:id>/decline")
@access.needs(Permission.APPLICATION_DECIDE)
def confirm_decline(id: UUID) -> ResponseReturnValue:
    """Say what declining does before it is done (ux 20)."""
    return _show_decline(_in_review(id), DeclineForm())


def _show_decline(application: Application, form: DeclineForm) -> ResponseReturnValue:
    applicant = accounts.account(application.account_id)
    return render_form("membership/bureau/decline.html", form, application=application, applicant=applicant)


@bp.post("/<uuid:id>/decline")
@access.needs(Permission.APPLICATION_DECIDE)
def decline(id: UUID) -> ResponseReturnValue:
    """M4: decline, once, with the reason."""
    application = queries.application_for_staff(id)
    form = DeclineForm()
    if not form.validate():
        return _show_decline(application, form)
    with atomic():
        services.decline(application, reason=form.reason.data, by=current_account())
    flash(_("Declined. The applicant gets the mail with your reason."), "success")
    return redirect(url_for(".show", id=id), 303)
