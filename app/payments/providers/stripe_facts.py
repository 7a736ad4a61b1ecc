"""What Stripe's objects mean to us: a checkout or a charge, its refunds and disputes, as facts; asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.core import clock
from app.payments.models import AttemptState, DisputeState, LedgerKind, Method
from app.payments.providers import (
    DisputeFact,
    Fact,
    Facts,
    Movement,
    RefundFact,
    RefundState,
    SavedMethodFact,
)

NAME = "stripe"
Object = dict[str, Any]
ABOUT_A_PAYMENT = {"charge", "refund", "dispute"}
ONLY_ASKED = {"warning_needs_response", "warning_under_review", "warning_closed"}
"""A bank's question before a dispute: nothing has moved, but it wants an answer by a day."""
REFUND_STATES = {
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
DISPUTE_STATES = {
    "won": DisputeState.WON,
    "prevented": DisputeState.WON,
    "warning_closed": DisputeState.WON,
    "lost": DisputeState.LOST,
}
MOVEMENT_KINDS = {
    "charge": LedgerKind.PAYMENT,
    "payment": LedgerKind.PAYMENT,
    "refund": LedgerKind.REFUND,
    "payment_refund": LedgerKind.REFUND,
    "refund_failure": LedgerKind.REFUND_REVERSED,
}
"""Kinds of lines on our account that are a payer's money; disputes are recognised by their source."""


def moment(told: float) -> datetime:
    """Return a moment that Stripe tells in seconds of the world, on the portal's clock."""
    return datetime.fromtimestamp(int(told), tz=UTC) + clock.shift()


def seconds(moment: datetime) -> int:
    """Return a moment on the portal's clock as Stripe tells it."""
    return int((moment - clock.shift()).timestamp())


def reference_of(about: Object) -> str:
    """Return under which reference to look for what a message is about: its payment, or the thing itself."""
    if about.get("object") in ABOUT_A_PAYMENT and about.get("payment_intent"):
        return _id_of(about["payment_intent"])
    return str(about.get("id", ""))


def facts_of_session(session: Object, disputes: Iterable[Object] = ()) -> Facts:
    """Translate a checkout session, its payment with charge and refunds expanded."""
    intent = expanded(session, "payment_intent")
    marks = session.get("metadata") or {}
    return Facts(
        reference=session["id"],
        attempt_id=our_id(session.get("client_reference_id") or marks.get("attempt")),
        state=_state_of_session(session, intent),
        url=session.get("url"),
        expires_at=moment(session["expires_at"]),
        **_facts_of_money(intent, disputes),
    )


def facts_of_intent(intent: Object, disputes: Iterable[Object] = ()) -> Facts:
    """Translate a charge that was made while nobody was at a page (P8)."""
    return Facts(
        reference=intent["id"],
        attempt_id=our_id((intent.get("metadata") or {}).get("attempt")),
        state=_state_of_intent(intent),
        **_facts_of_money(intent, disputes),
    )


def _facts_of_money(intent: Object, disputes: Iterable[Object]) -> dict[str, Any]:
    charge = expanded(intent, "latest_charge")
    way = str((charge.get("payment_method_details") or {}).get("type", ""))
    refunds = (charge.get("refunds") or {}).get("data", [])
    disputes = list(disputes)
    entries: list[Fact] = []
    if intent.get("status") == "succeeded":
        entries = [_payment(intent, charge, way), *_refunded(refunds, way), *_disputed(disputes, way)]
    return {
        "provider": NAME,
        "method": way or _only(intent.get("payment_method_types")),
        "failure": str((intent.get("last_payment_error") or {}).get("code") or ""),
        "entries": tuple(entries),
        "refunds": tuple(_refund(refund, intent["id"]) for refund in refunds),
        "disputes": tuple(_dispute(dispute, intent["id"]) for dispute in disputes),
        "saved_method": _saved_method(intent, charge, way),
    }


def _state_of_session(session: Object, intent: Object) -> AttemptState:
    if session["status"] == "expired":
        return AttemptState.EXPIRED
    if session["status"] == "open":
        return AttemptState.OPEN
    return AttemptState.SUCCEEDED if session["payment_status"] == "paid" else _state_of_intent(intent)


def _state_of_intent(intent: Object) -> AttemptState:
    if intent.get("status") == "succeeded":
        return AttemptState.SUCCEEDED
    failed = intent.get("status") in {"requires_payment_method", "requires_action", "canceled"}
    return AttemptState.FAILED if failed else AttemptState.PROCESSING


def _payment(intent: Object, charge: Object, way: str) -> Fact:
    """Return the payment itself. A debit's charge is days older than its money, which counts from when we learn it."""
    at_once = way != Method.SEPA_DEBIT
    return Fact(
        kind=LedgerKind.PAYMENT,
        reference=intent["id"],
        amount_cents=intent["amount_received"],
        currency=intent["currency"],
        occurred_at=moment(charge.get("created") or intent["created"]) if at_once else clock.now(),
        method=way,
    )


def _refunded(refunds: Iterable[Object], way: str) -> Iterator[Fact]:
    """Tell what refunds moved: what is under way is gone from our account; what failed came back to it."""
    for refund in refunds:
        gone = Fact(
            kind=LedgerKind.REFUND,
            reference=refund["id"],
            amount_cents=-refund["amount"],
            currency=refund["currency"],
            occurred_at=moment(refund["created"]),
            method=way,
        )
        if _state_of_refund(refund) is not RefundState.PENDING:
            yield gone
        if _state_of_refund(refund) is RefundState.FAILED:
            yield _opposite(gone, LedgerKind.REFUND_REVERSED)


def _disputed(disputes: Iterable[Object], way: str) -> Iterator[Fact]:
    """Tell what disputes moved: gone while one is open or lost, back when it is won; a question moves nothing (P6)."""
    for dispute in disputes:
        if dispute["status"] in ONLY_ASKED or (dispute["status"] == "prevented" and not _moves_of(dispute)):
            continue
        gone = Fact(
            kind=LedgerKind.DISPUTE,
            reference=dispute["id"],
            amount_cents=-dispute["amount"],
            currency=dispute["currency"],
            occurred_at=moment(dispute["created"]),
            method=way,
        )
        yield gone
        if DISPUTE_STATES.get(dispute["status"]) is DisputeState.WON:
            back = [move["created"] for move in _moves_of(dispute) if move["amount"] > 0]
            occurred_at = moment(max(back)) if back else clock.now()
            yield _opposite(gone, LedgerKind.DISPUTE_WON, occurred_at)


def _opposite(fact: Fact, kind: LedgerKind, occurred_at: datetime | None = None) -> Fact:
    return Fact(
        kind=kind,
        reference=fact.reference,
        amount_cents=-fact.amount_cents,
        currency=fact.currency,
        occurred_at=occurred_at or fact.occurred_at,
        method=fact.method,
    )


def _moves_of(dispute: Object) -> list[Object]:
    return [move for move in dispute.get("balance_transactions") or [] if isinstance(move, dict)]


def _state_of_refund(refund: Object) -> RefundState:
    return REFUND_STATES.get(str(refund.get("status")), RefundState.PENDING)


def _refund(refund: Object, payment: str) -> RefundFact:
    return RefundFact(
        reference=refund["id"],
        payment_reference=payment,
        refund_id=our_id((refund.get("metadata") or {}).get("refund")),
        state=_state_of_refund(refund),
        amount_cents=refund["amount"],
        failure=str(refund.get("failure_reason") or ""),
    )


def _dispute(dispute: Object, payment: str) -> DisputeFact:
    answer_by = (dispute.get("evidence_details") or {}).get("due_by")
    return DisputeFact(
        reference=dispute["id"],
        payment_reference=payment,
        state=DISPUTE_STATES.get(dispute["status"], DisputeState.OPEN),
        amount_cents=dispute["amount"],
        reason=dispute["reason"],
        answer_by=moment(answer_by) if answer_by else None,
    )


def _saved_method(intent: Object, charge: Object, way: str) -> SavedMethodFact | None:
    """Return what later bills can be charged to: the card, the mandate, or the mandate that came of paying by iDEAL."""
    customer = _id_of(intent.get("customer"))
    saved = intent.get("setup_future_usage") == "off_session" and charge.get("status") == "succeeded"
    if not (saved and customer):
        return None
    details = (charge.get("payment_method_details") or {}).get(way) or {}
    if way == Method.CARD:
        label = f"{str(details.get('brand') or 'card').title()} •••• {details.get('last4') or ''}".strip()
        return SavedMethodFact(customer, _id_of(charge.get("payment_method")), Method.CARD, label)
    if way == Method.SEPA_DEBIT:
        reference, ending, mandate = charge.get("payment_method"), details.get("last4"), details.get("mandate")
    else:
        reference, ending = details.get("generated_sepa_debit"), details.get("iban_last4")
        mandate = details.get("generated_sepa_debit_mandate")
    if not reference:
        return None
    label = f"IBAN •••• {ending or ''}".strip()
    return SavedMethodFact(customer, _id_of(reference), Method.SEPA_DEBIT, label, str(mandate or ""))


def movement_of(line: Object) -> Movement | None:
    """Translate a line of our account; None for fees, payouts, and money that is not there yet or no longer."""
    source = expanded(line, "source")
    if source.get("object") == "dispute":
        kind, named = (LedgerKind.DISPUTE if line["amount"] < 0 else LedgerKind.DISPUTE_WON), str(source["id"])
    elif line["type"] in MOVEMENT_KINDS and _is_final(source):
        kind = MOVEMENT_KINDS[line["type"]]
        named = reference_of(source) if kind is LedgerKind.PAYMENT else str(source["id"])
    else:
        return None
    return Movement(
        reference=line["id"],
        kind=kind,
        source=named,
        payment_reference=reference_of(source),
        amount_cents=line["amount"],
        currency=str(line["currency"]).upper(),
        occurred_at=moment(line["created"]),
    )


def _is_final(source: Object) -> bool:
    """Say whether what a line came from is more than under way; a debit's line is there days before its money."""
    if source.get("object") == "charge":
        return source.get("status") == "succeeded"
    return source.get("object") == "refund" and _state_of_refund(source) is not RefundState.PENDING


def expanded(parent: Object, name: str) -> Object:
    """Return a part that we asked to see whole; empty when there is none."""
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _id_of(found: Any) -> str:
    return str(found["id"] if isinstance(found, dict) else found or "")


def our_id(text: Any) -> UUID | None:
    """Return an id of ours that Stripe carried for us; anything else is none."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _only(types: Any) -> str:
    return str(types[0]) if isinstance(types, list) and len(types) == 1 else ""
