"""V4: the pages of who chairs the jury: progress while it scores; afterwards spread, severity, decisions, reasons."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.challenge import queries, services, words
from app.challenge.jury import ENOUGH, strictness
from app.challenge.jury_forms import ChairScoreForm, reasons_form
from app.challenge.models import Edition, EditionState, JurorState
from app.challenge.queries import Verdict
from app.core import access
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.forms import render_form

bp = Blueprint("chair", __name__, url_prefix="/challenge/<uuid:id>/chair")
AFTER = (EditionState.CLOSED, EditionState.OPENED, EditionState.COUNTED, EditionState.PUBLISHED)
DECIDING = (EditionState.CLOSED, EditionState.OPENED)
EDITING = (*DECIDING, EditionState.COUNTED)


@bp.get("")
@access.signed_in
def show(id: UUID) -> ResponseReturnValue:
    """V4: how far the jury is; after the close what it gave, where it differs, and what the chair has to decide."""
    edition = _chaired(id)
    if edition.state not in AFTER:
        jurors = queries.jurors_of(id, JurorState.SITS)
        return render_template(
            "challenge/jury/chair/progress.html",
            edition=edition,
            jurors=jurors,
            people=accounts.names({one.account_id for one in jurors}),
            progress=queries.progress(id),
            stands=queries.recusals(id),
        )
    verdict = queries.verdict(edition)
    found = verdict.panel
    return render_template(
        "challenge/jury/chair/show.html",
        edition=edition,
        verdict=verdict,
        panel=found,
        names=_names(verdict),
        people=accounts.names({one.account_id for one in verdict.jurors.values()}),
        severity=strictness(verdict.marks, tuple(verdict.nominees), tuple(verdict.criteria)),
        enough=ENOUGH,
        deciding=edition.state in DECIDING,
        editing=edition.state in EDITING,
        edited={(juror, nominee) for juror, nominee, _code in queries.edited_reasons(id)},
    )


@bp.route("/nominees/<int:number>/<code>", methods=["GET", "POST"])
@access.signed_in
def decide(id: UUID, number: int, code: str) -> ResponseReturnValue:
    """V4: lay down a panel score where fewer than three jurors gave a mark."""
    edition = _chaired(id)
    verdict = queries.verdict(edition)
    if edition.state not in DECIDING or number not in verdict.nominees or code not in verdict.criteria:
        raise NotFound
    cell, before = verdict.panel.cells[number][code], verdict.decisions.get((number, code))
    if len(cell.marks) >= ENOUGH:
        raise NotFound
    form = ChairScoreForm(
        data={"score": ChairScoreForm.shown(before.score), "reason": before.reason} if before else None
    )
    if form.validate_on_submit():
        told = {"score": form.hundredths, "reason": form.reason.data}
        with atomic():
            services.decide_score(id, number, code, **told, by=current_account().id)
        flash(_("The panel score is laid down."), "success")
        return redirect(url_for(".show", id=id), 303)
    return render_form(
        "challenge/jury/chair/decide.html",
        form,
        edition=edition,
        cell=cell,
        criterion=verdict.criteria[code],
        name=_names(verdict)[number],
    )


@bp.route("/nominees/<int:number>/reasons", methods=["GET", "POST"])
@access.signed_in
def reasons(id: UUID, number: int) -> ResponseReturnValue:
    """V4: edit what jurors wrote about a nominee, for the result page; what they wrote is kept."""
    edition = _chaired(id)
    verdict = queries.verdict(edition)
    if edition.state not in EDITING or number not in verdict.nominees:
        raise NotFound
    edited, nominee = queries.edited_reasons(id), verdict.nominees[number]
    written = {
        (verdict.jurors[juror].id, code): (juror, text)
        for (juror, of, code), text in sorted(verdict.reasons.items(), key=lambda one: (one[0][2], one[0][0]))
        if of == number and text
    }
    first = {}
    for (juror_id, code), (_juror, text) in written.items():
        kept = edited.get((juror_id, nominee.id, verdict.criteria[code].id))
        first[juror_id, code] = kept.text if kept else text
    form = reasons_form(first)
    if form.validate_on_submit():
        with atomic():
            services.edit_reasons(id, number, form.texts(), by=current_account().id)
        flash(_("The reasons are saved for publication."), "success")
        return redirect(url_for(".show", id=id), 303)
    return render_form(
        "challenge/jury/chair/reasons.html",
        form,
        edition=edition,
        verdict=verdict,
        number=number,
        written={f"{juror_id}:{code}": told for (juror_id, code), told in written.items()},
        name=_names(verdict)[number],
    )


def _chaired(id: UUID) -> Edition:
    """Return an edition whose jury the viewer chairs, from the opening on."""
    edition = queries.edition(id)
    if edition.chair_id != current_account().id or not edition.is_frozen or edition.state is EditionState.CANCELLED:
        raise NotFound
    return edition


def _names(verdict: Verdict) -> dict[int, str]:
    names = accounts.names({one.account_id for one in verdict.nominees.values()})
    return {
        one.number: words.nominee_name(verdict.edition, number, names[one.account_id])
        for number, one in queries.as_the_jury_sees(verdict.edition).items()
    }
