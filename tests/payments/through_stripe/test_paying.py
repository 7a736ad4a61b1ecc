"""P4: what goes wrong between a bill and its money, through Stripe's own interface, over real HTTP and real commits."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app.accounts.models import Account
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.payments import services
from app.payments.models import Attempt, BillState, Method, NumberCounter
from app.payments.providers import OrderRefused, ProviderUnavailable
from app.payments.services import BeingPaid, NotPayable
from tests.faults.plug import PulledError, plug
from tests.payments.conftest import begin, fresh, run_jobs
from tests.payments.test_at_once import at_once

pytestmark = pytest.mark.committed
PAID = [("payment", 598_95)]


def sessions_of(shop, bill):
    """The checkouts Stripe has for a bill, in the order in which they were made."""
    return [name for name, one in shop.double.sessions.items() if one["metadata"].get("bill") == str(bill)]


def test_two_tabs_at_once_lead_to_one_page(shop, bill):
    urls: list[str] = []

    def open_page() -> None:
        urls.append(
            services.pay(
                bill, method=Method.IDEAL, by=None, email="a@b.example", locale="nl", back=(shop.url, shop.url)
            )
        )

    assert at_once(shop.app, [open_page] * 4) == []
    assert (len(set(urls)), len(sessions_of(shop, bill)), shop.attempts(bill)) == (1, 1, ["open"])


def test_a_lost_answer_after_the_work_leads_to_the_same_page(shop, bill):
    shop.double.fail_after_work = 1
    with pytest.raises(ProviderUnavailable):
        begin(bill)
    reference = begin(bill)
    assert (sessions_of(shop, bill), shop.attempts(bill)) == ([reference], ["open"])


def test_a_fault_that_stripe_keeps_under_our_key_is_got_past_by_a_new_attempt(shop, bill):
    """Stripe gives the same 500 for a day to whoever asks under the same key."""
    shop.double.faults.keep_failing = 1
    with pytest.raises(ProviderUnavailable):
        begin(bill)
    with pytest.raises(OrderRefused):
        begin(bill)
    shop.double.pay(begin(bill))
    shop.tell()
    assert (shop.attempts(bill), shop.entries(bill)) == (["failed", "succeeded"], PAID)


def test_too_many_requests_leave_everything_to_the_next_try(shop, bill):
    shop.double.faults.too_many = 1
    with pytest.raises(ProviderUnavailable):
        begin(bill)
    assert shop.attempts(bill) == ["created"]
    begin(bill)
    assert shop.attempts(bill) == ["open"]


def test_a_process_cut_off_anywhere_burns_no_number_and_loses_no_payment(shop, bill):
    """Cut off before each statement and each commit of what follows a payment: all of it, or nothing."""
    reference = begin(bill)
    shop.double.pay(reference)
    before = last_number()
    for at in range(1, 200):
        with plug(at):
            try:
                services.converge(reference)
            except PulledError:
                db.session.remove()
                assert (last_number(), shop.entries(bill), shop.mails(bill)) == (before, [], [])
                continue
        break
    assert (last_number(), shop.entries(bill), shop.mails(bill)) == (before + 1, PAID, ["payment_received"])


def last_number() -> int:
    forget_reads()
    return db.session.scalar(select(func.sum(NumberCounter.n)).where(NumberCounter.series.not_like("C%"))) or 0


def test_an_expired_page_makes_room_and_its_stray_news_after_payment_changes_nothing(shop, bill):
    first = begin(bill)
    shop.double.expire(first)
    services.converge(first)
    stray = [event for event in shop.double.waiting() if event["data"]["object"]["id"] == first]
    shop.double.forget_hooks()
    second = begin(bill)
    assert second != first
    shop.double.pay(second)
    shop.tell()
    assert [shop.double.send(event) for event in stray] == [200]
    run_jobs()
    assert (fresh(bill).state, shop.entries(bill), shop.tasks(bill)) == (BillState.PAID, PAID, [])


def test_two_sessions_both_paid_are_a_task_and_no_second_year(shop, bill):
    shop.double.faults.keep_failing = 1
    with pytest.raises(ProviderUnavailable):
        begin(bill)
    with pytest.raises(OrderRefused):
        begin(bill)
    begin(bill)
    first, second = sessions_of(shop, bill)
    shop.double.pay(second)
    shop.tell()
    number = fresh(bill).number
    shop.double.pay(first, method="card")
    shop.tell()
    assert shop.entries(bill) == [*PAID, *PAID]
    assert (fresh(bill).state, fresh(bill).number, shop.tasks(bill)) == (BillState.PAID, number, ["second_payment"])
    assert shop.mails(bill) == ["payment_received"]


def test_a_price_that_changed_while_a_page_was_open_is_paid_as_it_stood_there(shop, bill, person):
    """Part of it came by bank meanwhile: what the page asked comes in whole, and the surplus is told."""
    reference, yesterday = begin(bill), clock.now() - timedelta(days=1)
    account = db.session.get_one(Account, person)
    with atomic():
        services.choose_transfer(bill, by=None)
    with atomic():
        services.book_transfer(bill, amount_cents=100_00, received_at=yesterday, reference=f"{bill}/1", by=account)
    shop.double.pay(reference)
    shop.tell()
    assert shop.entries(bill) == [*PAID, ("transfer", 100_00)]
    assert (fresh(bill).state, shop.tasks(bill)) == (BillState.PAID, ["overpaid"])


def test_a_transfer_and_a_payment_of_one_bill_are_a_task(shop, bill, person):
    reference = begin(bill)
    account = db.session.get_one(Account, person)
    with atomic():
        services.choose_transfer(bill, by=None)
    with atomic():
        services.book_transfer(bill, amount_cents=598_95, received_at=clock.now(), reference=f"{bill}/1", by=account)
    shop.double.pay(reference)
    shop.tell()
    assert (fresh(bill).state, shop.tasks(bill)) == (BillState.PAID, ["second_payment"])


@pytest.mark.parametrize(("amount", "currency"), [(600_00, "eur"), (1, "eur"), (598_95, "usd")])
def test_another_amount_or_currency_counts_for_nothing_and_is_a_task(shop, bill, amount, currency):
    shop.double.pay(begin(bill), amount=amount, currency=currency)
    shop.tell()
    services.sweep()
    assert (fresh(bill).state, fresh(bill).number, shop.entries(bill)) == (BillState.DRAFT, None, [])
    assert shop.tasks(bill) == ["mismatch"]


def test_a_key_older_than_a_day_is_never_used_again(shop, bill):
    """Stripe forgets a key after 24 hours: asked under it again, it would make a second checkout of the same attempt."""
    shop.double.down = True
    with pytest.raises(ProviderUnavailable):
        begin(bill)
    shop.double.down = False
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        begin(bill)
        forget_reads()
        keys = db.session.scalars(select(Attempt.idempotency_key).where(Attempt.bill_id == bill)).all()
        assert (len(set(keys)), shop.attempts(bill)) == (2, ["expired", "open"])


def test_the_bank_says_no_on_the_page_and_the_same_page_takes_another_try(shop, bill):
    reference = begin(bill)
    shop.double.decline(reference, "ideal")
    shop.tell()
    assert (shop.attempts(bill), begin(bill)) == (["open"], reference)
    shop.double.pay(reference, method="card")
    shop.tell()
    assert shop.entries(bill) == PAID


def test_a_debit_under_way_is_never_paid_and_then_settles_once(shop, bill):
    reference = begin(bill, Method.SEPA_DEBIT)
    shop.double.pend(reference)
    shop.tell()
    assert (fresh(bill).state, shop.attempts(bill), shop.entries(bill)) == (BillState.DRAFT, ["processing"], [])
    with pytest.raises(BeingPaid):
        begin(bill)
    shop.double.settle(reference)
    shop.tell()
    assert (fresh(bill).state, shop.entries(bill)) == (BillState.PAID, PAID)
    with pytest.raises(NotPayable):
        begin(bill)


def test_a_refused_debit_makes_room_for_another_attempt(shop, bill):
    first = begin(bill, Method.SEPA_DEBIT)
    shop.double.pend(first)
    shop.tell()
    shop.double.refuse(first)
    shop.tell()
    assert (fresh(bill).state, shop.attempts(bill)) == (BillState.DRAFT, ["failed"])
    assert shop.mails(bill).count("payment_failed") == 1
    shop.double.pay(begin(bill))
    shop.tell()
    assert (fresh(bill).state, shop.attempts(bill)) == (BillState.PAID, ["failed", "succeeded"])


def test_peer_astrobin_2120(shop, bill):
    """A debit was credited when it was signed and again when it was collected: here once, when it is collected."""
    reference = begin(bill, Method.SEPA_DEBIT)
    shop.double.faults.duplicate_hooks = 4
    shop.double.pend(reference)
    shop.tell()
    assert shop.entries(bill) == []
    shop.double.settle(reference)
    shop.tell()
    services.sweep()
    assert (shop.entries(bill), shop.tasks(bill)) == (PAID, [])


def test_peer_opencollective_8856(shop, bill):
    """A debit was thanked for twice: when it was signed and when it came in."""
    reference = begin(bill, Method.SEPA_DEBIT)
    shop.double.pend(reference)
    shop.tell()
    assert "payment_received" not in shop.mails(bill)
    shop.double.settle(reference)
    shop.tell()
    services.sweep()
    run_jobs()
    assert shop.mails(bill).count("payment_received") == 1
    assert len(shop.mails(bill)) == len(set(shop.mails(bill)))


def test_peer_ente_2096(shop, bill):
    """A debit outlived the patience of the shop: here it stays under way for as long as a bank takes, and then counts."""
    reference = begin(bill, Method.SEPA_DEBIT)
    shop.double.pend(reference)
    shop.tell()
    for days in (1, 6, 14):
        with time_machine.travel(clock.now() + timedelta(days=days)):
            services.sweep()
            assert shop.attempts(bill) == ["processing"]
            with pytest.raises(BeingPaid):
                begin(bill)
    shop.double.settle(reference)
    shop.double.forget_hooks()
    with time_machine.travel(clock.now() + timedelta(days=15)):
        services.sweep()
        run_jobs()
    assert (fresh(bill).state, shop.entries(bill)) == (BillState.PAID, PAID)


def test_stripe_away_leaves_pages_standing_and_nothing_lost(shop, bill):
    shop.double.pay(begin(bill))
    shop.double.forget_hooks()
    shop.double.down = True
    services.sweep()
    assert shop.entries(bill) == []
    shop.double.down = False
    services.sweep()
    assert shop.entries(bill) == PAID


def test_a_slow_stripe_is_waited_for(shop, bill):
    shop.double.faults.delay = 0.3
    shop.double.pay(begin(bill))
    shop.tell()
    assert shop.entries(bill) == PAID


def test_a_request_that_stripe_would_refuse_does_not_pass_the_double(shop, bill):
    """The double is only worth something when it refuses what Stripe refuses."""
    with pytest.raises(OrderRefused):
        services.pay(bill, method=Method.IDEAL, by=None, email="a@b.example", locale="xx", back=("/a", "/b"))
    assert (shop.attempts(bill), sessions_of(shop, bill)) == (["failed"], [])
