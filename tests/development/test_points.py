"""L6: from rules and activities to points, and from a registration to its periods."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.development.examples import Example
from app.development.models import Basis, Kind, PeRules, Rounding
from app.development.points import earned, first_rules, months_later, periods, results, rules_on
from app.development.services import rules_as

from .conftest import rules


def held(**changes) -> PeRules:
    return rules_as(rules(**changes))


def activity(**changes) -> Example:
    usual = {"label": "", "kind": Kind.SESSION, "minutes": 120, "whole_minutes": 120, "tenths": 20}
    return Example(**usual | {"done_on": date(2027, 3, 1)} | changes)


@pytest.mark.parametrize(
    ("changes", "told", "expected"),
    [
        ({}, {}, 20),
        ({}, {"minutes": 90}, 20),
        ({}, {"minutes": 89}, 0),
        ({"least_percent": 0}, {"minutes": 1}, 20),
        ({"least_minutes": 60, "least_percent": 0}, {"minutes": 59}, 0),
        ({}, {"tenths": 13}, 10),
        ({"rounding": Rounding.NEAREST}, {"tenths": 13}, 15),
        ({"step_tenths": 10, "rounding": Rounding.NEAREST}, {"tenths": 15}, 20),
        ({"step_tenths": 1}, {"tenths": 13}, 13),
        ({}, {"tenths": None, "minutes": 100, "whole_minutes": 100}, 15),
        ({"tenths_per_hour": 0}, {"tenths": None}, 0),
        ({"basis": Basis.TIME}, {"tenths": 90}, 20),
        ({"basis": Basis.TIME, "least_percent": 0}, {"minutes": 40}, 5),
        ({"basis": Basis.TIME, "tenths_per_hour": 15, "step_tenths": 1}, {}, 30),
        ({"kinds": [Kind.COURSE]}, {}, 0),
    ],
)
def test_l6_an_activity_gives_what_the_rules_say(changes, told, expected):
    assert earned(held(**changes), activity(**told)) == expected


def test_l6_rounding_down_and_to_the_nearest_never_leave_the_steps():
    for tenths in range(60):
        for step in (1, 5, 10):
            down = earned(held(step_tenths=step), activity(tenths=tenths))
            near = earned(held(step_tenths=step, rounding=Rounding.NEAREST), activity(tenths=tenths))
            assert down % step == near % step == 0
            assert down <= tenths < down + step
            assert abs(near - tenths) * 2 <= step


def test_l6_periods_follow_each_other_and_begin_on_the_day_of_the_first():
    found = list(periods(date(2024, 1, 31), [held(months=1)], date(2024, 4, 30)))
    assert [one.starts_on for one in found] == [
        date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30),
    ]  # fmt: skip
    assert all(later.starts_on - one.ends_on == timedelta(days=1) for one, later in pairwise(found))


def test_l6_a_period_is_judged_by_the_rules_of_its_first_day():
    early, late = held(), held(valid_from=date(2027, 6, 1), months=24, least_tenths=300)
    found = results(date(2027, 1, 1), [early, late], [], until=date(2028, 2, 1))
    assert [one.period.rules for one in found] == [early, late]
    assert [one.missing for one in found] == [100, 300]
    assert found[1].period.ends_on == date(2029, 12, 31)
    assert rules_on([early, late], date(2000, 1, 1)) is early


def test_l6_what_is_over_goes_along_once_and_as_far_as_the_rules_allow():
    many = [activity(tenths=80, done_on=date(2025, month, 1)) for month in (2, 4, 6)]
    first, second, third = results(date(2025, 1, 1), [held()], many, until=date(2027, 5, 1))
    assert (first.total, first.carried_out) == (240, 50)
    assert (second.carried_in, second.earned, second.total, second.missing, second.carried_out) == (50, 0, 50, 50, 0)
    assert third.carried_in == 0


def test_l6_own_entries_count_up_to_their_limit():
    mine = [activity(kind=Kind.COURSE, tenths=60, own=True), activity(kind=Kind.COURSE, tenths=60, own=True)]
    (found,) = results(date(2027, 1, 1), [held(own_tenths=70)], [*mine, activity()], until=date(2027, 4, 1))
    assert (found.earned, found.left_out) == (90, 50)


def test_l6_activities_before_the_first_period_do_not_count_and_those_on_its_edges_do():
    edges = [activity(done_on=day) for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 12, 31))]
    (found,) = results(date(2027, 1, 1), [held()], edges, until=date(2027, 12, 31))
    assert found.earned == 40


def test_l6_the_circle_counts_its_own_points_until_the_bureau_decides_otherwise():
    assert earned(first_rules(), activity(tenths=25, minutes=90)) == 25
    assert earned(first_rules(), activity(tenths=25, minutes=89)) == 0


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 240))
def test_l6_months_later_is_that_many_calendar_months_later(day, months):
    later = months_later(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day <= day.day
