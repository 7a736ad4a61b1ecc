"""How much waits for the treasurer, in one statement: the start pages ask it each time they are opened (B1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case, func, literal, select, true

from app.core.db import db
from app.payments.models import CURRENCY, BankLine, LineState, RefundOrder, RefundOrderState, Task

BY_HAND = "bank"


@dataclass(frozen=True)
class Heap:
    """Things of one kind that wait: how many, since when the oldest does, and how much money is in them."""

    count: int
    since: datetime | None
    cents: int


@dataclass(frozen=True)
class Waits:
    """Payments that need a person, lines of the bank to decide, and refunds to send by hand."""

    tasks: Heap
    lines: Heap
    refunds: Heap


def waiting() -> Waits:
    """Return what waits for somebody who keeps the books (B1, P7, P6)."""
    by_hand = (RefundOrder.provider == BY_HAND, RefundOrder.state == RefundOrderState.ORDERED)
    euros = case((BankLine.currency == CURRENCY, BankLine.amount_cents), else_=0)
    tasks = _heap(Task.created_at, literal(0), Task.closed_at.is_(None))
    lines = _heap(BankLine.created_at, euros, BankLine.state == LineState.WAITING)
    refunds = _heap(RefundOrder.created_at, RefundOrder.amount_cents, *by_hand)
    three = select(tasks, lines, refunds).select_from(tasks).join(lines, true()).join(refunds, true())
    row = db.session.execute(three).one()
    heaps = (Heap(row[at], row[at + 1], int(row[at + 2])) for at in (0, 3, 6))
    return Waits(*heaps)


def _heap(since: Any, cents: Any, *conditions: ColumnElement[bool]) -> Subquery:
    heap = select(
        func.count().label("number"),
        func.min(since).label("since"),
        func.coalesce(func.sum(cents), 0).label("cents"),
    )
    return heap.where(*conditions).subquery()
