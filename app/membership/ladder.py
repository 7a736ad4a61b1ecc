"""M8: what a day asks for at the end of a period. Pure: from dates and what was told already to what is next.

A member meets rungs in order of time. On a day only the latest rung that has come counts: after a standstill nobody
gets in one morning what should have come over weeks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.membership.terms import Notice

ONE_DAY = timedelta(days=1)
PRE_NOTICE = timedelta(days=14)
CHARGED_BEFORE_END = timedelta(days=7)
RETRY_AFTER = timedelta(days=5)
MOST_TRIES = 3

GRACE, SUSPENDED, LAPSED = "grace", "suspended", "lapsed"
COVER_LOST, CHARGE_ANNOUNCED, VALUE, ENDED = "cover_lost", "charge_announced", "value", "ended"


@dataclass(frozen=True)
class Rung:
    """Something that is due from a day on."""

    on: date
    kind: str


@dataclass(frozen=True)
class Span:
    """The dates of a period that count at its end: until when money covers it, and how grace and suspension run on."""

    ends_on: date
    grace_until: date
    lapses_after: date
    uncovered_on: date | None

    @property
    def covered_until(self) -> date:
        """The last day that money covers."""
        return self.uncovered_on - ONE_DAY if self.uncovered_on else self.ends_on


def rungs(span: Span, notices: Sequence[Notice]) -> list[Rung]:
    """Return everything that comes at the end of a period that is not paid on from, in order of time.

    Cover that was lost begins its own ladder: reminders before the end are over, those after it count from that day.
    """
    end = span.covered_until
    if span.uncovered_on is None:
        ladder = [Rung(notice.on, notice.key) for notice in notices]
        turn = Rung(end + ONE_DAY, GRACE)
    else:
        late = [notice for notice in notices if notice.days > 0]
        ladder = [Rung(end + timedelta(days=notice.days), notice.key) for notice in late]
        turn = Rung(end + ONE_DAY, COVER_LOST)
    ladder = [rung for rung in ladder if rung.on <= span.grace_until]
    turns = [turn, Rung(span.grace_until + ONE_DAY, SUSPENDED), Rung(span.lapses_after + ONE_DAY, LAPSED)]
    return sorted([*ladder, *turns], key=lambda rung: rung.on)


def due(rungs: Sequence[Rung], today: date, told: Collection[str]) -> Rung | None:
    """Return the rung to take today: the latest that has come, unless it was taken."""
    come = [rung for rung in rungs if rung.on <= today]
    return come[-1] if come and come[-1].kind not in told else None


def charge_day(announced_on: date, ends_on: date) -> date:
    """Return when an announced charge is made: a week before the end, and at least the notice later."""
    return max(announced_on + PRE_NOTICE, ends_on - CHARGED_BEFORE_END)


def next_try(first_on: date, tries: Sequence[tuple[date, date | None]]) -> date | None:
    """Return when to charge next, from the day it was announced for and each try with the day it failed.

    None while a try is under way, and after the third.
    """
    if not tries:
        return first_on
    tried_on, failed_on = tries[-1]
    if failed_on is None or len(tries) >= MOST_TRIES:
        return None
    return max(tried_on, failed_on) + RETRY_AFTER
