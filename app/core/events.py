"""Domain events: facts in the past tense, told inside the transaction that made them, all or nothing.

Every subscription stands in `app/wiring.py`; a handler is one service or mail function.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened; holds ids, never rows."""


E = TypeVar("E", bound=Event)
_handlers: dict[type[Event], list[Callable[[Any], object]]] = defaultdict(list)


def subscribe(kind: type[E], handler: Callable[[E], object]) -> None:
    """Call the handler whenever this kind of event is published; wiring it twice changes nothing."""
    if handler not in _handlers[kind]:
        _handlers[kind].append(handler)


def publish(event: Event) -> None:
    """Tell all subscribers, in the order in which wiring names them; a failure undoes the whole transaction."""
    for handler in _handlers[type(event)]:
        handler(event)


def subscriptions() -> dict[type[Event], tuple[Callable[[Any], object], ...]]:
    """Return who listens to what, for the architecture page and its test."""
    return {kind: tuple(handlers) for kind, handlers in _handlers.items() if handlers}
