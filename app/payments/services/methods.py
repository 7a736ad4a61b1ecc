"""Saved methods: kept only where their owner agreed, and withdrawn at once (P8)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import atomic, db, forget_reads, insert_once
from app.core.events import publish
from app.jobs import services as jobs
from app.payments import providers
from app.payments.events import MethodSaved, MethodWithdrawn
from app.payments.models import Attempt, MethodConsent, SavedMethod
from app.payments.providers import SavedMethodFact


def saved_method_of(person_id: UUID) -> SavedMethod | None:
    """P8: return what somebody's later bills are charged to, if they agreed to that and did not withdraw it."""
    return db.session.scalar(
        select(SavedMethod)
        .where(SavedMethod.person_id == person_id, SavedMethod.withdrawn_at.is_(None))
        .execution_options(populate_existing=True)
    )


def agree(attempt: Attempt, text: str) -> None:
    """Keep, with the attempt that begins, the words its payer agreed to."""
    insert_once(MethodConsent, attempt_id=attempt.id, text=text)


def disagree(attempt: Attempt) -> None:
    """Take back what was agreed on a payment still under way: a second look at the page without the tick counts."""
    consent = db.session.get(MethodConsent, attempt.id)
    if consent is not None and consent.withdrawn_at is None:
        consent.withdrawn_at = clock.now()


def agreed(attempt_id: UUID) -> bool:
    """Say whether the payer of an attempt agreed that later bills are charged to the same."""
    consent = db.session.get(MethodConsent, attempt_id)
    return consent is not None and consent.withdrawn_at is None


def keep_method(person_id: UUID, attempt: Attempt, provider: str, fact: SavedMethodFact) -> None:
    """Keep a method that a payment left, once, in place of the one before; without consent it is forgotten."""
    known = db.session.scalar(
        select(SavedMethod.id).where(
            SavedMethod.provider == provider,
            SavedMethod.reference == fact.reference,
            SavedMethod.attempt_id == attempt.id,
        )
    )
    if known is not None:
        return
    if not agreed(attempt.id):
        _let_forget(provider, fact.customer, fact.reference)
        return
    _make_room(person_id, attempt)
    newer = saved_method_of(person_id)
    method = SavedMethod(
        person_id=person_id,
        attempt_id=attempt.id,
        provider=provider,
        customer=fact.customer,
        reference=fact.reference,
        method=fact.method,
        label=fact.label,
        mandate=fact.mandate,
        withdrawn_at=clock.now() if newer else None,
    )
    db.session.add(method)
    db.session.flush()
    if newer:
        return
    audit.record(
        "payments.method.saved",
        by=person_id,
        on=("saved_method", method.id),
        after={"label": fact.label, "method": fact.method.value},
    )
    publish(MethodSaved(saved_method_id=method.id, person_id=person_id))


def _make_room(person_id: UUID, attempt: Attempt) -> None:
    """Withdraw the method in use if it was agreed to before this one; late news of an old one changes nothing."""
    earlier = saved_method_of(person_id)
    if earlier is None:
        return
    agreed_then = db.session.get_one(MethodConsent, earlier.attempt_id).agreed_at
    if agreed_then <= db.session.get_one(MethodConsent, attempt.id).agreed_at:
        _withdraw(earlier, by=None, replaced=True)


def withdraw_method(person_id: UUID, *, by: Account | None) -> SavedMethod | None:
    """P8: stop charging somebody's saved method from now on; the provider forgets it, too. Twice changes nothing."""
    method = saved_method_of(person_id)
    if method is not None:
        _withdraw(method, by=by, replaced=False)
    return method


def _withdraw(method: SavedMethod, *, by: Account | None, replaced: bool) -> None:
    method.withdrawn_at, method.withdrawn_by = clock.now(), by.id if by else None
    db.session.flush()
    audit.record(
        "payments.method.withdrawn",
        by=by.id if by else None,
        on=("saved_method", method.id),
        after={"label": method.label},
    )
    publish(MethodWithdrawn(saved_method_id=method.id, person_id=method.person_id, replaced=replaced))
    _let_forget(method.provider, method.customer, method.reference)


def _let_forget(provider: str, customer: str, reference: str) -> None:
    payload = {"provider": provider, "customer": customer, "reference": reference}
    jobs.enqueue("payments.forget_method", key=f"forget:{provider}:{reference}", payload=payload)


def forget_method(provider: str, customer: str, reference: str) -> None:
    """Make a withdrawn method useless at the provider; a job does this, until it succeeds."""
    in_use = db.session.scalar(
        select(SavedMethod.id).where(
            SavedMethod.provider == provider, SavedMethod.reference == reference, SavedMethod.withdrawn_at.is_(None)
        )
    )
    forget_reads()
    known = providers.named(provider)
    if in_use is not None or known is None:
        return
    known.forget(customer, reference)
    with atomic():
        query = select(SavedMethod).where(SavedMethod.provider == provider, SavedMethod.reference == reference)
        for method in db.session.scalars(query):
            method.forgotten_at = clock.now()
