"""What was issued in a period, a handful at a time, and the zips that were made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.payments.models import Bill, CreditNote, InvoiceArchive

AT_ONCE = 50
LATEST = 20
PAPERS_EACH = 2


def archive(id: UUID) -> InvoiceArchive:
    """Return a zip that was asked for, as it stands now."""
    found = db.session.get(InvoiceArchive, id, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def archives() -> list[InvoiceArchive]:
    """Return the zips that were asked for, the newest first."""
    return list(db.session.scalars(select(InvoiceArchive).order_by(InvoiceArchive.created_at.desc()).limit(LATEST)))


def counted_papers(first: date, last: date) -> int:
    """Return how many documents a period has: each invoice and each credit note on paper and as UBL."""
    bills = select(func.count()).where(Bill.issued_on.between(first, last)).scalar_subquery()
    notes = select(func.count()).where(CreditNote.issued_on.between(first, last)).scalar_subquery()
    return PAPERS_EACH * (db.session.scalar(select(bills + notes)) or 0)


def issued_bills(first: date, last: date) -> Iterator[Sequence[Bill]]:
    """Return the bills issued in a period with their lines, by number, a handful at a time."""
    query = select(Bill.id).where(Bill.issued_on.between(first, last)).order_by(Bill.number)
    for ids in _in_batches(db.session.scalars(query).all()):
        whole = select(Bill).where(Bill.id.in_(ids)).order_by(Bill.number).options(selectinload(Bill.lines))
        yield db.session.scalars(whole).all()


def issued_credit_notes(first: date, last: date) -> Iterator[Sequence[CreditNote]]:
    """Return the credit notes issued in a period with lines and bill, by number, a handful at a time."""
    query = select(CreditNote.id).where(CreditNote.issued_on.between(first, last)).order_by(CreditNote.number)
    for ids in _in_batches(db.session.scalars(query).all()):
        whole = select(CreditNote).where(CreditNote.id.in_(ids)).order_by(CreditNote.number)
        yield db.session.scalars(whole.options(selectinload(CreditNote.lines), joinedload(CreditNote.bill))).all()


def _in_batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
