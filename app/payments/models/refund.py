"""Money to send back, as it was ordered (P6)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Id, state_column

if TYPE_CHECKING:
    from app.payments.models.bill import Bill


class RefundOrderState(StrEnum):
    """How far an ordered refund came; the ledger moves by what the provider or the bank says, never by the order."""

    ORDERED = "ordered"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


OPEN_REFUNDS = (RefundOrderState.ORDERED, RefundOrderState.SENT)


class RefundOrder(Base):
    """P6: somebody's decision to send money back of one payment, once; its id is the key with which it is asked for.

    Of a payment through a provider the provider sends it back; of a transfer a person does, at the bank.
    """

    __tablename__ = "refund_order"
    __table_args__ = (
        Index("ix_refund_order_bill_id", "bill_id", "created_at"),
        Index("ix_refund_order_state", "state", "created_at"),
        UniqueConstraint("provider", "reference"),
        CheckConstraint("amount_cents > 0", name="moves"),
    )

    id: Mapped[Id]
    bill_id: Mapped[UUID] = mapped_column(ForeignKey("bill.id"))
    provider: Mapped[str] = mapped_column(String(20))
    checkout_reference: Mapped[str] = mapped_column(String(255), default="")
    payment_reference: Mapped[str] = mapped_column(String(255))
    amount_cents: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))
    state: Mapped[RefundOrderState] = state_column(RefundOrderState, name="state", default=RefundOrderState.ORDERED)
    reference: Mapped[str | None] = mapped_column(String(255))
    failure: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    settled_at: Mapped[datetime | None]

    bill: Mapped[Bill] = relationship(back_populates="refund_orders")

    @property
    def idempotency_key(self) -> str:
        """What the provider is asked with, so that asking twice sends once."""
        return f"refund-{self.id}"
