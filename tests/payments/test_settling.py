"""P3 and P4: whatever comes in whichever order, the ledger says what was paid, once."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.core import clock, events
from app.core.db import atomic, db, forget_reads
from app.mail.models import OutboxMail
from app.payments import providers, services
from app.payments.events import BillPaid
from app.payments.models import (
    Attempt,
    AttemptState,
    BillState,
    Document,
    DocumentKind,
    EventState,
    LedgerEntry,
    LedgerKind,
    Method,
    Task,
    TaskKind,
)
from app.payments.providers import Hook, OrderRefused, ProviderUnavailable
from app.payments.providers.testpay import Play
from app.payments.services import BeingPaid, NotPayable
from tests.payments.conftest import begin, draw_up, fresh, run_jobs, stored_events


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def attempt_of(reference: str) -> Attempt:
    forget_reads()
    return db.session.scalars(select(Attempt).where(Attempt.reference == reference)).one()


@pytest.fixture
def paid_events():
    told = []
    events.subscribe(BillPaid, told.append)
    yield told
    events._handlers[BillPaid].remove(told.append)


def test_a_payment_settles_the_bill_takes_a_number_and_mails_the_invoice(bill, bank, paid_events):
    reference = begin(bill)
    bank.play(reference, Play.PAY)
    bank.tell(reference)
    run_jobs()
    paid = fresh(bill)
    assert paid.state is BillState.PAID
    assert paid.number == f"{clock.today().year}-00001"
    assert [(entry.kind, entry.amount_cents, entry.provider) for entry in paid.entries] == [
        (LedgerKind.PAYMENT, 598_95, bank.name)
    ]
    assert paid.settled["on"] == clock.today().isoformat()
    assert attempt_of(reference).state is AttemptState.SUCCEEDED
    kinds = db.session.scalars(select(Document.kind)).all()
    assert sorted(kinds) == sorted({*kinds}), "each document once"
    assert DocumentKind.INVOICE_PDF in kinds
    mail = db.session.scalars(select(OutboxMail)).one()
    assert mail.template == "payments/payment_received"
    assert mail.attachments[0]["filename"] == f"factuur-{paid.number}.pdf"
    assert [(event.bill_id, event.subject_type, event.subject_id) for event in paid_events] == [
        (bill.id, "trial", bill.subject_id)
    ]


def test_the_same_message_five_times_and_a_sweep_settle_once(bill, bank, paid_events):
    reference = begin(bill)
    bank.play(reference, Play.PAY)
    for _ in range(5):
        bank.tell(reference)
        services.converge(reference)
    assert len(stored_events()) == 1
    run_jobs()
    services.sweep()
    run_jobs()
    assert (count(LedgerEntry), count(OutboxMail), len(paid_events)) == (1, 1, 1)


def test_without_any_message_the_sweep_finds_the_payment(bill, bank):
    reference = begin(bill)
    bank.play(reference, Play.PAY)
    assert services.sweep() >= 1
    assert fresh(bill).state is BillState.PAID


def test_a_message_before_our_own_write_is_parked_and_then_finds_its_attempt(bill, bank):
    reference = begin(bill)
    attempt_id = attempt_of(reference).id
    with atomic() as session:
        session.execute(
            text("UPDATE attempt SET reference = NULL, url = NULL, state = 'created' WHERE id = :id").bindparams(
                id=attempt_id.hex if session.get_bind().dialect.name == "sqlite" else attempt_id
            )
        )
    bank.play(reference, Play.PAY)
    bank.tell(reference)
    assert [event.state for event in stored_events()] == [EventState.PARKED]
    run_jobs()
    assert fresh(bill).state is BillState.PAID
    assert attempt_of(reference).state is AttemptState.SUCCEEDED
    assert [event.state for event in stored_events()] == [EventState.DONE]


def test_a_message_about_a_stranger_is_parked_for_days_and_then_asks_a_person(app, bank):
    hook = Hook("evt_stranger", bank.name, "x", "1", clock.now(), "tp_stranger", {})
    with atomic():
        services.receive_hook(hook)
    run_jobs()
    assert [event.state for event in stored_events()] == [EventState.PARKED]
    with time_machine.travel(clock.now() + timedelta(days=4)):
        services.sweep()
    assert [event.state for event in stored_events()] == [EventState.DEAD]
    assert db.session.scalars(select(Task.kind)).all() == [TaskKind.UNKNOWN_PAYMENT]


def test_a_direct_debit_is_pending_and_never_paid_before_the_money_is_in(bill, bank):
    reference = begin(bill, Method.SEPA_DEBIT)
    bank.play(reference, Play.PENDING)
    bank.tell(reference)
    run_jobs()
    assert (fresh(bill).state, fresh(bill).number) == (BillState.DRAFT, None)
    assert count(OutboxMail) == 0
    with pytest.raises(BeingPaid):
        begin(bill)
    bank.play(reference, Play.SETTLE)
    bank.tell(reference)
    run_jobs()
    assert fresh(bill).state is BillState.PAID
    assert count(OutboxMail) == 1


def test_a_refused_debit_tells_so_once_and_makes_room_for_another_attempt(bill, bank):
    reference = begin(bill, Method.SEPA_DEBIT)
    bank.play(reference, Play.PENDING)
    bank.tell(reference)
    run_jobs()
    bank.play(reference, Play.FAIL)
    bank.tell(reference)
    run_jobs()
    services.converge(reference)
    assert attempt_of(reference).state is AttemptState.FAILED
    assert db.session.scalars(select(OutboxMail.template)).all() == ["payments/payment_failed"]
    second = begin(bill)
    assert second != reference
    bank.play(second, Play.PAY)
    services.converge(second)
    assert fresh(bill).state is BillState.PAID


def test_an_expired_page_makes_room_for_a_new_one_and_late_news_of_it_changes_nothing(bill, bank):
    first = begin(bill)
    bank.play(first, Play.EXPIRE)
    services.converge(first)
    second = begin(bill)
    bank.play(second, Play.PAY)
    services.converge(second)
    bank.tell(first)
    run_jobs()
    assert fresh(bill).state is BillState.PAID
    assert count(Task) == 0


def test_two_tabs_share_one_attempt(bill, bank):
    assert begin(bill) == begin(bill, Method.CARD)
    assert count(Attempt) == 1


def test_a_paid_bill_takes_no_second_attempt(bill, bank):
    reference = begin(bill)
    bank.play(reference, Play.PAY)
    services.converge(reference)
    with pytest.raises(NotPayable):
        begin(bill)


def test_a_transfer_and_a_payment_for_one_bill_is_a_task_and_nothing_else(bill, bank, account, paid_events):
    reference = begin(bill)
    with atomic():
        services.choose_transfer(bill.id, by=None)
    with atomic():
        services.book_transfer(
            bill.id, amount_cents=598_95, received_at=clock.now(), reference="2027-014/3", by=account
        )
    number = fresh(bill).number
    bank.play(reference, Play.PAY)
    services.converge(reference)
    services.converge(reference)
    again = fresh(bill)
    assert (again.state, again.number, len(paid_events)) == (BillState.PAID, number, 1)
    assert services.balance(bill.id) == 2 * 598_95
    assert [(task.kind, task.details["amount_cents"]) for task in again.tasks] == [(TaskKind.SECOND_PAYMENT, 598_95)]


def test_an_amount_that_differs_activates_nothing_and_becomes_a_task(bill, bank, paid_events):
    if bank.name == "testpay":
        reference = begin(bill)
        with atomic() as session:
            session.execute(text("UPDATE testpay_checkout SET amount_cents = 60000"))
        bank.play(reference, Play.PAY)
    else:
        reference = begin(bill)
        bank.double.pay(reference, amount=600_00)
    services.converge(reference)
    services.converge(reference)
    odd = fresh(bill)
    assert (odd.state, odd.number, odd.entries, paid_events) == (BillState.DRAFT, None, [], [])
    assert [(task.kind, task.details["amount_cents"], task.details["expected_cents"]) for task in odd.tasks] == [
        (TaskKind.MISMATCH, 600_00, 598_95)
    ]


def test_another_currency_activates_nothing_and_becomes_a_task(bill, stripe):
    reference = begin(bill)
    stripe.pay(reference, currency="usd")
    services.converge(reference)
    odd = fresh(bill)
    assert (odd.state, [task.details["currency"] for task in odd.tasks]) == (BillState.DRAFT, ["USD"])


def test_a_payment_of_a_withdrawn_bill_is_a_task(bill, bank):
    reference = begin(bill)
    with atomic():
        services.void(bill, by=None)
    bank.play(reference, Play.PAY)
    services.converge(reference)
    assert fresh(bill).state is BillState.VOID
    assert [task.kind for task in fresh(bill).tasks] == [TaskKind.PAID_VOID]


def test_nobody_is_asked_inside_a_transaction(bill, bank):
    reference = begin(bill)
    with pytest.raises(RuntimeError, match="inside a transaction"), atomic():
        services.converge(reference)


def test_stripe_failing_after_the_work_gives_the_same_checkout_on_the_next_try(bill, stripe):
    stripe.fail_after_work = 1
    with pytest.raises(ProviderUnavailable):
        begin(bill)
    begin(bill)
    assert len(stripe.sessions) == 1
    assert count(Attempt) == 1


def test_what_stripe_refuses_for_good_closes_the_attempt(bill, stripe):
    with pytest.raises(OrderRefused):
        services.pay(bill.id, method=Method.IDEAL, by=None, email="x", locale="xx", back=("a", "b"))
    forget_reads()
    assert db.session.scalars(select(Attempt.state)).all() == [AttemptState.FAILED]
    begin(bill)


def test_stripe_down_leaves_things_as_they_are(bill, stripe):
    reference = begin(bill)
    stripe.pay(reference)
    stripe.down = True
    with pytest.raises(ProviderUnavailable):
        services.converge(reference)
    assert services.sweep() == 0
    stripe.down = False
    services.sweep()
    assert fresh(bill).state is BillState.PAID


def test_what_we_ask_of_stripe(bill, stripe):
    reference = begin(bill, Method.CARD)
    (_method, _path, form) = stripe.requests[0]
    attempt = attempt_of(reference)
    assert form["mode"] == "payment"
    assert form["locale"] == "nl"
    assert form["payment_method_types"] == ["card", "ideal", "sepa_debit"]
    assert form["client_reference_id"] == str(attempt.id)
    assert (
        form["metadata"]
        == form["payment_intent_data"]["metadata"]
        == {"attempt": str(attempt.id), "bill": str(bill.id)}
    )
    assert form["line_items"][0]["price_data"]["unit_amount"] == 598_95
    assert form["adaptive_pricing"] == {"enabled": False}


NEWS = st.lists(
    st.sampled_from(["open", "processing", "expired", "failed", "paid", "other paid", "transfer"]), max_size=8
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(["open", "processing", "paid"]), repeated=NEWS)
def test_any_order_and_repetition_of_news_ends_the_same(account, order, repeated):
    """Property: after all news, in any order and with any of it repeated, the end is that of the plain order."""
    first = draw_up(account.id)
    first_reference = begin(first)
    facts = providers.named("testpay").fetch(first_reference)
    paid = providers.Fact(LedgerKind.PAYMENT, f"{first_reference}-1", 598_95, "EUR", datetime(2027, 1, 1, tzinfo=UTC))
    stale = providers.Fact(LedgerKind.PAYMENT, f"{first_reference}-2", 598_95, "EUR", datetime(2027, 1, 2, tzinfo=UTC))
    news = {
        "open": replace(facts, state=AttemptState.OPEN),
        "processing": replace(facts, state=AttemptState.PROCESSING),
        "expired": replace(facts, state=AttemptState.EXPIRED),
        "failed": replace(facts, state=AttemptState.FAILED),
        "paid": replace(facts, state=AttemptState.SUCCEEDED, entries=(paid,)),
        "other paid": replace(facts, state=AttemptState.SUCCEEDED, entries=(paid, stale)),
    }
    mixed = [*order, *(one for one in repeated if one in news)]
    for one in mixed:
        with atomic():
            services.settle(news[one])
    twice = "other paid" in mixed
    end = fresh(first)
    assert end.state is BillState.PAID
    assert end.number is not None
    assert attempt_of(first_reference).state is AttemptState.SUCCEEDED
    assert services.balance(first.id) == 598_95 * (2 if twice else 1)
    assert [task.kind for task in end.tasks] == ([TaskKind.SECOND_PAYMENT] if twice else [])


def test_an_attempt_that_never_got_a_page_is_closed_in_time(bill, app):
    with atomic():
        services.start_attempt(bill.id, method=Method.IDEAL, by=None)
    services.sweep()
    assert db.session.scalars(select(Attempt.state)).all() == [AttemptState.CREATED]
    with time_machine.travel(clock.now() + timedelta(hours=24)):
        services.sweep()
        forget_reads()
        assert db.session.scalars(select(Attempt.state)).all() == [AttemptState.EXPIRED]


def test_one_open_attempt_is_a_constraint_and_not_a_check(bill, app):
    with atomic():
        services.start_attempt(bill.id, method=Method.IDEAL, by=None)
    with pytest.raises(IntegrityError), atomic() as session:
        session.add(
            Attempt(
                bill_id=bill.id,
                seq=2,
                provider="testpay",
                method=Method.CARD,
                amount_cents=1,
                idempotency_key=str(uuid.uuid4()),
            )
        )
        session.flush()
