"""M5: from a plan's policy and a day to what a period is, what it costs and what follows at its end. Asks nobody.

Days are calendar days in Amsterdam, both ends of a period included; amounts are net integer cents. A timeline is that
of one period: `starts_on`, `ends_on` and `net_cents` are its own, all other days are reckoned from its end and concern
the period after it. So a member whose period ends on 31 December gets the bill for the next one on `bill_on`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.core.money import share_of
from app.membership.models import Plan, PlanPrice, YearPolicy

ONE_DAY = timedelta(days=1)
MONTHS = 12


class NoPriceError(LookupError):
    """A plan has no price on a day, so nobody can be billed for it."""


class NoticeKind(StrEnum):
    """M8: whether a notice comes before the period ends, or reminds after it ended unpaid."""

    AHEAD = "ahead"
    LATE = "late"


@dataclass(frozen=True)
class Notice:
    """M8: one rung of the ladder; `days` is its distance to the period's last day, negative before it."""

    on: date
    kind: NoticeKind
    days: int

    @property
    def key(self) -> str:
        """What tells the rungs of one period apart, such as `ahead:30` or `late:7`."""
        return f"{self.kind}:{abs(self.days)}"


@dataclass(frozen=True)
class Ending:
    """M8: what follows when a period ends and the next is not paid.

    The bill for the next period is drawn up on `bill_on` and due on `due_on`; grace holds up to and including
    `grace_until`, suspension up to and including `lapses_after`; up to and including `revive_until` paying makes a
    member again without a new application. `notice_by` is the last day to give notice, where the policy has one.
    """

    bill_on: date
    due_on: date
    notices: tuple[Notice, ...]
    grace_until: date
    lapses_after: date
    revive_until: date
    notice_by: date | None


@dataclass(frozen=True)
class Timeline(Ending):
    """One period with its net price, and what follows at its end."""

    starts_on: date
    ends_on: date
    net_cents: int
    vat_code: str


def year_from(first_day: date) -> date:
    """Return the last day of a rolling year: the day before its anniversary; from 29 February on, 28 February."""
    try:
        anniversary = first_day.replace(year=first_day.year + 1)
    except ValueError:
        anniversary = date(first_day.year + 1, 3, 1)
    return anniversary - ONE_DAY


def year_end(plan: Plan, day: date) -> date:
    """Return the last day of the plan's fixed year that a day falls in."""
    begun = day.month >= plan.year_start_month
    return date(day.year + begun, plan.year_start_month, 1) - ONE_DAY


def month_of_year(plan: Plan, day: date) -> int:
    """Return how many months of the plan's fixed year have gone before the month of a day: 0 to 11."""
    return (day.month - plan.year_start_month) % MONTHS


def first_timeline(plan: Plan, paid_on: date, *, billed_on: date | None = None) -> Timeline:
    """Return the first period of somebody who pays on a day, at the price of the day it was billed (else that day).

    In a fixed year the bill is for what is left of the year it was drawn up in. Money that comes after that year ended
    buys that year all the same: the period begins on the day of the bill, and is over.
    """
    billed_on = billed_on or paid_on
    if plan.policy is YearPolicy.ROLLING:
        return _timeline(plan, paid_on, year_from(paid_on), priced_on=billed_on)
    ends_on = year_end(plan, billed_on)
    starts_on = paid_on if paid_on <= ends_on else billed_on
    return _timeline(plan, starts_on, ends_on, priced_on=billed_on)


def next_timeline(plan: Plan, last_ends_on: date) -> Timeline:
    """Return the period that follows on one that ends on a day: it begins on the next, without gap or overlap."""
    starts_on = last_ends_on + ONE_DAY
    rolling = plan.policy is YearPolicy.ROLLING
    ends_on = year_from(starts_on) if rolling else year_end(plan, starts_on)
    return _timeline(plan, starts_on, ends_on, priced_on=starts_on)


