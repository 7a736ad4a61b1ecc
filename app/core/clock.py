"""The one source of time: every rule that asks "when" asks here.

Outside production a test clock may move the whole portal through time: `now` and `today` follow it, `real_now` never
does. What proves who somebody is (sessions, one-time links and codes) and what is agreed with other machines
(signatures, a provider's expiry) runs on real time, so that a jump of a year locks nobody out and forges nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HOME_ZONE = ZoneInfo("Europe/Amsterdam")
Shift = Callable[[], timedelta]
_shift: Shift | None = None


def real_now() -> datetime:
    """Return the moment in the world, aware, in UTC, wherever the test clock stands."""
    return datetime.now(UTC)


def now() -> datetime:
    """Return the portal's moment, aware, in UTC."""
    return real_now() + _shift() if _shift else real_now()


def today() -> date:
    """Return the calendar day at the bureau; a membership begins and ends at midnight in Amsterdam."""
    return now().astimezone(HOME_ZONE).date()


def follow(shift: Shift | None) -> None:
    """Let the portal's time differ from the world's by what this tells; None, as in production, ends that."""
    global _shift  # noqa: PLW0603  one process has one time
    _shift = shift


def following() -> Shift | None:
    """Return what the portal's time follows, to put it back later."""
    return _shift


def shift() -> timedelta:
    """Return how far the portal's time is from the world's."""
    return _shift() if _shift else timedelta()


def local(moment: datetime) -> datetime:
    """Return a moment on the bureau's wall clock."""
    return moment.astimezone(HOME_ZONE)


def at_home(wall_time: datetime) -> datetime:
    """Read a naive wall-clock time in Amsterdam as a moment in UTC; one that the spring change skips moves forward."""
    return wall_time.replace(tzinfo=HOME_ZONE).astimezone(UTC)
