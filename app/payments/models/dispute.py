"""Payments that the payer, or the payer's bank, takes back (P6)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Id, state_column

if TYPE_CHECKING:
    from app.payments.models.bill import Bill


class DisputeState(StrEnum):
    """How a dispute stands; the money is gone while it is open and comes back only when it is won."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Dispute(Base):
    """P6: a payment taken back: by a card holder, or by a bank that returns a debit. What it moved is in the ledger."""

    __tablename__ = "dispute"
    __table_args__ = (
        UniqueConstraint("provider", "reference"),
        Index("ix_dispute_bill_id", "bill_id"),
        Index("ix_dispute_state", "state", "answer_by"),
    )

    id: Mapped[Id]
    bill_id: Mapped[UUID] = mapped_column(ForeignKey("bill.id"))
    provider: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(255))
    payment_reference: Mapped[str] = mapped_column(String(255))
    checkout_reference: Mapped[str] = mapped_column(String(255))
    state: Mapped[DisputeState] = state_column(DisputeState, name="state")
    amount_cents: Mapped[int]
    reason: Mapped[str] = mapped_column(String(80), default="")
    answer_by: Mapped[datetime | None]
    known_since: Mapped[datetime] = mapped_column(default=clock.now)
    closed_at: Mapped[datetime | None]

    bill: Mapped[Bill] = relationship(back_populates="disputes")
