"""The nightly comparison of the ledger with the providers' own accounts: what differs is asked again and told (P9)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, func, select

from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.payments import providers
from app.payments.models import CURRENCY, Attempt, LedgerEntry, LedgerKind, Task, TaskKind
from app.payments.providers import Movement, Provider
from app.payments.services.settling import converge
from app.payments.services.tasks import open_task

COMPARED = timedelta(days=90)
DISPUTED_WITHIN = timedelta(days=396)
"""A bank may return a debit for thirteen months."""
CLOCKS_DIFFER = timedelta(minutes=5)
"""Providers tell whole seconds, of a clock of their own."""
AT_ONCE = 500
SETTLES_WITHIN = timedelta(days=2)
DISPUTES = (LedgerKind.DISPUTE, LedgerKind.DISPUTE_WON)
Key = tuple[str, str]
log = logging.getLogger(__name__)


def reconcile() -> int:
    """Compare each provider's account with the ledger and return how many differences a person must look at.

    A movement we miss is looked up first: a lost message is no drift. What still differs becomes a task, once.
    """
    return sum(_reconcile(provider) for provider in providers.everyone())


def _reconcile(provider: Provider) -> int:
    now = clock.now()
    first = db.session.scalar(select(func.min(Attempt.created_at)).where(Attempt.provider == provider.name))
    forget_reads()
    if first is None:
        return 0
    first -= CLOCKS_DIFFER
    since, disputes_since = max(first, now - COMPARED), max(first, now - DISPUTED_WITHIN)
    movements = (
        movement
        for movement in provider.movements_since(disputes_since)
        if movement.occurred_at >= since or movement.kind in DISPUTES
    )
    seen: set[Key] = set()
    drift = 0
    while some := list(islice(movements, AT_ONCE)):
        seen.update((movement.kind.value, movement.source) for movement in some)
        drift += _compare(provider, some)
    return drift + _find_unmoved(provider, since, now - SETTLES_WITHIN, seen)


def _compare(provider: Provider, movements: list[Movement]) -> int:
    differing = _differing(provider, movements)
    for reference in sorted({movement.payment_reference for movement in differing}):
        try:
            converge(reference)
        except Exception as error:  # noqa: BLE001  one payment that cannot be asked about tonight leaves the others
            forget_reads()
            log.warning("payment_not_reconciled", extra={"error": type(error).__name__})
    return sum(_tell(provider, movement) for movement in _differing(provider, differing))


def _differing(provider: Provider, movements: Iterable[Movement]) -> list[Movement]:
    """Return the movements that the ledger does not have, or has otherwise."""
    movements = list(movements)
    query = select(LedgerEntry.kind, LedgerEntry.reference, LedgerEntry.amount_cents).where(
        LedgerEntry.provider == provider.name, LedgerEntry.reference.in_({movement.source for movement in movements})
    )
    known = {(row.kind.value, row.reference): row.amount_cents for row in db.session.execute(query)}
    forget_reads()
    return [
        movement
        for movement in movements
        if known.get((movement.kind.value, movement.source)) != movement.amount_cents or movement.currency != CURRENCY
    ]


def _tell(provider: Provider, movement: Movement) -> int:
    """Ask a person about a movement, unless one was asked about this payment already."""
    with atomic():
        entry = db.session.scalar(select(LedgerEntry).where(*_same(provider, movement)))
        payment = select(LedgerEntry.bill_id).where(
            LedgerEntry.provider == provider.name, LedgerEntry.reference == movement.payment_reference
        )
        attempt = select(Attempt.bill_id).where(Attempt.reference == movement.payment_reference)
        bill_id = entry.bill_id if entry else db.session.scalar(payment) or db.session.scalar(attempt)
        if entry is None and _is_asked_about(provider, movement):
            return 0
        details = {
            "amount_cents": movement.amount_cents,
            "currency": movement.currency,
            "expected_cents": entry.amount_cents if entry else 0,
            "reference": f"{provider.name}:{movement.source}",
            "kind": movement.kind.value,
            "on": clock.local(movement.occurred_at).date().isoformat(),
        }
        if bill_id is None and movement.kind is LedgerKind.PAYMENT:
            key, kind = f"unknown:{movement.payment_reference}", TaskKind.UNKNOWN_PAYMENT
        else:
            key, kind = f"drift:{provider.name}:{movement.source}:{movement.kind.value}", TaskKind.NOT_IN_LEDGER
        return int(open_task(kind, key=key, bill_id=bill_id, details=details))


def _same(provider: Provider, movement: Movement) -> Iterator[ColumnElement[bool]]:
    yield LedgerEntry.provider == provider.name
    yield LedgerEntry.reference == movement.source
    yield LedgerEntry.kind == movement.kind


def _is_asked_about(provider: Provider, movement: Movement) -> bool:
    """Say whether a payment that was not entered, or the payment something belongs to, is with a person already."""
    keys = [
        f"mismatch:{provider.name}:{movement.payment_reference}:payment",
        f"mismatch:{provider.name}:{movement.source}:{movement.kind.value}",
        f"unknown:{movement.payment_reference}",
    ]
    return db.session.scalar(select(Task.id).where(Task.key.in_(keys)).limit(1)) is not None


def _find_unmoved(provider: Provider, since: datetime, until: datetime, seen: set[Key]) -> int:
    """Ask a person about entries of which the provider's account knows nothing."""
    query = select(LedgerEntry).where(
        LedgerEntry.provider == provider.name, LedgerEntry.occurred_at > since, LedgerEntry.occurred_at < until
    )
    unmoved = [
        entry
        for entry in db.session.scalars(query.execution_options(yield_per=AT_ONCE))
        if (entry.kind.value, entry.reference) not in seen and entry.kind is not LedgerKind.WRITEOFF
    ]
    told = 0
    with atomic():
        for entry in unmoved:
            told += open_task(
                TaskKind.NOT_AT_PROVIDER,
                key=f"drift:{provider.name}:{entry.reference}:{entry.kind.value}",
                bill_id=entry.bill_id,
                details={
                    "amount_cents": 0,
                    "expected_cents": entry.amount_cents,
                    "reference": f"{provider.name}:{entry.reference}",
                    "kind": entry.kind.value,
                    "on": clock.local(entry.occurred_at).date().isoformat(),
                },
            )
    return told
