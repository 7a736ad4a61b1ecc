"""Paging by place instead of by number: the cost of a page does not grow with its distance from the first.

A cursor is the sort values and the key of the row at the edge, sealed with the portal's own secret: it tells an address
bar nothing about persons (ASVS 14.2.1), can't be made up, and one that is old, foreign or damaged means the first page.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from sqlalchemy import ColumnElement, Select, and_, false, literal, or_, tuple_

LONGEST_CURSOR = 2000
_TAGS: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "u": (UUID, str, UUID),
    "t": (datetime, datetime.isoformat, datetime.fromisoformat),
    "d": (date, date.isoformat, date.fromisoformat),
    "h": (time, time.isoformat, time.fromisoformat),
    "n": (Decimal, str, Decimal),
}


@dataclass(frozen=True)
class SortKey:
    """One expression to sort by; NULLs come last whichever way the sort runs."""

    expression: ColumnElement[Any]
    nullable: bool


@dataclass(frozen=True)
class Keyset:
    """An order without ties: the last of the keys is unique and never NULL."""

    keys: Sequence[SortKey]
    descending: bool

    def ordered(self, statement: Select[Any], *, backwards: bool) -> Select[Any]:
        """Sort a statement in this order, or in exactly the reverse to read the page before."""
        order = []
        for key in self.keys:
            direction = key.expression.desc() if self.descending != backwards else key.expression.asc()
            if key.nullable:
                direction = direction.nulls_first() if backwards else direction.nulls_last()
            order.append(direction)
        return statement.order_by(None).order_by(*order)

    def beyond(self, values: Sequence[Any], *, backwards: bool) -> ColumnElement[bool]:
        """Say which rows lie after the place that the values mark, or before it when reading backwards."""
        downwards = self.descending != backwards
        if not any(key.nullable for key in self.keys):
            here = tuple_(*(literal(value, key.expression.type) for key, value in zip(self.keys, values, strict=True)))
            place = tuple_(*(key.expression for key in self.keys))
            return place < here if downwards else place > here
        steps: list[ColumnElement[bool]] = []
        same: list[ColumnElement[bool]] = []
        for key, value in zip(self.keys, values, strict=True):
            steps.append(and_(*same, _further(key, value, downwards=downwards, backwards=backwards)))
            same.append(
                key.expression.is_(None) if value is None else key.expression == literal(value, key.expression.type)
            )
        return or_(*steps)


def _further(key: SortKey, value: Any, *, downwards: bool, backwards: bool) -> ColumnElement[bool]:
    if value is None:
        return key.expression.is_not(None) if backwards else false()
    bound = literal(value, key.expression.type)
    step = key.expression < bound if downwards else key.expression > bound
    return or_(step, key.expression.is_(None)) if key.nullable and not backwards else step


@lru_cache(maxsize=4)
def _box(secret: str) -> SecretBox:
    return SecretBox(blake2b(secret.encode(), digest_size=32, person=b"listing-cursor").digest())


def _pack(value: Any) -> Any:
    for tag, (kind, write, _read) in _TAGS.items():
        if isinstance(value, kind):
            return {tag: write(value)}
    return value


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        ((tag, text),) = value.items()
        return _TAGS[tag][2](text)
    return value


def seal(values: Sequence[Any], *, place: str, secret: str) -> str:
    """Write the edge of a page as a cursor that only fits `place`: one list in one order."""
    packed = json.dumps([place, *map(_pack, values)], separators=(",", ":")).encode()
    return urlsafe_b64encode(_box(secret).encrypt(packed)).decode().rstrip("=")


def unseal(cursor: str | None, *, place: str, secrets: Sequence[str]) -> list[Any] | None:
    """Read a cursor made for `place` with one of the secrets; None for anything else."""
    if not cursor or len(cursor) > LONGEST_CURSOR:
        return None
    try:
        sealed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError:
        return None
    for secret in secrets:
        try:
            marked, *values = json.loads(_box(secret).decrypt(sealed))
        except (CryptoError, ValueError):
            continue
        return [_unpack(value) for value in values] if marked == place else None
    return None
