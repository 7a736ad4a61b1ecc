"""Keeping invoices and credit notes as they went out (P5)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from app.core.db import atomic, insert_once
from app.core.errors import NotFound
from app.payments import queries
from app.payments.invoice_pdf import render_credit_note, render_invoice
from app.payments.models import Bill, CreditNote, Document, DocumentKind
from app.payments.ubl import credit_note_ubl, invoice_ubl

PDF, XML = "application/pdf", "application/xml"


@dataclass(frozen=True)
class Paper:
    """A document of an invoice or a credit note: what it is called, and how it is made until it is kept."""

    of: UUID
    kind: DocumentKind
    filename: str
    media_type: str
    make: Callable[[], bytes]

    def content(self) -> bytes:
        """Return the stored bytes or, in the moment before they are stored, the same bytes made anew."""
        stored = queries.stored_document(self.of, self.kind)
        return stored.content if stored else self.make()


def invoice_filename(bill: Bill, extension: str = "pdf") -> str:
    """Return what an invoice is called on disk."""
    return f"{'factuur' if bill.locale == 'nl' else 'invoice'}-{bill.number}.{extension}"


def credit_note_filename(note: CreditNote, extension: str = "pdf") -> str:
    """Return what a credit note is called on disk."""
    return f"{'creditfactuur' if note.bill.locale == 'nl' else 'credit-note'}-{note.number}.{extension}"


def invoice(bill: Bill) -> Paper:
    """Return a bill's invoice on paper; NotFound while the bill has no number."""
    _must_be_issued(bill)
    return Paper(bill.id, DocumentKind.INVOICE_PDF, invoice_filename(bill), PDF, lambda: render_invoice(bill))


def invoice_for_books(bill: Bill) -> Paper:
    """Return a bill's invoice as UBL, which bookkeeping reads by itself."""
    _must_be_issued(bill)
    return Paper(bill.id, DocumentKind.INVOICE_UBL, invoice_filename(bill, "xml"), XML, lambda: invoice_ubl(bill))


def credit_note(note: CreditNote) -> Paper:
    """Return a credit note on paper."""
    name = credit_note_filename(note)
    return Paper(note.id, DocumentKind.CREDIT_NOTE_PDF, name, PDF, lambda: render_credit_note(note))


def credit_note_for_books(note: CreditNote) -> Paper:
    """Return a credit note as UBL."""
    name = credit_note_filename(note, "xml")
    return Paper(note.id, DocumentKind.CREDIT_NOTE_UBL, name, XML, lambda: credit_note_ubl(note))


def _must_be_issued(bill: Bill) -> None:
    if bill.number is None:
        raise NotFound


def keep_invoice(bill_id: UUID) -> None:
    """Store the invoice of an issued bill, once and for good; a job does this right after the number is taken."""
    bill = queries.any_bill(bill_id)
    _keep([invoice(bill), invoice_for_books(bill)], bill_id=bill_id)


def keep_credit_note(credit_note_id: UUID) -> None:
    """Store a credit note, once and for good."""
    note = queries.credit_note(credit_note_id)
    _keep([credit_note(note), credit_note_for_books(note)], credit_note_id=credit_note_id)


def _keep(papers: Iterable[Paper], **of: UUID) -> None:
    made = [(paper, paper.make()) for paper in papers if queries.stored_document(paper.of, paper.kind) is None]
    if not made:
        return
    with atomic():
        for paper, content in made:
            insert_once(
                Document,
                kind=paper.kind,
                filename=paper.filename,
                media_type=paper.media_type,
                sha256=hashlib.sha256(content).hexdigest(),
                content=content,
                **of,
            )


def attached_invoice(key: str) -> bytes:
    """Return the invoice that a mail refers to by the bill's id."""
    return invoice(queries.any_bill(UUID(key))).content()


def attached_credit_note(key: str) -> bytes:
    """Return the credit note that a mail refers to by its id."""
    return credit_note(queries.credit_note(UUID(key))).content()
