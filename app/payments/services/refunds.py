"""Sending money back: ordered by a person, asked of the provider outside of any transaction, booked by facts (P6)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.core.errors import Refusal
from app.core.i18n import _l
from app.jobs import services as jobs
from app.payments import providers, queries
from app.payments.models import (
    OPEN_REFUNDS,
    Attempt,
    Bill,
    Dispute,
    DisputeState,
    LedgerEntry,
    LedgerKind,
    RefundOrder,
    RefundOrderState,
    TaskKind,
)
from app.payments.providers import OrderRefused, ProviderUnavailable, RefundRequest
from app.payments.queries import VatPart
from app.payments.services.bills import locked
from app.payments.services.crediting import share
from app.payments.services.deriving import asked, balance, open_tasks, payments_held
from app.payments.services.ledger import payment_entry, to_credit
from app.payments.services.paying import BANK
from app.payments.services.settling import converge
from app.payments.services.tasks import open_task

_REFUSED = "refund_refused:"


class TooMuchToRefund(Refusal):
    """P6: no more goes back of a payment than is left of it."""

    message = _l("That is more than is left of this payment. Give a smaller amount.")


class NothingToRefund(Refusal):
    """P6: there is no such payment on this bill, or all of it went back."""

    message = _l("There is nothing left of this payment to send back.")


@dataclass(frozen=True)
class Refundable:
    """A payment of a bill, and how much of it can still be sent back, in cents."""

    provider: str
    payment_reference: str
    checkout_reference: str
    method: str
    received_at: datetime
    amount_cents: int
    left_cents: int
    currency: str = "EUR"

    @property
    def by_hand(self) -> bool:
        """Whether a person has to send it back at the bank, since no provider can."""
        return not self.checkout_reference or providers.named(self.provider) is None


def refundable(bill: Bill) -> list[Refundable]:
    """Return the payments of a bill of which something can still be sent back, the newest first."""
    ordered = _under_way(bill.id)
    payments = [*_received(bill.id), *_never_entered(bill.id)]
    left = [(payment, payment.left_cents - ordered.get(payment.payment_reference, 0)) for payment in payments]
    return [_with_left(payment, cents) for payment, cents in left if cents > 0]


def _with_left(payment: Refundable, left_cents: int) -> Refundable:
    return Refundable(**{**payment.__dict__, "left_cents": left_cents})


def _received(bill_id: UUID) -> list[Refundable]:
    held = payments_held(bill_id)
    ids = {payment.entry.attempt_id for payment in held if payment.entry.attempt_id}
    references = {
        row.id: row.reference or ""
        for row in db.session.execute(select(Attempt.id, Attempt.reference).where(Attempt.id.in_(ids)))
    }
    return [
        Refundable(
            provider=payment.entry.provider,
            payment_reference=payment.entry.reference,
            checkout_reference=references.get(payment.entry.attempt_id, "") if payment.entry.attempt_id else "",
            method=payment.entry.method,
            received_at=payment.entry.occurred_at,
            amount_cents=payment.entry.amount_cents,
            left_cents=payment.held_cents,
        )
        for payment in held
    ]


def _never_entered(bill_id: UUID) -> list[Refundable]:
    """Return payments of another amount or currency than was asked, which wait for a person (P4)."""
    return [
        Refundable(
            provider=task.details["provider"],
            payment_reference=task.details["payment_reference"],
            checkout_reference=task.details["checkout_reference"],
            method=task.details["method"],
            received_at=datetime.fromisoformat(task.details["occurred_at"]),
            amount_cents=task.details["amount_cents"],
            left_cents=task.details["amount_cents"],
            currency=task.details["currency"],
        )
        for task in open_tasks(bill_id, "mismatch:")
        if "checkout_reference" in task.details
    ]


def _under_way(bill_id: UUID) -> dict[str, int]:
    """Return what was ordered to go back and is not in the ledger yet, by payment."""
    query = select(RefundOrder).where(RefundOrder.bill_id == bill_id, RefundOrder.state.in_(OPEN_REFUNDS))
    booked = select(LedgerEntry.id).where(
        LedgerEntry.provider == RefundOrder.provider,
        LedgerEntry.reference == RefundOrder.reference,
        LedgerEntry.kind == LedgerKind.REFUND,
    )
    amounts: dict[str, int] = {}
    for order in db.session.scalars(query.where(~booked.exists())):
        amounts[order.payment_reference] = amounts.get(order.payment_reference, 0) + order.amount_cents
    return amounts


@dataclass(frozen=True)
class RefundEffect:
    """P6: what a refund will do, as the treasurer sees it before: to the invoice, and to what stays owed, in cents."""

    credit_cents: int
    surplus_cents: int
    """What goes back without a credit note, since it came in beyond what was due."""
    still_owed_cents: int
    takes_cover: bool
    """The bill covers nothing any more: what it was paid for loses its cover."""


def effect_of(bill: Bill, amount_cents: int, *, entered: bool = True) -> RefundEffect:
    """Reckon what sending this much back does to a bill; nothing for a payment that was never entered."""
    if not entered:
        return RefundEffect(0, amount_cents, 0, takes_cover=False)
    held, wanted = balance(bill.id), asked(bill)
    credit = to_credit(bill, amount_cents, held)
    owed = max((wanted - credit) - (held - amount_cents), 0)
    return RefundEffect(credit, amount_cents - credit, owed, takes_cover=bool(credit) and credit == wanted)


def on_its_way(bill_id: UUID) -> int:
    """Return how much is ordered to go back of a bill and has not left our account yet, in cents."""
    return sum(_under_way(bill_id).values())


def is_entered(payment: Refundable) -> bool:
    """Say whether a payment is in the ledger; one of another amount than was asked is not (P4)."""
    return payment_entry(payment.provider, payment.payment_reference) is not None


def credit_preview(bill: Bill, credit_cents: int) -> list[VatPart]:
    """Return the VAT per rate of the credit note that so much would make; empty when it makes none."""
    if not credit_cents:
        return []
    return share(queries.vat_parts(bill.lines), queries.credited_parts(bill), credit_cents)


def refund_known(order_id: UUID) -> RefundOrder | None:
    """Return an order by the id that was drawn with its page, if it was given already."""
    return db.session.get(RefundOrder, order_id)


def needs_help(order: RefundOrder) -> bool:
    """Say whether an order waits for a person, since the provider could not be asked."""
    return order.state in OPEN_REFUNDS and bool(open_tasks(order.bill_id, f"{_REFUSED}{order.id}"))


def order_refund(
    bill_id: UUID,
    *,
    amount_cents: int,
    reason: str,
    payment_reference: str | None = None,
    by: Account | None,
    order_id: UUID | None = None,
    by_hand: bool = False,
) -> RefundOrder:
    """P6: decide that money goes back; the ledger and the credit note follow from what the provider or bank does.

    Without `payment_reference` it goes back of the newest payment that has so much left. `order_id`, drawn with the
    page that asks, makes a second click the same order. `by_hand` sends by bank what a provider could send.
    """
    bill = locked(bill_id)
    earlier = db.session.get(RefundOrder, order_id) if order_id else None
    if earlier is not None:
        return earlier
    payment = _chosen(bill, payment_reference, amount_cents)
    sent_by_us = by_hand or payment.by_hand
    order = RefundOrder(
        id=order_id or uuid.uuid4(),
        bill_id=bill.id,
        provider=BANK if sent_by_us else payment.provider,
        checkout_reference="" if sent_by_us else payment.checkout_reference,
        payment_reference=payment.payment_reference,
        amount_cents=amount_cents,
        reason=reason,
        created_by=by.id if by else None,
    )
    db.session.add(order)
    db.session.flush()
    audit.record(
        "payments.refund.ordered",
        by=by.id if by else None,
        on=("bill", bill.id),
        after={"amount_cents": amount_cents, "reason": reason},
    )
    for task in open_tasks(bill.id, _REFUSED):
        if task.details["payment_reference"] == order.payment_reference:
            task.closed_at = clock.now()
    if not sent_by_us:
        jobs.enqueue("payments.refund", key=f"refund:{order.id}", payload={"order_id": str(order.id)})
    return order


def _chosen(bill: Bill, payment_reference: str | None, amount_cents: int) -> Refundable:
    payments = refundable(bill)
    if payment_reference is not None:
        payments = [payment for payment in payments if payment.payment_reference == payment_reference]
    if not payments:
        raise NothingToRefund
    enough = next((payment for payment in payments if payment.left_cents >= amount_cents), None)
    if enough is None:
        raise TooMuchToRefund
    return enough


def send_refund(order_id: UUID) -> None:
    """Ask the provider to send an order's money back, and let the facts tell what became of it; a job does this.

    It looks first whether the money went already: a key is good for a day only, an order for ever.
    """
    forget_reads()
    order = db.session.get(RefundOrder, order_id, populate_existing=True)
    if order is None or order.state not in OPEN_REFUNDS or order.provider == BANK:
        return
    request = RefundRequest(
        refund_id=order.id,
        checkout_reference=order.checkout_reference,
        payment_reference=order.payment_reference,
        amount_cents=order.amount_cents,
        idempotency_key=order.idempotency_key,
    )
    provider = providers.named(order.provider)
    forget_reads()
    if provider is None:
        raise ProviderUnavailable
    converge(request.checkout_reference)
    if _state(order_id) is RefundOrderState.ORDERED:
        try:
            reference = provider.refund(request)
        except OrderRefused as refusal:
            with atomic():
                _refuse(order_id, str(refusal.__cause__ or type(refusal).__name__))
            return
        with atomic():
            _sent(order_id, reference)
    converge(request.checkout_reference)


def _state(order_id: UUID) -> RefundOrderState | None:
    state = db.session.scalar(select(RefundOrder.state).where(RefundOrder.id == order_id))
    forget_reads()
    return state


def _sent(order_id: UUID, reference: str) -> None:
    order = db.session.get_one(RefundOrder, order_id, with_for_update={"of": RefundOrder}, populate_existing=True)
    order.reference = order.reference or reference
    if order.state is RefundOrderState.ORDERED:
        order.state = RefundOrderState.SENT


def _refuse(order_id: UUID, why: str) -> None:
    order = db.session.get_one(RefundOrder, order_id, with_for_update={"of": RefundOrder}, populate_existing=True)
    order.state, order.failure, order.settled_at = RefundOrderState.FAILED, why[:200], clock.now()
    _ask_for_help(order)


def refund_given_up(order_id: UUID) -> None:
    """Ask a person about an order that the provider could not be asked about for a day; it may go on as it is."""
    order = db.session.get(RefundOrder, order_id)
    if order is not None and order.state in OPEN_REFUNDS:
        _ask_for_help(order)


def _ask_for_help(order: RefundOrder) -> None:
    open_task(
        TaskKind.REFUND_FAILED,
        key=f"{_REFUSED}{order.id}",
        bill_id=order.bill_id,
        details={
            "amount_cents": order.amount_cents,
            "surplus_cents": order.amount_cents,
            "reference": f"{order.provider}:{order.payment_reference}",
            "provider": order.provider,
            "payment_reference": order.payment_reference,
            "order_id": str(order.id),
            "failure": order.failure,
        },
    )


def retry_refund(order_id: UUID, *, by: Account) -> RefundOrder:
    """Ask the provider once more for the same order; money that went already is found, never sent twice."""
    order = db.session.get_one(RefundOrder, order_id, with_for_update={"of": RefundOrder}, populate_existing=True)
    if order.state in OPEN_REFUNDS and order.provider != BANK:
        stamp = clock.now().strftime("%Y%m%d%H%M")
        jobs.enqueue("payments.refund", key=f"refund:{order.id}:{stamp}", payload={"order_id": str(order.id)})
        for task in open_tasks(order.bill_id, f"{_REFUSED}{order.id}"):
            task.closed_at, task.closed_by = clock.now(), by.id
    return order


def follow_up() -> int:
    """Look at what takes long: refunds under way and open disputes; a job does this every hour. Return how many."""
    sent = select(RefundOrder.checkout_reference).where(
        RefundOrder.state.in_(OPEN_REFUNDS), RefundOrder.provider != BANK
    )
    disputed = select(Dispute.checkout_reference).where(Dispute.state == DisputeState.OPEN)
    references = {reference for query in (sent, disputed) for reference in db.session.scalars(query) if reference}
    forget_reads()
    looked_at = 0
    for reference in sorted(references):
        try:
            looked_at += converge(reference) is not None
        except ProviderUnavailable:
            forget_reads()
    return looked_at
