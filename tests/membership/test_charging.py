"""P8, M8: automatic renewal charges what was announced, when it was announced, three times at most, and nobody who left."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core.db import db
from app.membership.models import MembershipStatus
from app.payments import services as payments
from app.payments.models import AttemptState, BillState

from .renewing import LAST_DAY, Years

S = MembershipStatus


def t(days: int) -> date:
    return LAST_DAY + timedelta(days=days)


@pytest.fixture
def automatic(years: Years) -> Years:
    """Ruben agreed that his renewals are charged."""
    years.saves_method()
    return years


def kinds(years: Years) -> list[str]:
    return [kind for kind, _day in years.told if kind != "value"]


def test_m8_a_charge_is_announced_two_weeks_before_and_made_then(automatic):
    automatic.every_day(t(-31), t(-8))
    assert kinds(automatic) == ["charge_announced"]
    (mail,) = automatic.mailed("charge_announced")
    assert "27 december 2027" in mail.subject
    assert automatic.charges == []
    automatic.daily(t(-7))
    assert [charge.seq for charge in automatic.charges] == [1]
    assert automatic.bill().state is BillState.PAID
    automatic.every_day(t(-6), t(8))
    assert kinds(automatic) == ["charge_announced"]
    assert (len(automatic.charges), automatic.status) == (1, S.ACTIVE)


def test_m8_no_charge_without_two_weeks_of_notice(automatic):
    automatic.daily(t(-3))
    automatic.every_day(t(-2), t(10))
    assert automatic.charges == []
    automatic.daily(t(11))
    assert len(automatic.charges) == 1


def test_m8_a_refused_charge_is_tried_three_times_and_no_more(automatic):
    automatic.next_charge("fail")
    automatic.every_day(t(-30), t(40))
    assert [charge.tried_on for charge in automatic.charges] == [t(-7), t(-2), t(3)]
    assert len(automatic.mailed("charge_failed")) == 3
    assert "grace" in kinds(automatic)
    assert "late:21" in kinds(automatic)
    assert automatic.status is S.SUSPENDED


def test_m8_paying_by_hand_ends_the_tries(automatic):
    automatic.next_charge("fail")
    automatic.every_day(t(-30), t(-6))
    automatic.next_charge("pay")
    automatic.pays()
    automatic.every_day(t(-5), t(30))
    assert len(automatic.charges) == 1
    assert payments.balance(automatic.bill().id) == automatic.bill().gross_cents


def test_m8_a_debit_under_way_is_grace_and_never_paid(automatic):
    automatic.next_charge("pending")
    automatic.every_day(t(-30), t(-7))
    assert automatic.latest_attempt.state is AttemptState.PROCESSING
    assert len(automatic.periods) == 2
    assert automatic.periods[1].starts_on is None
    automatic.every_day(t(-6), t(3))
    assert automatic.status is S.GRACE
    assert kinds(automatic) == ["charge_announced"]
    automatic.bank_says("settle")
    assert automatic.status is S.ACTIVE


def test_m8_a_debit_that_fails_in_the_end_leads_back_to_the_ladder(automatic):
    automatic.next_charge("pending")
    automatic.every_day(t(-30), t(2))
    automatic.bank_says("fail")
    assert automatic.periods[0].processing_until is None
    assert automatic.status is S.GRACE
    automatic.daily(t(3))
    assert kinds(automatic)[-1] == "grace"


def test_m8_no_charge_after_leaving(automatic):
    automatic.every_day(t(-30), t(-10))
    automatic.resigns()
    automatic.every_day(t(-9), t(20))
    assert automatic.charges == []
    assert automatic.bill().state is BillState.CREDITED


def test_p8_no_charge_after_the_method_was_withdrawn(automatic):
    automatic.every_day(t(-30), t(-10))
    automatic.withdraws()
    automatic.every_day(t(-9), t(20))
    assert automatic.charges == []
    assert kinds(automatic) == ["charge_announced", "ahead:7", "grace", "late:7"]


def test_m8_another_method_or_amount_takes_a_notice_of_its_own(automatic):
    automatic.every_day(t(-30), t(-20))
    automatic.withdraws()
    automatic.saves_method("Kaart •••• 4242")
    automatic.every_day(t(-19), t(-7))
    assert kinds(automatic) == ["charge_announced", "charge_announced"]
    assert automatic.charges == []
    automatic.every_day(t(-6), t(-5))
    (charge,) = automatic.charges
    assert charge.tried_on == t(-5)


def test_m8_a_crash_between_writing_down_and_charging_is_gone_on_with(automatic, monkeypatch):
    automatic.every_day(t(-30), t(-8))
    with monkeypatch.context() as broken:
        broken.setattr("app.payments.services.charge_saved", _crash)
        with pytest.raises(Exception, match="1 of 1"):
            automatic.daily(t(-7))
    assert automatic.charges[0].attempt_id is None
    automatic.daily(t(-6))
    (charge,) = automatic.charges
    db.session.refresh(charge)
    assert charge.attempt_id is not None
    assert automatic.bill().state is BillState.PAID


def _crash(*_values, **_more):
    raise ConnectionError


def test_m8_the_job_twice_charges_once(automatic):
    automatic.every_day(t(-30), t(-8))
    automatic.daily(t(-7))
    automatic.daily(t(-7))
    assert len(automatic.charges) == 1
    assert payments.balance(automatic.bill().id) == automatic.bill().gross_cents
