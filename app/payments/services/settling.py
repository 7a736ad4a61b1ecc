"""The one way from a provider's facts to our state (P3): webhook, return page and sweep all end in `converge`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.core import clock
from app.core.db import atomic, db, forget_reads, in_atomic
from app.core.events import publish
from app.payments import providers
from app.payments.events import ChargeFailed, PaymentFailed, PaymentProcessing
from app.payments.models import (
    CURRENCY,
    OPEN_ATTEMPTS,
    Attempt,
    AttemptState,
    Bill,
    LedgerKind,
    Method,
    SavedCharge,
    TaskKind,
)
from app.payments.providers import Fact, Facts
from app.payments.services import following
from app.payments.services.bills import locked
from app.payments.services.ledger import enter, payment_entry
from app.payments.services.tasks import open_task

_ORDER = {state: rank for rank, state in enumerate(AttemptState)}


def converge(reference: str) -> UUID | None:
    """Ask the provider how a checkout stands and make our state agree; return the bill's id, None for a stranger's.

    Any number of these may run at once, in any order, and be cut off anywhere: the outcome is the same. Where money
    went back, everything else that came in for the bill is asked for first, since a credit note is for good.
    """
    if in_atomic():
        raise RuntimeError("a provider is never asked inside a transaction")
    forget_reads()
    facts = _fetched(reference)
    if facts is None:
        return None
    others = list(_other_facts(facts)) if any(entry.amount_cents < 0 for entry in facts.entries) else []
    with atomic():
        bill = settle(facts, *others)
        return bill.id if bill else None


def _fetched(reference: str) -> Facts | None:
    provider = providers.of(reference)
    return provider.fetch(reference) if provider else None


def _other_facts(facts: Facts) -> Iterator[Facts]:
    found = _attempt_of(facts)
    if found is None:
        return
    query = select(Attempt.reference).where(
        Attempt.bill_id == found.bill_id, Attempt.id != found.id, Attempt.reference.is_not(None)
    )
    references = list(db.session.scalars(query))
    forget_reads()
    for reference in references:
        other = _fetched(reference) if reference else None
        if other is not None:
            yield other


@dataclass(frozen=True)
class _Told:
    """One movement as one attempt tells it, and of which payment it is a part."""

    fact: Fact
    facts: Facts
    attempt: Attempt
    of_reference: str
    since: datetime


def settle(facts: Facts, *others: Facts) -> Bill | None:
    """Write what the provider knows into the ledger, each movement once, and derive the rest, in one transaction.

    `others` are facts of further attempts at the same bill: all movements go in in the order in which they happened.
    """
    found = _attempt_of(facts)
    if found is None:
        return None
    bill = locked(found.bill_id)
    told: list[_Told] = []
    for one in (facts, *others):
        attempt = _locked_attempt(one, bill)
        if attempt is None:
            continue
        if attempt.reference is None:
            attempt.reference, attempt.url, attempt.expires_at = one.reference, one.url, one.expires_at
        if attempt.reference == one.reference:
            _follow(attempt, bill, one)
        told += _movements(one, attempt)
    for movement in sorted(told, key=lambda movement: movement.since):
        _settle_movement(bill, movement)
    for one in (facts, *others):
        following.disputes(bill, one)
        following.refunds(bill, one)
    following.saved_method(bill, facts, _attempt_of(facts))
    return bill


def _attempt_of(facts: Facts) -> Attempt | None:
    """Find the attempt by the reference we kept or, when its message came before our write, by the id it carries."""
    known = db.session.scalar(select(Attempt).where(Attempt.reference == facts.reference))
    if known or facts.attempt_id is None:
        return known
    return db.session.scalar(select(Attempt).where(Attempt.id == facts.attempt_id, Attempt.provider == facts.provider))


def _locked_attempt(facts: Facts, bill: Bill) -> Attempt | None:
    found = _attempt_of(facts)
    if found is None or found.bill_id != bill.id:
        return None
    return db.session.scalars(
        select(Attempt).where(Attempt.id == found.id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _movements(facts: Facts, attempt: Attempt) -> list[_Told]:
    """Name the payment each movement is of; a payment counts before what went back of it, whatever its day says."""
    parts = {refund.reference: refund.payment_reference for refund in facts.refunds}
    parts |= {dispute.reference: dispute.payment_reference for dispute in facts.disputes}
    earliest = min((entry.occurred_at for entry in facts.entries), default=clock.now())
    return [
        _Told(
            entry,
            facts,
            attempt,
            "" if entry.kind is LedgerKind.PAYMENT else parts.get(entry.reference, ""),
            _since(entry, facts.entries, parts, earliest),
        )
        for entry in facts.entries
    ]


def _since(entry: Fact, entries: Sequence[Fact], parts: dict[str, str], earliest: datetime) -> datetime:
    if entry.kind is not LedgerKind.PAYMENT:
        return max(entry.occurred_at, earliest)
    after = [other.occurred_at for other in entries if parts.get(other.reference) == entry.reference]
    return min([entry.occurred_at, *after])


def _follow(attempt: Attempt, bill: Bill, facts: Facts) -> None:
    """Move an attempt to where the provider says it is; tell of one that takes days, and of one refused in the end."""
    if not advance(attempt, facts.state, failure=facts.failure):
        return
    if attempt.state is AttemptState.PROCESSING:
        publish(PaymentProcessing(bill_id=bill.id, person_id=bill.person_id))
    if attempt.state is AttemptState.FAILED:
        tell_of_failure(attempt, bill, took_days=Method.SEPA_DEBIT in {facts.method, attempt.method})


def tell_of_failure(attempt: Attempt, bill: Bill, *, took_days: bool) -> None:
    """Tell of a refused charge, and of a debit refused after the person had left; at a page the page tells it."""
    if db.session.get(SavedCharge, attempt.id) is not None:
        publish(ChargeFailed(bill_id=bill.id, person_id=bill.person_id, attempt_id=attempt.id))
    elif took_days:
        publish(PaymentFailed(bill_id=bill.id, person_id=bill.person_id, attempt_id=attempt.id))


def advance(attempt: Attempt, to: AttemptState, *, failure: str = "") -> bool:
    """Move an attempt on; news that is older than what we know changes nothing, and succeeded is final."""
    if _ORDER[to] <= _ORDER[attempt.state]:
        return False
    attempt.state = to
    if to not in OPEN_ATTEMPTS:
        attempt.settled_at = clock.now()
        attempt.failure = failure
    return True


def _settle_movement(bill: Bill, movement: _Told) -> None:
    """Enter one movement. What goes back of a payment that was never entered is not entered either."""
    fact, provider = movement.fact, movement.facts.provider
    if fact.kind is LedgerKind.PAYMENT:
        if payment_entry(provider, fact.reference) is None and not _as_expected(bill, movement):
            return
    elif payment_entry(provider, movement.of_reference) is None:
        return
    enter(
        bill,
        kind=fact.kind,
        amount_cents=fact.amount_cents,
        provider=provider,
        reference=fact.reference,
        of_reference=movement.of_reference,
        method=fact.method,
        occurred_at=fact.occurred_at,
        attempt_id=movement.attempt.id,
        reason=following.reason_of(bill, fact.reference, movement.facts),
    )


def _as_expected(bill: Bill, movement: _Told) -> bool:
    """P4: money in another amount or currency than was asked enters nothing and becomes a task."""
    fact, expected, provider = movement.fact, movement.attempt.amount_cents, movement.facts.provider
    if fact.amount_cents == expected and fact.currency.upper() == CURRENCY:
        return True
    open_task(
        TaskKind.MISMATCH,
        key=following.mismatch_key(provider, fact.reference),
        bill_id=bill.id,
        details={
            "amount_cents": fact.amount_cents,
            "currency": fact.currency.upper(),
            "expected_cents": expected,
            "reference": f"{provider}:{fact.reference}",
            "provider": provider,
            "payment_reference": fact.reference,
            "checkout_reference": movement.facts.reference,
            "method": fact.method,
            "occurred_at": fact.occurred_at.isoformat(),
            "attempt_id": str(movement.attempt.id),
        },
    )
    return False
