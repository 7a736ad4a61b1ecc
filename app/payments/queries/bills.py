"""Finding bills and what belongs to them; whoever may not see one gets NotFound, like for one that is not there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import selectinload
from stdnum import iso11649

from app.core import search
from app.core.db import db
from app.core.errors import NotFound
from app.payments.models import (
    Attempt,
    AttemptState,
    Bill,
    BillState,
    Dispute,
    DisputeState,
    LedgerEntry,
    LedgerKind,
    Task,
    TaskKind,
)
from app.payments.queries.addressees import seen_by

SCOPE = "bill"


class Outcome(StrEnum):
    """How paying a bill stands, as the person who comes back from the bank is told."""

    PAID = "paid"
    CHECKING = "checking"
    PENDING = "pending"
    FAILED = "failed"
    EXPIRED = "expired"
    REVIEW = "review"
    VOID = "void"
    VAT = "vat"
    REFUNDED = "refunded"
    CREDITED = "credited"
    DISPUTED = "disputed"
    UNPAID = "unpaid"


_OUTCOMES = {
    AttemptState.OPEN: Outcome.CHECKING,
    AttemptState.PROCESSING: Outcome.PENDING,
    AttemptState.FAILED: Outcome.FAILED,
    AttemptState.EXPIRED: Outcome.EXPIRED,
}


def bill(id: UUID, viewer: UUID) -> Bill:
    """Return a person's own bill."""
    found = db.session.scalar(select(Bill).where(Bill.id == id, seen_by(viewer)))
    if found is None:
        raise NotFound
    return found


def any_bill(id: UUID) -> Bill:
    """Return a bill, whoever's, with all that belongs to it; for staff and for jobs."""
    found = db.session.scalar(
        select(Bill)
        .where(Bill.id == id)
        .options(
            selectinload(Bill.lines),
            selectinload(Bill.attempts),
            selectinload(Bill.entries),
            selectinload(Bill.tasks),
            selectinload(Bill.credit_notes),
        )
    )
    if found is None:
        raise NotFound
    return found


def bill_at_hand(id: UUID) -> Bill:
    """Return a bill as the open transaction has it, whoever's; what was read of it for a batch is not read again."""
    found = db.session.get(Bill, id)
    if found is None:
        raise NotFound
    return found


def by_ids(ids: Collection[UUID]) -> list[Bill]:
    """Return these bills, for work on many at once."""
    return list(db.session.scalars(select(Bill).where(Bill.id.in_(ids))))


def owed_by(bill_ids: Collection[UUID]) -> dict[UUID, tuple[str | None, UUID]]:
    """Return the number of each of these bills, if it has one, and whose it is, for what the log tells of them."""
    rows = db.session.execute(select(Bill.id, Bill.number, Bill.person_id).where(Bill.id.in_(bill_ids)))
    return {row.id: (row.number, row.person_id) for row in rows}


def bills_of(person_id: UUID) -> list[Bill]:
    """Return a person's bills, the newest first, without those taken back before they were issued."""
    query = select(Bill).where(seen_by(person_id), Bill.state != BillState.VOID)
    whole = selectinload(Bill.lines), selectinload(Bill.credit_notes)
    return list(db.session.scalars(query.order_by(Bill.created_at.desc()).options(*whole)))


def has_bills(person_id: UUID) -> bool:
    """Say whether `bills_of` would return any."""
    return bool(db.session.scalar(select(exists().where(seen_by(person_id), Bill.state != BillState.VOID))))


def bill_for(subject_type: str, subject_id: UUID) -> Bill | None:
    """Return the bill of one thing, if it has one that was not taken back."""
    return db.session.scalar(
        select(Bill).where(
            Bill.subject_type == subject_type, Bill.subject_id == subject_id, Bill.state != BillState.VOID
        )
    )


