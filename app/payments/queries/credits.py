"""Finding credit notes, and what is left to credit; somebody else's is not there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.payments.models import Bill, CreditNote
from app.payments.queries.addressees import seen_by
from app.payments.queries.vat import VatPart


def credit_note(id: UUID, viewer: UUID | None = None) -> CreditNote:
    """Return a credit note with its lines and its bill: anybody's for staff and jobs, else the viewer's own."""
    query = select(CreditNote).join(CreditNote.bill).where(CreditNote.id == id)
    if viewer is not None:
        query = query.where(seen_by(viewer))
    found = db.session.scalar(query.options(selectinload(CreditNote.lines), joinedload(CreditNote.bill)))
    if found is None:
        raise NotFound
    return found


def credit_note_at_hand(id: UUID) -> CreditNote:
    """Return a credit note as the open transaction has it, whoever's."""
    return db.session.get_one(CreditNote, id)


def credit_note_for(cause: str) -> CreditNote | None:
    """Return the credit note that a fact led to."""
    return db.session.scalar(select(CreditNote).where(CreditNote.cause == cause))


def credited(bill_id: UUID) -> int:
    """Return what was taken back of a bill so far, VAT included, in cents."""
    return db.session.scalar(select(func.sum(CreditNote.gross_cents)).where(CreditNote.bill_id == bill_id)) or 0


def creditable(bill: Bill) -> int:
    """Return what can still be taken back of a bill, VAT included, in cents; nothing of one without a number."""
    return bill.gross_cents - sum(note.gross_cents for note in bill.credit_notes) if bill.number else 0


def credited_of_bill() -> ScalarSelect[int]:
    """Return, as part of a statement on bills, what was taken back of each, in cents."""
    taken = select(func.coalesce(func.sum(CreditNote.gross_cents), 0)).where(CreditNote.bill_id == Bill.id)
    return taken.correlate(Bill).scalar_subquery()


def credited_parts(bill: Bill) -> list[VatPart]:
    """Return what was taken back so far, note by note, per VAT code."""
    return [VatPart(**part) for note in bill.credit_notes for part in note.vat]
