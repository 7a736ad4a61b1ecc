"""M9: stopping, as easily as joining, and taking that back; M6: pausing; M10: what a year brought."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.current import current_account
from app.core import access, clock
from app.core.db import atomic
from app.core.errors import Refusal
from app.core.formats import short_date
from app.core.forms import render_form
from app.core.web import flash_undo
from app.membership import queries, services
from app.membership.forms import ResignForm
from app.membership.models import Membership
from app.membership.queries import value
from app.membership.views.base import bp


def _own() -> Membership:
    return queries.running_membership(current_account().id) or abort(404)


@bp.get("/membership/stop")
@access.signed_in
def stop() -> ResponseReturnValue:
    """Name the last day and what follows, before anything is done (ux 8, 20)."""
    membership = _own()
    if membership.ends_on is not None:
        return redirect(url_for(".mine"), 303)
    return _stop_page(membership, ResignForm(formdata=None))


def _stop_page(membership: Membership, form: ResignForm) -> ResponseReturnValue:
    return render_form("membership/resign.html", form, last=services.last_day(membership, clock.today()))


@bp.post("/membership/stop")
@access.signed_in
def resign() -> ResponseReturnValue:
    """M9: give up the place as of its last day; a second click changes nothing."""
    membership, form = _own(), ResignForm()
    if not form.validate_on_submit():
        return _stop_page(membership, form)
    with atomic():
        resignation = services.resign(membership, reason=form.reason.data or "", by=current_account())
    flash_undo(
        _("Your membership ends on %(day)s. We have confirmed it by mail.", day=short_date(resignation.ends_on)),
        url=url_for(".stay"),
    )
    return redirect(url_for(".mine"), 303)


@bp.post("/membership/stay")
@access.signed_in
def stay() -> Response:
    """M9: undo that, until the last day is over."""
    with atomic():
        services.undo_resignation(_own(), by=current_account())
    flash(_("You remain a member; everything is as it was."), "success")
    return redirect(url_for(".mine"), 303)


@bp.post("/membership/pause")
@access.signed_in
def pause() -> Response:
    """M6: no matching and no invitations for a while."""
    with atomic():
        services.pause(_own(), by=current_account())
    flash_undo(_("You get no invitations and no matching proposals until you end this pause."), url=url_for(".resume"))
    return redirect(url_for(".mine"), 303)


@bp.post("/membership/resume")
@access.signed_in
def resume() -> Response:
    """M6: take part again."""
    with atomic():
        services.resume(_own(), by=current_account())
    flash(_("Your pause is over. Good to have you back."), "success")
    return redirect(url_for(".mine"), 303)


@bp.get("/membership/year/<int:sequence>")
@access.signed_in
def my_year(sequence: int) -> str:
    """M10: show what the contribution of one year brought."""
    mine = queries.periods_of(current_account().id)
    period = next((one for one in mine if one.sequence == sequence and one.starts_on is not None), None) or abort(404)
    return render_template("membership/my_year.html", year=value.statement(current_account().id, period))


@bp.post("/membership/renew")
@access.signed_in
def renew() -> Response:
    """M8: lead whoever is shut out to the bill with which they come back."""
    try:
        with atomic():
            bill_id = services.revive(_own().id)
    except Refusal as refusal:
        flash(str(refusal.message), "info")
        return redirect(url_for(".mine"), 303)
    return redirect(url_for("payments.pay", bill_id=bill_id), 303)