def bills() -> Select[Any]:
    """Return all bills with their buyer's name and the way they were last paid, for the list mechanism."""
    method = (
        select(LedgerEntry.method)
        .where(LedgerEntry.bill_id == Bill.id, LedgerEntry.amount_cents > 0)
        .order_by(LedgerEntry.occurred_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(
        Bill.id,
        Bill.number,
        Bill.buyer["name"].as_string().label("buyer"),
        Bill.state,
        Bill.gross_cents,
        Bill.due_on,
        Bill.issued_on,
        Bill.created_at,
        Bill.paid_at,
        Bill.rf_reference,
        method.label("method"),
    )


def words_of(number: str | None, buyer: str, rf_reference: str) -> tuple[str, ...]:
    """Return by which texts a bill is found: its number, its buyer, and its reference whole and as it is written."""
    return number or "", buyer, rf_reference, iso11649.format(rf_reference)


def found_by(text: str) -> ColumnElement[bool]:
    """Say that a bill has a number, a buyer and a payment reference with words that begin like these."""
    return search.matching(SCOPE, Bill.id, text)


def found(text: str, limit: int) -> list[Bill]:
    """Return bills that a number or a payment reference finds, the newest first; a name finds people instead."""
    if not any(sign.isdigit() for sign in text):
        return []
    query = select(Bill).where(found_by(text), Bill.state != BillState.VOID)
    return list(db.session.scalars(query.order_by(Bill.created_at.desc()).limit(limit)))


def paid_by(methods: Sequence[str]) -> ColumnElement[bool]:
    """Say that money came in for a bill, or went back, in one of these ways."""
    ways = select(LedgerEntry.bill_id).where(LedgerEntry.method.in_(methods))
    if search.many_of([ways])[0]:
        return ways.where(LedgerEntry.bill_id == Bill.id).exists()
    return Bill.id.in_(ways)


def latest_attempt(bill_id: UUID) -> Attempt | None:
    """Return the last attempt to pay a bill."""
    return db.session.scalar(select(Attempt).where(Attempt.bill_id == bill_id).order_by(Attempt.seq.desc()).limit(1))


def outcome(bill: Bill) -> Outcome:
    """Say how paying a bill stands, from the ledger and the last attempt; nothing a browser says counts (ux 6)."""
    settled = {BillState.PAID: Outcome.PAID, BillState.VOID: Outcome.VOID}
    if bill.state in settled:
        return settled[bill.state]
    if bill.state is BillState.CREDITED:
        return Outcome.CREDITED if bill.paid_at is None else Outcome.REFUNDED
    if bill.vat_pending:
        return Outcome.VAT
    attempt = latest_attempt(bill.id)
    if attempt is None or attempt.state is AttemptState.SUCCEEDED:
        return _unpaid(bill)
    return _OUTCOMES.get(attempt.state, Outcome.UNPAID)


def _unpaid(bill: Bill) -> Outcome:
    """Say why a bill is open though nothing is being paid: a person looks at what came in, or it was taken back."""
    looked_at = select(Task.id).where(Task.bill_id == bill.id, Task.kind == TaskKind.MISMATCH, Task.closed_at.is_(None))
    if db.session.scalar(looked_at.limit(1)) is not None:
        return Outcome.REVIEW
    return Outcome.DISPUTED if bill.state is BillState.SHORT and _is_disputed(bill.id) else Outcome.UNPAID


def _is_disputed(bill_id: UUID) -> bool:
    query = select(Dispute.id).where(Dispute.bill_id == bill_id, Dispute.state == DisputeState.OPEN)
    return db.session.scalar(query.limit(1)) is not None


def under_way(bill_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return those of some bills of which the bank is processing a payment, so that nobody pays them again (P4)."""
    query = select(Attempt.bill_id).where(Attempt.bill_id.in_(bill_ids), Attempt.state == AttemptState.PROCESSING)
    return frozenset(db.session.scalars(query))


def went_back(bill_id: UUID) -> list[LedgerEntry]:
    """Return the refunds of a bill that left our account and did not come back, the newest first."""
    query = select(LedgerEntry).where(
        LedgerEntry.bill_id == bill_id, LedgerEntry.kind.in_((LedgerKind.REFUND, LedgerKind.REFUND_REVERSED))
    )
    entries = list(db.session.scalars(query.order_by(LedgerEntry.occurred_at.desc())))
    returned = {(entry.provider, entry.reference) for entry in entries if entry.kind is LedgerKind.REFUND_REVERSED}
    return [
        entry
        for entry in entries
        if entry.kind is LedgerKind.REFUND and (entry.provider, entry.reference) not in returned
    ]
