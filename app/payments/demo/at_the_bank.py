"""What happens at the test bank in the demo: people pay, are refused, take money back, and the portal learns of it.

A provider is never asked inside a transaction, and the demo is one: so the facts are fetched and settled here.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Account
from app.core import clock
from app.core.db import db
from app.payments import services, settings
from app.payments.models import (
    Attempt,
    EventState,
    Method,
    ProviderEvent,
    RefundOrder,
    RefundOrderState,
    TestPayCheckout,
    TestPayMethod,
    TestPayMovement,
)
from app.payments.providers import RefundRequest, RefundState
from app.payments.providers.testpay import Play, TestPay, play
from app.payments.services.methods import agree


def pays(
    bill_id: UUID, payer: Account, *, method: Method = Method.IDEAL, comes_to: Play = Play.PAY, cents_off: int = 0
) -> None:
    """Let somebody pay a bill at the bank's page, with whatever comes of it; a faulty bank takes some cents less."""
    page = settings.public(f"/pay/{bill_id}/return")
    services.pay(bill_id, method=method, by=payer, email=payer.email, locale=payer.locale, back=(page, page))
    if cents_off:
        db.session.get_one(TestPayCheckout, _checkout_of(bill_id)).amount_cents -= cents_off
    happens(bill_id, comes_to)


def happens(bill_id: UUID, move: Play) -> None:
    """Let the bank do something with the newest payment of a bill, and tell the portal."""
    reference = _checkout_of(bill_id)
    hook = play(reference, move)
    if hook is not None:
        services.receive_hook(hook)
    _learn(reference)
    for event in db.session.scalars(select(ProviderEvent).where(ProviderEvent.state == EventState.NEW)):
        event.state, event.handled_at = EventState.DONE, clock.now()


def sends_back(order_id: UUID, *, slowly: bool = False) -> None:
    """Let the bank send a refund that was ordered; a slow one is still on its way."""
    order = db.session.get_one(RefundOrder, order_id)
    order.state, order.reference = (
        RefundOrderState.SENT,
        TestPay().refund(
            RefundRequest(
                refund_id=order.id,
                checkout_reference=order.checkout_reference,
                payment_reference=order.payment_reference,
                amount_cents=order.amount_cents,
                idempotency_key=order.idempotency_key,
            )
        ),
    )
    if slowly:
        db.session.get_one(TestPayMovement, order.reference).state = RefundState.PENDING.value
    _learn(order.checkout_reference)


def forgets_refund(order_id: UUID) -> None:
    """Let the bank's books lose a refund, which the ledger has: a difference for a person to look at (P9)."""
    db.session.delete(db.session.get_one(TestPayMovement, db.session.get_one(RefundOrder, order_id).reference))
    db.session.flush()


def tells_otherwise(order_id: UUID, cents: int) -> None:
    """Let the bank's books say that a refund moved another amount than the ledger has."""
    db.session.get_one(TestPayMovement, db.session.get_one(RefundOrder, order_id).reference).amount_cents = cents
    db.session.flush()


def agrees_to_charges(bill_id: UUID) -> None:
    """Let the payment of a bill leave something to charge later ones to, as if its payer had ticked the box (P8)."""
    attempt = _newest(bill_id)
    row = db.session.get_one(TestPayCheckout, attempt.reference)
    saved = TestPayMethod(
        reference=f"tpm_{attempt.id.hex}",
        customer=f"tpc_{attempt.id.hex}",
        method=Method.SEPA_DEBIT.value,
        next_charge=Play.PAY.value,
    )
    db.session.add(saved)
    row.save_method, row.method_reference = True, saved.reference
    agree(attempt, settings.consent())
    _learn(row.reference)


def _newest(bill_id: UUID) -> Attempt:
    newest = select(Attempt).where(Attempt.bill_id == bill_id).order_by(Attempt.seq.desc()).limit(1)
    return db.session.scalars(newest).one()


def _checkout_of(bill_id: UUID) -> str:
    return str(_newest(bill_id).reference)


def _learn(reference: str) -> None:
    facts = TestPay().fetch(reference)
    assert facts is not None
    services.settle(facts)
    db.session.flush()
