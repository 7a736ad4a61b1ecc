"""V4: the jury's own pages: answering, reading the work, scoring it, and leaving a nominee to the others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.challenge import queries, services, words
from app.challenge.jury_forms import RecusalForm, rubric_form
from app.challenge.models import EditionState, Juror, JurorState, Nominee
from app.core import access, clock, files
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.formats import clock_time
from app.core.forms import render_form
from app.core.i18n import _n

bp = Blueprint("jury", __name__, url_prefix="/challenge/jury")


@bp.get("/<uuid:id>")
@access.signed_in
def desk(id: UUID) -> ResponseReturnValue:
    """V4: the invitation, and once the edition is open the nominees with how far one is."""
    juror = queries.own_seat(id, viewer=current_account().id)
    values = _work(juror) if juror.state is JurorState.SITS and juror.edition.is_frozen else {}
    return render_template(
        "challenge/jury/desk.html",
        juror=juror,
        edition=juror.edition,
        badge=words.JUROR_STATES[juror.state],
        chairs=juror.edition.chair_id == juror.account_id,
        scoring=_scoring(juror),
        **values,
    )


@bp.post("/<uuid:id>/accept")
@access.signed_in
def accept(id: UUID) -> ResponseReturnValue:
    """V4: sit in the jury."""
    person = current_account().id
    with atomic():
        services.accept_seat(queries.own_seat(id, viewer=person).id, by=person)
    flash(_("Thank you. You sit in the jury."), "success")
    return redirect(url_for(".desk", id=id), 303)


@bp.post("/<uuid:id>/decline")
@access.signed_in
def decline(id: UUID) -> ResponseReturnValue:
    """V4: do not sit in the jury."""
    person = current_account().id
    with atomic():
        services.decline_seat(queries.own_seat(id, viewer=person).id, by=person)
    flash(_("You do not sit in the jury. Until the edition opens you can still change your mind here."), "success")
    return redirect(url_for(".desk", id=id), 303)


@bp.route("/<uuid:id>/nominees/<int:number>", methods=["GET", "POST"])
@access.signed_in
def rubric(id: UUID, number: int) -> ResponseReturnValue:
    """V4: read a nominee's work and score it; kept while typing where a script runs, and by the button everywhere."""
    juror, nominee = _judging(id, number)
    person, by_itself = juror.account_id, request.form.get("by_itself") == "1"
    edition = juror.edition
    form = rubric_form(edition, queries.sheet(juror.id, nominee.id))
    if form.validate_on_submit() or (by_itself and form.readable):
        marks, lacking = form.given(edition), form.lacking
        try:
            with atomic():
                sheet = services.save_sheet(id, nominee.number, marks, seen=form.seen(), by=person)
                version, saved_at = sheet.version, sheet.saved_at
        except services.ChangedElsewhere as refusal:
            form.refuse(refusal)
            newest = queries.sheet(id, _judging(id, number)[1].id)
            form.version.typed = str(newest.version if newest else 0)
        else:
            if by_itself:
                return jsonify(version=version, said=_said(clock_time(saved_at), lacking))
            flash(_("Your scores are saved."), "success")
            return redirect(url_for(".desk", id=id), 303)
    if by_itself:
        return jsonify(said=_("Not saved yet: use the button below.")), 409
    juror, nominee = _judging(id, number)
    return render_form(
        "challenge/jury/rubric.html",
        form,
        juror=juror,
        edition=juror.edition,
        nominee=nominee,
        number=number,
        name=_named(juror, nominee, number),
        recusal=queries.recusals(juror.edition_id).get((juror.id, nominee.id)),
        proposed=queries.proposed_recusals([juror], [nominee]).get((juror.id, nominee.id)),
        sheet=queries.sheet(juror.id, nominee.id),
    )


