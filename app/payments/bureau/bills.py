"""Every bill with its ledger, and booking by hand, as the treasurer sees them."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from stdnum import iso11649

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.audit import queries as audit
from app.core import access, clock, panels
from app.core.db import atomic
from app.core.errors import Refusal
from app.core.forms import Option, render_form
from app.core.i18n import _, _l, _n
from app.core.listing import ChoiceFilter, Column, DateFilter, Kind, Listing
from app.core.permissions import Permission
from app.payments import queries, services, shown
from app.payments.bureau.base import bp, by_state, invoice_and_buyer
from app.payments.forms import TransferForm
from app.payments.models import Bill, TaskKind

BILLS = Listing(
    title=_l("Payments"),
    columns=[
        *invoice_and_buyer(),
        Column("created_at", _l("Drawn up"), Kind.MOMENT, sort=True, shown=False),
        Column("issued_on", _l("Invoice date"), Kind.DATE),
        Column("due_on", _l("Due date"), Kind.DATE, sort=True),
        Column("gross_cents", _l("Amount incl. VAT"), Kind.MONEY),
        Column("method", _l("Paid with"), text=lambda method: shown.method_name(method) if method else ""),
        Column("paid_at", _l("Paid on"), Kind.DATE, shown=False),
        Column("rf_reference", _l("Payment reference"), Kind.REFERENCE, text=iso11649.format, shown=False),
        Column("state", _l("State"), Kind.BADGE, badge=lambda state: shown.BILL_STATES[state]),
    ],
    search=queries.found_by,
    search_label=_l("Search by invoice, buyer or reference"),
    filters=[
        by_state(shown.BILL_STATES, multiple=True),
        ChoiceFilter(
            "method",
            _l("Paid with"),
            options=[Option(method, name) for method, name in shown.METHODS.items()],
            where=queries.paid_by,
        ),
        ChoiceFilter(
            "age",
            _l("Still to be paid"),
            options=[Option(age, name) for age, name in shown.AGES.items()],
            multiple=True,
            where=lambda ages: queries.unpaid_aged(ages, clock.today()),
        ),
        DateFilter("issued", _l("Invoice date"), sql="issued_on"),
    ],
    default_sort="-due_on",
    counted=lambda number: _n("bill", "bills", number),
    choose_columns=True,
    export=True,
)


@bp.get("")
@access.needs(Permission.PAYMENT_READ)
def index() -> ResponseReturnValue:
    """List every bill, the latest due first."""
    return BILLS.respond("payments/bureau/index.html", queries.bills(), waiting=queries.waiting().tasks.count)


@bp.get("/<uuid:id>")
@access.needs(Permission.PAYMENT_READ)
def show(id: UUID) -> ResponseReturnValue:
    """Show a bill with its ledger, attempts, tasks and what was done to it."""
    return _bill_page(queries.any_bill(id), TransferForm(formdata=None))


@bp.post("/<uuid:id>/transfer")
@access.needs(Permission.PAYMENT_BOOK)
def book(id: UUID) -> ResponseReturnValue:
    """Book money that came in at the bank, once it was said what that does (ux 20)."""
    bill = queries.any_bill(id)
    form = TransferForm()
    if not form.validate_on_submit() or request.form.get("step") == "change":
        return _bill_page(bill, form)
    if request.form.get("step") != "book":
        return _check_page(bill, form)
    received_at = clock.at_home(datetime.combine(form.received_on.data, time(12)))
    try:
        with atomic():
            bill = services.book_transfer(
                id,
                amount_cents=form.amount.data,
                received_at=received_at,
                reference=form.reference.data,
                by=current_account(),
            )
    except Refusal as refusal:
        form.refuse(refusal, form.reference)
        return _bill_page(queries.any_bill(id), form)
    flash(_("The transfer is booked."), "success")
    return redirect(url_for(".show", id=id), 303)


def _check_page(bill: Bill, form: TransferForm) -> ResponseReturnValue:
    return render_form(
        "payments/bureau/check_transfer.html",
        form,
        bill=bill,
        person=accounts.names([bill.person_id]).get(bill.person_id, ""),
        left=services.left_to_pay(bill) - form.amount.data,
        begins=bill.paid_at is None and bill.subject_type == "membership_period",
    )


def _bill_page(bill: Bill, form: TransferForm) -> ResponseReturnValue:
    if form.amount.raw_data is None:
        form.amount.data = services.left_to_pay(bill) or None
    trail = audit.about("bill", bill.id)
    decision = queries.vat_task(bill.id) if any(task.kind is TaskKind.VAT_DECISION for task in bill.tasks) else None
    return render_form(
        "payments/bureau/show.html",
        form,
        bill=bill,
        parts=queries.vat_parts(bill.lines),
        dunning=queries.dunning_of(bill, clock.today()),
        received=services.balance(bill.id),
        refunds=bill.refund_orders,
        refundable=services.refundable(bill),
        person=accounts.names([bill.person_id]).get(bill.person_id, ""),
        about=list(panels.filled(f"bill:{bill.subject_type}", bill.subject_id)),
        trail=trail,
        told=audit.told(trail),
        shown=shown,
        vat_chosen=queries.vat_chosen(bill, decision),
        vat_reason=queries.why_chosen(decision) if decision else "",
        reference=iso11649.format(bill.rf_reference),
    )
