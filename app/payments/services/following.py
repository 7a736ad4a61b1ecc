"""What a provider tells besides movements: how refunds and disputes stand, and what may be charged later (P6, P8)."""

from __future__ import annotations

from sqlalchemy import select

from app.core import clock
from app.core.db import db, insert_once
from app.core.i18n import _, speaking
from app.payments.models import (
    Attempt,
    Bill,
    BillState,
    Dispute,
    DisputeState,
    RefundOrder,
    RefundOrderState,
    TaskKind,
)
from app.payments.providers import DisputeFact, Facts, RefundFact, RefundState
from app.payments.services.deriving import lost_key, open_tasks, solve
from app.payments.services.methods import keep_method
from app.payments.services.tasks import open_task

_REFUND_STATES = {
    RefundState.PENDING: RefundOrderState.SENT,
    RefundState.SUCCEEDED: RefundOrderState.DONE,
    RefundState.FAILED: RefundOrderState.FAILED,
}
_REFUND_ORDER = {state: rank for rank, state in enumerate(RefundOrderState)}


def mismatch_key(provider: str, reference: str) -> str:
    """Return under which key a payment of another amount or currency asks for a person."""
    return f"mismatch:{provider}:{reference}:payment"


def reason_of(bill: Bill, refund_reference: str, facts: Facts) -> str:
    """Return why money goes back: as the treasurer wrote, or that it was done at the provider."""
    fact = next((one for one in facts.refunds if one.reference == refund_reference), None)
    order = _order_of(facts.provider, fact) if fact else None
    if order is not None:
        return order.reason
    with speaking(bill.locale):
        return _("Refunded at the payment provider")


def _order_of(provider: str, fact: RefundFact) -> RefundOrder | None:
    """Find our order by the id the refund carries or, when it carries none, by the reference we kept."""
    if fact.refund_id is not None and (order := db.session.get(RefundOrder, fact.refund_id)):
        return order
    return db.session.scalar(
        select(RefundOrder).where(RefundOrder.provider == provider, RefundOrder.reference == fact.reference)
    )


def refunds(bill: Bill, facts: Facts) -> None:
    """Let orders follow what became of them, older news never undoing newer; and settle what was never entered."""
    for fact in facts.refunds:
        order = _order_of(facts.provider, fact)
        if order is None:
            continue
        order.reference = order.reference or fact.reference
        state = _REFUND_STATES[fact.state]
        if _REFUND_ORDER[state] > _REFUND_ORDER[order.state]:
            order.state, order.failure, order.settled_at = state, fact.failure, clock.now()
    for task in open_tasks(bill.id, f"mismatch:{facts.provider}:"):
        sent_back = sum(
            fact.amount_cents
            for fact in facts.refunds
            if fact.payment_reference == task.details.get("payment_reference") and fact.state is RefundState.SUCCEEDED
        )
        if sent_back >= task.details["amount_cents"]:
            solve(task)


def disputes(bill: Bill, facts: Facts) -> None:
    """P6: keep how each dispute stands; an open one asks for an answer, a lost one for what to do with the claim."""
    for fact in facts.disputes:
        insert_once(
            Dispute,
            bill_id=bill.id,
            provider=facts.provider,
            reference=fact.reference,
            payment_reference=fact.payment_reference,
            checkout_reference=facts.reference,
            state=DisputeState.OPEN,
            amount_cents=fact.amount_cents,
            reason=fact.reason,
            answer_by=fact.answer_by,
        )
        known = db.session.scalars(
            select(Dispute)
            .where(Dispute.provider == facts.provider, Dispute.reference == fact.reference)
            .execution_options(populate_existing=True)
        ).one()
        if known.state is DisputeState.OPEN:
            known.answer_by, known.amount_cents = fact.answer_by, fact.amount_cents
            if fact.state is not DisputeState.OPEN:
                known.state, known.closed_at = fact.state, clock.now()
        _ask(bill, known, fact)


def _ask(bill: Bill, dispute: Dispute, fact: DisputeFact) -> None:
    key = f"dispute:{dispute.provider}:{dispute.reference}"
    details = {
        "amount_cents": dispute.amount_cents,
        "reference": f"{dispute.provider}:{dispute.reference}",
        "provider": dispute.provider,
        "payment_reference": dispute.payment_reference,
        "dispute_id": str(dispute.id),
        "reason": fact.reason,
        "answer_by": dispute.answer_by.isoformat() if dispute.answer_by else None,
    }
    if dispute.state is DisputeState.OPEN:
        open_task(TaskKind.DISPUTED, key=key, bill_id=bill.id, details=details)
        return
    for task in open_tasks(bill.id, key):
        solve(task)
    if dispute.state is DisputeState.LOST and bill.state is BillState.SHORT:
        open_task(
            TaskKind.DISPUTE_LOST,
            key=lost_key(dispute.provider, dispute.reference),
            bill_id=bill.id,
            details=details,
        )


def saved_method(bill: Bill, facts: Facts, attempt: Attempt | None) -> None:
    """P8: keep what later bills may be charged to, if its owner agreed; else have the provider forget it."""
    if facts.saved_method is not None and attempt is not None:
        keep_method(bill.person_id, attempt, facts.provider, facts.saved_method)
