"""Refunds that a person sends at the bank: booked under the line of the statement that shows them (P6, P7)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.i18n import _l
from app.payments.models import LedgerKind, Method, RefundOrder, RefundOrderState
from app.payments.services.bills import locked
from app.payments.services.ledger import enter
from app.payments.services.paying import BANK, AlreadyBooked


class NotByHand(Refusal):
    """A refund that the provider sends is booked by what the provider tells."""

    message = _l("This refund is not waiting to be sent by hand.")


def book_refund(order_id: UUID, *, sent_at: datetime, reference: str, by: Account | None) -> RefundOrder:
    """Book that a refund ordered by hand left our account, under the statement line that shows it; once."""
    order = db.session.get(RefundOrder, order_id)
    if order is None or order.provider != BANK:
        raise NotByHand
    bill = locked(order.bill_id)
    db.session.refresh(order, with_for_update={"of": RefundOrder})
    if order.state is RefundOrderState.DONE and order.reference == reference:
        return order
    if order.state is not RefundOrderState.ORDERED:
        raise NotByHand
    new = enter(
        bill,
        kind=LedgerKind.REFUND,
        amount_cents=-order.amount_cents,
        provider=BANK,
        reference=reference,
        of_reference=order.payment_reference,
        method=Method.TRANSFER,
        occurred_at=sent_at,
        reason=order.reason,
        by=by,
    )
    if not new:
        raise AlreadyBooked
    order.state, order.reference, order.settled_at = RefundOrderState.DONE, reference, clock.now()
    return order


def unbook_refund(bill_id: UUID, reference: str, *, by: Account) -> None:
    """P6: let a refund that was booked as sent by hand under this reference wait again, since that booking is undone.

    The ledger is the caller's care: it books the contrary.
    """
    found = select(RefundOrder).where(
        RefundOrder.bill_id == bill_id, RefundOrder.provider == BANK, RefundOrder.reference == reference
    )
    order = db.session.scalar(found.with_for_update(of=RefundOrder))
    if order is None:
        return
    order.state, order.reference, order.settled_at = RefundOrderState.ORDERED, None, None
    audit.record("payments.refund.unbooked", by=by.id, on=("bill", bill_id), after={"amount_cents": order.amount_cents})


def waiting_by_hand(bill_id: UUID, amount_cents: int) -> RefundOrder | None:
    """Return the refund of this bill and amount that waits to be sent by hand, the longest waiting of several."""
    return db.session.scalar(
        select(RefundOrder)
        .where(
            RefundOrder.bill_id == bill_id,
            RefundOrder.provider == BANK,
            RefundOrder.state == RefundOrderState.ORDERED,
            RefundOrder.amount_cents == amount_cents,
        )
        .order_by(RefundOrder.created_at)
        .limit(1)
    )


def cancel_refund(order_id: UUID, *, by: Account) -> RefundOrder:
    """Take back an order that still waits to be sent by hand."""
    order = db.session.get_one(RefundOrder, order_id, with_for_update={"of": RefundOrder}, populate_existing=True)
    if order.state is RefundOrderState.FAILED:
        return order
    if order.provider != BANK or order.state is not RefundOrderState.ORDERED:
        raise NotByHand
    order.state, order.failure, order.settled_at = RefundOrderState.FAILED, "cancelled", clock.now()
    audit.record(
        "payments.refund.cancelled", by=by.id, on=("bill", order.bill_id), after={"amount_cents": order.amount_cents}
    )
    return order
