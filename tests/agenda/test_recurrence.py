"""G1: on which days something comes back, and what the clock says then; over both clock changes, whatever the rhythm."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.agenda.models import Gathering
from app.agenda.series.recurrence import FURTHEST, MOST_DATES, Rhythm, Rule, days_of, on_wall
from app.agenda.series.services import Opening, on_day
from app.core.clock import HOME_ZONE

DAYS = some.dates(date(2020, 1, 1), date(2045, 12, 31))
CLOCK_TIMES = some.times().map(lambda one: one.replace(second=0, microsecond=0))
RULES = some.builds(
    Rule,
    some.sampled_from(Rhythm),
    some.integers(1, 12),
    times=some.none() | some.integers(1, 80),
    until=some.none() | DAYS,
)


def on(day: date, starts: time, minutes: int, days_before: int = 2) -> Gathering:
    """An evening on a day, as the form makes it."""
    starts_at = on_wall(day, starts, HOME_ZONE)
    earlier = on_wall(day - timedelta(days=days_before), starts, HOME_ZONE)
    values: dict[str, Any] = {"zone": "Europe/Amsterdam", "cancel_until": earlier, "members_from": earlier}
    return Gathering(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes), speakers=[], **values)


def on_the_wall(moment: datetime) -> tuple[date, time]:
    local = moment.astimezone(HOME_ZONE)
    return local.date(), local.time()


def exists(day: date, at: time) -> bool:
    """Whether the wall clock ever says so; in the spring change it skips an hour."""
    return on_the_wall(datetime.combine(day, at, tzinfo=HOME_ZONE).astimezone(UTC)) == (day, at)


@given(rule=RULES, first=DAYS, after=DAYS)
def test_g1_days_come_in_order_after_the_first_within_what_was_asked(rule, first, after):
    days = days_of(rule, first, after=after)
    assert all(earlier < later for earlier, later in pairwise(days))
    assert all(max(first, after) < day <= (rule.until or date.max) for day in days)
    assert len(days) <= min(rule.times or MOST_DATES, MOST_DATES)
    if rule.rhythm is Rhythm.WEEKLY:
        assert all((day - first).days % (7 * rule.every) == 0 for day in days)
    elif rule.rhythm is Rhythm.MONTHLY_BY_WEEKDAY:
        assert all(day.weekday() == first.weekday() for day in days)
    if rule.until is None and rule.times and first >= after:
        whole = FURTHEST.days // (7 if rule.rhythm is Rhythm.WEEKLY else 31) // rule.every
        assert len(days) >= min(rule.times, MOST_DATES, whole)


@given(first=DAYS, every=some.integers(1, 12), rhythm=some.sampled_from([*Rhythm][1:]))
def test_g1_no_month_is_skipped_for_lacking_a_day(first, every, rhythm):
    days = days_of(Rule(rhythm, every, times=24), first, after=first)
    months = [day.year * 12 + day.month for day in [first, *days]]
    assert {later - earlier for earlier, later in pairwise(months)} <= {every}


@given(
    first=DAYS,
    starts=CLOCK_TIMES,
    minutes=some.integers(15, 12 * 60),
    rule=RULES,
    opening=some.sampled_from(Opening),
)
def test_g1_every_date_keeps_its_hours_on_the_wall_over_both_clock_changes(first, starts, minutes, rule, opening):
    """The wall clock says the same on every date, but where the spring change skips that time: then an hour later."""
    original = on(first, starts, minutes)
    wanted_start, wanted_end = original.starts_at.astimezone(HOME_ZONE), original.ends_at.astimezone(HOME_ZONE)
    for day in days_of(rule, wanted_start.date(), after=wanted_start.date()):
        made = on_day(original, day, opening)
        apart = day - wanted_start.date()
        assert made.starts_at < made.ends_at
        assert made.cancel_until <= made.starts_at
        if exists(day, wanted_start.time()):
            assert on_the_wall(made.starts_at) == (day, wanted_start.time())
        else:
            later = (datetime.combine(day, wanted_start.time()) + timedelta(hours=1)).time()
            assert on_the_wall(made.starts_at) == (day, later)
        last = wanted_end.date() + apart
        if exists(last, wanted_end.time()) and exists(day, wanted_start.time()):
            assert on_the_wall(made.ends_at) == (last, wanted_end.time())
        if opening is Opening.AT_ONCE:
            assert made.members_from == original.members_from
        else:
            assert made.members_from < made.starts_at


@pytest.mark.parametrize(
    ("day", "starts", "moment"),
    [
        (date(2027, 3, 27), time(2, 30), datetime(2027, 3, 27, 1, 30, tzinfo=UTC)),
        (date(2027, 3, 28), time(2, 30), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        (date(2027, 3, 28), time(3, 0), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        (date(2027, 10, 30), time(2, 30), datetime(2027, 10, 30, 0, 30, tzinfo=UTC)),
        (date(2027, 10, 31), time(2, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        (date(2027, 10, 31), time(3, 0), datetime(2027, 10, 31, 2, 0, tzinfo=UTC)),
    ],
)
def test_g1_the_skipped_hour_moves_forward_and_the_doubled_one_is_the_first(day, starts, moment):
    assert on_wall(day, starts, HOME_ZONE) == moment


def test_g1_an_hour_that_ends_in_the_skipped_one_still_lasts():
    made = on_day(on(date(2027, 3, 21), time(2, 30), 30), date(2027, 3, 28), Opening.AT_ONCE)
    assert made.ends_at - made.starts_at == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("rule", "first", "days"),
    [
        (Rule(Rhythm.WEEKLY, 2, times=2), date(2027, 12, 23), [date(2028, 1, 6), date(2028, 1, 20)]),
        (Rule(Rhythm.MONTHLY_BY_WEEKDAY, times=2), date(2027, 1, 14), [date(2027, 2, 11), date(2027, 3, 11)]),
        (Rule(Rhythm.MONTHLY_BY_WEEKDAY, times=2), date(2027, 1, 30), [date(2027, 2, 27), date(2027, 3, 27)]),
        (Rule(Rhythm.MONTHLY_BY_DATE, times=2), date(2028, 1, 31), [date(2028, 2, 29), date(2028, 3, 31)]),
        (
            Rule(Rhythm.MONTHLY_BY_DATE, 3, until=date(2027, 8, 1)),
            date(2027, 1, 14),
            [date(2027, 4, 14), date(2027, 7, 14)],
        ),
    ],
)
def test_g1_the_usual_rhythms_give_the_days_people_expect(rule, first, days):
    assert days_of(rule, first, after=first) == days
