"""The hash chain: pure functions from entries to hashes, and the reading that checks them in constant memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from app.audit.models import AuditEntry, AuditLink

START = "0" * 64
READ_AT_ONCE = 500
MOST_FAULTS = 100
_FIELDS = (
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "action",
    "object_type",
    "object_id",
    "before",
    "after",
    "address",
    "request_id",
)


@dataclass(frozen=True)
class Fault:
    """Where the chain is broken and how."""

    position: int
    entry_seq: int | None
    what: str


@dataclass(frozen=True)
class Verdict:
    """What a reading of the chain found: how far it reaches, its last hash, the entries not in it yet, and faults."""

    length: int
    head: str
    unsealed: int
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Say whether nothing was changed, dropped, inserted or moved."""
        return not self.faults


def hash_of(position: int, previous: str, entry: AuditEntry | Row[Any]) -> str:
    """Return the hash that ties an entry to its place and to everything before it."""
    told = {name: _plain(getattr(entry, name)) for name in _FIELDS}
    text = json.dumps([position, previous, entry.seq, told], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, (dict, int)) else str(value)


def verify(connection: Connection, *, known_head: tuple[int, str] | None = None) -> Verdict:
    """Read the chain from its first link to its last and tell every place where it does not hold.

    `known_head` is a position and hash written down earlier, elsewhere: with it a log whose end was cut off is told
    from one that never was longer.
    """
    faults: list[Fault] = []
    previous, position = START, 0
    for row in _links(connection):
        if len(faults) >= MOST_FAULTS:
            break
        faults.extend(_faults_of(row, expected_position=position + 1, previous=previous))
        previous, position = row.hash, row.position
        if known_head and known_head[0] == position and known_head[1] != row.hash:
            faults.append(Fault(position, row.entry_seq, "another chain than the one whose head was written down"))
    if known_head and known_head[0] > position:
        faults.append(Fault(known_head[0], None, f"the chain ends at {position}: links at its end were dropped"))
    return Verdict(position, previous, _unsealed(connection), tuple(faults))


def _faults_of(row: Row[Any], *, expected_position: int, previous: str) -> Iterator[Fault]:
    if row.position != expected_position:
        yield Fault(expected_position, None, f"links {expected_position} to {row.position - 1} are missing")
    if row.previous_hash != previous:
        yield Fault(row.position, row.entry_seq, "does not follow on the link before it")
    if row.seq is None:
        yield Fault(row.position, row.entry_seq, "its entry was dropped")
    elif hash_of(row.position, row.previous_hash, row) != row.hash:
        yield Fault(row.position, row.entry_seq, "its entry was changed or moved")


def _links(connection: Connection) -> Iterator[Row[Any]]:
    """Yield links with their entries, page by page on the position, so that memory stays flat on both databases."""
    after = 0
    entry_columns = [getattr(AuditEntry, name) for name in _FIELDS]
    query = select(
        AuditLink.position, AuditLink.entry_seq, AuditLink.previous_hash, AuditLink.hash, AuditEntry.seq, *entry_columns
    ).outerjoin(AuditEntry, AuditEntry.seq == AuditLink.entry_seq)
    while True:
        page = connection.execute(
            query.where(AuditLink.position > after).order_by(AuditLink.position).limit(READ_AT_ONCE)
        ).all()
        yield from page
        if len(page) < READ_AT_ONCE:
            return
        after = page[-1].position


def _unsealed(connection: Connection) -> int:
    sealed = select(AuditLink.entry_seq).where(AuditLink.entry_seq == AuditEntry.seq)
    return connection.scalar(select(func.count()).select_from(AuditEntry).where(~sealed.exists())) or 0
