"""What the back office's shell does itself: moving the test clock (B9)."""

from __future__ import annotations

from datetime import datetime

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock, testclock
from app.core.testclock import Follower
from app.jobs import services as jobs


def move_clock(moment: datetime | None, *, by: Account | None, env: str) -> datetime:
    """Move the portal to a moment, or with None back to the world's; return what time it is there from now on."""
    before = clock.now()
    arrived = clock.real_now() + testclock.move(moment, env=env)
    audit.record(
        "clock.moved",
        by=by.id if by else None,
        on=("clock", testclock.THE_ROW),
        before={"moment": before},
        after={"moment": arrived},
    )
    jobs.follow_clock(arrived)
    return arrived


def follow_at_once(follower: Follower | None) -> None:
    """Let this process see at once what it moved; the others see it within a second."""
    if follower is not None:
        follower.look_again()
