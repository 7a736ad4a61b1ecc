"""V5: the returning officer's side of the roll: who is invited before the opening, and changes while it is open.

Nobody at the bureau is shown who has voted: who has not is reminded by the portal itself.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.challenge import queries
from app.challenge.models import Edition, EditionState
from app.challenge.queries import voting
from app.challenge.roll_forms import ADD, RollForm, VotersForm
from app.challenge.services import electorate
from app.challenge.views.bureau import changeable, shown_as
from app.core import access
from app.core.db import atomic
from app.core.errors import Refusal
from app.core.forms import render_form
from app.core.i18n import _n
from app.core.permissions import Permission
from app.core.web import takes_files

bp = Blueprint("challenge_roll", __name__, url_prefix="/bureau/challenge/<uuid:id>/roll")


@bp.get("")
@access.needs(Permission.CHALLENGE_READ)
def show(id: UUID) -> ResponseReturnValue:
    """V5: how many may vote and have voted, and who was invited."""
    edition = queries.edition(id)
    turnout = voting.turnout(id)
    return render_template(
        "challenge/bureau/roll.html",
        **shown_as(edition),
        turnout=turnout,
        expected=0 if edition.is_frozen else len(voting.may_vote(edition)),
        invitees=voting.invitees(id),
        is_open=edition.state is EditionState.OPEN,
    )


@bp.route("/invite", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
@takes_files
def invite(id: UUID) -> ResponseReturnValue:
    """V5: read a list of people who vote besides the members; all of it or nothing."""
    edition, form = changeable(id), VotersForm()
    if form.validate_on_submit():
        with atomic():
            new = electorate.invite_voters(id, form.invitations, by=current_account().id)
        there = len(form.invitations) - new
        flash(_n("%(num)s voter is invited.", "%(num)s voters are invited.", new), "success")
        if there:
            flash(_("%(count)s were there already, or vote as a member.", count=there), "info")
        return redirect(url_for(".show", id=id), 303)
    return render_form("challenge/bureau/invite.html", form, **shown_as(edition))


@bp.post("/uninvite")
@access.needs(Permission.CHALLENGE_RUN)
def uninvite(id: UUID) -> ResponseReturnValue:
    """V5: take the list back, before the opening."""
    with atomic():
        electorate.uninvite_all(id, by=current_account().id)
    flash(_("The list of invited voters is taken back."), "success")
    return redirect(url_for(".show", id=id), 303)


@bp.route("/change", methods=["GET", "POST"])
@access.needs(Permission.CHALLENGE_RUN)
def change(id: UUID) -> ResponseReturnValue:
    """V5: change the roll of an open edition; the board tells why."""
    edition, form = queries.edition(id), RollForm()
    if edition.state is not EditionState.OPEN:
        raise electorate.RollNotOpen
    if form.validate_on_submit():
        voter = _voter(edition, form.email.data)
        if voter is None:
            form.refuse(_("Nobody is known by this address: no account, and no invited voter."), form.email)
        else:
            act = electorate.add_to_roll if form.what.data == ADD else electorate.take_off_roll
            try:
                with atomic():
                    act(id, voter, why=form.reason.data, by=current_account().id)
            except Refusal as refusal:
                form.refuse(refusal, form.email)
            else:
                flash(_("The roll is changed, and the board tells why."), "success")
                return redirect(url_for(".show", id=id), 303)
    return render_form("challenge/bureau/roll_change.html", form, **shown_as(edition))


def _voter(edition: Edition, email: str) -> UUID | None:
    account = accounts.by_email(email)
    if account is not None:
        return account.id
    wanted = accounts.normal_email(email)
    return next((one.id for one in voting.invitees(edition.id) if one.email == wanted), None)
