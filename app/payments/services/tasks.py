"""Asking a person to look at a payment, and closing what was looked into."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db, forget_loaded, insert_once
from app.core.errors import Refusal
from app.core.i18n import _l
from app.payments.models import Bill, Task, TaskKind


class TaskClosed(Refusal):
    """A task is closed once."""

    message = _l("A colleague has closed this task already.")


def open_task(kind: TaskKind, *, key: str, bill_id: UUID | None, details: dict[str, Any]) -> bool:
    """Ask a person to look at a payment; the same fact asks once."""
    new = insert_once(Task, key=key, kind=kind, bill_id=bill_id, details=details)
    if new and bill_id:
        forget_loaded(Bill, bill_id, "tasks")
        audit.record("payments.task.opened", by=None, on=("bill", bill_id), after={"kind": kind.value})
    return new


def close_task(task_id: UUID, *, resolution: str, by: Account) -> Task:
    """Close a task with what was done; the same person saying it twice changes nothing."""
    task = db.session.get_one(Task, task_id, with_for_update=True, populate_existing=True)
    if task.closed_at is not None:
        if task.closed_by != by.id:
            raise TaskClosed
        return task
    task.closed_at, task.closed_by, task.resolution = clock.now(), by.id, resolution
    subject = ("bill", task.bill_id) if task.bill_id else ("payment_task", task.id)
    audit.record("payments.task.closed", by=by.id, on=subject, after={"kind": task.kind, "resolution": resolution})
    return task
