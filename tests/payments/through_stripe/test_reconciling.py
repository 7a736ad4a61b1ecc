"""P9: every night the ledger is held to Stripe's own account; what a message could not tell is found, what differs is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.payments import services
from app.payments.models import Bill, LedgerKind, Method, Task
from app.payments.services.ledger import enter
from tests.payments.conftest import begin, run_jobs

pytestmark = pytest.mark.committed
GROSS = 598_95
PAID = ("payment", GROSS)


def details(beginning):
    forget_reads()
    return [task.details for task in db.session.scalars(select(Task).where(Task.key.startswith(beginning)))]


@pytest.fixture
def paid(shop, bill):
    reference = begin(bill)
    shop.double.pay(reference)
    shop.tell()
    return bill, reference


def test_books_that_agree_ask_nobody(shop, paid):
    _bill, reference = paid
    refund = shop.double.refund(reference, 100_00)
    shop.double.fail_refund(refund)
    shop.double.close_dispute(shop.double.dispute(reference), won=True)
    shop.tell()
    shop.double.enter_line("payout", -5_000_00, None)
    shop.double.enter_line("stripe_fee", -2_50, None)
    assert services.reconcile() == 0


def test_money_under_way_is_no_drift(shop, bill, person):
    reference = begin(bill, Method.SEPA_DEBIT)
    shop.double.pend(reference)
    shop.tell()
    assert services.reconcile() == 0
    shop.double.refuse(reference)
    shop.tell()
    assert services.reconcile() == 0


def test_what_no_message_told_is_looked_up_and_is_no_drift(shop, paid):
    bill, reference = paid
    shop.double.refund(reference, 50_00)
    shop.double.forget_hooks()
    assert services.reconcile() == 0
    assert shop.entries(bill) == [PAID, ("refund", -50_00)]


def test_a_payment_of_a_stranger_asks_a_person_once(shop, paid):
    price = {"currency": "eur", "unit_amount": 25_00, "product_data": {"name": "Boek"}}
    form = {
        "mode": "payment",
        "success_url": "https://x.example/",
        "line_items": [{"quantity": 1, "price_data": price}],
    }
    session = shop.double.make_session(form)["id"]
    shop.double.pay(session)
    shop.double.forget_hooks()
    payment = shop.payment_of(session)
    assert (services.reconcile(), services.reconcile()) == (1, 0)
    (told,) = details(f"unknown:{payment}")
    assert (told["amount_cents"], told["currency"], told["reference"]) == (25_00, "EUR", f"stripe:{payment}")


def test_an_amount_that_differs_is_asked_about_once_and_not_twice(shop, bill):
    shop.double.pay(begin(bill), amount=600_00)
    shop.tell()
    assert shop.tasks(bill) == ["mismatch"]
    assert services.reconcile() == 0
    assert shop.tasks(bill) == ["mismatch"]


def test_an_entry_that_stripe_knows_nothing_of_asks_a_person(shop, paid):
    bill, _reference = paid
    with atomic():
        row = db.session.get_one(Bill, bill)
        enter(
            row,
            kind=LedgerKind.REFUND,
            amount_cents=-10_00,
            provider="stripe",
            reference="re_invented",
            method="ideal",
            occurred_at=clock.now(),
        )
    assert services.reconcile() == 0, "what is of today may still come"
    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert (services.reconcile(), services.reconcile()) == (1, 0)
    assert "not_at_provider" in shop.tasks(bill)
    (told,) = details("drift:stripe:re_invented")
    assert (told["expected_cents"], told["kind"], told["amount_cents"]) == (-10_00, "refund", 0)


def test_a_debit_taken_back_after_a_year_is_found(shop, paid):
    """A bank may return a debit for thirteen months; messages are kept for one."""
    bill, reference = paid
    with time_machine.travel(clock.now() + timedelta(days=380)):
        shop.double.dispute(reference)
        shop.double.forget_hooks()
    with time_machine.travel(clock.now() + timedelta(days=390)):
        assert services.reconcile() == 0
    assert shop.entries(bill) == sorted([PAID, ("dispute", -GROSS)])
    assert shop.tasks(bill) == ["disputed"]


def test_a_payment_that_cannot_be_asked_about_leaves_the_others_their_turn(shop, paid):
    bill, reference = paid
    shop.double.refund(reference, 50_00)
    shop.double.forget_hooks()
    payment = shop.payment_of(reference)
    intent = shop.double.intents[payment]
    charge = intent["latest_charge"]
    intent["latest_charge"] = 5
    try:
        assert services.reconcile() == 1
    finally:
        intent["latest_charge"] = charge
    assert "not_in_ledger" in shop.tasks(bill)
    run_jobs()
