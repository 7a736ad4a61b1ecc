"""L6: a member's own record: what was done, how far each register is, what is entered with proof, and the papers."""

from __future__ import annotations

from datetime import date
from functools import partial
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.current import current_account
from app.core import access, clock, files
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.forms import render_form
from app.core.web import flash_undo, takes_files
from app.development import codes, queries, services, shown
from app.development.forms import NameChoiceForm, OwnEntryForm, RegistrationForm, own_entry_form
from app.development.models import PeEntry
from app.development.points import Result
from app.development.queries.records import Standing

bp = Blueprint("development", __name__, url_prefix="/development")


@bp.get("")
@access.signed_in
def mine() -> ResponseReturnValue:
    """L6: everything on one page: this year, each register, the years, and every activity; as a file for a body."""
    account, rules = current_account(), queries.circle_rules()
    record = queries.record(account.id)
    return shown.whole_record(rules).respond(
        "development/mine.html",
        queries.listed(account.id),
        record=record,
        year=record.of(clock.today().year),
        chart=shown.years_chart(record.years) if record.years else None,
        period_words=shown.period_words,
        why_nothing=partial(shown.why_nothing, rules),
        choice=NameChoiceForm(formdata=None, shows_name=queries.shows_name(account.id)),
        can_register=bool(queries.schemes_on_offer()),
    )


@bp.route("/entries/new", methods=["GET", "POST"])
@access.signed_in
@takes_files
def enter() -> ResponseReturnValue:
    """L6: enter an activity elsewhere, with proof."""
    form, account = own_entry_form(), current_account()
    if form.validate_on_submit():
        with atomic():
            services.enter_own(account.id, form.details(), by=account.id)
        flash(_("It stands on your record."), "success")
        return redirect(url_for(".mine"), 303)
    return _entry_page(form, None)


@bp.route("/entries/<uuid:id>", methods=["GET", "POST"])
@access.signed_in
@takes_files
def edit(id: UUID) -> ResponseReturnValue:
    """L6: change what was entered."""
    person = current_account().id
    entry = queries.own_entry(id, viewer=person)
    if entry.removed_at is not None:
        raise NotFound
    form = own_entry_form(entry)
    if form.validate_on_submit():
        with atomic():
            services.change_own(queries.own_entry(id, viewer=person), form.details(), by=person)
        flash(_("The changes are saved."), "success")
        return redirect(url_for(".mine"), 303)
    return _entry_page(form, entry)


def _entry_page(form: OwnEntryForm, entry: PeEntry | None) -> ResponseReturnValue:
    return render_form("development/entry.html", form, entry=entry)


@bp.post("/entries/<uuid:id>/remove")
@access.signed_in
def remove(id: UUID) -> ResponseReturnValue:
    """Take an own entry off the record; for a month it can be put back."""
    person = current_account().id
    with atomic():
        entry = queries.own_entry(id, viewer=person)
        services.remove_own(entry, by=person)
    flash_undo(_("“%(title)s” is off your record.", title=entry.title), url=url_for(".restore", id=id))
    return redirect(url_for(".mine"), 303)


@bp.post("/entries/<uuid:id>/restore")
@access.signed_in
def restore(id: UUID) -> ResponseReturnValue:
    """Put it back."""
    person = current_account().id
    with atomic():
        services.restore_own(queries.own_entry(id, viewer=person), by=person)
    flash(_("It stands on your record again."), "success")
    return redirect(url_for(".mine"), 303)


@bp.get("/entries/<uuid:id>/proof")
@access.signed_in
def proof(id: UUID) -> ResponseReturnValue:
    """Give somebody their own proof back, as a download."""
    entry = queries.own_entry(id, viewer=current_account().id)
    if not entry.proof:
        raise NotFound
    place = files.path(entry.proof)
    return send_file(place, mimetype=entry.proof_type, as_attachment=True, download_name=entry.proof_name)


