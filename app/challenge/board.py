"""The public board: a chain of entries that anybody can check, and the receipts that point into it (V5).

The formats are those of docs/challenge/bundle.md; `tools/challenge_verify.py` checks them without any of this code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nacl.signing import SigningKey

START = "0" * 64


class Kind(StrEnum):
    """What an entry tells."""

    NOMINATIONS = "nominations"
    OPENED = "opened"
    ROLL_CHANGED = "roll_changed"
    WITHDRAWN = "withdrawn"
    CAST = "cast"
    CLOSED = "closed"
    UNSEALED = "unsealed"
    COUNTED = "counted"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


def canonical(value: Any) -> bytes:
    """Write a value in the one way it can be written: sorted keys, no blanks, ASCII, no floats."""
    if _has_float(value):
        raise TypeError(repr(value))
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _has_float(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_float(each) for each in value.values())
    return any(_has_float(each) for each in value) if isinstance(value, (list, tuple)) else isinstance(value, float)


def hash_of(value: Any) -> str:
    """Return the SHA-256 of a value as it is written canonically."""
    return hashlib.sha256(canonical(value)).hexdigest()


def hash_of_digests(digests: Iterable[str]) -> str:
    """Return the one hash that stands for all envelopes: of their digests, sorted."""
    return hash_of(sorted(digests))


@dataclass(frozen=True)
class Entry:
    """A line of the board; its hash ties what it says to its place and to everything before it."""

    edition: str
    seq: int
    kind: Kind
    payload: Mapping[str, Any]
    prev: str

    @property
    def hash(self) -> str:
        """The head of the board once this entry is on it."""
        said = {"edition": self.edition, "kind": self.kind.value, "payload": dict(self.payload), "seq": self.seq}
        return hashlib.sha256(self.prev.encode() + canonical(said)).hexdigest()

    def told(self) -> dict[str, Any]:
        """Return the entry as it is published."""
        return {
            "hash": self.hash,
            "kind": self.kind.value,
            "payload": dict(self.payload),
            "prev": self.prev,
            "seq": self.seq,
        }


def following(edition: str, last: Entry | None, kind: Kind, payload: Mapping[str, Any]) -> Entry:
    """Make the entry that comes after the last one; without a last one, the first."""
    return Entry(edition, last.seq + 1 if last else 1, kind, payload, last.hash if last else START)


def first_fault(entries: Iterable[tuple[Entry, str]]) -> int | None:
    """Return the place of the first entry, given with its hash, that does not fit what stands before it."""
    prev = START
    for place, (entry, told) in enumerate(entries, start=1):
        if (entry.seq, entry.prev, entry.hash) != (place, prev, told):
            return place
        prev = told
    return None


def signed(value: Mapping[str, Any], key: SigningKey) -> dict[str, Any]:
    """Return a value with the signature over its canonical form."""
    return {**value, "signature": key.sign(canonical(dict(value))).signature.hex()}


def receipt(entry: Entry, key: SigningKey) -> dict[str, Any]:
    """Make the receipt of a cast: which envelope, where on the board, and the head; signed by the server.

    It holds neither the code nor the choice.
    """
    said = {"digest": entry.payload["digest"], "edition": entry.edition, "head": entry.hash, "seq": entry.seq}
    return signed(said, key)
