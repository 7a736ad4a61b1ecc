"""V1, V8: the bureau prepares an edition, sees what is missing, and takes it from phase to phase."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.challenge import queries, readiness, services, shown, words
from app.challenge.defaults import TERMS, TIE_ORDER
from app.challenge.forms import (
    BureauNominationForm,
    CancelForm,
    CaseForm,
    criteria_form,
    edition_form,
    rounds_form,
)
from app.challenge.models import Edition, EditionState, NominationKind
from app.core import access, clock, files
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.forms import Form, Option, render_form
from app.core.i18n import _n
from app.core.listing import Badge, ChoiceFilter, Column, Kind, Listing
from app.core.permissions import Permission
from app.core.web import takes_files

bp = Blueprint("challenge_bureau", __name__, url_prefix="/bureau/challenge")

EDITIONS = Listing(
    title=_l("Editions"),
    columns=[
        Column("year", _l("Year"), Kind.REFERENCE, sql=Edition.year, sort=True),
        Column("title", _l("Title"), sort=True, href=lambda row: url_for(".show", id=row.id)),
        Column("state", _l("Status"), Kind.BADGE, badge=lambda state: Badge(*words.STATES[state])),
        Column("nominees", _l("Nominees"), Kind.NUMBER),
        Column("jurors", _l("Jury"), Kind.NUMBER),
        Column("closes_at", _l("Closes"), Kind.DATE, sql=Edition.closes_at, sort=True, nullable=True),
    ],
    filters=[
        ChoiceFilter(
            "state",
            _l("Status"),
            [Option(state, label) for state, (_tone, label) in words.STATES.items()],
            sql=Edition.state,
        )
    ],
    default_sort="-year",
    counted=lambda number: _n("edition", "editions", number),
    export=True,
)


@bp.get("")
@access.needs(Permission.CHALLENGE_READ)
def index() -> ResponseReturnValue:
    """V1: every edition, the newest first."""
    return EDITIONS.respond("challenge/bureau/index.html", queries.editions_for_bureau())


@bp.get("/<uuid:id>")
@access.needs(Permission.CHALLENGE_READ)
def show(id: UUID) -> ResponseReturnValue:
    """V1: one edition: how it stands, what it is made of, and the board."""
    edition = queries.edition(id)
    to = next_step(edition)
    needs = readiness.missing(queries.facts(edition, clock.now()), to) if to else ()
    nominees = queries.nominees_of(id)
    known = {edition.officer_id, edition.chair_id, *(one.account_id for one in nominees)}
    people = accounts.names({one for one in known if one})
    return render_template(
        "challenge/bureau/show.html",
        **shown_as(edition),
        to=to,
        needs=needs,
        people=people,
        nominees=nominees,
        timeline=shown.timeline(edition),
        entries=queries.board(id)[::-1],
    )


def shown_as(edition: Edition) -> dict[str, Any]:
    """Give what every page of an edition shows: its state, and the pages beside each other."""
    return {"edition": edition, "badge": Badge(*words.STATES[edition.state])}


def next_step(edition: Edition) -> EditionState | None:
    """Return the phase that comes next, as far as a button here leads to it."""
    return {
        EditionState.CONCEPT: EditionState.NOMINATION,
        EditionState.NOMINATION: EditionState.OPEN,
        EditionState.OPEN: EditionState.CLOSED,
    }.get(edition.state)


@bp.route("/new", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
def prepare() -> ResponseReturnValue:
    """V1: begin an edition."""
    year = clock.today().year
    first = {"year": year, "title": f"Interim Challenge {year}", "quorum_percent": 20, "terms_text": TERMS}
    form = edition_form(None, tie_order=",".join(TIE_ORDER), officer_id=None, **first)
    if form.validate_on_submit():
        try:
            with atomic():
                edition = services.prepare_edition(form.details(), by=current_account().id)
        except Refusal as refusal:
            form.refuse(refusal, form.year)
        else:
            flash(_("The edition is saved. Now the case, the criteria and the rounds."), "success")
            return redirect(url_for(".show", id=edition.id), 303)
    return render_form("challenge/bureau/edit.html", form, edition=None)


@bp.route("/<uuid:id>/edit", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
def edit(id: UUID) -> ResponseReturnValue:
    """V1, V8: change dates and rules, as long as they are not frozen."""
    edition = changeable(id)
    form = edition_form(edition)
    if form.validate_on_submit():
        try:
            with atomic():
                services.change_edition(id, form.details(), by=current_account().id)
        except Refusal as refusal:
            form.refuse(refusal, form.year if isinstance(refusal, services.YearTaken) else None)
        else:
            return _saved(id)
    return render_form("challenge/bureau/edit.html", form, edition=queries.edition(id))


@bp.route("/<uuid:id>/case", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
@takes_files
def case(id: UUID) -> ResponseReturnValue:
    """V1: the business case, as text and as a PDF."""
    edition = changeable(id)
    form = CaseForm(data={"text": edition.case_text})
    if form.validate_on_submit():
        with atomic():
            services.change_case(id, form.details(), by=current_account().id)
        return _saved(id)
    return _part_page("challenge/bureau/case.html", form, id)


@bp.get("/<uuid:id>/case/file")
@access.needs(Permission.CHALLENGE_READ)
def case_file(id: UUID) -> ResponseReturnValue:
    """V1: the PDF of the case, before it is public, too."""
    edition = queries.edition(id)
    if not edition.case_file:
        raise NotFound
    place = files.path(edition.case_file)
    return send_file(place, mimetype="application/pdf", as_attachment=True, download_name=edition.case_name)


@bp.route("/<uuid:id>/criteria", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
def criteria(id: UUID) -> ResponseReturnValue:
    """V1: what is judged, and how heavily."""
    form = criteria_form(changeable(id))
    if form.validate_on_submit():
        with atomic():
            services.set_criteria(id, form.details(), by=current_account().id)
        return _saved(id)
    return _part_page("challenge/bureau/criteria.html", form, id)


@bp.route("/<uuid:id>/rounds", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
def rounds(id: UUID) -> ResponseReturnValue:
    """V1: the rounds, each with its method."""
    form = rounds_form(changeable(id))
    if form.validate_on_submit():
        with atomic():
            services.set_rounds(id, form.chosen(), by=current_account().id)
        return _saved(id)
    return _part_page("challenge/bureau/rounds.html", form, id)


@bp.route("/<uuid:id>/nominate", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
def nominate(id: UUID) -> ResponseReturnValue:
    """V2: put somebody forward on behalf of the bureau."""
    form, officer = BureauNominationForm(), current_account().id
    if form.validate_on_submit():
        account = form.account
        assert account is not None
        try:
            with atomic():
                kind = NominationKind.BUREAU
                services.nominate(id, account.id, kind=kind, reason=form.reason.data, by=officer)
        except Refusal as refusal:
            form.refuse(refusal, form.email)
        else:
            flash(_("Thank you. %(name)s is asked by mail.", name=account.name), "success")
            return redirect(url_for(".show", id=id), 303)
    return _part_page("challenge/bureau/nominate.html", form, id)


@bp.get("/<uuid:id>/next")
@access.needs(Permission.CHALLENGE_READ)
def check(id: UUID) -> ResponseReturnValue:
    """V8: what is still missing before the next phase, and what opening it does."""
    edition = queries.edition(id)
    to = next_step(edition)
    if to is None:
        raise NotFound
    points = readiness.points(queries.facts(edition, clock.now()), to)
    return render_template("challenge/bureau/check.html", **shown_as(edition), to=to, points=points)


@bp.post("/<uuid:id>/next/<to>")
@access.needs(Permission.CHALLENGE_RUN)
def advance(id: UUID, to: str) -> ResponseReturnValue:
    """V8: take an edition to its next phase."""
    if to not in services.STEPS:
        raise NotFound
    with atomic():
        services.STEPS[EditionState(to)](id, by=current_account().id)
    flash(_("Done. It stands on the board."), "success")
    return redirect(url_for(".show", id=id), 303)


@bp.post("/<uuid:id>/count")
@access.needs(Permission.CHALLENGE_RUN)
def count(id: UUID) -> ResponseReturnValue:
    """V6: count marks and ballots; from then on two persons see the result."""
    queries.edition(id)
    with atomic():
        services.count_edition(id, by=current_account().id)
    flash(_("Counted. Look at the result; it is public once two persons have agreed."), "success")
    return redirect(url_for("challenge_results.preview", id=id), 303)


@bp.route("/<uuid:id>/cancel", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
def cancel(id: UUID) -> ResponseReturnValue:
    """Call an edition off, with a reason."""
    form = CancelForm()
    if form.validate_on_submit():
        with atomic():
            services.cancel_edition(id, why=form.reason.data, by=current_account().id)
        flash(_("The edition is cancelled."), "success")
        return redirect(url_for(".show", id=id), 303)
    return _part_page("challenge/bureau/cancel.html", form, id)


def changeable(id: UUID) -> Edition:
    """V8: return an edition that can still change; of one that is open the page says why it cannot."""
    edition = queries.edition(id)
    if edition.is_frozen:
        raise services.EditionFrozen
    return edition


def _part_page(template: str, form: Form, id: UUID) -> ResponseReturnValue:
    return render_form(template, form, **shown_as(queries.edition(id)))


def _saved(id: UUID) -> ResponseReturnValue:
    flash(_("The changes are saved."), "success")
    return redirect(url_for(".show", id=id), 303)
