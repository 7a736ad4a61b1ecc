"""Deciding the VAT of a buyer from abroad."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.core import access
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.forms import render_form
from app.core.i18n import _
from app.core.permissions import Permission
from app.payments import queries, services, shown
from app.payments.bureau.base import bp
from app.payments.forms import VatForm
from app.payments.models import Bill


@bp.get("/<uuid:id>/vat")
@access.needs(Permission.PAYMENT_READ)
def vat(id: UUID) -> ResponseReturnValue:
    """Show who the buyer is, and ask which VAT applies."""
    return _page(_pending(id), VatForm(formdata=None))


@bp.post("/<uuid:id>/vat")
@access.needs(Permission.PAYMENT_BOOK)
def decide_vat(id: UUID) -> ResponseReturnValue:
    """Decide it; the buyer gets a mail and can pay."""
    bill, form = queries.any_bill(id), VatForm()
    if not form.validate_on_submit():
        return _page(_pending(id), form)
    try:
        with atomic():
            services.decide_vat(id, choice=form.choice.data, reason=form.reason.data, by=current_account())
    except Refusal as refusal:
        form.refuse(refusal, form.choice)
        return _page(_pending(bill.id), form)
    flash(_("The VAT is decided. The buyer gets a mail."), "success")
    return redirect(url_for(".show", id=id), 303)


def _pending(id: UUID) -> Bill:
    bill = queries.any_bill(id)
    if not bill.vat_pending:
        raise NotFound
    return bill


def _page(bill: Bill, form: VatForm) -> ResponseReturnValue:
    person = accounts.names([bill.person_id]).get(bill.person_id, "")
    parts = queries.vat_parts(bill.lines)
    return render_form("payments/bureau/vat.html", form, bill=bill, person=person, parts=parts, shown=shown)
