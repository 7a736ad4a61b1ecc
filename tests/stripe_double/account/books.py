"""What a Stripe account keeps: its objects, its balance and the events it tells."""

from __future__ import annotations

import copy
import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

from tests.stripe_double.contract import blank, check_object

VERSION = "2026-08-26.dahlia"
DAY = 24 * 3600
Object = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Any])


class NotPossible(Exception):  # noqa: N818  an answer to whoever asks
    """Stripe would not let this happen; the status and code it says so with."""

    def __init__(self, message: str, *, code: str = "", status: int = 400, kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.code, self.status, self.kind = code, status, kind
        self.intent: Object | None = None


def alone(move: F) -> F:
    """One move at a time, whoever asks for it."""

    @wraps(move)
    def moved(self: Books, *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            return move(self, *args, **kwargs)

    return moved  # type: ignore[return-value]


class Books:
    """What an account keeps: objects by kind, the balance, the events; and showing them as they are asked for."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.objects: dict[str, Object] = {}
        self.sessions: dict[str, Object] = {}
        self.intents: dict[str, Object] = {}
        self.charges: dict[str, Object] = {}
        self.customers: dict[str, Object] = {}
        self.methods: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.disputes: dict[str, Object] = {}
        self.lines: dict[str, Object] = {}
        self.events: dict[str, Object] = {}
        self.url = ""
        self.next_refund = "succeeded"
        self.moods: dict[str, str] = {}
        """What the bank says to later charges of a method: `ok`, `declined` or `authentication_required`."""
        self._run = secrets.token_hex(3)
        self._numbers = itertools.count(1)

    def now(self) -> int:
        return int(time.time())

    def _name(self, prefix: str) -> str:
        return f"{prefix}_{self._run}{next(self._numbers):05}"

    def _keep(self, shelf: dict[str, Object], thing: Object) -> Object:
        shelf[thing["id"]] = self.objects[thing["id"]] = thing
        return thing

    def emit(self, kind: str, thing: Object) -> Object:
        """Tell what happened; the object told is held to the contract like any answer."""
        check_object(thing["object"], thing)
        return self._keep(self.events, self.make_event(kind, thing))

    def make_event(self, kind: str, thing: Object, **changes: Any) -> Object:
        return {
            "id": self._name("evt"),
            "object": "event",
            "api_version": VERSION,
            "created": self.now(),
            "data": {"object": copy.deepcopy(thing)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": None,
            "type": kind,
            **changes,
        }

    def enter_line(
        self, kind: str, amount: int, source: Object | None, *, category: str = "", pending: bool = False
    ) -> str:
        fee = 29 if kind in {"charge", "payment"} else 0
        line = blank(
            "balance_transaction",
            id=self._name("txn"),
            object="balance_transaction",
            amount=amount,
            fee=fee,
            net=amount - fee,
            currency=source["currency"] if source else "eur",
            created=self.now(),
            available_on=self.now() + 3 * DAY,
            balance_type="payments",
            source=source["id"] if source else None,
            status="pending" if pending else "available",
            type=kind,
            reporting_category=category or kind,
        )
        return str(self._keep(self.lines, line)["id"])

    def expanded(self, thing: Object, paths: list[str]) -> Object:
        """Show an object with the parts that were asked for whole."""
        shown = copy.deepcopy(thing)
        for path in paths:
            self._expand(shown, path.split("."))
        return shown

    def _expand(self, thing: Object, steps: list[str]) -> None:
        name, rest = steps[0], steps[1:]
        if thing.get("object") == "charge" and name == "refunds":
            found = [copy.deepcopy(one) for one in self.newest(self.refunds) if one["charge"] == thing["id"]]
            thing["refunds"] = {
                "object": "list",
                "data": found[:10],
                "has_more": len(found) > 10,
                "url": f"/v1/charges/{thing['id']}/refunds",
            }
        elif isinstance(thing.get(name), str) and thing[name] in self.objects:
            thing[name] = copy.deepcopy(self.objects[thing[name]])
        if rest and isinstance(thing.get(name), dict):
            self._expand(thing[name], rest)

    @staticmethod
    def newest(shelf: dict[str, Object]) -> Iterator[Object]:
        yield from reversed(list(shelf.values()))
