"""The ledger, which alone says what was paid (P3)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Id, state_column
from app.core.ddl import append_only

if TYPE_CHECKING:
    from app.payments.models.bill import Bill


class LedgerKind(StrEnum):
    """What kind of movement a ledger entry records; its amount carries the sign."""

    PAYMENT = "payment"
    REFUND = "refund"
    REFUND_REVERSED = "refund_reversed"
    DISPUTE = "dispute"
    DISPUTE_WON = "dispute_won"
    WRITEOFF = "writeoff"
    TRANSFER = "transfer"


class LedgerEntry(Base):
    """P3: money that moved. Uniquely keyed by whoever saw it move, written once, never changed (trigger).

    `of_reference` is the payment that money went back of, or came back to; empty for money that came in.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("provider", "reference", "kind"),
        Index("ix_ledger_entry_bill_id", "bill_id"),
        Index("ix_ledger_entry_occurred_at", "occurred_at"),
        Index("ix_ledger_entry_method", "method", "bill_id"),
        CheckConstraint("amount_cents <> 0", name="moved"),
    )

    id: Mapped[Id]
    bill_id: Mapped[UUID] = mapped_column(ForeignKey("bill.id"))
    attempt_id: Mapped[UUID | None] = mapped_column(ForeignKey("attempt.id"))
    kind: Mapped[LedgerKind] = state_column(LedgerKind, name="kind")
    amount_cents: Mapped[int]
    provider: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(255))
    of_reference: Mapped[str] = mapped_column(String(255), default="", server_default="")
    method: Mapped[str] = mapped_column(String(40), default="")
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))

    bill: Mapped[Bill] = relationship(back_populates="entries")


append_only(LedgerEntry)
