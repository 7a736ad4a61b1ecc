"""Deciding the VAT of a buyer from abroad, and what was decided about whom."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.core import access
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.formats import country_name
from app.core.forms import Option, render_form
from app.core.i18n import _, _l, _n
from app.core.listing import ChoiceFilter, Column, Kind, Listing
from app.core.permissions import Permission
from app.payments import queries, services, shown
from app.payments.bureau.base import bp
from app.payments.forms import VatForm
from app.payments.models import Bill, BillState, Task


def _address_of(decision_id: UUID) -> str:
    return url_for("payments_bureau.vat_decision", decision_id=decision_id)


DECISIONS = Listing(
    title=_l("VAT decisions"),
    columns=[
        Column(
            "buyer",
            _l("Buyer"),
            sort=True,
            href=lambda row: url_for("payments_bureau.vat_decision", decision_id=row.id),
        ),
        Column("vat_id", _l("VAT id"), Kind.REFERENCE),
        Column("country", _l("Country"), text=country_name),
        Column("choice", _l("VAT"), text=lambda choice: shown.VAT_CHOICES[choice]),
        Column("closed_at", _l("Decided on"), Kind.DATE, sort=True),
        Column("resolution", _l("Reason"), shown=False),
        Column("decided_by", _l("Decided by"), shown=False),
    ],
    search=["buyer", "vat_id"],
    search_label=_l("Search by buyer or VAT id"),
    filters=[
        ChoiceFilter("choice", _l("VAT"), options=[Option(choice, name) for choice, name in shown.VAT_CHOICES.items()])
    ],
    default_sort="-closed_at",
    counted=lambda number: _n("decision", "decisions", number),
    choose_columns=True,
    export=True,
)


@bp.get("/<uuid:id>/vat")
@access.needs(Permission.PAYMENT_READ)
def vat(id: UUID) -> ResponseReturnValue:
    """Show who the buyer is, and ask which VAT applies."""
    bill, chosen = _undecided(id)
    return _page(bill, VatForm(formdata=None, choice=chosen or None, instead=chosen))


@bp.post("/<uuid:id>/vat")
@access.needs(Permission.PAYMENT_BOOK)
def decide_vat(id: UUID) -> ResponseReturnValue:
    """Decide it; the buyer gets a mail and can pay, and later bills of the same buyer follow."""
    bill, form = queries.any_bill(id), VatForm()
    if queries.vat_task(id) is None:
        raise NotFound
    if not form.validate_on_submit():
        return _page(_undecided(id)[0], form)
    try:
        with atomic():
            services.decide_vat(
                id,
                choice=form.choice.data,
                reason=form.reason.data,
                instead=form.instead.data or "",
                by=current_account(),
            )
    except Refusal as refusal:
        form.refuse(refusal, form.choice)
        return _page(_undecided(bill.id)[0], form)
    flash(_("The VAT is decided. The buyer gets a mail, and later bills of this buyer carry it too."), "success")
    return redirect(url_for(".show", id=id), 303)


@bp.get("/vat")
@access.needs(Permission.PAYMENT_READ)
def vat_decisions() -> ResponseReturnValue:
    """List what was decided about buyers from abroad; later bills follow it (P1)."""
    return DECISIONS.respond("payments/bureau/vat_decisions.html", queries.vat_decisions())


@bp.get("/vat/<uuid:decision_id>")
@access.needs(Permission.PAYMENT_READ)
def vat_decision(decision_id: UUID) -> ResponseReturnValue:
    """Show one decision, which can be changed for the bills to come."""
    found = queries.vat_decision(decision_id)
    return _decision_page(found, VatForm(formdata=None, choice=found.details[queries.CHOICE]))


@bp.post("/vat/<uuid:decision_id>")
@access.needs(Permission.PAYMENT_BOOK)
def revise_vat(decision_id: UUID) -> ResponseReturnValue:
    """Let later bills of this buyer carry another VAT."""
    found, form = queries.vat_decision(decision_id), VatForm()
    if not form.validate_on_submit():
        return _decision_page(found, form)
    try:
        with atomic():
            services.revise_vat(decision_id, choice=form.choice.data, reason=form.reason.data, by=current_account())
    except Refusal as refusal:
        form.refuse(refusal, form.choice)
        return _decision_page(queries.vat_decision(decision_id), form)
    flash(_("Later bills of this buyer follow the new decision. Earlier ones stay as they are."), "success")
    return redirect(url_for(".vat_decisions"), 303)


@bp.post("/vat/<uuid:decision_id>/forget")
@access.needs(Permission.PAYMENT_BOOK)
def forget_vat(decision_id: UUID) -> ResponseReturnValue:
    """Have it asked once more with the next bill of this buyer."""
    with atomic():
        services.forget_vat(decision_id, by=current_account())
    flash(_("The next bill of this buyer asks which VAT applies."), "success")
    return redirect(url_for(".vat_decisions"), 303)


def _undecided(id: UUID) -> tuple[Bill, str]:
    """Return a bill whose VAT can still be decided, and what was decided so far."""
    bill, task = queries.any_bill(id), queries.vat_task(id)
    if task is None or bill.number is not None or bill.state is not BillState.DRAFT:
        raise NotFound
    return bill, queries.vat_chosen(bill, task)


def _page(bill: Bill, form: VatForm) -> ResponseReturnValue:
    person = accounts.names([bill.person_id]).get(bill.person_id, "")
    parts = queries.vat_parts(bill.lines)
    return render_form(
        "payments/bureau/vat.html", form, bill=bill, person=person, parts=parts, shown=shown, country_name=country_name
    )


def _decision_page(decision: Task, form: VatForm) -> ResponseReturnValue:
    assert decision.bill is not None
    people = accounts.names({decision.bill.person_id} | ({decision.closed_by} if decision.closed_by else set()))
    return render_form(
        "payments/bureau/vat_decision.html",
        form,
        decision=decision,
        bill=decision.bill,
        people=people,
        shown=shown,
        country_name=country_name,
    )
