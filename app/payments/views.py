"""Paying, from the person's side: choose how, come back and learn how it stands, get the invoice."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from stdnum import iso11649
from werkzeug.wrappers import Response

from app.accounts.current import current_account
from app.core import access, panels
from app.core.db import atomic
from app.core.forms import render_form
from app.core.i18n import _, language
from app.core.limits import limiter
from app.core.permissions import Permission
from app.core.web import let_forms_lead_to
from app.payments import providers, queries, services, settings, shown
from app.payments.forms import PayForm, ways_to_pay
from app.payments.models import OPEN_ATTEMPTS, Bill, CreditNote, Method
from app.payments.queries import Outcome
from app.payments.services import Paper

bp = Blueprint("payments", __name__)
TO_PAY = {Outcome.UNPAID, Outcome.FAILED, Outcome.EXPIRED, Outcome.CHECKING, Outcome.DISPUTED}
RECURS = {"membership_period"}


def _own(bill_id: UUID) -> Bill:
    return queries.bill(bill_id, viewer=current_account().id)


@bp.get("/pay/<uuid:bill_id>")
@access.signed_in
def pay(bill_id: UUID) -> ResponseReturnValue:
    """Show what is to be paid, for what and on which terms, and ask how (ux 3–5)."""
    bill = _own(bill_id)
    if queries.outcome(bill) not in TO_PAY:
        return redirect(url_for(".outcome", bill_id=bill.id), 303)
    return _pay_page(bill, PayForm(formdata=None, method=_first_way()))


@bp.post("/pay/<uuid:bill_id>")
@access.signed_in
@limiter.limit("30/minute")
def start(bill_id: UUID) -> ResponseReturnValue:
    """Begin to pay and go to the provider's page, or to what a transfer takes."""
    bill = _own(bill_id)
    form = PayForm()
    if not form.validate_on_submit():
        return _pay_page(bill, form)
    account = current_account()
    wants_saving = form.save_method.data and _may_save(bill)
    if form.method.data is Method.TRANSFER and wants_saving:
        form.refuse(
            _("A bank transfer cannot be repeated by us. Choose another way to pay, or leave this off."),
            form.save_method,
        )
        return _pay_page(bill, form)
    if form.method.data is Method.TRANSFER:
        with atomic():
            services.choose_transfer(bill_id, by=account)
        return redirect(url_for(".transfer", bill_id=bill_id), 303)
    back = url_for(".outcome", bill_id=bill_id)
    url = services.pay(
        bill_id,
        method=form.method.data,
        by=account,
        email=account.email,
        locale=language(),
        back=(settings.public(back), settings.public(f"{back}?stopped=1")),
        consent=settings.consent() if wants_saving else "",
    )
    return redirect(url, 303)


def _may_save(bill: Bill) -> bool:
    """P8: offer to charge later bills where there will be some, and no page is open that was made without it."""
    if bill.subject_type not in RECURS or not providers.accepting():
        return False
    attempt = queries.latest_attempt(bill.id)
    return attempt is None or attempt.state not in OPEN_ATTEMPTS or services.agreed(attempt.id)


def _first_way() -> Method:
    return ways_to_pay()[0].value


def _pay_page(bill: Bill, form: PayForm) -> ResponseReturnValue:
    if providers.accepting() and (elsewhere := providers.preferred().pages):
        let_forms_lead_to(elsewhere)
    terms = list(panels.filled(f"pay:{bill.subject_type}", bill.subject_id))
    return render_form(
        "payments/pay.html",
        form,
        bill=bill,
        parts=queries.vat_parts(bill.lines),
        due=_due(bill),
        terms=terms,
        may_save=_may_save(bill),
        mandate=settings.mandate(),
        codes=list(panels.filled(f"pay_code:{bill.subject_type}", bill.id)),
    )


@bp.post("/pay/<uuid:bill_id>/free")
@access.signed_in
def accept_free(bill_id: UUID) -> Response:
    """P10: begin without paying what a code or a sponsor has taken off whole."""
    _own(bill_id)
    with atomic():
        services.settle_free(bill_id, by=current_account())
    return redirect(url_for(".outcome", bill_id=bill_id), 303)


def _due(bill: Bill) -> int:
    return services.left_to_pay(bill)


