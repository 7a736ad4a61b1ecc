"""Attempts to pay a bill through a provider (P4)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Id, state_column

if TYPE_CHECKING:
    from app.payments.models.bill import Bill


class AttemptState(StrEnum):
    """How far one attempt to pay came, in the order in which news of it counts: older news never undoes newer."""

    CREATED = "created"
    OPEN = "open"
    PROCESSING = "processing"
    EXPIRED = "expired"
    FAILED = "failed"
    SUCCEEDED = "succeeded"


OPEN_ATTEMPTS = (AttemptState.CREATED, AttemptState.OPEN, AttemptState.PROCESSING)


_IS_OPEN = text("state IN ('created', 'open', 'processing')")


class Method(StrEnum):
    """How a person chose to pay."""

    IDEAL = "ideal"
    CARD = "card"
    SEPA_DEBIT = "sepa_debit"
    TRANSFER = "transfer"


class Attempt(Base):
    """One attempt to pay a bill through a provider. P4: a bill has at most one open; two tabs share it."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("bill_id", "seq"),
        Index("uq_attempt_open", "bill_id", unique=True, sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index("ix_attempt_state", "state", "created_at"),
    )

    id: Mapped[Id]
    bill_id: Mapped[UUID] = mapped_column(ForeignKey("bill.id"))
    seq: Mapped[int]
    provider: Mapped[str] = mapped_column(String(20))
    method: Mapped[Method] = state_column(Method, name="method")
    state: Mapped[AttemptState] = state_column(AttemptState, name="state", default=AttemptState.CREATED)
    amount_cents: Mapped[int]
    locale: Mapped[str] = mapped_column(String(5), default="nl")
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    reference: Mapped[str | None] = mapped_column(String(255), unique=True)
    url: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[datetime | None]
    look_after: Mapped[datetime | None]
    """When the sweep looks at it again; a debit that takes days is asked about less and less often."""

    bill: Mapped[Bill] = relationship(back_populates="attempts")
