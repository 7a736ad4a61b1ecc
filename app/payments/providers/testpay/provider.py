"""The provider interface on the test page."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from app.core import clock
from app.core.db import atomic, db, insert_once
from app.payments import settings
from app.payments.models import AttemptState, TestPayCheckout, TestPayMessage, TestPayMethod, TestPayMovement
from app.payments.providers import Charge, Checkout, Facts, Hook, Movement, Order, OrderRefused, RefundRequest
from app.payments.providers.testpay.books import NAME, Moved, hook, left_of
from app.payments.providers.testpay.facts import address_of, facts_of
from app.payments.providers.testpay.playing import AFTER, Play, move_money

LASTS = timedelta(hours=24)


class TestPay:
    """The provider interface on the test page."""

    __test__ = False
    name = NAME
    pages = ""
    prefixes: tuple[str, ...] = ("tp_",)

    def create(self, order: Order) -> Checkout:
        """Make a checkout, once per idempotency key."""
        with atomic():
            insert_once(
                TestPayCheckout,
                reference=_new_reference(),
                idempotency_key=order.idempotency_key,
                attempt_id=order.attempt_id,
                description=order.description,
                amount_cents=order.amount_cents,
                method=order.method.value,
                return_url=order.return_url,
                cancel_url=order.cancel_url,
                expires_at=clock.now() + LASTS,
                save_method=order.save_method,
            )
            made = _made_with(order.idempotency_key)
            return Checkout(made.reference, address_of(made.reference), made.expires_at)

    def fetch(self, reference: str) -> Facts | None:
        """Tell what the bank knows of a checkout."""
        row = db.session.get(TestPayCheckout, reference, populate_existing=True)
        return facts_of(row) if row is not None else None

    def refund(self, request: RefundRequest) -> str:
        """Send money back at once, once per idempotency key; the page can let it come back afterwards."""
        with atomic():
            known = db.session.scalar(
                select(TestPayMovement).where(TestPayMovement.idempotency_key == request.idempotency_key)
            )
            if known is not None:
                return known.reference
            row = db.session.get(TestPayCheckout, request.checkout_reference, with_for_update=True)
            if row is None or request.amount_cents > left_of(row, request.payment_reference):
                raise OrderRefused
            movement = move_money(row, Moved.REFUND, request.amount_cents, request.payment_reference)
            movement.refund_id, movement.idempotency_key = request.refund_id, request.idempotency_key
            db.session.flush()
            return movement.reference

    def charge(self, charge: Charge) -> str:
        """Charge a saved method: what comes of it was chosen on the test page."""
        with atomic():
            method = db.session.get(TestPayMethod, charge.method_reference, populate_existing=True)
            if method is None or method.forgotten_at is not None:
                raise OrderRefused
            now, state = clock.now(), AFTER[Play(method.next_charge)]
            insert_once(
                TestPayCheckout,
                reference=_new_reference(),
                idempotency_key=charge.idempotency_key,
                attempt_id=charge.attempt_id,
                description=charge.description,
                amount_cents=charge.amount_cents,
                method=charge.method.value,
                state=state.value,
                return_url=settings.public("/"),
                cancel_url=settings.public("/"),
                expires_at=now + LASTS,
                paid_at=now if state is AttemptState.SUCCEEDED else None,
                method_reference=method.reference,
            )
            return _made_with(charge.idempotency_key).reference

    def forget(self, customer: str, method_reference: str) -> None:
        """Charge this no more."""
        with atomic():
            method = db.session.get(TestPayMethod, method_reference)
            if method is not None and method.customer == customer:
                method.forgotten_at = method.forgotten_at or clock.now()

    def hooks_since(self, moment: datetime) -> Iterator[Hook]:
        """Tell the messages sent since a moment."""
        query = select(TestPayMessage).where(TestPayMessage.created >= moment).order_by(TestPayMessage.created)
        for message in list(db.session.scalars(query)):
            yield hook(message)

    def movements_since(self, moment: datetime) -> Iterator[Movement]:
        """Tell what moved on our account since a moment."""
        moved = select(TestPayMovement.checkout_reference).where(TestPayMovement.occurred_at >= moment)
        ended = select(TestPayMovement.checkout_reference).where(TestPayMovement.ended_at >= moment)
        paid = select(TestPayCheckout.reference).where(TestPayCheckout.paid_at >= moment)
        references = {reference for query in (moved, ended, paid) for reference in db.session.scalars(query)}
        for reference in sorted(references):
            facts = self.fetch(reference)
            for entry in facts.entries if facts else ():
                if entry.occurred_at >= moment:
                    yield Movement(
                        reference=f"{entry.reference}:{entry.kind.value}",
                        kind=entry.kind,
                        source=entry.reference,
                        payment_reference=reference,
                        amount_cents=entry.amount_cents,
                        currency=entry.currency,
                        occurred_at=entry.occurred_at,
                    )


def _new_reference() -> str:
    return f"tp_{secrets.token_urlsafe(18)}"


def _made_with(idempotency_key: str) -> TestPayCheckout:
    return db.session.scalars(select(TestPayCheckout).where(TestPayCheckout.idempotency_key == idempotency_key)).one()
