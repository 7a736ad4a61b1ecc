"""Documents as they went out (P5)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select

from app.core.db import db
from app.payments.models import Document, DocumentKind


def stored_document(of: UUID, kind: DocumentKind = DocumentKind.INVOICE_PDF) -> Document | None:
    """Return a document of a bill or credit note as it went out, once it is kept."""
    mine = or_(Document.bill_id == of, Document.credit_note_id == of)
    return db.session.scalar(select(Document).where(mine, Document.kind == kind))
