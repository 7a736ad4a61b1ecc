"""M8: what went wrong in other people's renewals, and does not here."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core import clock
from app.core.db import atomic, db
from app.jobs import services as jobs
from app.membership import queries, services
from app.membership.models import MembershipStatus
from app.membership.queries import renewal
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import BillState, Method, TaskKind
from app.payments.providers import testpay

from .renewing import LAST_DAY, Years

S = MembershipStatus
NEXT_LAST_DAY = date(2029, 1, 3)


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


def _only_billed(_years: Years) -> None:
    """The bill is out, and nobody paid."""


def _debit_under_way(years: Years) -> None:
    _begin_debit(years)


def _page_left_open(years: Years) -> None:
    _checkout(years)


def _refused(years: Years) -> None:
    _begin_debit(years)
    years.bank_says("fail")


def _paid_in_part(years: Years) -> None:
    _transfer(years, years.bill().gross_cents - 1)


@pytest.mark.parametrize("so_far", [_only_billed, _page_left_open, _debit_under_way, _refused, _paid_in_part])
def test_peer_civicrm_core_12315_a_year_begins_by_money_not_by_a_bill(years, so_far):
    """The period was extended before the money came: by the bill, by an attempt, by a payment that was pending."""
    years.daily(t(-30))
    so_far(years)
    years.every_day(t(-29), t(-25))
    assert years.bill().state is BillState.ISSUED
    assert [period.starts_on for period in years.periods[1:]] == [None]
    assert queries.standing(years.member_id, t(-25)).ends_on == LAST_DAY
    assert not queries.is_member(years.member_id, t(31))
    _transfer(years, payments.left_to_pay(years.bill()))
    assert [period.ends_on for period in years.periods] == [LAST_DAY, NEXT_LAST_DAY]


def test_peer_civicrm_core_11730_the_same_payment_told_however_often_adds_one_year(years):
    """The period was extended twice for one payment: here by its page, its message, the sweep and the treasurer's hand."""
    years.daily(t(-30))
    reference = _checkout(years)
    with atomic():
        told = testpay.play(reference, testpay.Play.PAY)
    for _again in range(3):
        payments.converge(reference)
        with atomic():
            payments.receive_hook(told)
        payments.sweep()
        jobs.run_due()
    assert [period.ends_on for period in years.periods] == [LAST_DAY, NEXT_LAST_DAY]
    assert payments.balance(years.bill().id) == years.bill().gross_cents


def test_peer_civicrm_core_11730_two_payments_of_one_bill_add_one_year_and_a_task(years):
    """The period was extended by each of two payments: the second one waits to be sent back."""
    years.daily(t(-30))
    reference = _checkout(years)
    with atomic():
        testpay.play(reference, testpay.Play.PAY)
    _transfer(years, years.bill().gross_cents)
    payments.converge(reference)
    assert [period.ends_on for period in years.periods] == [LAST_DAY, NEXT_LAST_DAY]
    assert [task.kind for task in bills.open_tasks()] == [TaskKind.SECOND_PAYMENT]
    years.every_day(t(-29), t(5))
    assert len(years.periods) == 2


def _checkout(years: Years) -> str:
    """Open a payment page for the bill of the next year, and return its name at the provider."""
    db.session.commit()
    url = payments.pay(
        years.bill().id, method=Method.IDEAL, by=None, email="a@b.example", locale="nl", back=("/a", "/b")
    )
    return url.rpartition("/")[2]


def _transfer(years: Years, cents: int) -> None:
    db.session.commit()
    with atomic():
        payments.book_transfer(
            years.bill().id,
            amount_cents=cents,
            received_at=clock.now(),
            reference=f"{clock.today()}/{cents}",
            by=years.treasurer,
        )


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
