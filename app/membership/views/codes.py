"""P10: a code on a bill of one's own: typed, taken off again, or refused with the reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.current import current_account
from app.core import access
from app.core.db import atomic
from app.core.errors import Refusal
from app.core.forms import render_form
from app.core.limits import limiter
from app.membership import queries, services
from app.membership.forms import UseCodeForm
from app.membership.views.base import bp
from app.payments import queries as bills


@bp.route("/pay/<uuid:bill_id>/code", methods=["GET", "POST"])
@access.signed_in
@limiter.limit("20/minute;100/day", methods=["POST"])
def code(bill_id: UUID) -> ResponseReturnValue:
    """Use a code on a bill; what it is worth stands on the bill before anything is paid."""
    account = current_account()
    bill = bills.bill(bill_id, viewer=account.id)
    form = UseCodeForm()
    if form.validate_on_submit():
        try:
            with atomic():
                services.use_code(bill_id, form.code.data, by=account)
        except Refusal as refusal:
            form.refuse(refusal, form.code)
            bill = bills.bill(bill_id, viewer=account.id)
        else:
            flash(_("The code is on your bill."), "success")
            return redirect(url_for("payments.pay", bill_id=bill_id), 303)
    return render_form("membership/code.html", form, bill=bill)


@bp.post("/pay/<uuid:bill_id>/code/off")
@access.signed_in
def code_off(bill_id: UUID) -> Response:
    """Take a code off a bill again."""
    account = current_account()
    bills.bill(bill_id, viewer=account.id)
    with atomic():
        services.give_back_code(bill_id, by=account)
    flash(_("The code is off your bill; you can use it again."), "success")
    return redirect(url_for("payments.pay", bill_id=bill_id), 303)


def pay_code(bill_id: UUID) -> dict[str, Any] | None:
    """Fill the pay page's panel: which code is on the bill, or where one can be typed; nothing once it has a number."""
    bill = bills.any_bill(bill_id)
    if bill.number is not None:
        return None
    return {"bill_id": bill_id, "code": queries.code_on(bill_id)}
