"""Refunds and disputes, as the treasurer follows them (P6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from app.core.db import db
from app.core.errors import NotFound
from app.payments.models import OPEN_REFUNDS, Bill, Dispute, RefundOrder


def refund_order(id: UUID) -> RefundOrder:
    """Return an ordered refund, or raise NotFound."""
    found = db.session.get(RefundOrder, id)
    if found is None:
        raise NotFound
    return found


def refunds_under_way(bill_id: UUID, payment_reference: str) -> list[RefundOrder]:
    """Return the refunds of a payment that are ordered and not done yet."""
    query = select(RefundOrder).where(
        RefundOrder.bill_id == bill_id,
        RefundOrder.payment_reference == payment_reference,
        RefundOrder.state.in_(OPEN_REFUNDS),
    )
    return list(db.session.scalars(query.order_by(RefundOrder.created_at)))


def refund_orders() -> Select[Any]:
    """Return all ordered refunds with invoice and buyer, for the list mechanism."""
    return select(
        RefundOrder.id,
        RefundOrder.created_at,
        RefundOrder.amount_cents,
        RefundOrder.reason,
        RefundOrder.state,
        RefundOrder.provider,
        RefundOrder.bill_id,
        Bill.number,
        Bill.buyer["name"].as_string().label("buyer"),
    ).join(Bill, Bill.id == RefundOrder.bill_id)


def disputes() -> Select[Any]:
    """Return all disputes with invoice and buyer, for the list mechanism."""
    return select(
        Dispute.id,
        Dispute.known_since,
        Dispute.answer_by,
        Dispute.amount_cents,
        Dispute.reason,
        Dispute.state,
        Dispute.provider,
        Dispute.bill_id,
        Bill.number,
        Bill.buyer["name"].as_string().label("buyer"),
    ).join(Bill, Bill.id == Dispute.bill_id)
