"""V4: the bureau brings a jury together before the opening, sees how far it is, and recuses."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.accounts.services import entering
from app.challenge import queries, services, words
from app.challenge.jury_forms import JurorForm, LiftForm, RecusalForm
from app.challenge.models import EditionState, Juror, JurorState, Nominee
from app.challenge.views.bureau import changeable, shown_as
from app.core import access
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.forms import render_form
from app.core.permissions import Permission

bp = Blueprint("jury_bureau", __name__, url_prefix="/bureau/challenge/<uuid:id>/jury")
RECUSABLE = (EditionState.NOMINATION, EditionState.OPEN)


@bp.get("")
@access.needs(Permission.CHALLENGE_READ)
def index(id: UUID) -> ResponseReturnValue:
    """V4: who was asked, what they answered, how far they are, and whom they leave to the others."""
    edition = queries.edition(id)
    jurors, nominees = queries.jurors_of(id), queries.judged(id)
    sitting = [one for one in jurors if one.state is not JurorState.DECLINED]
    stands = queries.recusals(id)
    open_now = edition.state in RECUSABLE
    sits = [one.id for one in jurors if one.state is JurorState.SITS] if edition.is_frozen else []
    proposed = queries.proposed_recusals(sitting, nominees) if open_now else {}
    people = accounts.names({*(one.account_id for one in jurors), *(one.account_id for one in nominees)})
    return render_template(
        "challenge/jury/bureau/index.html",
        **shown_as(edition),
        jurors=jurors,
        nominees=nominees,
        people=people,
        progress=queries.progress_among(sits, nominees, stands, criteria=len(edition.criteria)) if sits else {},
        stands=stands,
        proposed={pair: reason for pair, reason in proposed.items() if pair not in stands},
        open_now=open_now,
    )


@bp.route("/invite", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
def invite(id: UUID) -> ResponseReturnValue:
    """V4: ask somebody for the jury; whoever has no account gets one, with a link of their own to set it up."""
    changeable(id)
    form, officer = JurorForm(), current_account()
    if form.validate_on_submit():
        names = {"given_name": form.given_name.data, "family_name": form.family_name.data}
        try:
            with atomic():
                account = accounts.by_email(form.email.data)
                account = account or entering.open_account(email=form.email.data, **names, by=officer)
                services.invite_juror(id, account.id, by=officer.id)
        except Refusal as refusal:
            form.refuse(refusal, form.email)
        else:
            flash(_("%(name)s is asked by mail.", name=account.name), "success")
            return _to_jury(id)
    return render_form("challenge/jury/bureau/invite.html", form, **shown_as(queries.edition(id)))


@bp.post("/<uuid:juror_id>/remove")
@access.needs(Permission.CHALLENGE_RUN)
def remove(id: UUID, juror_id: UUID) -> ResponseReturnValue:
    """V4: take somebody out of the jury, before the edition opens."""
    with atomic():
        services.remove_juror(_juror(id, juror_id).id, by=current_account().id)
    flash(_("The jury is changed."), "success")
    return _to_jury(id)


@bp.post("/<uuid:juror_id>/chair")
@access.needs(Permission.CHALLENGE_RUN)
def chair(id: UUID, juror_id: UUID) -> ResponseReturnValue:
    """V4: choose who chairs the jury."""
    with atomic():
        services.choose_chair(_juror(id, juror_id).id, by=current_account().id)
    flash(_("The jury is changed."), "success")
    return _to_jury(id)


@bp.route("/<uuid:juror_id>/nominees/<int:number>/recuse", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
def recuse(id: UUID, juror_id: UUID, number: int) -> ResponseReturnValue:
    """V4: let a juror not judge a nominee; the portal fills in what it knows of itself."""
    juror, nominee = _juror(id, juror_id), queries.judged_as(id, number)
    form = RecusalForm(data={"reason": queries.proposed_recusals([juror], [nominee]).get((juror.id, nominee.id))})
    if form.validate_on_submit():
        told = {"reason": form.reason.data, "note": form.note.data}
        with atomic():
            services.recuse(juror_id, number, **told, by=current_account().id, by_bureau=True)
        flash(_("The recusal is noted."), "success")
        return _to_jury(id)
    return _about_both("challenge/jury/bureau/recuse.html", form, juror, nominee)


@bp.route("/<uuid:juror_id>/nominees/<int:number>/lift", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
def lift(id: UUID, juror_id: UUID, number: int) -> ResponseReturnValue:
    """V4: let a recused juror judge after all; never without a reason, which stays in the log."""
    juror, nominee = _juror(id, juror_id), queries.judged_as(id, number)
    recusal = queries.recusals(id).get((juror.id, nominee.id))
    if recusal is None:
        raise NotFound
    form = LiftForm()
    if form.validate_on_submit():
        with atomic():
            services.lift_recusal(juror_id, number, why=form.reason.data, by=current_account().id)
        flash(_("The recusal no longer holds; the reason stands in the log."), "success")
        return _to_jury(id)
    return _about_both("challenge/jury/bureau/lift.html", form, juror, nominee, recusal=recusal)


def _juror(id: UUID, juror_id: UUID) -> Juror:
    found = queries.juror(juror_id)
    if found.edition_id != id:
        raise NotFound
    return found


def _about_both(
    template: str, form: RecusalForm | LiftForm, juror: Juror, nominee: Nominee, **values: object
) -> ResponseReturnValue:
    names = accounts.names({juror.account_id, nominee.account_id})
    return render_form(
        template,
        form,
        **shown_as(queries.edition(juror.edition_id)),
        juror=names[juror.account_id],
        nominee=names[nominee.account_id],
        why=words.RECUSALS,
        **values,
    )


def _to_jury(id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".index", id=id), 303)
