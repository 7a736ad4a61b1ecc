"""M8: what went wrong in other people's renewals, and does not here."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core.db import db
from app.membership import queries, services
from app.membership.models import MembershipStatus
from app.membership.queries import renewal
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.events import BillPaid
from app.payments.models import BillState

from .renewing import LAST_DAY, Years

S = MembershipStatus


def t(days: int) -> date:
    return LAST_DAY + timedelta(days=days)


@pytest.fixture
def automatic(years: Years) -> Years:
    years.saves_method()
    return years


def test_peer_tendenci_1287_a_failed_renewal_ends_and_is_not_tried_for_ever(automatic):
    """A failed auto-renewal left a member-like zombie, retried daily for ever."""
    automatic.next_charge("fail")
    automatic.every_day(t(-30), t(70))
    assert len(automatic.charges) == 3
    assert (automatic.status, automatic.is_member) == (S.LAPSED, False)
    assert automatic.bill().state is BillState.CREDITED
    automatic.go(t(100))
    assert services.renewing(automatic.membership.id, t(100)).offer is services.Offer.REVIVE


def test_peer_tendenci_1407_nothing_is_charged_unannounced(automatic):
    """There was no notice before a charge."""
    automatic.every_day(t(-31), t(10))
    (charge,) = automatic.charges
    notice = renewal.notice(charge.notice_id)
    assert charge.tried_on - notice.told_on >= timedelta(days=14)
    assert notice.amount_cents == charge.amount_cents
    assert len(automatic.mailed("charge_announced")) == 1


@pytest.mark.parametrize("paid_on", [-6, -3, 2])
def test_peer_restrict_content_pro_1393_paying_by_hand_between_tries_is_paying_once(automatic, paid_on):
    """Members were charged twice when they paid by hand while retries went on."""
    automatic.next_charge("fail")
    automatic.every_day(t(-30), t(paid_on))
    automatic.next_charge("pay")
    automatic.pays()
    automatic.every_day(t(paid_on), t(40))
    assert payments.balance(automatic.bill().id) == automatic.bill().gross_cents
    assert len(automatic.periods) == 2


def test_peer_restrict_content_pro_1746_a_debit_under_way_is_not_charged_again(automatic):
    """A renewal was charged again while the first payment was pending."""
    automatic.next_charge("pending")
    automatic.every_day(t(-30), t(5))
    assert len(automatic.charges) == 1
    automatic.bank_says("settle")
    automatic.every_day(t(6), t(40))
    assert len(automatic.charges) == 1
    assert payments.balance(automatic.bill().id) == automatic.bill().gross_cents


def test_peer_paid_memberships_pro_3556_a_failed_payment_gives_no_year(automatic):
    """A failed payment gave a free year."""
    automatic.next_charge("pending")
    automatic.every_day(t(-30), t(1))
    automatic.bank_says("fail")
    assert len([period for period in automatic.periods if period.starts_on]) == 1
    automatic.go(t(31))
    assert not automatic.is_member


def test_peer_civicrm_core_12315_a_year_begins_by_money_not_by_a_bill(years):
    """The period was extended before the money came."""
    years.daily(t(-30))
    assert years.bill().state is BillState.ISSUED
    assert [period.starts_on for period in years.periods[1:]] == [None]
    assert not queries.is_member(years.member_id, t(5))


def test_peer_civicrm_core_11730_the_same_payment_told_twice_adds_one_year(years):
    """The period was extended twice for one payment."""
    years.daily(t(-30))
    years.pays()
    bill = years.bill()
    told = BillPaid(
        bill_id=bill.id,
        person_id=bill.person_id,
        subject_type=bill.subject_type,
        subject_id=bill.subject_id,
        paid_at=bill.paid_at,
    )
    for _again in range(3):
        services.activate_after_payment(told)
    assert [period.ends_on for period in years.periods] == [LAST_DAY, date(2029, 1, 3)]


def test_peer_nadine_325_no_bill_after_leaving(automatic):
    """People were billed after they had left."""
    automatic.go(t(-100))
    automatic.resigns()
    automatic.every_day(t(-46), t(5))
    automatic.daily(t(100))
    automatic.daily(t(400))
    assert len(automatic.bills) == 1
    assert automatic.charges == []
    assert not [mail for mail in automatic.mails if mail.template.startswith("membership/renewal")]


def test_peer_civicrm_core_34745_the_way_to_renew_is_there_in_grace(years, client, sign_in):
    """The renew link was hidden while in grace."""
    years.daily(t(-30))
    years.daily(t(10))
    assert years.status is S.GRACE
    sign_in(client, years.member)
    way = f'href="/pay/{years.bill().id}"'
    assert way in client.get("/membership/mine").text
    assert way in client.get("/home").text


@pytest.mark.parametrize("begun_on", [29, 30])
def test_peer_ente_2096_grace_outlasts_a_debit(automatic, begun_on):
    """Grace was shorter than a SEPA debit takes to settle."""
    automatic.withdraws()
    automatic.every_day(t(-30), t(begun_on))
    _begin_debit(automatic)
    automatic.every_day(t(begun_on), t(begun_on + 8))
    assert automatic.status is S.GRACE
    assert not automatic.mailed("suspended")
    automatic.bank_says("settle")
    assert automatic.status is S.ACTIVE


def _begin_debit(years: Years) -> None:
    years.saves_method()
    years.next_charge("pending")
    notice_id = queries.notices_of(years.member_id)[0].id
    db.session.commit()
    payments.charge_saved(years.bill().id, notice_id=notice_id)
    assert bills.latest_attempt(years.bill().id).state == "processing"
