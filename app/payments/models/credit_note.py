"""Credit notes: what takes an invoice back, wholly or in part; the invoice itself never changes (P5, P6)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Id
from app.core.ddl import append_only
from app.payments.models.bill import Bill


class CreditNote(Base):
    """What is taken back of an invoice, under a number of its own series; written once, never changed (trigger).

    Amounts are positive cents: what the buyer no longer owes. `vat` holds, per VAT code, net and VAT, because the VAT
    of a part is the part of the invoice's VAT and adds up to it. `cause` names the fact that asked for it, so that the
    same fact credits once. `reason` is for the bureau and does not stand on the document.
    """

    __tablename__ = "credit_note"
    __table_args__ = (
        Index("ix_credit_note_bill_id", "bill_id", "number"),
        Index("ix_credit_note_issued_on", "issued_on", "id"),
        CheckConstraint("gross_cents = net_cents + vat_cents", name="adds_up"),
        CheckConstraint("gross_cents > 0", name="takes_back"),
    )

    id: Mapped[Id]
    bill_id: Mapped[UUID] = mapped_column(ForeignKey("bill.id"))
    number: Mapped[str] = mapped_column(String(20), unique=True)
    cause: Mapped[str] = mapped_column(String(200), unique=True)
    reason: Mapped[str] = mapped_column(String(500), default="")
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)
    issued_on: Mapped[date]
    net_cents: Mapped[int]
    vat_cents: Mapped[int]
    gross_cents: Mapped[int]
    vat: Mapped[list[dict[str, Any]]]
    seller: Mapped[dict[str, Any]]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))

    bill: Mapped[Bill] = relationship(back_populates="credit_notes")
    lines: Mapped[list[CreditNoteLine]] = relationship(back_populates="credit_note", order_by="CreditNoteLine.position")


class CreditNoteLine(Base):
    """One thing that is taken back, net, under the VAT code it was billed with."""

    __tablename__ = "credit_note_line"
    __table_args__ = (
        UniqueConstraint("credit_note_id", "position"),
        CheckConstraint("net_cents = quantity * unit_net_cents", name="adds_up"),
    )

    id: Mapped[Id]
    credit_note_id: Mapped[UUID] = mapped_column(ForeignKey("credit_note.id"))
    position: Mapped[int]
    description: Mapped[str] = mapped_column(String(400))
    quantity: Mapped[int]
    unit_net_cents: Mapped[int]
    net_cents: Mapped[int]
    vat_code: Mapped[str] = mapped_column(String(20))
    vat_basis_points: Mapped[int]
    legal_ground: Mapped[str] = mapped_column(String(200), default="")

    credit_note: Mapped[CreditNote] = relationship(back_populates="lines")


append_only(CreditNote)
append_only(CreditNoteLine)
