"""What work there is and when it recurs, declared by the domains as data.

@jobs.handler("mail.deliver", retries=8, backoff=timedelta(seconds=30))
def deliver(*, mail_id: str) -> None: ...

jobs.schedule("membership.renewals", daily_at="03:30", handler="membership.renew")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, TypeVar

from app.core import clock

H = TypeVar("H", bound=Callable[..., object])


class GiveUp(Exception):  # noqa: N818  an answer of a handler: trying again cannot help
    """A handler says that trying again cannot help; the job fails at once and staff see it."""


@dataclass(frozen=True)
class Handler:
    """How one kind of work is done. It gets the payload as keywords, commits by itself, bears being run twice."""

    kind: str
    run: Callable[..., object]
    retries: int
    backoff: timedelta
    longest_backoff: timedelta
    lease: timedelta
    on_failed: Callable[..., object] | None


@dataclass(frozen=True)
class Schedule:
    """When one kind of work recurs: every so often, or daily at a time on the bureau's clock.

    `at_start` lets it also be done whenever a worker starts: what a crash left is found at once.
    """

    name: str
    handler: str
    every: timedelta | None
    daily_at: time | None
    at_start: bool = False

    def latest_slot(self, now: datetime) -> datetime:
        """Return the last moment, not after now, at which this was due.

        A standstill of days yields one slot, the last: daily work looks at the whole state of things and so catches up.
        """
        if self.every is not None:
            seconds = int(self.every.total_seconds())
            return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, tz=now.tzinfo)
        assert self.daily_at is not None
        day = clock.local(now).date()
        slot = clock.at_home(datetime.combine(day, self.daily_at))
        return slot if slot <= now else clock.at_home(datetime.combine(day - timedelta(days=1), self.daily_at))


_handlers: dict[str, Handler] = {}
_schedules: dict[str, Schedule] = {}


def handler(
    kind: str,
    *,
    retries: int = 8,
    backoff: timedelta = timedelta(seconds=30),
    longest_backoff: timedelta = timedelta(hours=6),
    lease: timedelta = timedelta(minutes=5),
    on_failed: Callable[..., object] | None = None,
) -> Callable[[H], H]:
    """Declare the function that does this kind of work.

    `lease` must exceed the longest run: when it is over, another worker takes the job for lost. `on_failed` is called
    with the payload in the transaction that declares the job failed for good.
    """

    def register(function: H) -> H:
        _handlers[kind] = Handler(kind, function, retries, backoff, longest_backoff, lease, on_failed)
        return function

    return register


def handler_for(kind: str) -> Handler | None:
    """Return how this kind is done; None when no code of this version knows it."""
    return _handlers.get(kind)


def schedule(
    name: str, *, handler: str, every: timedelta | None = None, daily_at: str | None = None, at_start: bool = False
) -> None:
    """Let a kind of work recur; declaring the same name again replaces it."""
    if (every is None) == (daily_at is None):
        raise ValueError(f"{name}: give either every= or daily_at=")
    if every is not None and every < timedelta(seconds=1):
        raise ValueError(f"{name}: more often than each second")
    at = time.fromisoformat(daily_at) if daily_at else None
    _schedules[name] = Schedule(name, handler, every, at, at_start)


def schedules() -> tuple[Schedule, ...]:
    """Return everything that recurs."""
    return tuple(_schedules.values())


def kinds() -> dict[str, Any]:
    """Return every kind of work with its handler, for the architecture page and its test."""
    return dict(_handlers)
