"""M8: the end of a year, from the bill to coming back; done by one job that may run twice, late or not at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.core.db import atomic, db
from app.membership import queries, services
from app.membership.models import MembershipStatus, NoticeSent, PlanPrice
from app.payments.models import BillState

from .renewing import FIRST_DAY, LAST_DAY, ONE_DAY

S = MembershipStatus


def t(days: int) -> date:
    """A day reckoned from the end of the first year."""
    return LAST_DAY + timedelta(days=days)


def test_m8_nothing_happens_in_the_middle_of_a_year(years):
    before = len(years.mails)
    years.every_day(FIRST_DAY, FIRST_DAY + 3 * ONE_DAY)
    years.daily(t(-60))
    assert (years.told, len(years.mails), len(years.bills)) == ([], before, 1)


def test_m8_an_unpaid_year_goes_down_the_whole_ladder(years):
    years.every_day(t(-46), t(62))
    assert years.told == [
        ("value", t(-44)),
        ("ahead:30", t(-30)),
        ("ahead:7", t(-7)),
        ("grace", t(1)),
        ("late:7", t(7)),
        ("late:21", t(21)),
        ("suspended", t(31)),
        ("lapsed", t(61)),
    ]
    bill = years.bill()
    assert bill.issued_on == t(-30)
    assert bill.due_on == t(14)
    assert bill.state is BillState.CREDITED
    assert [len(years.mailed(name)) for name in ("renewal_ahead", "renewal_late", "suspended", "lapsed")] == [
        2,
        2,
        1,
        1,
    ]


@pytest.mark.parametrize(
    ("day", "status"),
    [(-30, S.ACTIVE), (0, S.ACTIVE), (1, S.GRACE), (30, S.GRACE), (31, S.SUSPENDED), (60, S.SUSPENDED), (61, S.LAPSED)],
)
def test_m6_the_status_follows_from_the_days_whether_or_not_the_job_ran(years, day, status):
    years.go(t(day))
    assert years.status is status
    assert years.is_member is (status in (S.ACTIVE, S.GRACE))


def test_m8_done_twice_it_is_done_once(years):
    for day in (-44, -30, -7, 1, 31, 61):
        years.daily(t(day))
        once = (years.told, len(years.mails), [bill.state for bill in years.bills])
        years.daily(t(day))
        assert (years.told, len(years.mails), [bill.state for bill in years.bills]) == once


def test_m8_after_a_standstill_only_the_latest_notice_is_sent(years):
    years.daily(t(25))
    assert [kind for kind, _day in years.told] == ["late:21"]
    assert years.bill().due_on == t(25 + 14)
    years.daily(t(26))
    assert len(years.told) == 1


def test_m8_whoever_is_billed_late_gets_time_before_doors_close(years):
    years.daily(t(25))
    years.go(t(39))
    assert years.status is S.GRACE
    years.go(t(40))
    assert years.status is S.SUSPENDED


def test_m8_a_bill_is_at_the_price_of_the_first_day_of_its_year(years):
    plan = queries.plan(years.membership.plan_id)
    db.session.add(PlanPrice(plan_id=plan.id, valid_from=t(1), net_cents=60_000, vat_code="high"))
    db.session.commit()
    years.daily(t(-30))
    assert years.bill().net_cents == 60_000


def test_m8_paying_ahead_adds_a_year_and_stops_the_ladder(years):
    years.daily(t(-30))
    years.pays()
    years.every_day(t(-29), t(5))
    assert [kind for kind, _day in years.told] == ["ahead:30"]
    last = years.periods[-1]
    assert (last.starts_on, last.ends_on) == (t(1), date(2029, 1, 3))
    assert years.status is S.ACTIVE
    assert not years.mailed("revived")


@pytest.mark.parametrize("day", [5, 45])
def test_m8_paying_late_buys_the_year_the_invoice_states(years, day):
    years.daily(t(-30))
    years.daily(t(day))
    years.pays()
    assert years.periods[-1].starts_on == t(1)
    assert years.status is S.ACTIVE
    assert len(years.mailed("revived")) == (day == 45)


def test_m8_coming_back_after_lapsing_begins_a_year_on_the_day_of_payment(years):
    years.every_day(t(-30), t(-29))
    years.daily(t(61))
    years.go(t(90))
    with_bill = services.renewing(years.membership.id, t(90))
    assert with_bill.offer is services.Offer.REVIVE
    assert len(years.bills) == 2
    with atomic():
        bill_id = services.revive(years.membership.id)
    with atomic():
        assert services.revive(years.membership.id) == bill_id
    years.pays(years.bill(3))
    assert (years.periods[-1].starts_on, years.status) == (t(90), S.ACTIVE)
    assert len(years.mailed("revived")) == 1


def test_m8_after_the_days_of_revival_there_is_no_way_back_but_applying(years):
    years.daily(t(-30))
    years.daily(t(61))
    years.go(t(60 + 120))
    assert services.renewing(years.membership.id, t(180)).offer is services.Offer.REVIVE
    years.go(t(60 + 121))
    assert services.renewing(years.membership.id, t(181)).offer is services.Offer.TOO_LATE
    with pytest.raises(services.NoWayBack):
        services.revive(years.membership.id)


def test_m8_a_bill_to_come_back_that_nobody_pays_is_let_go(years):
    years.daily(t(-30))
    years.daily(t(61))
    services.revive(years.membership.id)
    years.daily(t(61 + 14 + 15))
    assert [one.closed_on for one in years.periods[1:]] == [t(61), t(90)]
    assert years.unpaid() == []


def test_m8_one_members_trouble_stops_nobody_else(years, monkeypatch):
    years.go(t(-30))
    db.session.commit()
    monkeypatch.setattr("app.membership.services.renewal.renew", _broken)
    with pytest.raises(services.SomeFailed, match="1 of 1"):
        services.renew_all()
    monkeypatch.undo()
    years.daily(t(-30))
    assert years.bill().state is BillState.ISSUED


def _broken(*_values):
    raise LookupError("no price")


def test_m6_money_that_goes_back_takes_the_cover_from_that_day(years):
    years.go(date(2027, 3, 1))
    years.takes_back(years.bill(1))
    assert years.status is S.GRACE
    years.daily(date(2027, 3, 30))
    assert years.status is S.GRACE
    years.daily(date(2027, 3, 31))
    assert years.status is S.SUSPENDED
    assert not queries.is_member(years.member_id, date(2027, 6, 1))
    years.daily(date(2027, 4, 30))
    assert years.status is S.LAPSED
    assert years.bill(1).state is BillState.CREDITED


def test_m6_money_that_returns_gives_the_year_back_whole(years):
    years.go(date(2027, 3, 1))
    years.takes_back(years.bill(1))
    years.go(date(2027, 4, 10))
    assert years.status is S.SUSPENDED
    years.gives_back(years.bill(1))
    assert years.status is S.ACTIVE
    period = years.periods[0]
    assert (period.ends_on, period.grace_until, period.lapses_after) == (LAST_DAY, t(30), t(60))


def test_m6_a_short_year_is_reminded_and_paid_again_by_the_link(years):
    years.go(date(2027, 3, 1))
    years.takes_back(years.bill(1))
    years.every_day(date(2027, 3, 1), date(2027, 3, 25))
    assert [kind for kind, _day in years.told] == ["cover_lost", "late:7", "late:21"]
    how = services.renewing(years.membership.id, date(2027, 3, 25))
    assert how.bill_id == years.bill(1).id
    years.pays(years.bill(1))
    assert years.status is S.ACTIVE


def test_m8_a_notice_is_logged_once_whatever_happens(years):
    years.every_day(t(-46), t(10))
    rows = db.session.execute(select(NoticeSent.period_id, NoticeSent.kind, NoticeSent.reference)).all()
    assert len(rows) == len(set(rows))


def test_m7_who_was_shut_out_is_no_member_on_any_day_to_come(years):
    years.go(t(40))
    assert not any(queries.is_member(years.member_id, t(day)) for day in range(40, 80))
