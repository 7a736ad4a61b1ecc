"""The built-in test payment page: plays the bank where there are no Stripe keys, behind the same interface (P2).

What it knows is its own tables. The portal learns of it only as it would of any provider: by hook and by `fetch`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from app.core import clock
from app.core.db import atomic, db, insert_once
from app.core.errors import IllegalTransition, NotFound
from app.payments import settings
from app.payments.models import (
    CURRENCY,
    AttemptState,
    DisputeState,
    LedgerKind,
    Method,
    TestPayCheckout,
    TestPayMessage,
    TestPayMethod,
    TestPayMovement,
)
from app.payments.providers import (
    Charge,
    Checkout,
    DisputeFact,
    Fact,
    Facts,
    Hook,
    Movement,
    Order,
    OrderRefused,
    RefundFact,
    RefundRequest,
    RefundState,
    SavedMethodFact,
)

LASTS = timedelta(hours=24)
ANSWER_WITHIN = timedelta(days=14)
_NAME = "testpay"
_AGAIN, _REFUND, _DISPUTE = "again", "refund", "dispute"


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
NEXT_CHARGE = {Play.NEXT_PAY: Play.PAY, Play.NEXT_PENDING: Play.PENDING, Play.NEXT_FAIL: Play.FAIL}


class TestPay:
    """The provider interface on the test page."""

    __test__ = False
    name = _NAME
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
            return Checkout(made.reference, _address(made.reference), made.expires_at)

    def fetch(self, reference: str) -> Facts | None:
        """Tell what the bank knows of a checkout."""
        row = db.session.get(TestPayCheckout, reference, populate_existing=True)
        if row is None:
            return None
        movements = movements_of(reference)
        return Facts(
            provider=self.name,
            reference=row.reference,
            attempt_id=row.attempt_id,
            state=state_of(row, clock.now()),
            url=_address(row.reference),
            expires_at=row.expires_at,
            method=row.method,
            failure="refused_by_bank" if row.state == AttemptState.FAILED else "",
            entries=(*_payments(row, movements), *_gone(row, movements)),
            refunds=tuple(_refund(movement) for movement in movements if movement.kind == _REFUND),
            disputes=tuple(_dispute(movement) for movement in movements if movement.kind == _DISPUTE),
            saved_method=_saved(row),
        )

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
            movement = _move(row, _REFUND, request.amount_cents, request.payment_reference)
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
            yield _hook(message)

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


def _address(reference: str) -> str:
    return settings.public(f"/testpay/{reference}")


def _made_with(idempotency_key: str) -> TestPayCheckout:
    return db.session.scalars(select(TestPayCheckout).where(TestPayCheckout.idempotency_key == idempotency_key)).one()


def movements_of(reference: str) -> list[TestPayMovement]:
    """Return what happened to the money of a checkout after it was paid, in order."""
    query = select(TestPayMovement).where(TestPayMovement.checkout_reference == reference)
    ordered = query.order_by(TestPayMovement.occurred_at, TestPayMovement.reference)
    return list(db.session.scalars(ordered.execution_options(populate_existing=True)))


def _payments(row: TestPayCheckout, movements: list[TestPayMovement]) -> Iterator[Fact]:
    if row.paid_at:
        yield _fact(row, LedgerKind.PAYMENT, f"{row.reference}-1", row.amount_cents, row.paid_at)
    for movement in movements:
        if movement.kind == _AGAIN:
            yield _fact(row, LedgerKind.PAYMENT, movement.reference, movement.amount_cents, movement.occurred_at)


def _gone(row: TestPayCheckout, movements: list[TestPayMovement]) -> Iterator[Fact]:
    """Tell what went back, and what came back of that."""
    for movement in movements:
        there, back, returned = {
            _REFUND: (LedgerKind.REFUND, LedgerKind.REFUND_REVERSED, RefundState.FAILED.value),
            _DISPUTE: (LedgerKind.DISPUTE, LedgerKind.DISPUTE_WON, DisputeState.WON.value),
        }.get(movement.kind, (None, None, ""))
        if there is None or back is None:
            continue
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


def state_of(row: TestPayCheckout, now: datetime) -> AttemptState:
    """Return how a checkout stands; an open one expires by itself."""
    state = AttemptState(row.state)
    return AttemptState.EXPIRED if state is AttemptState.OPEN and row.expires_at <= now else state


def left_of(row: TestPayCheckout, payment_reference: str) -> int:
    """Return what can still go back of a payment: what came in, less refunds that stand and disputes not won."""
    paid = row.amount_cents if row.paid_at and payment_reference == f"{row.reference}-1" else 0
    for movement in movements_of(row.reference):
        if movement.kind == _AGAIN and movement.reference == payment_reference:
            paid += movement.amount_cents
        elif movement.payment_reference == payment_reference and movement.state not in {
            RefundState.FAILED,
            DisputeState.WON,
        }:
            paid -= movement.amount_cents
    return paid


def checkout(reference: str) -> TestPayCheckout:
    """Return a checkout for the test page, or raise NotFound."""
    row = db.session.get(TestPayCheckout, reference)
    if row is None:
        raise NotFound
    return row


def next_charge(row: TestPayCheckout) -> str:
    """Return what the bank does with the next charge to what this was paid with; empty when nothing is saved."""
    method = db.session.get(TestPayMethod, row.method_reference) if row.method_reference else None
    return method.next_charge if method else ""


def possible(row: TestPayCheckout) -> list[Play]:
    """Return what can happen at the bank now."""
    state, movements = state_of(row, clock.now()), movements_of(row.reference)
    moves = list(POSSIBLE.get(state, ()))
    if state is AttemptState.SUCCEEDED:
        if left_of(row, f"{row.reference}-1"):
            moves += [Play.REFUND, Play.REFUND_PART, Play.DISPUTE]
        if not any(movement.kind == _AGAIN for movement in movements):
            moves.append(Play.PAY_AGAIN)
    if _newest(movements, _REFUND, RefundState.SUCCEEDED):
        moves.append(Play.REFUND_BACK)
    if _newest(movements, _DISPUTE, DisputeState.OPEN):
        moves += [Play.WIN, Play.LOSE]
    if row.method_reference:
        moves += list(NEXT_CHARGE)
    return moves


def _newest(movements: list[TestPayMovement], kind: str, state: str) -> TestPayMovement | None:
    return next((one for one in reversed(movements) if (one.kind, one.state) == (kind, state)), None)


def _locked(reference: str) -> TestPayCheckout:
    row = db.session.get(TestPayCheckout, reference, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


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
        return _move(row, _AGAIN, row.amount_cents, "", reference=f"{row.reference}-2")
    if move in {Play.REFUND, Play.REFUND_PART}:
        return _move(row, _REFUND, left if move is Play.REFUND or left < 2 else left // 2, payment)  # noqa: PLR2004
    if move is Play.DISPUTE:
        return _move(row, _DISPUTE, left, payment)
    kind, state = (_REFUND, RefundState.SUCCEEDED) if move is Play.REFUND_BACK else (_DISPUTE, DisputeState.OPEN)
    ended = _newest(movements, kind, state)
    assert ended is not None
    results = {Play.REFUND_BACK: RefundState.FAILED, Play.WIN: DisputeState.WON, Play.LOSE: DisputeState.LOST}
    ended.state, ended.ended_at = results[move].value, clock.now()
    return ended


def _move(row: TestPayCheckout, kind: str, amount_cents: int, payment: str, reference: str = "") -> TestPayMovement:
    state = {_REFUND: RefundState.SUCCEEDED.value, _DISPUTE: DisputeState.OPEN.value}.get(kind, "done")
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
    return _hook(db.session.get_one(TestPayMessage, id))


def _hook(message: TestPayMessage) -> Hook:
    return Hook(
        id=message.id,
        provider=_NAME,
        type=message.type,
        api_version="1",
        created=message.created,
        reference=message.reference,
        payload={},
    )
