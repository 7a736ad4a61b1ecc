"""V5: the desk of the returning officer for the sealed ballot: the trustee's key, the tests, the files to and fro."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.current import current_account
from app.challenge import queries, services
from app.challenge.key_forms import AnswerForm, BallotsForm, HandedInForm, trustee_form
from app.challenge.models import EditionState
from app.challenge.sealing import fingerprint
from app.challenge.services import files
from app.challenge.views.bureau import changeable, shown_as
from app.core import access
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.forms import Form, render_form
from app.core.i18n import _n
from app.core.permissions import Permission
from app.core.web import takes_files

bp = Blueprint("challenge_desk", __name__, url_prefix="/bureau/challenge/<uuid:id>/ballot")


@bp.get("")
@access.needs(Permission.CHALLENGE_READ)
def show(id: UUID) -> ResponseReturnValue:
    """V5: how the sealed ballot stands, and what the officer does next."""
    edition, trustee = queries.edition(id), queries.trustee(id)
    return render_template(
        "challenge/bureau/ballot.html",
        **shown_as(edition),
        trustee=trustee,
        mark=fingerprint(trustee.encryption, trustee.signing) if trustee else "",
        trials=queries.trials(id),
        kept=queries.kept_files(id),
        unreadable=queries.unreadable(id),
    )


@bp.route("/trustee", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
@takes_files
def trustee(id: UUID) -> ResponseReturnValue:
    """V5: enter who keeps the key, and the public key."""
    changeable(id)
    form = trustee_form(queries.trustee(id))
    if form.validate_on_submit():
        try:
            with atomic():
                services.entrust(id, form.details(), by=current_account().id)
        except Refusal as refusal:
            form.refuse(refusal, form.file)
        else:
            flash(_("The key is saved. Compare the fingerprint with the trustee by telephone."), "success")
            return redirect(url_for(".show", id=id), 303)
    return _form_page("challenge/bureau/trustee.html", form, id)


@bp.get("/test-<int:copy>.json")
@access.needs(Permission.CHALLENGE_RUN)
def test_file(id: UUID, copy: int) -> ResponseReturnValue:
    """V5: the test ballots for one copy of the key."""
    return _download(queries.trial(id, copy).sealed, f"test-{copy}.json")


@bp.route("/answer", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
@takes_files
def answer(id: UUID) -> ResponseReturnValue:
    """V5: take in what the trustee's program made of a test file."""
    changeable(id)
    form = AnswerForm()
    if form.validate_on_submit():
        try:
            with atomic():
                copy = services.pass_trial(id, _found(form), by=current_account().id)
        except Refusal as refusal:
            form.refuse(refusal, form.file)
        else:
            flash(_("Copy %(copy)s of the key works: it opened the whole test.", copy=copy), "success")
            return redirect(url_for(".show", id=id), 303)
    return _form_page("challenge/bureau/answer.html", form, id)


@bp.get("/sealed.json")
@access.needs(Permission.CHALLENGE_RUN)
def sealed_file(id: UUID) -> ResponseReturnValue:
    """V5: the envelopes, for the trustee, once the edition is closed."""
    content = files.written(queries.edition(id).id, "sealed")
    if content is None:
        raise NotFound
    return _download(content, "sealed.json")


@bp.route("/opened", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
@takes_files
def opened(id: UUID) -> ResponseReturnValue:
    """V5: take in the ballots that the trustee took out of the envelopes."""
    if queries.edition(id).state not in {EditionState.CLOSED, EditionState.OPENED}:
        raise NotFound
    form = BallotsForm()
    if form.validate_on_submit():
        try:
            with atomic():
                count = services.take_in_ballots(id, _found(form), by=current_account().id)
        except Refusal as refusal:
            form.refuse(refusal, form.file)
        else:
            flash(_n("%(num)s ballot is here.", "%(num)s ballots are here.", count), "success")
            return redirect(url_for(".show", id=id), 303)
    return _form_page("challenge/bureau/opened.html", form, id)


def _found(form: HandedInForm) -> dict[str, object]:
    found = form.found
    assert found is not None
    return found


def _form_page(template: str, form: Form, id: UUID) -> ResponseReturnValue:
    return render_form(template, form, **shown_as(queries.edition(id)))


def _download(content: str, name: str) -> Response:
    answer = Response(content, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
