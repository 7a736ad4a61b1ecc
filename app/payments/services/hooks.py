"""Messages of providers: kept once by their id, looked into by a job, parked while they are about a stranger."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select

from app.core import clock
from app.core.db import atomic, db, forget_reads, insert_once, put_rows
from app.jobs import services as jobs
from app.payments import providers
from app.payments.models import (
    OPEN_ATTEMPTS,
    Attempt,
    AttemptState,
    EventState,
    LedgerEntry,
    LedgerKind,
    ProviderEvent,
    ProviderMark,
    TaskKind,
)
from app.payments.providers import Hook, Provider
from app.payments.services.paying import KEY_IS_GOOD_FOR
from app.payments.services.settling import advance, converge
from app.payments.services.tasks import open_task

PARKED_AT_MOST = timedelta(days=3)
SWEEP_AT_ONCE = 200
KEEN_FOR = timedelta(days=1)
LONGEST_PAUSE = timedelta(hours=6)
ASK_BACK = timedelta(hours=1)
HOOKS_AT_ONCE = 100
log = logging.getLogger(__name__)


_BY_REFERENCE = select(Attempt.reference).where(Attempt.reference == bindparam("reference"))
_BY_PAYMENT = (
    select(Attempt.reference)
    .join(LedgerEntry, LedgerEntry.attempt_id == Attempt.id)
    .where(
        LedgerEntry.provider == bindparam("provider"),
        LedgerEntry.reference == bindparam("reference"),
        LedgerEntry.kind == LedgerKind.PAYMENT,
    )
)


def receive_hook(hook: Hook) -> bool:
    """Keep a message and ask for a look at its checkout; False when it was received before."""
    known = _checkout_of(hook)
    new = insert_once(
        ProviderEvent,
        id=hook.id,
        provider=hook.provider,
        type=hook.type,
        api_version=hook.api_version,
        created=hook.created,
        reference=known or hook.reference,
        payload=hook.payload,
        state=EventState.NEW if known else EventState.PARKED,
    )
    if new:
        jobs.enqueue("payments.look", key=f"payments:{hook.id}", payload={"event_id": hook.id})
    return new


def _checkout_of(hook: Hook) -> str | None:
    """Find which of our checkouts a message is about: by its own reference, or by the payment that came of it."""
    named = {"reference": hook.reference, "provider": hook.provider}
    return db.session.scalar(_BY_REFERENCE, named) or db.session.scalar(_BY_PAYMENT, named)


def look(event_id: str) -> None:
    """Look at the checkout a message is about; one about a stranger stays parked for days, then asks a person."""
    event = db.session.get(ProviderEvent, event_id, populate_existing=True)
    if event is None or event.state in {EventState.DONE, EventState.DEAD}:
        return
    bill_id = converge(event.reference)
    too_old = event.received_at < clock.now() - PARKED_AT_MOST
    asks = _what_to_ask(event) if bill_id is None and too_old else None
    with atomic() as session:
        event = session.get_one(ProviderEvent, event_id, with_for_update=True, populate_existing=True)
        if event.state in {EventState.DONE, EventState.DEAD}:
            return
        if bill_id is not None:
            event.state, event.handled_at = EventState.DONE, clock.now()
        elif too_old:
            event.state, event.handled_at = EventState.DEAD, clock.now()
        else:
            event.state, event.look_after = EventState.PARKED, look_again_after(event.received_at)
        if asks:
            open_task(TaskKind.UNKNOWN_PAYMENT, key=asks.key, bill_id=None, details=asks.details)


@dataclass(frozen=True)
class _Question:
    """What a person is asked about a payment of a stranger: once for the payment, whatever messages it gave rise to."""

    key: str
    details: dict[str, Any]


def _what_to_ask(event: ProviderEvent) -> _Question | None:
    """Return what a person must look at; a stranger's checkout that nobody paid moved nothing, and is nobody's care."""
    details: dict[str, Any] = {"reference": f"{event.provider}:{event.reference}", "type": event.type}
    provider = providers.of(event.reference)
    facts = provider.fetch(event.reference) if provider else None
    if facts is None:
        return _Question(f"unknown:{event.reference}", details)
    if not facts.entries:
        return None
    payment = facts.entries[0]
    told = {"amount_cents": payment.amount_cents, "currency": payment.currency.upper()}
    return _Question(f"unknown:{payment.reference}", details | told)


def look_again_after(since: datetime) -> datetime:
    """Return when the sweep looks again: each time on the first day, then less and less, yet four times a day."""
    now = clock.now()
    age = now - since
    return now if age < KEEN_FOR else now + min(age / 4, LONGEST_PAUSE)


def sweep() -> int:
    """Catch up with whatever a crash or a lost message left; return how many payments and messages were looked into.

    Messages that never arrived are asked for, then open attempts and waiting messages are looked into. One that cannot
    be looked into does not keep the others waiting: it goes to the end of the queue.
    """
    for provider in providers.everyone():
        _try(_catch_up, provider)
    looked_at = 0
    for attempt_id, reference in _open_attempts():
        looked_at += _try(converge, reference)
        _postpone_attempt(attempt_id)
    for event_id in _waiting_events():
        if _try(look, event_id):
            looked_at += 1
        else:
            _postpone_event(event_id)
    _expire_unmade()
    return looked_at


def _catch_up(provider: Provider) -> None:
    """Ask a provider for its messages since the last time, and keep those that never arrived."""
    asked_at = clock.now()
    since = _asked_until(provider.name)
    if since is not None:
        hooks = provider.hooks_since(min(since, asked_at) - ASK_BACK)
        while some := list(islice(hooks, HOOKS_AT_ONCE)):
            forget_reads()
            known = set(db.session.scalars(select(ProviderEvent.id).where(ProviderEvent.id.in_([h.id for h in some]))))
            for hook in some:
                if hook.id not in known:
                    with atomic():
                        receive_hook(hook)
                    log.info("hook_was_missing", extra={"type": hook.type})
            forget_reads()
    with atomic():
        put_rows(ProviderMark, [{"provider": provider.name, "hooks_until": asked_at}])


def _asked_until(provider: str) -> datetime | None:
    """Return from when to ask: the last time, at first our first attempt; what was before that is none of ours."""
    mark = db.session.scalar(select(ProviderMark.hooks_until).where(ProviderMark.provider == provider))
    since = mark or db.session.scalar(select(func.min(Attempt.created_at)).where(Attempt.provider == provider))
    forget_reads()
    return since


T = TypeVar("T")


def _try(step: Callable[[T], object], argument: T) -> bool:
    try:
        step(argument)
    except Exception as error:  # noqa: BLE001  whatever one payment meets, the others get their turn
        forget_reads()
        log.warning("payment_not_swept", extra={"error": type(error).__name__, "step": step.__name__})
        return False
    return True


def _open_attempts() -> list[tuple[UUID, str]]:
    query = (
        select(Attempt.id, Attempt.reference)
        .where(
            Attempt.state.in_(OPEN_ATTEMPTS),
            Attempt.reference.is_not(None),
            or_(Attempt.look_after.is_(None), Attempt.look_after <= clock.now()),
        )
        .order_by(Attempt.look_after.is_not(None), Attempt.look_after, Attempt.created_at)
        .limit(SWEEP_AT_ONCE)
    )
    found = [(row.id, row.reference) for row in db.session.execute(query) if row.reference]
    forget_reads()
    return found


def _postpone_attempt(attempt_id: UUID) -> None:
    with atomic() as session:
        attempt = session.get_one(Attempt, attempt_id, with_for_update={"of": Attempt}, populate_existing=True)
        attempt.look_after = look_again_after(attempt.created_at)


def _waiting_events() -> list[str]:
    """Return the messages to look into: new ones first, then the parked whose turn it is."""
    query = (
        select(ProviderEvent.id)
        .where(
            ProviderEvent.state.in_([EventState.NEW, EventState.PARKED]),
            or_(ProviderEvent.look_after.is_(None), ProviderEvent.look_after <= clock.now()),
        )
        .order_by(ProviderEvent.state == EventState.PARKED, ProviderEvent.look_after, ProviderEvent.received_at)
        .limit(SWEEP_AT_ONCE)
    )
    found = list(db.session.scalars(query))
    forget_reads()
    return found


def _postpone_event(event_id: str) -> None:
    with atomic() as session:
        event = session.get_one(ProviderEvent, event_id, with_for_update=True, populate_existing=True)
        event.look_after = clock.now()


def _expire_unmade() -> None:
    """Close attempts that never got a page: their key is no longer good, so they can't be gone on with."""
    with atomic() as session:
        unmade = session.scalars(
            select(Attempt)
            .where(
                Attempt.state == AttemptState.CREATED,
                Attempt.reference.is_(None),
                Attempt.created_at < clock.now() - KEY_IS_GOOD_FOR,
            )
            .with_for_update(skip_locked=True)
        )
        for attempt in unmade:
            advance(attempt, AttemptState.EXPIRED)
