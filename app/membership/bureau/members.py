"""M9, M12: what the bureau does for one member: give up or keep the place, invite, make links to pay worthless."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.core import access, clock
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.formats import short_date
from app.core.forms import render_form
from app.core.permissions import Permission
from app.core.web import flash_undo
from app.membership import queries, services
from app.membership.forms import ResignForm
from app.membership.models import Membership

bp = Blueprint("membership_members", __name__, url_prefix="/bureau/members")


def _of(account_id: UUID) -> Membership:
    membership = queries.running_membership(account_id)
    if membership is None or not queries.dated_periods(membership.id):
        raise NotFound
    return membership


def _back(account_id: UUID) -> Response:
    return redirect(url_for("bureau_members.show", id=account_id), 303)


@bp.get("/<uuid:id>/stop")
@access.needs(Permission.MEMBER_EDIT)
def stop(id: UUID) -> ResponseReturnValue:
    """Name the last day and what follows, before somebody's place is given up for them (ux 20)."""
    membership = _of(id)
    return _back(id) if membership.ends_on is not None else _stop_page(id, membership, ResignForm(formdata=None))


def _stop_page(id: UUID, membership: Membership, form: ResignForm) -> ResponseReturnValue:
    last = services.last_day(membership, clock.today())
    return render_form("membership/bureau/stop.html", form, person=accounts.account(id), last=last)


@bp.post("/<uuid:id>/stop")
@access.needs(Permission.MEMBER_EDIT)
def resign(id: UUID) -> ResponseReturnValue:
    """M9: give up somebody's place, as they asked by telephone; they get the confirmation."""
    membership, form = _of(id), ResignForm()
    if not form.validate_on_submit():
        return _stop_page(id, membership, form)
    with atomic():
        resignation = services.resign(membership, reason=form.reason.data or "", by=current_account())
    flash_undo(_("The membership ends on %(day)s.", day=short_date(resignation.ends_on)), url=url_for(".stay", id=id))
    return _back(id)


@bp.post("/<uuid:id>/stay")
@access.needs(Permission.MEMBER_EDIT)
def stay(id: UUID) -> Response:
    """M9: undo that."""
    with atomic():
        services.undo_resignation(_of(id), by=current_account())
    flash(_("The membership goes on as it was."), "success")
    return _back(id)


@bp.post("/<uuid:id>/invite")
@access.needs(Permission.MEMBER_EDIT)
def invite(id: UUID) -> Response:
    """M12: invite a silent member in person, with one click."""
    with atomic():
        services.invite(_of(id), by=current_account())
    flash(_("The invitation is on its way, in your name."), "success")
    return redirect(url_for("bureau_members.radar"), 303)


@bp.post("/<uuid:id>/revoke-links")
@access.needs(Permission.MEMBER_EDIT)
def revoke_links(id: UUID) -> Response:
    """M8: make all earlier links to pay worthless, because a mail came into the wrong hands."""
    with atomic():
        services.revoke_links(_of(id), by=current_account())
    flash(_("Earlier links to pay no longer work. The next mail has a new one."), "success")
    return _back(id)
