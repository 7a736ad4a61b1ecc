"""What follows from ledger and credit notes of a bill: its state, and the money that has to go back (P4, P6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.events import publish
from app.payments import queries
from app.payments.events import BillPaid, BillRecovered, BillShort
from app.payments.models import Bill, BillState, LedgerEntry, LedgerKind, Task, TaskKind
from app.payments.services.bills import issue, move
from app.payments.services.tasks import open_task

MONEY_IN = (LedgerKind.PAYMENT, LedgerKind.TRANSFER)
_SURPLUS = "surplus:"
_LOST = "dispute_lost:"


def balance(bill_id: UUID) -> int:
    """Return what was received for a bill, less what went back, in cents."""
    return db.session.scalar(select(func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.bill_id == bill_id)) or 0


def asked(bill: Bill) -> int:
    """Return what a bill asks for, less what was credited; one that was withdrawn asks for nothing."""
    if bill.state is BillState.VOID:
        return 0
    return queries.creditable(bill) if bill.number else bill.gross_cents


def left_to_pay(bill: Bill) -> int:
    """Return what is still to come for a bill, in cents."""
    return max(asked(bill) - held(bill), 0)


def held(bill: Bill) -> int:
    """Return what was received for a bill, less what went back, from its entries; read once for many questions."""
    return sum(entry.amount_cents for entry in bill.entries)


def derive(bill: Bill, *, by: Account | None) -> None:
    """Let ledger and credit notes say what a locked bill is, and what has to go back.

    Issued when money came, paid when covered, short when it was taken back; credited is what a credit note makes it.
    """
    received, wanted = held(bill), asked(bill)
    if bill.state not in {BillState.VOID, BillState.CREDITED}:
        if bill.state is BillState.DRAFT and received > 0:
            issue(bill, by=by, settled=_settled(bill) if received >= wanted else None)
        if received >= wanted and bill.state in {BillState.ISSUED, BillState.SHORT}:
            _mark_paid(bill)
        elif received < wanted and bill.state is BillState.PAID:
            move(bill, BillState.SHORT)
            db.session.flush()
            publish(BillShort(**_about(bill)))
    _follow_surplus(bill, received - wanted)
    if bill.state is not BillState.SHORT:
        _solve(task for task in _tasks_of(bill, _LOST) if task.closed_at is None)


def _about(bill: Bill) -> dict[str, Any]:
    return {
        "bill_id": bill.id,
        "person_id": bill.person_id,
        "subject_type": bill.subject_type,
        "subject_id": bill.subject_id,
    }


def _settled(bill: Bill) -> dict[str, Any]:
    newest = _newest_entry(bill)
    return {"on": clock.local(newest.occurred_at).date().isoformat(), "method": newest.method}


def _newest_entry(bill: Bill) -> LedgerEntry:
    received = sorted((entry for entry in bill.entries if entry.amount_cents > 0), key=lambda entry: entry.id)
    return max(received, key=lambda entry: entry.occurred_at)


def _mark_paid(bill: Bill) -> None:
    """Tell the first time that a bill is paid, and each time that it is so again."""
    move(bill, BillState.PAID)
    if bill.paid_at is not None:
        publish(BillRecovered(**_about(bill)))
        return
    bill.paid_at = _newest_entry(bill).occurred_at
    audit.record("payments.bill.paid", by=None, on=("bill", bill.id), after={"number": bill.number})
    db.session.flush()
    publish(BillPaid(**_about(bill), paid_at=bill.paid_at))


@dataclass(frozen=True)
class PaymentHeld:
    """A payment of a bill, and how much of it we still hold, in cents."""

    entry: LedgerEntry
    held_cents: int
    came_back: bool
    """A refund of it failed, so that the money is with us again."""


def payments_held(bill_id: UUID) -> list[PaymentHeld]:
    """Return the payments of a bill, the newest first, with what is left of each after refunds and disputes."""
    return _held_of(db.session.scalars(select(LedgerEntry).where(LedgerEntry.bill_id == bill_id)))


def _held_of(all_entries: Iterable[LedgerEntry]) -> list[PaymentHeld]:
    entries = sorted(all_entries, key=lambda entry: (entry.occurred_at, entry.reference), reverse=True)
    gone: dict[str, int] = defaultdict(int)
    returned = set()
    for entry in entries:
        if entry.of_reference:
            gone[entry.of_reference] += entry.amount_cents
            if entry.kind is LedgerKind.REFUND_REVERSED:
                returned.add(entry.of_reference)
    return [
        PaymentHeld(entry, entry.amount_cents + gone[entry.reference], entry.reference in returned)
        for entry in entries
        if entry.kind in MONEY_IN and not entry.of_reference
    ]


def payment_behind(bill_id: UUID, amount_cents: int) -> str:
    """Return which payment money went back of when nobody said so: the newest that has so much left, else none."""
    held = payments_held(bill_id)
    return next((one.entry.reference for one in held if one.held_cents >= amount_cents), "")


def _follow_surplus(bill: Bill, surplus: int) -> None:
    """P4: ask a person to send back what came in beyond what is due, the newest payment first; nothing else changes.

    What is asked follows the ledger: a task solves itself when the money went back, and returns when that came back.
    """
    wanted = {key: (kind, details) for key, kind, details in _to_send_back(bill, surplus)}
    known = {task.key: task for task in _tasks_of(bill, _SURPLUS)}
    _solve(task for key, task in known.items() if key not in wanted and task.closed_at is None)
    for key, (kind, details) in wanted.items():
        task = known.get(key)
        if task is None:
            open_task(kind, key=key, bill_id=bill.id, details=details)
        elif task.closed_by is None:
            task.kind, task.details, task.closed_at = kind, details, None


def _to_send_back(bill: Bill, surplus: int) -> Iterator[tuple[str, TaskKind, dict[str, Any]]]:
    nothing_asked = bill.state in {BillState.VOID, BillState.CREDITED}
    for payment in _held_of(bill.entries):
        part = min(payment.held_cents, surplus)
        if part <= 0:
            continue
        surplus -= part
        entry = payment.entry
        alone = TaskKind.SECOND_PAYMENT if part == entry.amount_cents else TaskKind.OVERPAID
        kind = TaskKind.REFUND_FAILED if payment.came_back else TaskKind.PAID_VOID if nothing_asked else alone
        reference = f"{entry.provider}:{entry.reference}"
        details = {
            "amount_cents": entry.amount_cents,
            "surplus_cents": part,
            "reference": reference,
            "provider": entry.provider,
            "payment_reference": entry.reference,
            "method": entry.method,
        }
        yield f"{_SURPLUS}{reference}", kind, details


def lost_key(provider: str, reference: str) -> str:
    """Return under which key a lost dispute asks for a person."""
    return f"{_LOST}{provider}:{reference}"


def open_tasks(bill_id: UUID, beginning: str) -> list[Task]:
    """Return the open tasks of a bill whose key begins like this."""
    return [task for task in _tasks(bill_id, beginning) if task.closed_at is None]


def _tasks_of(bill: Bill, beginning: str) -> list[Task]:
    return [task for task in bill.tasks if task.key.startswith(beginning)]


def _tasks(bill_id: UUID, beginning: str) -> list[Task]:
    query = select(Task).where(Task.bill_id == bill_id, Task.key.startswith(beginning, autoescape=True))
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _solve(tasks: Any) -> None:
    for task in tasks:
        solve(task)


def solve(task: Task) -> None:
    """Close a task that nobody needs to do any more."""
    if task.closed_at is None:
        task.closed_at = clock.now()