@bp.get("/<uuid:id>/nominees/<int:number>/file")
@access.signed_in
def plan_file(id: UUID, number: int) -> ResponseReturnValue:
    """V3, V4: the nominee's plan as a PDF, under a number where the jury sees no names."""
    juror, nominee = _judging(id, number)
    if not nominee.plan_file:
        raise NotFound
    name = f"plan-{number}.pdf" if juror.edition.is_blind else nominee.plan_name
    return send_file(files.path(nominee.plan_file), mimetype="application/pdf", as_attachment=True, download_name=name)


@bp.route("/<uuid:id>/nominees/<int:number>/recuse", methods=["GET", "POST"])
@access.signed_in
def recuse(id: UUID, number: int) -> ResponseReturnValue:
    """V4: leave a nominee to the others, with the reason; the portal fills in what it knows of itself."""
    juror, nominee = _judging(id, number)
    proposed = queries.proposed_recusals([juror], [nominee]).get((juror.id, nominee.id))
    form = RecusalForm(data={"reason": proposed})
    if form.validate_on_submit():
        reason = form.reason.data
        with atomic():
            services.recuse(id, nominee.number, reason=reason, note=form.note.data, by=current_account().id)
        flash(_("You leave this nominee to the others."), "success")
        return redirect(url_for(".desk", id=id), 303)
    return render_form(
        "challenge/jury/recuse.html",
        form,
        edition=juror.edition,
        name=_named(juror, nominee, number),
        back=url_for(".rubric", id=id, number=number),
        over=_("Your jury work"),
    )


@bp.post("/<uuid:id>/hand-in")
@access.signed_in
def hand_in(id: UUID) -> ResponseReturnValue:
    """V4: say that the work is done."""
    person = current_account().id
    with atomic():
        services.hand_in(queries.own_seat(id, viewer=person).id, by=person)
    flash(_("Thank you. Your scores are handed in."), "success")
    return redirect(url_for(".desk", id=id), 303)


def _work(juror: Juror) -> dict[str, Any]:
    numbered = queries.as_the_jury_sees(juror.edition)
    nominees = list(numbered.values())
    left, scores = queries.recusals(juror.edition_id), queries.scores_of(juror.id)
    names = accounts.names({one.account_id for one in nominees}) if not juror.edition.is_blind else {}
    given = {one.id: sum(of == one.id for of, _criterion in scores) for one in nominees}
    own = [one for one in nominees if (juror.id, one.id) not in left]
    return {
        "nominees": nominees,
        "numbers": {one.id: number for number, one in numbered.items()},
        "names": {
            one.id: words.nominee_name(juror.edition, number, names.get(one.account_id, ""))
            for number, one in numbered.items()
        },
        "given": given,
        "left": {one.id: left[juror.id, one.id] for one in nominees if (juror.id, one.id) in left},
        "proposed": {nominee: why for (_juror, nominee), why in queries.proposed_recusals([juror], nominees).items()},
        "progress": queries.Progress(
            done=sum(given[one.id] == len(juror.edition.criteria) for one in own),
            of=len(own),
            handed_in=juror.id in queries.handed_in([juror.id]),
        ),
    }


def _scoring(juror: Juror) -> bool:
    closes = juror.edition.closes_at
    return juror.edition.state is EditionState.OPEN and closes is not None and clock.now() <= closes


def _judging(id: UUID, number: int) -> tuple[Juror, Nominee]:
    """Return the viewer's place in the jury and whom they judge, while the edition is open."""
    juror = queries.own_seat(id, viewer=current_account().id)
    if juror.state is not JurorState.SITS or juror.edition.state is not EditionState.OPEN:
        raise NotFound
    nominee = queries.as_the_jury_sees(juror.edition).get(number)
    if nominee is None:
        raise NotFound
    return juror, nominee


def _named(juror: Juror, nominee: Nominee, number: int) -> str:
    return words.nominee_name(juror.edition, number, accounts.account(nominee.account_id).name)


def _said(time: str, lacking: int) -> str:
    saved = _("Saved at %(time)s", time=time)
    if not lacking:
        return saved
    waits = _n("One score still needs a reason.", "%(num)s scores still need a reason.", lacking)
    return f"{saved}. {waits}"
