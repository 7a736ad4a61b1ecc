"""M6: a period without payment, given by staff who say why and prove who they are."""

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
from app.core.errors import Refusal
from app.core.formats import short_date
from app.core.forms import render_form
from app.core.permissions import Permission
from app.membership import queries, services
from app.membership.forms import WaiverForm
from app.payments import queries as bills

bp = Blueprint("waivers_bureau", __name__, url_prefix="/bureau/memberships")


@bp.route("/<uuid:id>/waive", methods=["GET", "POST"])
@access.sudo
@access.needs(Permission.MEMBER_EDIT)
def waive(id: UUID) -> ResponseReturnValue:
    """Give the next period without payment: what that does is told first."""
    membership = queries.membership_for_staff(id)
    form = WaiverForm(data={"sequence": str(queries.newest_sequence(id))})
    if form.validate_on_submit():
        try:
            with atomic():
                period = services.waive_period(id, reason=form.reason.data, by=current_account(), sequence=form.meant)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            assert period.ends_on is not None
            flash(_("Given without payment, until %(day)s.", day=short_date(period.ends_on)), "success")
            return redirect(url_for("bureau_members.show", id=membership.account_id), 303)
    waiting = queries.open_period(membership.account_id)
    return render_form(
        "membership/bureau/waive.html",
        form,
        member=accounts.account(membership.account_id),
        standing=queries.standing(membership.account_id, clock.today()),
        bill=bills.bill_for("membership_period", waiting.id) if waiting else None,
        minutes=services.UNDO_MINUTES,
    )


@bp.post("/periods/<uuid:id>/waiver/undo")
@access.needs(Permission.MEMBER_EDIT)
def undo(id: UUID) -> Response:
    """B8: take a fresh waiver back."""
    account_id = queries.holder_of_period(id)
    with atomic():
        services.undo_waiver(id, by=current_account())
    flash(_("The waiver is undone."), "success")
    return redirect(url_for("bureau_members.show", id=account_id), 303)
