"""M5: what a period is, what it costs and what follows, from a plan's policy and a day; for years on end."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.membership.models import NOTICE_LADDER, PRO_RATA, Plan, PlanPrice, YearPolicy
from app.membership.terms import (
    Earlier,
    NoPriceError,
    NoticeKind,
    ending,
    first_timeline,
    net_cents_for,
    next_timeline,
    timeline_if_paid,
    year_end,
)

ONE_DAY = timedelta(days=1)
DAYS = st.dates(date(2020, 1, 1), date(2099, 12, 31))


def a_plan(policy: YearPolicy = YearPolicy.ROLLING, **values) -> Plan:
    prices = values.pop("prices", [(date(2019, 1, 1), 495_00)])
    standing = {
        "payment_days": 14,
        "grace_days": 30,
        "lapse_days": 60,
        "revival_days": 120,
        "bill_days_before": 30,
        "due_days_after": 14,
        "notice_ladder": list(NOTICE_LADDER),
        "pro_rata": list(PRO_RATA),
        "year_start_month": 1,
    }
    plan = Plan(id=uuid.uuid4(), slug="kring", name_nl="Kring", name_en="Circle", policy=policy, **standing | values)
    plan.prices = [PlanPrice(valid_from=day, net_cents=cents, vat_code="high") for day, cents in prices]
    return plan


def plans() -> st.SearchStrategy[Plan]:
    return st.builds(
        a_plan,
        st.sampled_from(YearPolicy),
        year_start_month=st.integers(1, 12),
        pro_rata=st.lists(st.integers(0, 10_000), min_size=11, max_size=11).map(
            lambda shares: [10_000, *sorted(shares, reverse=True)]
        ),
        prices=st.integers(0, 10_000_00).map(lambda cents: [(date(2019, 1, 1), cents)]),
    )


@given(plans(), DAYS)
def test_m5_periods_follow_each_other_for_years_without_gap_or_overlap(plan, paid_on):
    period = first_timeline(plan, paid_on)
    assert period.starts_on == paid_on
    for _year in range(9):
        following = next_timeline(plan, period.ends_on)
        assert following.starts_on == period.ends_on + ONE_DAY
        assert following.starts_on <= following.ends_on
        assert 365 <= (following.ends_on - following.starts_on).days + 1 <= 366
        period = following


@given(plans(), DAYS)
def test_m5_what_follows_a_period_keeps_its_order(plan, paid_on):
    period = first_timeline(plan, paid_on)
    assert period.bill_on <= period.ends_on <= period.due_on <= period.grace_until
    assert period.grace_until <= period.lapses_after <= period.revive_until
    assert list(period.notices) == sorted(period.notices, key=lambda notice: notice.on)
    assert len({notice.key for notice in period.notices}) == len(period.notices)


@given(plans(), DAYS)
def test_p1_an_amount_is_the_share_of_its_month_to_the_cent(plan, paid_on):
    price = plan.prices[0].net_cents
    share = plan.pro_rata[(paid_on.month - plan.year_start_month) % 12]
    charged = first_timeline(plan, paid_on).net_cents
    if plan.policy is YearPolicy.ROLLING:
        assert charged == price
    else:
        assert abs(charged * 10_000 - price * share) * 2 <= 10_000
        assert next_timeline(plan, year_end(plan, paid_on)).net_cents == price


@given(plans(), DAYS)
def test_m5_a_fixed_year_ends_on_the_same_day_for_everybody(plan, paid_on):
    if plan.policy is YearPolicy.CALENDAR:
        after = first_timeline(plan, paid_on).ends_on + ONE_DAY
        assert (after.month, after.day) == (plan.year_start_month, 1)


@pytest.mark.parametrize(
    ("paid_on", "last"),
    [
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2027, 3, 1), date(2028, 2, 29)),
        (date(2027, 1, 31), date(2028, 1, 30)),
        (date(2027, 2, 28), date(2028, 2, 27)),
    ],
)
def test_m5_a_rolling_year_over_29_february(paid_on, last):
    assert first_timeline(a_plan(), paid_on).ends_on == last


def test_m5_the_house_ladder_of_a_calendar_year():
    plan = a_plan(YearPolicy.CALENDAR, notice_month=12, notice_day=1)
    period = first_timeline(plan, date(2027, 5, 20))
    assert (period.starts_on, period.ends_on) == (date(2027, 5, 20), date(2027, 12, 31))
    assert period.net_cents == 330_02  # 495.00 at 66.67 %
    assert (period.bill_on, period.due_on) == (date(2027, 12, 1), date(2028, 1, 14))
    assert [(notice.on, notice.key) for notice in period.notices] == [
        (date(2027, 12, 1), "ahead:30"),
        (date(2027, 12, 24), "ahead:7"),
        (date(2028, 1, 7), "late:7"),
        (date(2028, 1, 21), "late:21"),
    ]
    assert (period.grace_until, period.lapses_after) == (date(2028, 1, 30), date(2028, 2, 29))
    assert period.notice_by == date(2027, 12, 1)
    assert period.notices[0].kind is NoticeKind.AHEAD


def test_m5_a_year_may_begin_in_any_month():
    plan = a_plan(YearPolicy.CALENDAR, year_start_month=9)
    assert first_timeline(plan, date(2027, 8, 31)).ends_on == date(2027, 8, 31)
    assert first_timeline(plan, date(2027, 9, 1)).ends_on == date(2028, 8, 31)
    assert net_cents_for(plan, date(2027, 9, 1), priced_on=date(2027, 9, 1)) == 495_00
    assert net_cents_for(plan, date(2027, 8, 1), priced_on=date(2027, 8, 1)) == 41_23


@pytest.mark.parametrize(
    ("month", "day", "ends_on", "by"),
    [
        (12, 1, date(2027, 12, 31), date(2027, 12, 1)),
        (2, 30, date(2028, 3, 31), date(2028, 2, 29)),
        (2, 30, date(2027, 3, 31), date(2027, 2, 28)),
        (10, 1, date(2028, 6, 30), date(2027, 10, 1)),
        (12, 31, date(2027, 12, 31), date(2027, 12, 31)),
    ],
)
def test_m5_the_last_day_to_give_notice(month, day, ends_on, by):
    plan = a_plan(YearPolicy.CALENDAR, notice_month=month, notice_day=day)
    assert ending(plan, ends_on).notice_by == by


def test_m5_a_rolling_year_can_be_given_up_until_its_last_day():
    assert first_timeline(a_plan(notice_month=12, notice_day=1), date(2027, 1, 4)).notice_by is None


def test_m5_the_price_is_that_of_the_day_of_the_bill_and_later_that_of_the_first_day():
    plan = a_plan(prices=[(date(2027, 1, 1), 495_00), (date(2028, 1, 1), 525_00)])
    period = first_timeline(plan, date(2028, 1, 3), billed_on=date(2027, 12, 28))
    assert period.net_cents == 495_00
    assert next_timeline(plan, date(2027, 12, 31)).net_cents == 525_00
    with pytest.raises(NoPriceError):
        first_timeline(plan, date(2026, 12, 31))


def test_m5_money_for_a_fixed_year_that_is_over_buys_that_year_and_no_other():
    plan = a_plan(YearPolicy.CALENDAR)
    late = first_timeline(plan, date(2028, 1, 9), billed_on=date(2027, 12, 10))
    assert (late.starts_on, late.ends_on) == (date(2027, 12, 10), date(2027, 12, 31))
    assert late.net_cents == first_timeline(plan, date(2027, 12, 10)).net_cents


def test_m8_a_late_rolling_year_begins_with_the_money_and_a_late_fixed_year_with_the_year():
    earlier = Earlier(ends_on=date(2027, 12, 31), grace_until=date(2028, 1, 30), lapses_after=date(2028, 2, 29))
    paid_on, billed_on = date(2028, 2, 10), date(2027, 12, 1)
    rolling = timeline_if_paid(a_plan(), paid_on, billed_on=billed_on, earlier=earlier)
    assert (rolling.starts_on, rolling.ends_on) == (paid_on, date(2029, 2, 9))
    fixed = timeline_if_paid(a_plan(YearPolicy.CALENDAR), paid_on, billed_on=billed_on, earlier=earlier)
    assert (fixed.starts_on, fixed.ends_on) == (date(2028, 1, 1), date(2028, 12, 31))
    again = timeline_if_paid(a_plan(YearPolicy.CALENDAR), date(2028, 5, 2), billed_on=date(2028, 5, 1), earlier=earlier)
    assert (again.starts_on, again.ends_on) == (date(2028, 5, 2), date(2028, 12, 31))
