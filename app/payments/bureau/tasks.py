"""What needs a person, and closing it."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.current import current_account
from app.core import access
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.forms import render_form
from app.core.i18n import _
from app.core.money import format_money
from app.core.permissions import Permission
from app.payments import queries, services, shown
from app.payments.bureau.base import bp
from app.payments.forms import CloseTaskForm, MoveForm
from app.payments.models import TaskKind


@bp.get("/tasks")
@access.needs(Permission.PAYMENT_READ)
def tasks() -> str:
    """List the payments that need a person, the longest waiting first."""
    return render_template("payments/bureau/tasks.html", tasks=queries.open_tasks(), shown=shown)


@bp.get("/tasks/<uuid:id>")
@access.needs(Permission.PAYMENT_READ)
def task(id: UUID) -> ResponseReturnValue:
    """Show what is odd about a payment."""
    task = queries.task(id)
    if task.kind is TaskKind.VAT_DECISION and task.bill and task.bill.vat_pending and not task.bill.number:
        return redirect(url_for(".vat", id=task.bill_id), 303)
    return _task_page(id, CloseTaskForm(formdata=None))


@bp.post("/tasks/<uuid:id>")
@access.needs(Permission.PAYMENT_BOOK)
def close(id: UUID) -> ResponseReturnValue:
    """Close a task with what was done about it."""
    queries.task(id)
    form = CloseTaskForm()
    if not form.validate_on_submit():
        return _task_page(id, form)
    with atomic():
        services.close_task(id, resolution=form.resolution.data, by=current_account())
    flash(_("The task is closed."), "success")
    return redirect(url_for(".tasks"), 303)


@bp.post("/tasks/<uuid:id>/accept")
@access.needs(Permission.PAYMENT_BOOK)
def accept(id: UUID) -> ResponseReturnValue:
    """Book a payment of another amount than was asked, as it came (P4)."""
    queries.task(id)
    with atomic():
        bill_id = services.accept_as_it_came(id, by=current_account()).id
    flash(_("The payment is booked as it came."), "success")
    return redirect(url_for(".show", id=bill_id), 303)


@bp.post("/tasks/<uuid:id>/move")
@access.needs(Permission.PAYMENT_BOOK)
def move(id: UUID) -> ResponseReturnValue:
    """Book money that came in too much on the bill it was meant for (P4)."""
    queries.task(id)
    form = MoveForm()
    if not form.validate_on_submit():
        return _task_page(id, CloseTaskForm(formdata=None), form)
    target = queries.bill_numbered(form.bill.data)
    if target is None:
        form.refuse(_("There is no bill with this number. Look it up under Payments."), form.bill)
        return _task_page(id, CloseTaskForm(formdata=None), form)
    try:
        with atomic():
            cents = services.move_surplus(id, to=target.id, by=current_account())
    except Refusal as refusal:
        form.refuse(refusal, form.bill)
        return _task_page(id, CloseTaskForm(formdata=None), form)
    flash(_("%(amount)s is booked on the other bill.", amount=format_money(cents)), "success")
    return redirect(url_for(".show", id=target.id), 303)


@bp.post("/tasks/<uuid:id>/credit")
@access.sudo
@access.needs(Permission.PAYMENT_REFUND)
def give_up_claim(id: UUID) -> ResponseReturnValue:
    """Credit what a lost dispute left open, once it was said what that does (P6, ux 20)."""
    task = queries.task(id)
    if request.form.get("step") != "credit" or task.bill_id is None:
        bill = queries.any_bill(task.bill_id) if task.bill_id else None
        if bill is None or task.kind is not TaskKind.DISPUTE_LOST:
            raise NotFound
        left = services.left_to_pay(bill)
        return render_template("payments/bureau/check_credit.html", task=task, bill=bill, left=left, shown=shown)
    with atomic():
        bill_id = services.give_up_claim(id, by=current_account(), reason=_("Dispute lost, claim given up")).bill_id
    flash(_("The invoice is credited."), "success")
    return redirect(url_for(".show", id=bill_id), 303)


def _task_page(id: UUID, form: CloseTaskForm, move_form: MoveForm | None = None) -> ResponseReturnValue:
    task = queries.task(id)
    payment = task.details.get("payment_reference", "")
    return render_form(
        "payments/bureau/task.html",
        form if move_form is None else move_form,
        task=task,
        close_form=form,
        move_form=move_form or MoveForm(formdata=None),
        surplus=task.kind in services.SURPLUS and "surplus_cents" in task.details and "order_id" not in task.details,
        under_way=queries.refunds_under_way(task.bill_id, payment) if task.bill_id and payment else [],
        order=queries.refund_order(UUID(task.details["order_id"])) if "order_id" in task.details else None,
        shown=shown,
    )
