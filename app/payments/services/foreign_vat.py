"""Asking which VAT applies to a buyer from abroad, unless that was decided before about the same buyer (P1, P5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.payments import queries
from app.payments.models import Bill, Task, TaskKind
from app.payments.queries import ABOUT, CHOICE, FOLLOWS
from app.payments.services.lines import put_under, vat_total
from app.payments.services.tasks import open_task

HOME = "NL"
DUTCH = "dutch"
CODES, TO_ISSUE = "codes", "issue"


def comes_from_abroad(buyer: Mapping[str, Any]) -> bool:
    """Say whether Dutch VAT may not apply: a foreign address, or a btw-id of another country."""
    return buyer["country"] not in {"", HOME} or bool(buyer["vat_id"] and not buyer["vat_id"].startswith(HOME))


def settle_vat(bill: Bill, *, by: Account | None) -> None:
    """P1: let a bill without a number carry the VAT of its buyer: Dutch, as decided before, or asked of a person."""
    bill.vat_pending = False
    if not comes_from_abroad(bill.buyer):
        return
    earlier = queries.vat_decided_before(bill.person_id, bill.buyer)
    details = {CODES: {str(line.position): line.vat_code for line in bill.lines}}
    if earlier is not None:
        _follow(bill, earlier, details, by)
        return
    bill.vat_pending = True
    open_task(TaskKind.VAT_DECISION, key=queries.vat_task_key(bill.id), bill_id=bill.id, details=details)


def settle_vat_anew(bill: Bill, *, by: Account | None) -> bool:
    """M11: do so once more for a bill that goes to another buyer; what was decided about the first stays remembered.

    Say whether it waited for that to be issued, and now waits for nothing.
    """
    task = queries.vat_task(bill.id)
    waits = task is not None and TO_ISSUE in task.details
    if task is not None:
        _as_drawn_up(bill, task)
        _reckon(bill)
        _set_aside(task)
    settle_vat(bill, by=by)
    if waits and bill.vat_pending:
        ask_to_issue(bill)
    return waits and not bill.vat_pending


def ask_to_issue(bill: Bill) -> None:
    """Let a bill whose VAT is asked about get its number with the answer."""
    task = queries.vat_task(bill.id)
    assert task is not None
    task.details = task.details | {TO_ISSUE: True}


def _follow(bill: Bill, earlier: Task, details: Mapping[str, Any], by: Account | None) -> None:
    followed = {**details, FOLLOWS: str(earlier.id), CHOICE: earlier.details[CHOICE]}
    task = Task(key=queries.vat_task_key(bill.id), kind=TaskKind.VAT_DECISION, bill_id=bill.id, details=followed)
    task.closed_at = clock.now()
    db.session.add(task)
    db.session.flush()
    carry(bill, earlier.details[CHOICE])
    audit.record(
        "payments.vat.remembered",
        by=by.id if by else None,
        on=("bill", bill.id),
        after={"vat": earlier.details[CHOICE], "vat_cents": bill.vat_cents, "reason": earlier.resolution},
    )


def carry(bill: Bill, choice: str) -> None:
    """Let a bill carry the VAT that was chosen; Dutch is what it was drawn up with."""
    _as_drawn_up(bill, queries.vat_task(bill.id))
    if choice != DUTCH:
        for line in bill.lines:
            put_under(line, choice)
    _reckon(bill)


def _set_aside(task: Task) -> None:
    """Make room for a new question about the same bill; a question that was answered stays, under another key."""
    if ABOUT in task.details:
        task.key = f"{task.key}:{task.id}"
    else:
        db.session.delete(task)
    db.session.flush()


def _as_drawn_up(bill: Bill, task: Task | None) -> None:
    """Put back the VAT that was drawn up; what came off later is under that of the first line."""
    codes = task.details.get(CODES, {}) if task else {}
    for line in bill.lines:
        code = codes.get(str(line.position), codes.get("1"))
        if code is not None and code != line.vat_code:
            put_under(line, code)


def _reckon(bill: Bill) -> None:
    bill.vat_cents = vat_total(bill.lines)
    bill.gross_cents = bill.net_cents + bill.vat_cents
