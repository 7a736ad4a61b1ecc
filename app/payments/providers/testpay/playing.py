"""What a visitor lets happen at the test bank, and the messages that it sends of it."""

from __future__ import annotations

import secrets
from enum import StrEnum

from app.core import clock
from app.core.db import db, insert_once
from app.core.errors import IllegalTransition, NotFound
from app.payments.models import (
    AttemptState,
    DisputeState,
    Method,
    TestPayCheckout,
    TestPayMessage,
    TestPayMethod,
    TestPayMovement,
)
from app.payments.providers import Hook, RefundState
from app.payments.providers.testpay.books import Moved, hook, left_of, movements_of, state_of


class Play(StrEnum):
    """What a visitor of the page lets the bank, the payer or the treasurer at the bank do."""

    PAY = "pay"
    PENDING = "pending"
    SETTLE = "settle"
    FAIL = "fail"
    EXPIRE = "expire"
    PAY_AGAIN = "pay_again"
    REFUND = "refund"
    REFUND_PART = "refund_part"
    REFUND_ARRIVES = "refund_arrives"
    REFUND_BACK = "refund_back"
    DISPUTE = "dispute"
    WIN = "win"
    LOSE = "lose"
    NEXT_PAY = "next_pay"
    NEXT_PENDING = "next_pending"
    NEXT_FAIL = "next_fail"


AFTER = {
    Play.PAY: AttemptState.SUCCEEDED,
    Play.PENDING: AttemptState.PROCESSING,
    Play.SETTLE: AttemptState.SUCCEEDED,
    Play.FAIL: AttemptState.FAILED,
    Play.EXPIRE: AttemptState.EXPIRED,
}
POSSIBLE = {
    AttemptState.OPEN: (Play.PAY, Play.PENDING, Play.FAIL, Play.EXPIRE),
    AttemptState.PROCESSING: (Play.SETTLE, Play.FAIL),
}
ENDS = {
    Play.REFUND_ARRIVES: (Moved.REFUND, RefundState.PENDING.value, RefundState.SUCCEEDED.value),
    Play.REFUND_BACK: (Moved.REFUND, RefundState.SUCCEEDED.value, RefundState.FAILED.value),
    Play.WIN: (Moved.DISPUTE, DisputeState.OPEN.value, DisputeState.WON.value),
    Play.LOSE: (Moved.DISPUTE, DisputeState.OPEN.value, DisputeState.LOST.value),
}
NEXT_CHARGE = {Play.NEXT_PAY: Play.PAY, Play.NEXT_PENDING: Play.PENDING, Play.NEXT_FAIL: Play.FAIL}


def possible(row: TestPayCheckout) -> list[Play]:
    """Return what can happen at the bank now."""
    state, movements = state_of(row, clock.now()), movements_of(row.reference)
    moves = list(POSSIBLE.get(state, ()))
    if state is AttemptState.SUCCEEDED:
        if left_of(row, f"{row.reference}-1"):
            moves += [Play.REFUND, Play.REFUND_PART, Play.DISPUTE]
        if not any(movement.kind == Moved.AGAIN for movement in movements):
            moves.append(Play.PAY_AGAIN)
    moves += [move for move, (kind, now, _then) in ENDS.items() if _newest(movements, kind, now)]
    if row.method_reference:
        moves += list(NEXT_CHARGE)
    return moves


def play(reference: str, move: Play) -> Hook | None:
    """Let the bank do something and return the message it sends, if any; the same again sends the same message."""
    row = _locked(reference)
    if move in AFTER:
        return _send(row, _change(row, move), AFTER[move])
    if move not in possible(row):
        raise IllegalTransition(row.state, move)
    if move in NEXT_CHARGE:
        db.session.get_one(TestPayMethod, row.method_reference).next_charge = NEXT_CHARGE[move]
        return None
    movement = _happens(row, move)
    db.session.flush()
    return _send(row, f"tpe_{movement.reference}_{movement.state}", movement.state)


def _locked(reference: str) -> TestPayCheckout:
    row = db.session.get(TestPayCheckout, reference, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def _change(row: TestPayCheckout, move: Play) -> str:
    now, to = clock.now(), AFTER[move]
    state = state_of(row, now)
    if state is not to:
        if move not in POSSIBLE.get(state, ()):
            raise IllegalTransition(state, move)
        row.state = to
        row.paid_at = now if to is AttemptState.SUCCEEDED else None
        if row.paid_at and row.save_method:
            row.method_reference = _remember(row).reference
    return f"tpe_{row.reference}_{to.value}"


def _remember(row: TestPayCheckout) -> TestPayMethod:
    """Keep what was paid with; an iDEAL payment leaves a mandate on the account it came from."""
    method = TestPayMethod(
        reference=f"tpm_{secrets.token_urlsafe(12)}",
        customer=f"tpc_{row.attempt_id.hex[:16]}",
        method=(Method.CARD if row.method == Method.CARD else Method.SEPA_DEBIT).value,
        next_charge=Play.PAY.value,
    )
    db.session.add(method)
    db.session.flush()
    return method


def _happens(row: TestPayCheckout, move: Play) -> TestPayMovement:
    movements, payment = movements_of(row.reference), f"{row.reference}-1"
    left = left_of(row, payment)
    if move is Play.PAY_AGAIN:
        return move_money(row, Moved.AGAIN, row.amount_cents, "", reference=f"{row.reference}-2")
    if move in {Play.REFUND, Play.REFUND_PART}:
        return move_money(row, Moved.REFUND, left if move is Play.REFUND or left < 2 else left // 2, payment)  # noqa: PLR2004
    if move is Play.DISPUTE:
        return move_money(row, Moved.DISPUTE, left, payment)
    kind, now, then = ENDS[move]
    ended = _newest(movements, kind, now)
    assert ended is not None
    ended.state, ended.ended_at = then, clock.now()
    return ended


def _newest(movements: list[TestPayMovement], kind: str, state: str) -> TestPayMovement | None:
    return next((one for one in reversed(movements) if (one.kind, one.state) == (kind, state)), None)


def move_money(
    row: TestPayCheckout, kind: Moved, amount_cents: int, payment: str, reference: str = ""
) -> TestPayMovement:
    """Note that money of a checkout moves."""
    state = {Moved.REFUND: RefundState.SUCCEEDED.value, Moved.DISPUTE: DisputeState.OPEN.value}.get(kind, "done")
    movement = TestPayMovement(
        reference=reference or f"tpx_{secrets.token_urlsafe(12)}",
        checkout_reference=row.reference,
        kind=kind,
        state=state,
        amount_cents=amount_cents,
        payment_reference=payment,
        occurred_at=clock.now(),
    )
    db.session.add(movement)
    return movement


def _send(row: TestPayCheckout, id: str, what: str) -> Hook:
    insert_once(TestPayMessage, id=id, type=f"checkout.{what}", reference=row.reference)
    return hook(db.session.get_one(TestPayMessage, id))
