"""Payments that need a person."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Id, state_column

if TYPE_CHECKING:
    from app.payments.models.bill import Bill


class TaskKind(StrEnum):
    """Why a payment needs a person."""

    MISMATCH = "mismatch"
    SECOND_PAYMENT = "second_payment"
    PAID_VOID = "paid_void"
    OVERPAID = "overpaid"
    UNKNOWN_PAYMENT = "unknown_payment"
    REFUND_FAILED = "refund_failed"
    DISPUTED = "disputed"
    DISPUTE_LOST = "dispute_lost"
    VAT_DECISION = "vat_decision"
    NOT_IN_LEDGER = "not_in_ledger"
    NOT_AT_PROVIDER = "not_at_provider"


class Task(Base):
    """A payment that needs a person. The key names the fact, so that the same fact never asks twice.

    One that is closed by nobody solved itself: the money went back, or came.
    """

    __tablename__ = "payment_task"
    __table_args__ = (
        Index("ix_payment_task_closed_at", "closed_at", "created_at"),
        Index("ix_payment_task_bill_id", "bill_id"),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(300), unique=True)
    kind: Mapped[TaskKind] = state_column(TaskKind, name="kind")
    bill_id: Mapped[UUID | None] = mapped_column(ForeignKey("bill.id"))
    details: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    resolution: Mapped[str] = mapped_column(String(500), default="")

    bill: Mapped[Bill | None] = relationship(back_populates="tasks")
