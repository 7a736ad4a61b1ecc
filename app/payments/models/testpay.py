"""What the test payment page keeps, playing an outside bank (P2)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base


class TestPayCheckout(Base):
    """What the test payment page, playing an outside bank, knows of a checkout; the portal reads it by `fetch` only."""

    __test__ = False
    __tablename__ = "testpay_checkout"

    reference: Mapped[str] = mapped_column(String(255), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    attempt_id: Mapped[UUID] = mapped_column(Uuid)
    description: Mapped[str] = mapped_column(String(300))
    amount_cents: Mapped[int]
    method: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20), default="open")
    return_url: Mapped[str] = mapped_column(Text)
    cancel_url: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    save_method: Mapped[bool] = mapped_column(default=False, server_default=false())
    method_reference: Mapped[str | None] = mapped_column(String(255))


class TestPayMovement(Base):
    """What happened to the money of a checkout after it was paid: paid again, sent back, disputed."""

    __test__ = False
    __tablename__ = "testpay_movement"

    reference: Mapped[str] = mapped_column(String(255), primary_key=True)
    checkout_reference: Mapped[str] = mapped_column(ForeignKey("testpay_checkout.reference"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    amount_cents: Mapped[int]
    payment_reference: Mapped[str] = mapped_column(String(255), default="")
    refund_id: Mapped[UUID | None] = mapped_column(Uuid)
    idempotency_key: Mapped[str | None] = mapped_column(String(80), unique=True)
    occurred_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]


class TestPayMethod(Base):
    """A saved way to pay at the test bank, and what its next charge comes to."""

    __test__ = False
    __tablename__ = "testpay_method"

    reference: Mapped[str] = mapped_column(String(255), primary_key=True)
    customer: Mapped[str] = mapped_column(String(255))
    method: Mapped[str] = mapped_column(String(40))
    next_charge: Mapped[str] = mapped_column(String(20), default="pay")
    forgotten_at: Mapped[datetime | None]


class TestPayMessage(Base):
    """A message the test bank sent, kept for whoever asks what was missed."""

    __test__ = False
    __tablename__ = "testpay_message"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[str] = mapped_column(String(80))
    reference: Mapped[str] = mapped_column(String(255))
    created: Mapped[datetime] = mapped_column(default=clock.now, index=True)
