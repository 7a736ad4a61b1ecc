"""What the test bank has in its books: checkouts, and what happened to their money."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFound
from app.payments.models import (
    AttemptState,
    DisputeState,
    TestPayCheckout,
    TestPayMessage,
    TestPayMethod,
    TestPayMovement,
)
from app.payments.providers import Hook, RefundState

NAME = "testpay"


class Moved(StrEnum):
    """Why money of a checkout moved after it was paid."""

    AGAIN = "again"
    REFUND = "refund"
    DISPUTE = "dispute"


def checkout(reference: str) -> TestPayCheckout:
    """Return a checkout for the test page, or raise NotFound."""
    row = db.session.get(TestPayCheckout, reference)
    if row is None:
        raise NotFound
    return row


def movements_of(reference: str) -> list[TestPayMovement]:
    """Return what happened to the money of a checkout after it was paid, in order."""
    query = select(TestPayMovement).where(TestPayMovement.checkout_reference == reference)
    ordered = query.order_by(TestPayMovement.occurred_at, TestPayMovement.reference)
    return list(db.session.scalars(ordered.execution_options(populate_existing=True)))


def state_of(row: TestPayCheckout, now: datetime) -> AttemptState:
    """Return how a checkout stands; an open one expires by itself."""
    state = AttemptState(row.state)
    return AttemptState.EXPIRED if state is AttemptState.OPEN and row.expires_at <= now else state


def left_of(row: TestPayCheckout, payment_reference: str) -> int:
    """Return what can still go back of a payment: what came in, less refunds that stand and disputes not won."""
    paid = row.amount_cents if row.paid_at and payment_reference == f"{row.reference}-1" else 0
    for movement in movements_of(row.reference):
        if movement.kind == Moved.AGAIN and movement.reference == payment_reference:
            paid += movement.amount_cents
        elif movement.payment_reference == payment_reference and movement.state not in {
            RefundState.FAILED,
            DisputeState.WON,
        }:
            paid -= movement.amount_cents
    return paid


def next_charge(row: TestPayCheckout) -> str:
    """Return what the bank does with the next charge to what this was paid with; empty when nothing is saved."""
    method = db.session.get(TestPayMethod, row.method_reference) if row.method_reference else None
    return method.next_charge if method else ""


def hook(message: TestPayMessage) -> Hook:
    """Tell a message as the portal takes it in."""
    return Hook(
        id=message.id,
        provider=NAME,
        type=message.type,
        api_version="1",
        created=message.created,
        reference=message.reference,
        payload={},
    )
