"""M9: stopping is as easy as joining, and can be undone until the last day; M6: pausing stops no dues."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core.db import atomic, db
from app.membership import queries, services
from app.membership.models import MembershipStatus, YearPolicy
from app.payments import services as payments
from app.payments.models import BillState
from tests.factories import make_account

from .conftest import said
from .renewing import LAST_DAY

S = MembershipStatus


def t(days: int) -> date:
    return LAST_DAY + timedelta(days=days)


def test_m9_in_three_clicks_with_the_end_date_shown(years, client, sign_in):
    sign_in(client, years.member)
    assert 'href="/membership/stop"' in client.get("/membership/mine").text
    page = client.get("/membership/stop").text
    assert "3 januari 2028" in page
    answer = client.post("/membership/stop", data={"reason": "Ik ga met pensioen."}, follow_redirects=True)
    assert said("Remain a member after all") in answer.text
    assert 'action="/membership/stay"' in answer.text
    assert years.membership.ends_on == LAST_DAY
    assert len(years.mailed("resigned")) == 1


def test_m9_a_second_click_changes_nothing(years, client, sign_in):
    sign_in(client, years.member)
    for _click in range(2):
        client.post("/membership/stop", data={})
    assert len(years.mailed("resigned")) == 1


def test_m9_the_year_that_is_paid_is_kept_and_nothing_comes_after(years):
    years.resigns()
    years.every_day(t(-45), t(-28))
    assert years.told == []
    years.go(LAST_DAY)
    assert years.status is S.ACTIVE
    years.daily(t(1))
    assert years.status is S.ENDED
    assert not years.is_member
    assert [kind for kind, _day in years.told] == ["ended"]
    assert len(years.bills) == 1


def test_m9_an_open_bill_is_taken_back(years):
    years.daily(t(-30))
    years.resigns()
    assert years.bill().state is BillState.CREDITED
    assert years.unpaid() == []


def test_m9_undone_it_is_as_if_nothing_had_been_said(years):
    years.daily(t(-30))
    years.resigns()
    years.go(t(-20))
    years.stays()
    assert years.membership.ends_on is None
    assert [bill.state for bill in years.bills] == [BillState.PAID, BillState.CREDITED, BillState.ISSUED]
    assert len(years.mailed("resignation_undone")) == 1
    years.pays(years.bill(3))
    years.go(t(5))
    assert years.status is S.ACTIVE


def test_m9_undone_early_the_bill_comes_when_it_would_have_come(years):
    years.resigns()
    years.stays()
    assert len(years.bills) == 1
    years.daily(t(-30))
    assert len(years.bills) == 2


def test_m9_after_the_last_day_there_is_nothing_to_undo(years):
    years.resigns()
    years.go(t(1))
    with pytest.raises(services.TooLateToUndo):
        years.stays()


def test_m9_in_grace_it_ends_today(years):
    years.daily(t(10))
    years.resigns()
    assert years.membership.ends_on == t(10)
    assert years.is_member
    years.go(t(11))
    assert years.status is S.ENDED


def test_m9_past_the_notice_date_one_more_year_follows_and_is_billed(years):
    plan = queries.plan(years.membership.plan_id)
    plan.policy, plan.notice_month, plan.notice_day = YearPolicy.CALENDAR, 10, 1
    db.session.commit()
    years.go(date(2027, 11, 1))
    years.resigns()
    assert years.membership.ends_on > LAST_DAY
    years.daily(t(-30))
    bill = years.bill()
    assert bill.state is BillState.ISSUED
    years.pays(bill)
    assert years.membership.ends_on == bill.period_until
    years.daily(bill.period_until + timedelta(days=1))
    assert years.status is S.ENDED
    assert len(years.bills) == 2


def test_m9_money_in_flight_for_a_bill_taken_back_makes_no_year(years):
    years.daily(t(-30))
    bill = years.bill()
    years.resigns()
    with atomic():
        payments.book_transfer(
            bill.id, amount_cents=bill.gross_cents, received_at=bill.created_at, reference="laat", by=years.treasurer
        )
    assert len([one for one in years.periods if one.starts_on]) == 1


def test_m6_pausing_stops_invitations_and_no_dues(years, client, sign_in):
    sign_in(client, years.member)
    client.post("/membership/pause")
    assert years.membership.paused_on is not None
    with pytest.raises(services.IsPaused), atomic():
        services.invite(years.membership, by=years.treasurer)
    years.daily(t(-30))
    assert years.bill().state is BillState.ISSUED
    sign_in(client, years.member)
    client.post("/membership/resume")
    assert years.membership.paused_on is None


def test_m9_a_stranger_has_nothing_to_give_up(client, sign_in, years):
    sign_in(client, make_account())
    assert client.get("/membership/stop").status_code == 404
    assert client.post("/membership/stop").status_code == 404
    assert client.post("/membership/stay").status_code == 404


def test_m10_the_year_shows_what_it_brought_to_its_owner_only(years, client, sign_in):
    sign_in(client, years.member)
    used, _heading, beside = client.get("/membership/year/1").text.partition(said("Also part of your year"))
    assert said("Coaching") in beside
    assert said("Coaching") not in used[used.index('id="used"') :]
    assert client.get("/membership/year/2").status_code == 404
    sign_in(client, make_account())
    assert client.get("/membership/year/1").status_code == 404
