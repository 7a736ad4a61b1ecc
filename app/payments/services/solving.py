"""What a person does about a payment that needs one, each in one step and into the ledger (P4, P6)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.i18n import _l
from app.payments.models import CURRENCY, Bill, BillState, CreditNote, LedgerKind, Task, TaskKind
from app.payments.services.bills import locked
from app.payments.services.crediting import credit
from app.payments.services.deriving import asked, left_to_pay
from app.payments.services.ledger import enter, payment_entry
from app.payments.services.tasks import TaskClosed

MOVED = "moved"
SURPLUS = (TaskKind.SECOND_PAYMENT, TaskKind.OVERPAID, TaskKind.PAID_VOID, TaskKind.REFUND_FAILED)


class NotThisTask(Refusal):
    """A kind of task of which something else is asked."""

    message = _l("This cannot be done about this payment.")


class NothingDue(Refusal):
    """P4: money is booked on a bill that waits for it."""

    message = _l("Nothing is due on that bill. Choose one that is still to be paid.")


class SameBill(Refusal):
    """The money is on this bill already."""

    message = _l("The money is on this bill already. Choose another one.")


def _open(task_id: UUID, *kinds: TaskKind) -> tuple[Task, Bill]:
    found = db.session.get_one(Task, task_id)
    if found.bill_id is None or found.kind not in kinds:
        raise NotThisTask
    bill = locked(found.bill_id)
    task = db.session.get_one(Task, task_id, populate_existing=True)
    if task.closed_at is not None:
        raise TaskClosed
    return task, bill


def _close(task: Task, by: Account, resolution: str = "") -> None:
    task.closed_at, task.closed_by, task.resolution = clock.now(), by.id, resolution


def accept_as_it_came(task_id: UUID, *, by: Account) -> Bill:
    """P4: book a payment of another amount than was asked; the bill is then short, paid or overpaid, as any other."""
    task, bill = _open(task_id, TaskKind.MISMATCH)
    details = task.details
    if details["currency"] != CURRENCY:
        raise NotThisTask
    enter(
        bill,
        kind=LedgerKind.PAYMENT,
        amount_cents=details["amount_cents"],
        provider=details["provider"],
        reference=details["payment_reference"],
        method=details["method"],
        occurred_at=datetime.fromisoformat(details["occurred_at"]),
        attempt_id=UUID(details["attempt_id"]),
        by=by,
    )
    audit.record(
        "payments.mismatch.accepted", by=by.id, on=("bill", bill.id), after={"amount_cents": details["amount_cents"]}
    )
    _close(task, by)
    return bill


def move_surplus(task_id: UUID, *, to: UUID, by: Account) -> int:
    """P4: book money that came in too much on the bill it was meant for, by two entries; return how many cents.

    No more is moved than that bill waits for; what is left stays a task.
    """
    found = db.session.get_one(Task, task_id)
    if to == found.bill_id:
        raise SameBill
    for bill_id in sorted({to, found.bill_id or to}):
        locked(bill_id)
    task, bill = _open(task_id, *SURPLUS)
    target = locked(to)
    payment = payment_entry(task.details["provider"], task.details["payment_reference"])
    cents = min(task.details["surplus_cents"], left_to_pay(target))
    if payment is None:
        raise NotThisTask
    if cents <= 0 or target.state is BillState.VOID:
        raise NothingDue
    now = clock.now()
    once = f"{task.id}:{now.timestamp():.0f}"
    for side, kept, sign, of_reference in (
        ("out", bill, -1, payment.reference),
        ("in", target, 1, ""),
    ):
        enter(
            kept,
            kind=LedgerKind.TRANSFER,
            amount_cents=sign * cents,
            provider=MOVED,
            reference=f"{once}:{side}",
            of_reference=of_reference,
            method=payment.method,
            occurred_at=now,
            by=by,
        )
        audit.record("payments.surplus.moved", by=by.id, on=("bill", kept.id), after={"amount_cents": cents})
    return cents


def give_up_claim(task_id: UUID, *, by: Account, reason: str) -> CreditNote:
    """P6: credit what a lost dispute left open; the bill then asks for nothing more."""
    task, bill = _open(task_id, TaskKind.DISPUTE_LOST)
    return credit(bill, gross_cents=min(left_to_pay(bill), asked(bill)), cause=f"{task.key}", reason=reason, by=by)
