"""P3: what Stripe tells and fails to tell. Nothing is lost and nothing counts twice, over real HTTP and real commits."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text, update

from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.jobs.models import Job, JobState
from app.jobs.services import run_due
from app.payments import services
from app.payments.models import BillState, EventState, Method
from app.payments.providers import ProviderUnavailable
from tests.factories import make_account
from tests.payments.conftest import begin, draw_up, fresh
from tests.payments.test_at_once import at_once
from tests.payments.through_stripe.conftest import OLDER_SECRET

pytestmark = pytest.mark.committed
PAID = [("payment", 598_95)]
PRICE = {"currency": "eur", "unit_amount": 25_00, "product_data": {"name": "Boek"}}
A_BOOK = {
    "mode": "payment",
    "success_url": "https://elsewhere.example/",
    "line_items": [{"quantity": 1, "price_data": PRICE}],
}


def paid_once(shop, bill):
    assert fresh(bill).state is BillState.PAID
    assert shop.entries(bill) == PAID
    assert shop.tasks(bill) == []
    assert shop.mails(bill) == ["payment_received"]


def test_a_message_settles_the_bill(shop, bill):
    shop.double.pay(begin(bill))
    assert set(shop.tell()) == {200}
    paid_once(shop, bill)


def test_each_message_five_times_counts_once(shop, bill):
    reference = begin(bill)
    shop.double.pay(reference)
    shop.double.faults.duplicate_hooks = 4
    answers = shop.tell()
    assert (set(answers), len(answers) % 5) == ({200}, 0)
    paid_once(shop, bill)
    assert {event.state for event in shop.events_about(reference)} == {EventState.DONE}


def test_messages_in_the_wrong_order_end_the_same(shop, bill):
    reference = begin(bill, Method.SEPA_DEBIT)
    shop.double.pend(reference)
    shop.double.settle(reference)
    shop.double.faults.reorder_hooks = True
    shop.tell()
    assert shop.attempts(bill) == ["succeeded"]
    assert shop.entries(bill) == PAID


def test_eight_looks_at_once_settle_once(shop, bill):
    reference = begin(bill)
    shop.double.pay(reference)
    assert at_once(shop.app, [lambda: services.converge(reference)] * 8) == []
    shop.tell()
    paid_once(shop, bill)


def test_eight_deliveries_at_once_are_kept_once(shop, bill):
    reference = begin(bill)
    shop.double.pay(reference)
    event = next(event for event in shop.double.waiting() if event["type"] == "checkout.session.completed")
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(shop.double.send(event))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8
    assert len(shop.events_about(reference)) == 1


def test_a_lost_message_is_made_up_for_by_the_sweep(shop, bill):
    shop.double.pay(begin(bill))
    shop.double.forget_hooks()
    services.sweep()
    run_due()
    paid_once(shop, bill)


def test_coming_back_from_the_page_alone_proves_nothing(shop, bill):
    """The redirect tells nothing: only Stripe's own answer does (security 58)."""
    reference = begin(bill)
    assert services.converge(reference) == bill
    assert fresh(bill).state is BillState.DRAFT
    shop.double.pay(reference)
    shop.double.forget_hooks()
    assert services.converge(reference) == bill
    paid_once(shop, bill)


def test_peer_statamic_cargo_190(shop, bill):
    """A message that came before our own row knew the checkout was lost: here it finds its attempt by the id it carries."""
    shop.double.fail_after_work = 1
    with pytest.raises(ProviderUnavailable):
        begin(bill)
    (reference,) = [name for name, one in shop.double.sessions.items() if one["metadata"]["bill"] == str(bill)]
    shop.double.pay(reference)
    assert set(shop.double.deliver()) == {200}
    assert {event.state for event in shop.events_about(reference)} == {EventState.PARKED}
    run_due()
    paid_once(shop, bill)
    assert shop.attempt(reference).state == "succeeded"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_refund_made_in_the_dashboard_with_its_message_lost_is_found(shop, bill, moment):
    """Nothing of ours is open any more: only Stripe's list of messages tells."""
    reference = begin(bill)
    shop.double.pay(reference)
    if moment == "after":
        shop.tell()
    shop.double.refund(reference, 100_00)
    shop.double.forget_hooks()
    services.sweep()
    run_due()
    assert shop.entries(bill) == [("payment", 598_95), ("refund", -100_00)]


def test_a_failure_of_ours_is_told_so_that_stripe_sends_again(shop, bill):
    reference = begin(bill)
    shop.double.pay(reference)
    forget_reads()
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE provider_event RENAME TO provider_event_away"))
    try:
        assert set(shop.double.deliver()) == {200, 500}, "only kinds we know nothing of need no database"
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE provider_event_away RENAME TO provider_event"))
    assert set(shop.tell()) == {200}
    paid_once(shop, bill)


