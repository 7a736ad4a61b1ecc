"""Recording what is done, in the transaction that does it, and sealing the record behind it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from app.audit.chain import START, Verdict, hash_of, verify
from app.audit.models import ActorKind, AuditEntry, AuditLink
from app.audit.sentences import (
    Field,
    ObjectKind,
    Page,
    Thing,
    by_id,
    fields,
    ids_of,
    names_from,
    names_of,
    objects,
    sentence,
)
from app.core import clock
from app.core.bulk import later
from app.core.context import serving
from app.core.db import after_commit, atomic, db, in_atomic, insert_rows
from app.jobs import services as jobs

__all__ = [
    "ActorKind",
    "Field",
    "ObjectKind",
    "Page",
    "Thing",
    "by_id",
    "fields",
    "ids_of",
    "names_from",
    "names_of",
    "objects",
    "record",
    "seal",
    "sentence",
    "verify_chain",
]

SEAL_AT_ONCE = 500
LATE_ENTRIES = 10_000
HINT_SECONDS = 5.0
LOCK = 0x_B1_22_A0_D1
log = logging.getLogger(__name__)


def record(
    action: str,
    *,
    by: UUID | None,
    on: tuple[str, UUID | str | int],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    kind: ActorKind | None = None,
) -> None:
    """Write down what is done, within the transaction that does it: one INSERT, sent with the rest.

    Without `by` the portal itself acts, whoever is being served: what follows from an event is nobody's deed. Callers
    say `kind` where it is a provider, or a visitor (a PERSON without id). Give before and after the fields concerned:
    those that stay the same are left out.
    """
    here = serving()
    object_type, object_id = on
    old, new = changed(before, after)
    entry = {
        "action": action,
        "actor_kind": kind or (ActorKind.PERSON if by else ActorKind.SYSTEM),
        "actor_id": by,
        "object_type": object_type,
        "object_id": str(object_id),
        "before": old,
        "after": new,
        "address": here.address,
        "request_id": here.request_id,
        "at": clock.now(),
    }
    if not later(_write, entry):
        db.session.add(AuditEntry(**entry))
    if in_atomic():
        after_commit(_hint)


def _write(entries: list[dict[str, Any]]) -> None:
    """Write the entries of a batch, in the order in which things happened."""
    insert_rows(AuditEntry, entries)


def changed(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return both sides as plain JSON values without what stayed the same."""
    old = {name: plain(value) for name, value in (before or {}).items()}
    new = {name: plain(value) for name, value in (after or {}).items()}
    same = {name for name in old.keys() & new.keys() if old[name] == new[name]}
    kept = [{name: value for name, value in side.items() if name not in same} for side in (old, new)]
    return kept[0] or None, kept[1] or None


def plain(value: Any) -> Any:
    """Return a value as JSON that both databases give back as it was: no floats, no NUL."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Mapping):
        return {str(name).replace("\x00", ""): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(plain(item)) for item in value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value.value if isinstance(value, Enum) else value).replace("\x00", "")


class _Hint:
    """Wakes the sealer after a commit, at most every few seconds per process; the schedule seals the rest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = -HINT_SECONDS

    def __call__(self) -> None:
        with self._lock:
            if time.monotonic() - self._last < HINT_SECONDS:
                return
            self._last = time.monotonic()
        jobs.wake("audit.seal")


_hint = _Hint()


def seal(*, everything: bool = False) -> int:
    """Link the entries that are not in the chain yet; return how many.

    One sealer at a time holds a lock that no business transaction takes. Entries whose transaction committed late are
    looked for among the last ten thousand, and daily, by `everything`, among all.
    """
    sealed = 0
    while True:
        with atomic() as session:
            if session.get_bind().dialect.name == "postgresql":
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            last = session.execute(
                select(AuditLink.position, AuditLink.hash).order_by(AuditLink.position.desc()).limit(1)
            ).first()
            position, previous = (last.position, last.hash) if last else (0, START)
            waiting = _waiting(everything=everything)
            links = []
            for entry in waiting:
                position += 1
                own = hash_of(position, previous, entry)
                links.append({"position": position, "entry_seq": entry.seq, "previous_hash": previous, "hash": own})
                previous = own
            insert_rows(AuditLink, links)
        sealed += len(links)
        if links:
            log.info("audit_sealed", extra={"position": position, "head": previous})
        if len(links) < SEAL_AT_ONCE:
            return sealed


def seal_everything() -> None:
    """Find entries of any age that are not sealed; daily."""
    seal(everything=True)


def _waiting(*, everything: bool) -> list[AuditEntry]:
    linked = select(AuditLink.entry_seq).where(AuditLink.entry_seq == AuditEntry.seq)
    query = select(AuditEntry).where(~linked.exists()).order_by(AuditEntry.seq).limit(SEAL_AT_ONCE)
    if not everything:
        newest = db.session.scalar(select(func.max(AuditLink.entry_seq))) or 0
        query = query.where(AuditEntry.seq > newest - LATE_ENTRIES)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def verify_chain(*, known_head: tuple[int, str] | None = None) -> Verdict:
    """Seal the tail, then read the whole chain (B6)."""
    seal(everything=True)
    return verify(db.session.connection(), known_head=known_head)


def faults_in(connection: Connection) -> list[str]:
    """Return what is wrong with the chain in a database, such as one that was just restored; nothing is sealed."""
    return [f"position {fault.position}: {fault.what}" for fault in verify(connection).faults]
