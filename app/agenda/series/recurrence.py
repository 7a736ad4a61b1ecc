"""G1: on which days something comes back, and what the clock says then.

Days are counted on the calendar and hours on the wall clock, so that an evening at half past seven stays one over both
clock changes, however many hours lie between two of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import dropwhile, islice, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday

MOST_DATES = 60
FURTHEST = timedelta(days=3 * 366)
LAST_WEEK, SHORTEST_MONTH = 5, 28


class Rhythm(StrEnum):
    """How something comes back."""

    WEEKLY = "weekly"
    MONTHLY_BY_WEEKDAY = "monthly_by_weekday"
    MONTHLY_BY_DATE = "monthly_by_date"


@dataclass(frozen=True)
class Rule:
    """Every how many weeks or months, and how many times or until which day; at least one of these two is given."""

    rhythm: Rhythm
    every: int = 1
    times: int | None = None
    until: date | None = None


def week_of_month(day: date) -> int:
    """Return which of its weekday a day is in its month, from one to four, or minus one for a fifth: the last."""
    number = (day.day - 1) // 7 + 1
    return -1 if number == LAST_WEEK else number


def days_of(rule: Rule, first: date, *, after: date) -> list[date]:
    """Return the days after `first` on which it comes back, as far as they lie after another day as well.

    A fifth weekday is the last of each month, and a day that a month lacks is that month's last: nothing is skipped.
    """
    beyond = max(first, after)
    last = min(rule.until or date.max, beyond + FURTHEST)
    later = dropwhile(lambda day: day <= beyond, (moment.date() for moment in _rule_of(rule, first)))
    return list(islice(takewhile(lambda day: day <= last, later), min(rule.times or MOST_DATES, MOST_DATES)))


def _rule_of(rule: Rule, first: date) -> rrule:
    start = datetime.combine(first, time())
    if rule.rhythm is Rhythm.WEEKLY:
        return rrule(WEEKLY, dtstart=start, interval=rule.every)
    if rule.rhythm is Rhythm.MONTHLY_BY_WEEKDAY:
        wanted = weekday(first.weekday(), week_of_month(first))
        return rrule(MONTHLY, dtstart=start, interval=rule.every, byweekday=wanted)
    if first.day <= SHORTEST_MONTH:
        return rrule(MONTHLY, dtstart=start, interval=rule.every, bymonthday=first.day)
    days = range(SHORTEST_MONTH, first.day + 1)
    return rrule(MONTHLY, dtstart=start, interval=rule.every, bymonthday=list(days), bysetpos=-1)


def on_wall(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment at which the wall clock says so; a time that the spring change skips moves forward."""
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone).astimezone(UTC)


def moved(moment: datetime, by: timedelta, zone: ZoneInfo, *, to: time | None = None) -> datetime:
    """Move a moment by whole days, keeping what the wall clock says, or to another time of day."""
    local = moment.astimezone(zone)
    return on_wall(local.date() + by, local.time() if to is None else to, zone)
