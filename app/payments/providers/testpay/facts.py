"""What the test bank tells of a checkout when the portal asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.core import clock
from app.core.db import db
from app.payments import settings
from app.payments.models import (
    CURRENCY,
    AttemptState,
    DisputeState,
    LedgerKind,
    Method,
    TestPayCheckout,
    TestPayMethod,
    TestPayMovement,
)
from app.payments.providers import DisputeFact, Fact, Facts, RefundFact, RefundState, SavedMethodFact
from app.payments.providers.testpay.books import NAME, Moved, movements_of, state_of

ANSWER_WITHIN = timedelta(days=14)
_WAYS = {
    Moved.REFUND: (LedgerKind.REFUND, LedgerKind.REFUND_REVERSED, RefundState.FAILED.value),
    Moved.DISPUTE: (LedgerKind.DISPUTE, LedgerKind.DISPUTE_WON, DisputeState.WON.value),
}


def address_of(reference: str) -> str:
    """Return where a checkout is paid."""
    return settings.public(f"/testpay/{reference}")


def facts_of(row: TestPayCheckout) -> Facts:
    """Tell a checkout, what came in for it and what went back."""
    movements = movements_of(row.reference)
    return Facts(
        provider=NAME,
        reference=row.reference,
        attempt_id=row.attempt_id,
        state=state_of(row, clock.now()),
        url=address_of(row.reference),
        expires_at=row.expires_at,
        method=row.method,
        failure="refused_by_bank" if row.state == AttemptState.FAILED else "",
        entries=(*_payments(row, movements), *_gone(row, movements)),
        refunds=tuple(_refund(movement) for movement in movements if movement.kind == Moved.REFUND),
        disputes=tuple(_dispute(movement) for movement in movements if movement.kind == Moved.DISPUTE),
        saved_method=_saved(row),
    )


def _payments(row: TestPayCheckout, movements: list[TestPayMovement]) -> Iterator[Fact]:
    if row.paid_at:
        yield _fact(row, LedgerKind.PAYMENT, f"{row.reference}-1", row.amount_cents, row.paid_at)
    for movement in movements:
        if movement.kind == Moved.AGAIN:
            yield _fact(row, LedgerKind.PAYMENT, movement.reference, movement.amount_cents, movement.occurred_at)


def _gone(row: TestPayCheckout, movements: list[TestPayMovement]) -> Iterator[Fact]:
    """Tell what went back, and what came back of that; a refund on its way has not moved anything yet."""
    for movement in movements:
        if movement.kind == Moved.AGAIN or movement.state == RefundState.PENDING:
            continue
        there, back, returned = _WAYS[Moved(movement.kind)]
        yield _fact(row, there, movement.reference, -movement.amount_cents, movement.occurred_at)
        if movement.state == returned:
            ended_at = movement.ended_at or movement.occurred_at
            yield _fact(row, back, movement.reference, movement.amount_cents, ended_at)


def _fact(row: TestPayCheckout, kind: LedgerKind, reference: str, amount_cents: int, occurred_at: datetime) -> Fact:
    return Fact(kind, reference, amount_cents, CURRENCY, occurred_at, row.method)


def _refund(movement: TestPayMovement) -> RefundFact:
    failure = "account_closed" if movement.state == RefundState.FAILED else ""
    return RefundFact(
        reference=movement.reference,
        payment_reference=movement.payment_reference,
        refund_id=movement.refund_id,
        state=RefundState(movement.state),
        amount_cents=movement.amount_cents,
        failure=failure,
    )


def _dispute(movement: TestPayMovement) -> DisputeFact:
    return DisputeFact(
        reference=movement.reference,
        payment_reference=movement.payment_reference,
        state=DisputeState(movement.state),
        amount_cents=movement.amount_cents,
        reason="product_not_received",
        answer_by=movement.occurred_at + ANSWER_WITHIN,
    )


def _saved(row: TestPayCheckout) -> SavedMethodFact | None:
    if not (row.save_method and row.paid_at and row.method_reference):
        return None
    kept = db.session.get_one(TestPayMethod, row.method_reference)
    method = Method(kept.method)
    label = "Visa •••• 4242" if method is Method.CARD else "IBAN •••• 4300"
    mandate = "" if method is Method.CARD else f"TEST-{row.method_reference[-8:].upper()}"
    return SavedMethodFact(kept.customer, kept.reference, method, label, mandate)
