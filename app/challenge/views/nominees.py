"""V2, V3: putting somebody forward, answering, and working on the case. Each nominee sees their own pages only."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.challenge import queries, services, words
from app.challenge.forms import AgreeForm, ReasonForm, WithdrawForm, WorkForm
from app.challenge.models import NominationKind, Nominee, NomineeState
from app.core import access, clock, files
from app.core.db import atomic, db
from app.core.errors import NotFound, Refusal
from app.core.formats import clock_time
from app.core.forms import render_form
from app.core.web import takes_files
from app.profiles import queries as profiles

bp = Blueprint("nominees", __name__, url_prefix="/challenge")
MOST_FOUND = 20


@bp.get("/nominate")
@access.members
def find() -> ResponseReturnValue:
    """V2: look for a colleague to put forward, or put oneself forward."""
    edition = queries.open_to_nominations()
    wanted, found = request.args.get("q", "").strip()[:100], []
    if wanted:
        rows = profiles.directory().where(profiles.found_by(wanted, profiles.taxonomy())).limit(MOST_FOUND)
        found = [row for row in db.session.execute(rows) if row.account_id != current_account().id]
    return render_template("challenge/find.html", edition=edition, wanted=wanted, found=found)


@bp.route("/nominate/<uuid:id>", methods=["GET", "POST"])
@access.members
def nominate(id: UUID) -> ResponseReturnValue:
    """V2: say why; whoever puts themselves forward goes on to the terms."""
    edition, person, form = queries.open_to_nominations(), current_account(), ReasonForm()
    own = id == person.id
    name = person.name if own else profiles.in_directory(id).name
    if form.validate_on_submit():
        kind = NominationKind.SELF if own else NominationKind.MEMBER
        try:
            with atomic():
                made = services.nominate(edition.id, id, kind=kind, reason=form.reason.data, by=person.id)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            if own:
                return redirect(url_for(".nomination", id=made.id), 303)
            flash(_("Thank you. %(name)s is asked by mail.", name=name), "success")
            return redirect(url_for("challenge.index"), 303)
    return render_form("challenge/nominate.html", form, edition=edition, name=name, own=own)


@bp.route("/nominations/<uuid:id>", methods=["GET", "POST"])
@access.signed_in
def nomination(id: UUID) -> ResponseReturnValue:
    """V2: read who put one forward and by which terms one takes part, and answer."""
    person = current_account().id
    nominee = queries.own_nominee(id, viewer=person)
    form = AgreeForm(data={"version": nominee.edition.terms_version})
    if form.validate_on_submit():
        with atomic():
            services.agree(id, terms_version=form.seen(), by=person)
        flash(_("You take part. You can begin at once, and go on later."), "success")
        return redirect(url_for(".work", id=id), 303)
    names = accounts.names({one.by_id for one in nominee.nominations})
    badge = words.NOMINEE_STATES[nominee.state]
    return render_form("challenge/nomination.html", form, nominee=nominee, names=names, badge=badge)


@bp.post("/nominations/<uuid:id>/decline")
@access.signed_in
def decline(id: UUID) -> ResponseReturnValue:
    """V2: do not take part."""
    person = current_account().id
    with atomic():
        services.decline(queries.own_nominee(id, viewer=person).id, by=person)
    flash(_("You do not take part. Until the work closes you can still change your mind here."), "success")
    return redirect(url_for(".nomination", id=id), 303)


@bp.post("/nominations/<uuid:id>/naming/<int:named>")
@access.signed_in
def naming(id: UUID, named: int) -> ResponseReturnValue:
    """V7: choose whether one's name stands by one's points off the podium."""
    person = current_account().id
    nominee = queries.own_nominee(id, viewer=person)
    with atomic():
        services.choose_naming(nominee.id, is_named=bool(named), by=person)
    flash(_("The changes are saved."), "success")
    return redirect(url_for(".nomination", id=id), 303)


@bp.route("/nominations/<uuid:id>/work", methods=["GET", "POST"])
@access.signed_in
@takes_files
def work(id: UUID) -> ResponseReturnValue:
    """V3: the plan, the short CV and the note; kept while typing where a script runs, and by the button everywhere."""
    person = current_account().id
    nominee = _at_work(id, person)
    names = ("plan", "short_cv", "note")
    form = WorkForm(data={**{name: getattr(nominee, name) for name in names}, "version": nominee.version})
    by_itself = request.form.get("by_itself") == "1"
    if form.validate_on_submit():
        try:
            with atomic():
                saved = services.save_work(id, form.work(), seen=form.seen(), by=person)
                version, saved_at = saved.version, saved.saved_at or clock.now()
        except services.ChangedElsewhere as refusal:
            form.refuse(refusal)
            form.version.typed = str(_at_work(id, person).version)
        else:
            if by_itself:
                return jsonify(version=version, said=_("Saved at %(time)s", time=clock_time(saved_at)))
            flash(_("Your work is saved."), "success")
            return redirect(url_for(".work", id=id), 303)
    if by_itself:
        return jsonify(said=_("Not saved yet: use the button below.")), 409
    return render_form("challenge/work.html", form, nominee=_at_work(id, person))


@bp.get("/nominations/<uuid:id>/file")
@access.signed_in
def plan_file(id: UUID) -> ResponseReturnValue:
    """V3: give nominees their own plan back."""
    nominee = _at_work(id, current_account().id)
    if not nominee.plan_file:
        raise NotFound
    place = files.path(nominee.plan_file)
    return send_file(place, mimetype="application/pdf", as_attachment=True, download_name=nominee.plan_name)


@bp.route("/nominations/<uuid:id>/withdraw", methods=["GET", "POST"])
@access.signed_in
def withdraw(id: UUID) -> ResponseReturnValue:
    """V2: step back; the page says first what that does."""
    person, form = current_account().id, WithdrawForm()
    _at_work(id, person)
    if form.validate_on_submit():
        with atomic():
            services.withdraw(id, why=form.reason.data, by=person)
        flash(_("You have withdrawn."), "success")
        return redirect(url_for(".nomination", id=id), 303)
    return render_form("challenge/withdraw.html", form, nominee=queries.own_nominee(id, viewer=person))


def _at_work(id: UUID, person: UUID) -> Nominee:
    nominee = queries.own_nominee(id, viewer=person)
    if nominee.state is not NomineeState.TAKING_PART:
        raise NotFound
    return nominee
