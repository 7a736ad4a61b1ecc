"""Documents as they went out (P5)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Id, state_column
from app.core.ddl import append_only


class DocumentKind(StrEnum):
    """What a stored document is."""

    INVOICE_PDF = "invoice_pdf"
    INVOICE_UBL = "invoice_ubl"
    CREDIT_NOTE_PDF = "credit_note_pdf"
    CREDIT_NOTE_UBL = "credit_note_ubl"


class Document(Base):
    """P5: a document as it went out, byte for byte; a reprint is these bytes again (trigger).

    It belongs to an invoice or to a credit note, once per kind.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("bill_id", "kind"),
        UniqueConstraint("credit_note_id", "kind"),
        CheckConstraint("(bill_id IS NULL) <> (credit_note_id IS NULL)", name="of_one"),
    )

    id: Mapped[Id]
    bill_id: Mapped[UUID | None] = mapped_column(ForeignKey("bill.id"))
    credit_note_id: Mapped[UUID | None] = mapped_column(ForeignKey("credit_note.id"))
    kind: Mapped[DocumentKind] = state_column(DocumentKind, name="kind")
    filename: Mapped[str] = mapped_column(String(100))
    media_type: Mapped[str] = mapped_column(String(60))
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


append_only(Document)
