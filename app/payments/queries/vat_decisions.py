"""Which VAT was decided for which buyer from abroad, so that the same buyer is asked about once (P1, P5).

The task that asked is the record: what was chosen and for whom stands in its details, who decided and why beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from app.accounts.models import Account
from app.core.db import db
from app.core.errors import NotFound
from app.payments.models import Bill, Task, TaskKind

CHOICE, FOLLOWS = "choice", "follows"
ABOUT, HELD_ABOUT = "about", "held_about"


def buyer_key(person_id: UUID, buyer: Mapping[str, Any]) -> str:
    """Name a buyer from abroad: by VAT id and country or, without an id, as the company of one person."""
    who = buyer["vat_id"].upper() or f"{person_id}:{buyer['name'].casefold()}"
    return f"{who}:{buyer['country']}"


def vat_task_key(bill_id: UUID) -> str:
    """Name the task to decide the VAT of a bill."""
    return f"vat_decision:{bill_id}"


def vat_task(bill_id: UUID) -> Task | None:
    """Return what was asked about the VAT of a bill, decided or not."""
    return db.session.scalar(select(Task).where(Task.key == vat_task_key(bill_id)))


def vat_chosen(bill: Bill, task: Task | None) -> str:
    """Return what a bill carries by a decision, about it or about an earlier one; nothing while it is asked."""
    if task is None or bill.vat_pending:
        return ""
    return str(task.details.get(CHOICE, ""))


def why_chosen(task: Task) -> str:
    """Return why a bill carries the VAT it does; one that followed an earlier decision has the reason of that."""
    earlier = db.session.get(Task, UUID(task.details[FOLLOWS])) if FOLLOWS in task.details else None
    return earlier.resolution if earlier else task.resolution


def vat_decided_before(person_id: UUID, buyer: Mapping[str, Any]) -> Task | None:
    """Return what holds about a buyer for the bills to come, until somebody changes it."""
    return vat_held(buyer_key(person_id, buyer))


def vat_held(about: str) -> Task | None:
    """Return the decision that holds about a buyer of this name."""
    found: Task | None = db.session.scalar(_held(Task).where(Task.details[ABOUT].as_string() == about))
    return found


def vat_decision(id: UUID) -> Task:
    """Return a decision, one that holds or one that did, or raise NotFound."""
    found = db.session.get(Task, id)
    if found is None or found.kind is not TaskKind.VAT_DECISION or not {ABOUT, HELD_ABOUT} & set(found.details):
        raise NotFound
    return found


def vat_decisions() -> Select[Any]:
    """Return the decisions that later bills follow, for the list mechanism."""
    return (
        _held(
            Task.id,
            Task.closed_at,
            Task.resolution,
            Task.details[CHOICE].as_string().label("choice"),
            Bill.buyer["name"].as_string().label("buyer"),
            Bill.buyer["vat_id"].as_string().label("vat_id"),
            Bill.buyer["country"].as_string().label("country"),
            (Account.given_name + " " + Account.family_name).label("decided_by"),
        )
        .join(Bill, Bill.id == Task.bill_id)
        .join(Account, Account.id == Task.closed_by)
    )


def _held(*wanted: Any) -> Select[Any]:
    decided = select(*wanted).where(Task.kind == TaskKind.VAT_DECISION)
    return decided.where(Task.details[ABOUT].as_string().is_not(None))
