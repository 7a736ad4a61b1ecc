"""Sending money back and following it, and the disputes of payers, as the treasurer sees them (P6)."""

from __future__ import annotations

import uuid
from datetime import datetime, time
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.core import access, clock
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.forms import Option, render_form
from app.core.i18n import _, _l, _n
from app.core.listing import ChoiceFilter, Column, Kind, Listing
from app.core.permissions import Permission
from app.payments import queries, services, shown
from app.payments.bureau.base import bp, by_state, invoice_and_buyer
from app.payments.forms import RefundForm, SentByHandForm
from app.payments.models import Bill, RefundOrder
from app.payments.services import Refundable

REFUNDS = Listing(
    title=_l("Refunds"),
    columns=[
        *invoice_and_buyer(page="refund_order"),
        Column("created_at", _l("Ordered"), Kind.MOMENT, sort=True),
        Column("amount_cents", _l("Amount"), Kind.MONEY, sort=True),
        Column("reason", _l("Reason"), shown=False),
        Column("provider", _l("Sent by"), text=lambda name: shown.PROVIDERS.get(name, name)),
        Column("state", _l("State"), Kind.BADGE, badge=lambda state: shown.REFUND_STATES[state]),
    ],
    search=["number", "buyer"],
    search_label=_l("Search by invoice or buyer"),
    filters=[
        by_state(shown.REFUND_STATES),
        ChoiceFilter(
            "provider", _l("Sent by"), options=[Option(provider, name) for provider, name in shown.PROVIDERS.items()]
        ),
    ],
    default_sort="-created_at",
    counted=lambda number: _n("refund", "refunds", number),
    choose_columns=True,
    export=True,
)
DISPUTES = Listing(
    title=_l("Disputes"),
    columns=[
        *invoice_and_buyer(key="bill_id"),
        Column("known_since", _l("Since"), Kind.DATE, sort=True),
        Column("answer_by", _l("Answer before"), Kind.MOMENT, sort=True),
        Column("amount_cents", _l("Amount"), Kind.MONEY, sort=True),
        Column("reason", _l("Reason"), text=shown.dispute_reason),
        Column("state", _l("State"), Kind.BADGE, badge=lambda state: shown.DISPUTE_STATES[state]),
    ],
    search=["number", "buyer"],
    search_label=_l("Search by invoice or buyer"),
    filters=[
        by_state(shown.DISPUTE_STATES),
    ],
    default_sort="-known_since",
    counted=lambda number: _n("dispute", "disputes", number),
    export=True,
)


@bp.get("/refunds")
@access.needs(Permission.PAYMENT_READ)
def refunds() -> ResponseReturnValue:
    """List what was ordered to be sent back, the latest first."""
    return REFUNDS.respond("payments/bureau/refunds.html", queries.refund_orders())


@bp.get("/disputes")
@access.needs(Permission.PAYMENT_READ)
def disputes() -> ResponseReturnValue:
    """List the payments that payers took back, the latest first."""
    return DISPUTES.respond("payments/bureau/disputes.html", queries.disputes())


@bp.get("/<uuid:id>/refund")
@access.sudo
@access.needs(Permission.PAYMENT_REFUND)
def refund(id: UUID) -> ResponseReturnValue:
    """Ask how much of a payment goes back, and why."""
    bill, payment = _found(id, request.args.get("payment", ""))
    wanted = request.args.get("amount", 0, int)
    form = RefundForm(
        formdata=None,
        amount=wanted if 0 < wanted <= payment.left_cents else payment.left_cents,
        payment=payment.payment_reference,
        by_hand="by_hand" in request.args,
    )
    return _refund_page(bill, payment, form)


@bp.post("/<uuid:id>/refund")
@access.sudo
@access.needs(Permission.PAYMENT_REFUND)
def order_refund(id: UUID) -> ResponseReturnValue:
    """Order a refund, once it was shown what that does to invoice, VAT and period (ux 20)."""
    form = RefundForm()
    once = _once(form)
    if once and (known := services.refund_known(once)):
        return redirect(url_for(".refund_order", id=known.id), 303)
    bill, payment = _found(id, form.payment.data)
    if not form.validate_on_submit() or request.form.get("step") == "change":
        return _refund_page(bill, payment, form)
    if request.form.get("step") != "refund" or once is None:
        return _check_page(bill, payment, form)
    try:
        with atomic():
            order = services.order_refund(
                id,
                amount_cents=form.amount.data,
                reason=form.reason.data,
                payment_reference=form.payment.data,
                by=current_account(),
                order_id=once,
                by_hand=form.by_hand.data,
            )
            order_id = order.id
    except Refusal as refusal:
        form.refuse(refusal, form.amount)
        return _refund_page(*_found(id, form.payment.data), form)
    return _back_to_order(order_id, _("The refund is ordered."))


