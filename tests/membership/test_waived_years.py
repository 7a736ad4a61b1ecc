"""M6, M8: a year that was given without money, and the daily job: nothing is asked while it runs, all of it at its end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core.db import atomic, db
from app.membership import services
from app.membership.models import ApplicationState, MembershipStatus
from app.payments import services as payments
from app.payments.models import BillState

from .conftest import applied
from .renewing import LAST_DAY, ONE_DAY, Years

S = MembershipStatus
GIVEN = date(2029, 1, 3)
"""The last day of the second year."""


def t(days: int, end: date = LAST_DAY) -> date:
    return end + timedelta(days=days)


def waive(years: Years, **options: object) -> None:
    db.session.commit()
    with atomic():
        services.waive_period(years.membership.id, reason="Bestuurslid.", by=years.treasurer, **options)


def whole_days(years: Years, first: date, last: date) -> None:
    """Do everything that a day does, day by day: what membership asks, and what reminds of any bill."""
    day = first
    while day <= last:
        years.daily(day)
        payments.remind_overdue()
        day += ONE_DAY


@pytest.fixture
def given_first(applicant, coordinator, calendar) -> Years:
    """Ruben, whose first year was given."""
    applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    years = Years(calendar, applicant, coordinator)
    waive(years)
    return years


def test_m6_a_first_year_that_was_given_asks_for_nothing_while_it_runs(given_first):
    mails = len(given_first.mails)
    whole_days(given_first, t(-364), t(-340))
    whole_days(given_first, t(-60), t(-45))
    assert (given_first.told, len(given_first.mails), given_first.unpaid()) == ([], mails, [])
    assert given_first.status is S.ACTIVE


def test_m8_a_year_that_was_given_ends_as_any_other(given_first):
    whole_days(given_first, t(-46), t(62))
    assert [kind for kind, _day in given_first.told] == [
        "value", "ahead:30", "ahead:7", "grace", "late:7", "late:21", "suspended", "lapsed",
    ]  # fmt: skip
    assert given_first.bill().issued_on == t(-30)
    assert given_first.bill().gross_cents == 598_95
    assert given_first.status is S.LAPSED


def test_m8_who_pays_after_a_year_that_was_given_goes_on_without_a_gap(given_first):
    whole_days(given_first, t(-31), t(-20))
    given_first.pays()
    whole_days(given_first, t(-19), t(40))
    assert [kind for kind, _day in given_first.told] == ["value", "ahead:30"]
    assert (given_first.periods[1].starts_on, given_first.status) == (t(1), S.ACTIVE)


def test_m6_a_next_year_given_before_its_bill_is_never_billed(years):
    years.go(t(-90))
    waive(years)
    mails = len(years.mails)
    whole_days(years, t(-46), t(62))
    assert (years.told, len(years.bills), len(years.mails)) == ([], 1, mails)
    assert (years.status, years.periods[-1].ends_on) == (S.ACTIVE, GIVEN)
    years.daily(t(-30, GIVEN))
    assert years.bill(3).period_from == GIVEN + ONE_DAY


@pytest.mark.parametrize(("day", "before"), [(-20, S.ACTIVE), (10, S.GRACE), (40, S.SUSPENDED)])
def test_m6_a_year_given_after_its_bill_credits_it_and_ends_every_reminder(years, day, before):
    whole_days(years, t(-31), t(day))
    assert years.status is before
    waive(years)
    told, mails = years.told, len(years.mails)
    whole_days(years, t(day) + ONE_DAY, t(75))
    assert years.bills[-1].state is BillState.CREDITED
    assert years.unpaid() == []
    assert (years.told, len(years.mails)) == (told, mails)
    assert years.status is S.ACTIVE
    begins = t(1) if before is not S.SUSPENDED else t(40)
    assert years.periods[-1].starts_on == begins


def test_p8_an_announced_charge_of_a_year_that_is_then_given_is_not_made(years):
    years.saves_method()
    whole_days(years, t(-31), t(-20))
    assert [kind for kind, _day in years.told] == ["value", "charge_announced"]
    waive(years)
    whole_days(years, t(-19), t(40))
    assert years.charges == []
    assert years.status is S.ACTIVE


def test_m6_a_waiver_taken_back_at_once_is_billed_by_the_next_run(years):
    years.go(t(-25))
    waive(years)
    db.session.commit()
    with atomic():
        services.undo_waiver(years.periods[-1].id, by=years.treasurer)
    assert len(years.periods) == 1
    years.daily(t(-25))
    assert years.bill().issued_on == t(-25)
    assert [kind for kind, _day in years.told] == ["ahead:30"]


def test_m6_two_years_given_ahead_follow_on_each_other_and_the_third_is_billed(years):
    years.go(t(-90))
    waive(years)
    waive(years)
    whole_days(years, t(-31, GIVEN), t(3, GIVEN))
    assert (years.told, years.unpaid()) == ([], [])
    years.daily(t(-30, date(2030, 1, 3)))
    assert years.bill(4).gross_cents == 598_95


def test_m9_whoever_resigned_as_of_the_end_of_the_year_is_given_no_year_after_it(years):
    years.go(t(-90))
    years.resigns()
    with pytest.raises(services.GivenUpBefore):
        waive(years)
    assert len(years.periods) == 1
    years.stays()
    waive(years)
    assert years.periods[-1].ends_on == GIVEN


def test_m6_a_lapsed_member_who_is_given_a_year_begins_on_that_day_and_is_not_asked_for_the_past(years):
    whole_days(years, t(-31), t(62))
    assert years.status is S.LAPSED
    waive(years)
    told = years.told
    whole_days(years, t(63), t(70))
    assert (years.status, years.periods[-1].starts_on, years.told) == (S.ACTIVE, t(62), told)