@dataclass(frozen=True)
class Earlier:
    """The last dated period before the one that is being paid."""

    ends_on: date
    grace_until: date
    lapses_after: date


def timeline_if_paid(plan: Plan, paid_on: date, *, billed_on: date, earlier: Earlier | None) -> Timeline:
    """M6: return the dates of a waiting period that is paid on a day: nobody loses or gains a day.

    It follows on the earlier period while that runs or is in grace; a rolling year paid later begins on the day of the
    money. A fixed year that was billed before the membership lapsed is that year, whenever the money comes.
    """
    if earlier is not None:
        follows = earlier.grace_until >= paid_on
        if plan.policy is YearPolicy.CALENDAR:
            follows = earlier.lapses_after >= billed_on
        if follows:
            return next_timeline(plan, earlier.ends_on)
    return first_timeline(plan, paid_on, billed_on=billed_on)


def stated_timeline(plan: Plan, starts_on: date, ends_on: date) -> Timeline:
    """Return the period that an issued bill states, whatever day it is paid on."""
    return _timeline(plan, starts_on, ends_on, priced_on=starts_on)


def ending(plan: Plan, ends_on: date) -> Ending:
    """Return what follows at the end of a period that ends on a day."""
    return Ending(
        bill_on=ends_on - timedelta(days=plan.bill_days_before),
        due_on=ends_on + timedelta(days=plan.due_days_after),
        notices=notices(plan.notice_ladder, ends_on),
        grace_until=ends_on + timedelta(days=plan.grace_days),
        lapses_after=ends_on + timedelta(days=plan.lapse_days),
        revive_until=ends_on + timedelta(days=plan.lapse_days + plan.revival_days),
        notice_by=notice_by(plan, ends_on),
    )


def notices(ladder: Sequence[int], ends_on: date) -> tuple[Notice, ...]:
    """Return the rungs of a ladder for a period that ends on a day, in order of time."""
    return tuple(
        Notice(ends_on + timedelta(days=days), NoticeKind.AHEAD if days <= 0 else NoticeKind.LATE, days)
        for days in sorted(set(ladder))
    )


def notice_by(plan: Plan, ends_on: date) -> date | None:
    """Return the last day to give notice so that a period is the last: the plan's date before or at its end, if any."""
    if plan.policy is YearPolicy.ROLLING or plan.notice_month is None or plan.notice_day is None:
        return None
    for year in (ends_on.year, ends_on.year - 1):
        last_of_month = date(year + plan.notice_month // MONTHS, plan.notice_month % MONTHS + 1, 1) - ONE_DAY
        day = min(last_of_month, date(year, plan.notice_month, min(plan.notice_day, last_of_month.day)))
        if day <= ends_on:
            return day
    raise AssertionError("a date of the year before lies before any day of this year")


def net_cents_for(plan: Plan, starts_on: date, *, priced_on: date) -> int:
    """Return the net price of a period from a day on: the whole, or in a fixed year the share of what is left."""
    price = price_of(plan, priced_on)
    if plan.policy is YearPolicy.ROLLING:
        return price.net_cents
    return share_of(price.net_cents, plan.pro_rata[month_of_year(plan, starts_on)])


def price_of(plan: Plan, day: date) -> PlanPrice:
    """Return the price that holds on a day; NoPriceError when there is none."""
    price = plan.price_on(day)
    if price is None:
        raise NoPriceError(f"{plan.slug} has no price on {day}")
    return price


def _timeline(plan: Plan, starts_on: date, ends_on: date, *, priced_on: date) -> Timeline:
    billed_from = starts_on if plan.policy is YearPolicy.ROLLING else min(starts_on, priced_on)
    return Timeline(
        starts_on=starts_on,
        ends_on=ends_on,
        net_cents=net_cents_for(plan, billed_from, priced_on=priced_on),
        vat_code=price_of(plan, priced_on).vat_code,
        **vars(ending(plan, ends_on)),
    )