def _once(form: RefundForm) -> UUID | None:
    try:
        return UUID(form.once.data or "")
    except ValueError:
        return None


def _found(id: UUID, payment_reference: str) -> tuple[Bill, Refundable]:
    """Return a bill and the payment that is named, or its newest; NotFound when nothing of it can go back."""
    bill = queries.any_bill(id)
    payments = services.refundable(bill)
    if payment_reference:
        payments = [one for one in payments if one.payment_reference == payment_reference]
    if not payments:
        raise NotFound
    return bill, payments[0]


def _refund_page(bill: Bill, payment: Refundable, form: RefundForm) -> ResponseReturnValue:
    return render_form(
        "payments/bureau/refund.html", form, bill=bill, payment=payment, shown=shown, person=_person(bill)
    )


def _check_page(bill: Bill, payment: Refundable, form: RefundForm) -> ResponseReturnValue:
    if form.amount.data > payment.left_cents:
        form.refuse(services.TooMuchToRefund(), form.amount)
        return _refund_page(bill, payment, form)
    entered = services.is_entered(payment)
    effect = services.effect_of(bill, form.amount.data, entered=entered)
    return render_form(
        "payments/bureau/check_refund.html",
        form,
        bill=bill,
        payment=payment,
        effect=effect,
        parts=services.credit_preview(bill, effect.credit_cents),
        by_hand=form.by_hand.data or payment.by_hand,
        once=uuid.uuid4(),
        person=_person(bill),
        shown=shown,
    )


def _person(bill: Bill) -> str:
    return str(accounts.names([bill.person_id]).get(bill.person_id, ""))


@bp.get("/refunds/<uuid:id>")
@access.needs(Permission.PAYMENT_READ)
def refund_order(id: UUID) -> ResponseReturnValue:
    """Show how far a refund came, and what a person can do about it."""
    return _order_page(queries.refund_order(id), SentByHandForm(formdata=None))


@bp.post("/refunds/<uuid:id>/sent")
@access.sudo
@access.needs(Permission.PAYMENT_REFUND)
def refund_sent(id: UUID) -> ResponseReturnValue:
    """Book a refund that was sent by hand, under its line of the statement."""
    order = queries.refund_order(id)
    form = SentByHandForm()
    if not form.validate_on_submit():
        return _order_page(order, form)
    sent_at = clock.at_home(datetime.combine(form.sent_on.data, time(12)))
    try:
        with atomic():
            services.book_refund(id, sent_at=sent_at, reference=form.reference.data, by=current_account())
    except Refusal as refusal:
        form.refuse(refusal, form.reference)
        return _order_page(queries.refund_order(id), form)
    return _back_to_order(id, _("The refund is booked."))


@bp.post("/refunds/<uuid:id>/again")
@access.sudo
@access.needs(Permission.PAYMENT_REFUND)
def refund_again(id: UUID) -> ResponseReturnValue:
    """Ask the provider once more for the same refund."""
    queries.refund_order(id)
    with atomic():
        services.retry_refund(id, by=current_account())
    return _back_to_order(id, _("The payment provider is asked once more."))


@bp.post("/refunds/<uuid:id>/cancel")
@access.sudo
@access.needs(Permission.PAYMENT_REFUND)
def cancel_refund(id: UUID) -> ResponseReturnValue:
    """Take back a refund that nobody sent yet."""
    queries.refund_order(id)
    with atomic():
        services.cancel_refund(id, by=current_account())
    return _back_to_order(id, _("The refund is taken back. Nothing was sent."))


def _back_to_order(id: UUID, told: str) -> ResponseReturnValue:
    flash(told, "success")
    return redirect(url_for(".refund_order", id=id), 303)


def _order_page(order: RefundOrder, form: SentByHandForm) -> ResponseReturnValue:
    bill = queries.any_bill(order.bill_id)
    by = accounts.names([order.created_by]).get(order.created_by, "") if order.created_by else ""
    return render_form(
        "payments/bureau/refund_order.html",
        form,
        order=order,
        bill=bill,
        person=_person(bill),
        ordered_by=by,
        needs_help=services.needs_help(order),
        shown=shown,
    )
