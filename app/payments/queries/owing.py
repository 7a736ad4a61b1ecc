"""What is owed for many things at once, and what it may be charged to; the renewals stand on these (M8, P8)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from app.core.db import db
from app.payments.models import Bill, BillState, LedgerEntry, SavedMethod
from app.payments.queries.credits import credited_of_bill


class Owing(NamedTuple):
    """The bill of one thing and what is left to pay on it, in cents."""

    bill_id: UUID
    state: BillState
    due_on: date
    left_cents: int


class Saved(NamedTuple):
    """What somebody's bills may be charged to, as its owner knows it."""

    id: UUID
    label: str


def owing(subject_type: str, subject_ids: Collection[UUID]) -> dict[UUID, Owing]:
    """Return the bill of each of these things that has one which was not taken back."""
    received = (
        select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0))
        .where(LedgerEntry.bill_id == Bill.id)
        .scalar_subquery()
    )
    left = Bill.gross_cents - credited_of_bill() - received
    wanted = select(Bill.subject_id, Bill.id, Bill.state, Bill.due_on, left).where(
        Bill.subject_type == subject_type, Bill.subject_id.in_(subject_ids), Bill.state != BillState.VOID
    )
    return {row[0]: Owing._make(row[1:]) for row in db.session.execute(wanted)} if subject_ids else {}


def saved_methods(person_ids: Collection[UUID]) -> dict[UUID, Saved]:
    """P8: return of each of these people what they agreed to have charged, if they did."""
    if not person_ids:
        return {}
    wanted = select(SavedMethod.person_id, SavedMethod.id, SavedMethod.label).where(
        SavedMethod.person_id.in_(person_ids), SavedMethod.withdrawn_at.is_(None)
    )
    return {row[0]: Saved._make(row[1:]) for row in db.session.execute(wanted)}
