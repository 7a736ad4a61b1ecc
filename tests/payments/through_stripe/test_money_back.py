"""P6, P8: refunds, disputes and charges to a saved method through Stripe's own interface, over real HTTP."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine

from app.accounts.models import Account
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.payments import services
from app.payments.models import AttemptState, BillState, Method
from app.payments.providers import OrderRefused, ProviderUnavailable
from tests import stripe_double
from tests.payments.conftest import begin, draw_up, fresh, run_jobs

pytestmark = pytest.mark.committed
GROSS = 598_95
PAID = ("payment", GROSS)
CONSENT = "Ja, schrijf volgende rekeningen automatisch af."


@pytest.fixture
def paid(shop, bill):
    """A bill that was paid by iDEAL, and the checkout it was paid with."""
    reference = begin(bill)
    shop.double.pay(reference)
    shop.tell()
    return bill, reference


def order(bill, person, cents=GROSS, **options):
    forget_reads()
    account = db.session.get_one(Account, person)
    with atomic():
        return services.order_refund(bill, amount_cents=cents, reason="Toch niet", by=account, **options).id


def refunds_of(shop, reference):
    payment = shop.payment_of(reference)
    return [one for one in shop.double.refunds.values() if one["payment_intent"] == payment]


# --- refunds


def test_a_refund_goes_out_once_and_counts_when_stripe_says_so(shop, paid, person):
    bill, reference = paid
    order(bill, person)
    assert shop.entries(bill) == [PAID]
    run_jobs()
    shop.tell()
    assert shop.entries(bill) == [PAID, ("refund", -GROSS)]
    assert (fresh(bill).state, shop.credit_notes(bill), len(refunds_of(shop, reference))) == (
        BillState.CREDITED,
        [GROSS],
        1,
    )


def test_a_refund_whose_answer_was_lost_is_not_sent_again(shop, paid, person):
    bill, reference = paid
    shop.double.fail_after_work = 1
    refund = order(bill, person, 100_00)
    run_jobs()
    with time_machine.travel(clock.now() + timedelta(hours=30)):
        services.send_refund(refund)
    assert len(refunds_of(shop, reference)) == 1
    assert shop.entries(bill) == [PAID, ("refund", -100_00)]
    assert shop.credit_notes(bill) == [100_00]


def test_a_refund_under_way_counts_when_it_has_arrived(shop, paid, person):
    bill, reference = paid
    shop.double.next_refund = "pending"
    order(bill, person, 100_00)
    run_jobs()
    assert shop.entries(bill) == [PAID]
    (refund,) = refunds_of(shop, reference)
    shop.double.complete_refund(refund["id"])
    shop.tell()
    assert (shop.entries(bill), shop.credit_notes(bill)) == ([PAID, ("refund", -100_00)], [100_00])


def test_a_refund_that_comes_back_is_with_us_again_and_asks_a_person(shop, paid, person):
    bill, reference = paid
    order(bill, person, 100_00)
    run_jobs()
    shop.double.fail_refund(refunds_of(shop, reference)[0]["id"])
    shop.tell()
    assert shop.entries(bill) == [PAID, ("refund", -100_00), ("refund_reversed", 100_00)]
    assert shop.tasks(bill) == ["refund_failed"]


def test_many_small_refunds_in_the_dashboard_are_all_found(shop, paid):
    """Stripe tells ten refunds with a payment; the rest has to be asked for."""
    bill, reference = paid
    for _ in range(13):
        shop.double.refund(reference, 1_00)
    shop.tell()
    assert shop.entries(bill) == [PAID, *[("refund", -1_00)] * 13]
    assert sum(shop.credit_notes(bill)) == 13_00


def test_what_stripe_will_not_refund_asks_a_person(shop, paid, person):
    bill, reference = paid
    shop.double.dispute(reference)
    shop.double.forget_hooks()
    order(bill, person, 100_00)
    run_jobs()
    assert refunds_of(shop, reference) == []
    assert "refund_failed" in shop.tasks(bill)


def test_peer_pretix_343(shop, bill, person):
    """Refunding a double payment cancelled the order it was for: here only the second payment goes, the year stays."""
    shop.double.faults.keep_failing = 1
    with pytest.raises(ProviderUnavailable):
        begin(bill)
    with pytest.raises(OrderRefused):
        begin(bill)
    second = begin(bill)
    first = next(name for name, one in shop.double.sessions.items() if one["metadata"].get("bill") == str(bill))
    for reference in (second, first):
        shop.double.pay(reference)
        shop.tell()
    assert shop.tasks(bill) == ["second_payment"]
    order(bill, person, payment_reference=shop.payment_of(first))
    run_jobs()
    shop.tell()
    assert shop.entries(bill) == [PAID, PAID, ("refund", -GROSS)]
    assert (fresh(bill).state, shop.credit_notes(bill), shop.tasks(bill)) == (BillState.PAID, [], [])


# --- disputes


def test_a_dispute_takes_the_cover_and_winning_it_gives_that_back(shop, paid):
    bill, reference = paid
    dispute = shop.double.dispute(reference)
    shop.tell()
    assert (fresh(bill).state, shop.tasks(bill)) == (BillState.SHORT, ["disputed"])
    shop.double.close_dispute(dispute, won=True)
    shop.tell()
    assert shop.entries(bill) == sorted([PAID, ("dispute", -GROSS), ("dispute_won", GROSS)])
    assert (fresh(bill).state, shop.tasks(bill), shop.credit_notes(bill)) == (BillState.PAID, [], [])


def test_a_lost_dispute_leaves_the_bill_short_and_asks_a_person(shop, paid):
    bill, reference = paid
    dispute = shop.double.dispute(reference)
    shop.double.close_dispute(dispute, won=False)
    shop.tell()
    assert shop.entries(bill) == sorted([PAID, ("dispute", -GROSS)])
    assert (fresh(bill).state, shop.tasks(bill)) == (BillState.SHORT, ["dispute_lost"])


def test_a_question_of_the_bank_moves_nothing(shop, paid):
    bill, reference = paid
    dispute = shop.double.dispute(reference, only_asked=True)
    shop.tell()
    assert (fresh(bill).state, shop.entries(bill)) == (BillState.PAID, [PAID])
    shop.double.close_dispute(dispute, won=True)
    shop.tell()
    assert (fresh(bill).state, shop.entries(bill), shop.tasks(bill)) == (BillState.PAID, [PAID], [])


def test_a_dispute_told_before_its_payment_is_known_ends_the_same(shop, bill):
    reference = begin(bill)
    shop.double.pay(reference)
    shop.double.forget_hooks()
    shop.double.dispute(reference)
    shop.tell()
    assert shop.entries(bill) == sorted([PAID, ("dispute", -GROSS)])
    assert (fresh(bill).state, fresh(bill).number is not None) == (BillState.SHORT, True)


# --- saved methods


def save(shop, person, method):
    """Pay a first bill with the wish that later ones are charged to the same."""
    first = draw_up(person).id
    services.pay(
        first, method=Method(method), by=None, email="a@b.example", locale="nl", back=("/a", "/b"), consent=CONSENT
    )
    reference = fresh(first).attempts[-1].reference
    if method == "sepa_debit":
        shop.double.pend(reference)
        shop.double.settle(reference)
    else:
        shop.double.pay(reference, method=method)
    shop.tell()
    forget_reads()
    return services.saved_method_of(person)


def charge(bill):
    return services.charge_saved(bill, notice_id=uuid.uuid4())


@pytest.mark.parametrize(
    ("method", "kept_as", "label"),
    [
        ("card", "card", "Visa •••• 4242"),
        ("ideal", "sepa_debit", "IBAN •••• 3201"),
        ("sepa_debit", "sepa_debit", "IBAN •••• 3201"),
    ],
)
def test_what_a_bill_was_paid_with_is_kept_for_later_ones(shop, person, method, kept_as, label):
    saved = save(shop, person, method)
    assert (saved.method.value, saved.label, saved.provider) == (kept_as, label, "stripe")
    assert shop.double.methods[saved.reference]["customer"] == saved.customer


def test_nothing_is_kept_where_nobody_agreed(shop, paid, person):
    forget_reads()
    assert services.saved_method_of(person) is None
    _bill, reference = paid
    assert shop.double.sessions[reference]["customer"] is None
    assert not any(one.saved_method for one in [shop.app.extensions["payment_providers"][0].fetch(reference)])


def test_a_card_is_charged_while_nobody_is_there(shop, person, bill):
    save(shop, person, "card")
    attempt = charge(bill)
    assert (attempt.state, attempt.reference[:3]) == (AttemptState.SUCCEEDED, "pi_")
    shop.tell()
    services.sweep()
    assert (fresh(bill).state, shop.entries(bill)) == (BillState.PAID, [PAID])


def test_a_debit_is_under_way_and_then_settles(shop, person, bill):
    save(shop, person, "ideal")
    attempt = charge(bill)
    assert (attempt.state, shop.entries(bill)) == (AttemptState.PROCESSING, [])
    shop.double.settle(attempt.reference)
    shop.tell()
    assert (fresh(bill).state, shop.entries(bill)) == (BillState.PAID, [PAID])


@pytest.mark.parametrize("mood", ["declined", "authentication_required"])
def test_a_charge_that_the_bank_refuses_has_failed_and_leaves_room_to_pay(shop, person, bill, mood):
    saved = save(shop, person, "card")
    shop.double.moods[saved.reference] = mood
    assert charge(bill).state is AttemptState.FAILED
    shop.tell()
    shop.double.pay(begin(bill))
    shop.tell()
    assert (fresh(bill).state, shop.attempts(bill), shop.entries(bill)) == (
        BillState.PAID,
        ["failed", "succeeded"],
        [PAID],
    )


@pytest.mark.parametrize("fault", ["fail_after_work", "keep_failing"])
def test_a_charge_whose_answer_was_lost_is_not_made_again(shop, person, bill, fault):
    save(shop, person, "card")
    setattr(shop.double.faults, fault, 1)
    with pytest.raises(ProviderUnavailable):
        charge(bill)
    attempt = charge(bill)
    assert attempt.state is AttemptState.SUCCEEDED
    made = [one for one in shop.double.intents.values() if one["metadata"].get("bill") == str(bill)]
    assert (len(made), shop.entries(bill)) == (1, [PAID])


def test_a_charge_whose_answer_was_lost_is_found_by_its_message(shop, person, bill):
    save(shop, person, "card")
    shop.double.fail_after_work = 1
    with pytest.raises(ProviderUnavailable):
        charge(bill)
    shop.tell()
    assert (fresh(bill).state, shop.attempts(bill), shop.entries(bill)) == (BillState.PAID, ["succeeded"], [PAID])


def test_a_withdrawn_method_is_useless_at_stripe_too(shop, person):
    saved = save(shop, person, "card")
    account = db.session.get_one(Account, person)
    with atomic():
        services.withdraw_method(person, by=account)
    run_jobs()
    assert shop.double.methods[saved.reference]["customer"] is None
    services.forget_method("stripe", saved.customer, saved.reference)
    with pytest.raises(stripe_double.NotPossible):
        shop.double.detach(saved.reference)