def test_a_busy_database_makes_a_message_wait_and_not_fail(shop, bill):
    reference = begin(bill)
    shop.double.pay(reference)
    forget_reads()
    answers: list[int] = []
    with db.engine.connect().execution_options(immediate=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE provider_event IN EXCLUSIVE MODE"))
        else:
            connection.execute(text("UPDATE provider_event SET type = type"))
        thread = threading.Thread(target=lambda: answers.extend(shop.double.deliver()))
        thread.start()
        thread.join(0.4)
        assert answers == []
        connection.rollback()
    thread.join()
    assert set(answers) == {200}
    run_due()
    paid_once(shop, bill)


def test_a_worker_that_died_with_the_work_in_hand_leaves_it_to_another(shop, bill):
    reference = begin(bill)
    shop.double.pay(reference)
    shop.double.deliver()
    services.converge(reference)
    past = clock.now() - timedelta(seconds=1)
    with atomic() as session:
        session.execute(
            update(Job)
            .where(Job.kind == "payments.look", Job.state == JobState.QUEUED)
            .values(state=JobState.RUNNING, leased_until=past, lease_token=uuid.uuid4(), attempts=1)
        )
    run_due()
    paid_once(shop, bill)
    assert {event.state for event in shop.events_about(reference)} == {EventState.DONE}


def test_with_the_test_clock_a_year_ahead_messages_still_count_and_money_is_of_that_day(shop, bill):
    """Signatures are of the world's time; what happens at Stripe happens, to the portal, on the portal's day."""
    ahead = timedelta(days=400)
    clock.follow(lambda: ahead)
    try:
        shop.double.pay(begin(bill))
        assert set(shop.tell()) == {200}
        paid_once(shop, bill)
        assert abs(fresh(bill).paid_at - clock.now()) < timedelta(minutes=5)
        shop.double.refund(fresh(bill).attempts[0].reference, 10_00)
        shop.double.forget_hooks()
        services.sweep()
        run_due()
        assert ("refund", -10_00) in shop.entries(bill)
        assert services.reconcile() == 0
    finally:
        clock.follow(None)


@pytest.mark.parametrize(
    ("signed", "status"),
    [
        (lambda double, body: double.signature(body, secret="whsec_forged"), 400),
        (lambda double, body: double.signature(body, at=time.time() - 301), 400),
        (lambda double, body: double.signature(body, at=time.time() + 301), 400),
        (lambda double, body: double.signature(body + b" "), 400),
        (lambda double, body: double.signature(body, secret=OLDER_SECRET), 200),
    ],
    ids=["forged", "old", "from the future", "of another body", "with the older key"],
)
def test_only_what_proves_to_be_stripes_and_of_now_is_kept(shop, bill, signed, status):
    reference = begin(bill)
    shop.double.pay(reference)
    before = shop.kept()
    event = shop.double.waiting()[-1]
    signature = signed(shop.double, shop.double.bytes_of(event))
    assert shop.double.send(event, signature=signature) == status
    assert shop.kept() - before == (status == 200)


def test_a_strangers_payment_asks_a_person_once_after_some_days(shop):
    session = shop.double.make_session(A_BOOK)
    shop.double.pay(session["id"])
    payment = shop.payment_of(session["id"])
    shop.tell()
    assert {event.state for event in shop.events_about(session["id"], payment)} == {EventState.PARKED}
    assert f"unknown:{payment}" not in shop.task_keys()
    with time_machine.travel(clock.now() + timedelta(days=4)):
        services.sweep()
    assert {event.state for event in shop.events_about(session["id"], payment)} == {EventState.DEAD}
    assert f"unknown:{payment}" in shop.task_keys()
    assert f"unknown:{session['id']}" not in shop.task_keys()


def test_a_strangers_page_that_nobody_paid_on_asks_nobody(shop):
    session = shop.double.make_session(A_BOOK)
    shop.double.expire(session["id"])
    shop.tell()
    keys = shop.task_keys()
    with time_machine.travel(clock.now() + timedelta(days=4)):
        services.sweep()
    assert shop.task_keys() == keys


@pytest.mark.parametrize("method", ["ideal", "card"])
def test_peer_ghost_11695(shop, bill, method):
    """Somebody paid under another address than their account's, and paid for nobody: the bill is found by its id alone."""
    reference = begin(bill)
    shop.double.sessions[reference]["customer_email"] = "iemand.anders@elders.example"
    shop.double.pay(reference, method=method)
    shop.tell()
    paid_once(shop, bill)


def test_peer_ghost_30396(shop, bill, person):
    """An address that belongs to somebody else never makes the payment theirs."""
    other_account, other = person_with_bill()
    reference = begin(bill)
    shop.double.sessions[reference]["customer_email"] = other_account
    shop.double.pay(reference)
    shop.tell()
    paid_once(shop, bill)
    assert (fresh(other).state, shop.entries(other), shop.mails(other)) == (BillState.DRAFT, [], [])


def person_with_bill():
    with atomic():
        account = make_account(email=f"{uuid.uuid4().hex[:8]}@voorbeeld.example")
        email, person_id = account.email, account.id
    return email, draw_up(person_id).id