@bp.route("/registers/new", methods=["GET", "POST"])
@access.signed_in
def register() -> ResponseReturnValue:
    """L6: begin to count for a register."""
    form, account = RegistrationForm(), current_account()
    if form.validate_on_submit():
        try:
            with atomic():
                found = services.register(
                    account.id,
                    queries.scheme(form.scheme.data),
                    starts_on=form.starts_on.data,
                    number=form.number.data,
                    by=account.id,
                )
        except services.AlreadyRegistered as refusal:
            form.refuse(refusal, form.scheme)
        else:
            flash(_("From now on your activities count for this register, too."), "success")
            return redirect(url_for(".standing", id=found.id), 303)
    return render_form("development/register.html", form)


@bp.get("/registers/<uuid:id>")
@access.signed_in
def standing(id: UUID) -> ResponseReturnValue:
    """L6: one register, period by period, with what counts in it; the file is for its body."""
    account = current_account()
    registration = queries.own_registration(id, viewer=account.id)
    if registration.ended_on is not None:
        raise NotFound
    found = next(one for one in queries.record(account.id).standings if one.registration.id == id)
    result = _asked_for(found)
    period = result.period
    title = f"{registration.scheme.name} {period.starts_on.isoformat()}"
    return shown.one_period(title, period).respond(
        "development/standing.html",
        queries.listed(account.id, period.starts_on, period.ends_on),
        registration=registration,
        result=result,
        period_words=shown.period_words,
        tabs=_tabs(found, result),
    )


def _asked_for(found: Standing) -> Result:
    """Return the period that the address names by its first day, else the one that runs."""
    asked = request.args.get("start", "")
    return next((one for one in found.results if one.period.starts_on.isoformat() == asked), found.now)


def _tabs(found: Standing, shown_result: Result) -> list[dict[str, Any]]:
    return [
        {
            "url": url_for(".standing", id=found.registration.id, start=one.period.starts_on.isoformat()),
            "label": _years_of(one.period.starts_on, one.period.ends_on),
            "current": one is shown_result,
        }
        for one in reversed(found.results)
    ]


def _years_of(first: date, last: date) -> str:
    return str(first.year) if first.year == last.year else f"{first.year}–{last.year}"


@bp.post("/registers/<uuid:id>/end")
@access.signed_in
def end(id: UUID) -> ResponseReturnValue:
    """Stop counting for a register; nothing that was done is lost."""
    person = current_account().id
    with atomic():
        registration = queries.own_registration(id, viewer=person)
        services.end_registration(registration, by=person)
        name = registration.scheme.name
    flash_undo(_("Your activities no longer count for %(scheme)s.", scheme=name), url=url_for(".resume", id=id))
    return redirect(url_for(".mine"), 303)


@bp.post("/registers/<uuid:id>/resume")
@access.signed_in
def resume(id: UUID) -> ResponseReturnValue:
    """Go on as if it had never stopped."""
    person = current_account().id
    with atomic():
        services.resume_registration(queries.own_registration(id, viewer=person), by=person)
    flash(_("Your activities count for this register again."), "success")
    return redirect(url_for(".standing", id=id), 303)


@bp.get("/certificates/<uuid:id>.pdf")
@access.signed_in
def certificate(id: UUID) -> ResponseReturnValue:
    """G8: one's own certificate, as it was printed."""
    found = queries.own_certificate(id, viewer=current_account().id)
    return send_file(
        BytesIO(queries.paper(found.id)),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=codes.file_name(found.code, found.locale),
    )


@bp.post("/certificates/name")
@access.signed_in
def choose_name() -> ResponseReturnValue:
    """G8: choose what whoever checks a certificate reads of its holder."""
    person, form = current_account().id, NameChoiceForm()
    if form.validate_on_submit():
        with atomic():
            services.choose_shown_name(person, shows_name=form.shows_name.data, by=person)
        flash(_("Your choice is saved. It holds at once, for every certificate."), "success")
    return redirect(url_for(".mine", _anchor="certificates"), 303)
