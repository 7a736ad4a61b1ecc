"""L6: from rules and activities to points, and from a registration to its periods. Asks nobody and stores nothing.

Points are whole tenths, periods run from their first day up to and including their last. What is over in one period may
be carried into the next one, as far as the rules of the period that it comes from allow.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from operator import attrgetter
from typing import Protocol

from app.development.models import Basis, Kind, PeRules, Rounding

ONE_DAY = timedelta(days=1)
MINUTES_PER_HOUR = 60
PER_CENT = 100
HOUSE_LEAST_PERCENT = 75


class Activity(Protocol):
    """What points ask of an activity."""

    @property
    def kind(self) -> Kind: ...

    @property
    def done_on(self) -> date: ...

    @property
    def minutes(self) -> int: ...

    @property
    def whole_minutes(self) -> int: ...

    @property
    def tenths(self) -> int | None: ...

    @property
    def own(self) -> bool: ...


def first_rules() -> PeRules:
    """Return how the circle counts until the bureau decides otherwise: whole years, most of a session to be there."""
    return PeRules(
        valid_from=date.min,
        months=12,
        least_tenths=0,
        carry_tenths=0,
        basis=Basis.GIVEN,
        tenths_per_hour=10,
        least_percent=HOUSE_LEAST_PERCENT,
        least_minutes=0,
        step_tenths=1,
        rounding=Rounding.DOWN,
        kinds=[kind.value for kind in Kind],
        own_tenths=None,
    )


def earned(rules: PeRules, activity: Activity) -> int:
    """Return the tenths of a point that an activity gives by these rules, rounded to their steps.

    Who was there too briefly gets nothing. What has no points of its own counts by the hour, whatever the basis.
    """
    if activity.kind not in rules.kinds or was_too_short(rules, activity):
        return 0
    if rules.basis is Basis.GIVEN and activity.tenths is not None:
        return _rounded(Fraction(activity.tenths), rules)
    return _rounded(Fraction(activity.minutes * rules.tenths_per_hour, MINUTES_PER_HOUR), rules)


def was_too_short(rules: PeRules, activity: Activity) -> bool:
    """Say whether somebody was there for less than these rules ask."""
    return (
        activity.minutes < rules.least_minutes
        or activity.minutes * PER_CENT < rules.least_percent * activity.whole_minutes
    )


def _rounded(tenths: Fraction, rules: PeRules) -> int:
    steps = tenths / rules.step_tenths
    if rules.rounding is Rounding.NEAREST:
        steps += Fraction(1, 2)
    return int(steps // 1) * rules.step_tenths


def rules_on(found: Sequence[PeRules], day: date) -> PeRules:
    """Return the rules that hold on a day; before the oldest ones, those."""
    held = [rules for rules in found if rules.valid_from <= day]
    by_day = attrgetter("valid_from")
    return max(held, key=by_day) if held else min(found, key=by_day)


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later; the last day of a month that has none."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


@dataclass(frozen=True)
class Period:
    """A period with the rules that hold for it."""

    starts_on: date
    ends_on: date
    rules: PeRules


@dataclass(frozen=True)
class Result:
    """How a period stands, in tenths: what was brought along, earned, and left out because own entries are capped."""

    period: Period
    carried_in: int
    earned: int
    left_out: int

    @property
    def total(self) -> int:
        """What counts."""
        return self.carried_in + self.earned

    @property
    def missing(self) -> int:
        """What is still to be earned."""
        return max(self.period.rules.least_tenths - self.total, 0)

    @property
    def carried_out(self) -> int:
        """What goes along to the next period."""
        return min(max(self.total - self.period.rules.least_tenths, 0), self.period.rules.carry_tenths)


def periods(starts_on: date, rules: Sequence[PeRules], until: date) -> Iterator[Period]:
    """Yield the periods of a registration, the first first, up to the one that holds this day."""
    first, gone = starts_on, 0
    while first <= until:
        held = rules_on(rules, first)
        gone += held.months
        following = months_later(starts_on, gone)
        yield Period(first, following - ONE_DAY, held)
        first = following


def period_rules(starts_on: date, rules: Sequence[PeRules], day: date) -> PeRules:
    """Return the rules of the period that a day is in."""
    *_earlier, last = periods(starts_on, rules, day)
    return last.rules


def year_rules(rules: Sequence[PeRules], day: date) -> PeRules:
    """Return the rules of the calendar year that a day is in, which is how the circle itself counts."""
    return rules_on(rules, date(day.year, 1, 1))


def results(starts_on: date, rules: Sequence[PeRules], activities: Iterable[Activity], *, until: date) -> list[Result]:
    """Return how each period of a registration stands, the first first, with what goes along from one to the next."""
    known = sorted(activities, key=lambda one: one.done_on)
    found: list[Result] = []
    for period in periods(starts_on, rules, until):
        within = [one for one in known if period.starts_on <= one.done_on <= period.ends_on]
        given = sum(earned(period.rules, one) for one in within if not one.own)
        own = sum(earned(period.rules, one) for one in within if one.own)
        counted = own if period.rules.own_tenths is None else min(own, period.rules.own_tenths)
        carried = found[-1].carried_out if found else 0
        found.append(Result(period, carried, given + counted, own - counted))
    return found