@bp.get("/pay/<uuid:bill_id>/return")
@access.signed_in
def outcome(bill_id: UUID) -> ResponseReturnValue:
    """Tell how paying stands; the redirect that brought somebody here proves nothing (ux 6, 7)."""
    bill = _own(bill_id)
    stands = queries.outcome(bill)
    if stands is Outcome.UNPAID:
        return redirect(url_for(".transfer" if bill.transfer_chosen_at else ".pay", bill_id=bill.id), 303)
    return render_template(
        "payments/outcome.html",
        bill=bill,
        outcome=stands,
        stopped=stands is Outcome.CHECKING and "stopped" in request.args,
        attempt=queries.latest_attempt(bill.id),
        due=_due(bill),
        went_back=queries.went_back(bill.id),
        on_its_way=services.on_its_way(bill.id),
        notes=bill.credit_notes,
        saved=services.saved_method_of(bill.person_id) if stands is Outcome.PAID else None,
        next_steps=list(panels.filled(f"paid:{bill.subject_type}", bill.subject_id)),
        reference=iso11649.format(bill.rf_reference),
        method=shown.method_name(bill.settled["method"]) if bill.settled else None,
    )


@bp.post("/pay/<uuid:bill_id>/check")
@access.signed_in
@limiter.limit("60/minute")
def check(bill_id: UUID) -> Response:
    """Ask the provider now; the page does so by itself while it waits."""
    bill = _own(bill_id)
    attempt = queries.latest_attempt(bill.id)
    if attempt and attempt.reference:
        services.converge(attempt.reference)
    return redirect(url_for(".outcome", bill_id=bill_id), 303)


@bp.get("/pay/<uuid:bill_id>/transfer")
@access.signed_in
def transfer(bill_id: UUID) -> ResponseReturnValue:
    """Show what a transfer takes: amount, account, reference, and a code that fills in all three."""
    bill = _own(bill_id)
    if bill.number is None:
        return redirect(url_for(".pay", bill_id=bill.id), 303)
    transfer = shown.transfer_facts(bill)
    if transfer is None:
        return redirect(url_for(".outcome", bill_id=bill.id), 303)
    return render_template("payments/transfer.html", bill=bill, transfer=transfer)


@bp.get("/invoices/<uuid:bill_id>.pdf")
@access.signed_in
def invoice(bill_id: UUID) -> Response:
    """Give the invoice to its owner, or to staff who may read payments; for anybody else it is not there."""
    return _download(services.invoice(_readable_bill(bill_id)))


@bp.get("/invoices/<uuid:bill_id>.xml")
@access.signed_in
def invoice_for_books(bill_id: UUID) -> Response:
    """Give the invoice as UBL, which bookkeeping reads by itself."""
    return _download(services.invoice_for_books(_readable_bill(bill_id)))


@bp.get("/credit-notes/<uuid:id>.pdf")
@access.signed_in
def credit_note(id: UUID) -> Response:
    """Give a credit note to whom it is for, or to staff who may read payments."""
    return _download(services.credit_note(_readable_credit_note(id)))


@bp.get("/credit-notes/<uuid:id>.xml")
@access.signed_in
def credit_note_for_books(id: UUID) -> Response:
    """Give a credit note as UBL."""
    return _download(services.credit_note_for_books(_readable_credit_note(id)))


def _readable_bill(bill_id: UUID) -> Bill:
    return queries.any_bill(bill_id) if access.may(Permission.PAYMENT_READ) else _own(bill_id)


def _readable_credit_note(id: UUID) -> CreditNote:
    viewer = None if access.may(Permission.PAYMENT_READ) else current_account().id
    return queries.credit_note(id, viewer=viewer)


def _download(paper: Paper) -> Response:
    response = make_response(paper.content())
    response.mimetype = paper.media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{paper.filename}"'
    return response


@bp.post("/payment-method/withdraw")
@access.signed_in
def withdraw_method() -> Response:
    """P8: stop charging later bills by itself, at once."""
    account = current_account()
    with atomic():
        withdrawn = services.withdraw_method(account.id, by=account)
    if withdrawn:
        flash(_("Nothing is charged automatically any more. You get each bill by mail and pay it yourself."), "success")
    return redirect(url_for("membership.mine", _anchor="method-title"), 303)


def method_panel(account_id: UUID) -> dict[str, Any] | None:
    """Fill the membership page's panel: what later bills are charged to, and how to stop that (P8)."""
    saved = services.saved_method_of(account_id)
    if saved is None and not queries.has_bills(account_id):
        return None
    return {"saved": saved}


def bills_panel(account_id: UUID) -> dict[str, Any] | None:
    """Fill the membership page's panel: somebody's own bills and invoices (M10)."""
    bills = queries.bills_of(account_id)
    if not bills:
        return None
    unpaid = [bill.id for bill in bills if bill.state in queries.REMINDABLE]
    reminders = queries.reminders_of(unpaid) if unpaid else {}
    payable = [bill.id for bill in bills if bill.state in queries.UNPAID]
    under_way = queries.under_way(payable) if payable else frozenset()
    return {"bills": bills, "states": shown.BILL_STATES, "reminders": reminders, "under_way": under_way}
