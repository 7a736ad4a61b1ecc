"""P6: money that goes back, by whose hand whatever: what it does to ledger, credit note, bill and tasks."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.core import clock, events
from app.core.db import atomic, db, forget_reads
from app.mail.models import OutboxMail
from app.payments import providers, services
from app.payments.events import BillCredited, BillPaid, BillRecovered, BillShort
from app.payments.models import (
    BillState,
    CreditNote,
    Dispute,
    DisputeState,
    LedgerKind,
    Method,
    RefundOrder,
    RefundOrderState,
    Task,
    TaskKind,
    TestPayCheckout,
)
from app.payments.providers import ProviderUnavailable, testpay
from app.payments.providers.testpay import Play, TestPay
from app.payments.services import NothingToRefund, TooMuchToRefund
from tests.payments.conftest import begin, draw_up, fresh, run_jobs

GROSS = 598_95


def play(reference, *moves):
    """Let things happen at the bank, and tell the portal."""
    for move in moves:
        with atomic():
            hook = testpay.play(reference, move)
            if hook:
                services.receive_hook(hook)
        run_jobs()


def paid(bill, method=Method.IDEAL):
    reference = begin(bill, method)
    play(reference, Play.PAY)
    return reference


def order(bill, account, cents=GROSS, **options):
    with atomic():
        made = services.order_refund(bill.id, amount_cents=cents, reason="Dubbel betaald", by=account, **options)
        return made.id


def credit_notes(bill):
    forget_reads()
    return list(db.session.scalars(select(CreditNote).where(CreditNote.bill_id == bill.id).order_by(CreditNote.number)))


def orders(bill):
    forget_reads()
    return list(db.session.scalars(select(RefundOrder).where(RefundOrder.bill_id == bill.id)))


def waiting(bill):
    forget_reads()
    return [task.kind for task in db.session.scalars(select(Task).where(Task.bill_id == bill.id)) if not task.closed_at]


def moved(bill):
    return [(entry.kind, entry.amount_cents) for entry in fresh(bill).entries]


@pytest.fixture
def told():
    seen = []
    kinds = (BillPaid, BillShort, BillRecovered, BillCredited)
    for kind in kinds:
        events.subscribe(kind, seen.append)
    yield lambda: [type(event) for event in seen]
    for kind in kinds:
        events._handlers[kind].remove(seen.append)


@contextmanager
def later(**ahead):
    with time_machine.travel(clock.now() + timedelta(**ahead)):
        yield


def test_a_whole_refund_makes_one_credit_note_and_the_bill_credited(bill, account, told):
    paid(bill)
    order(bill, account)
    assert moved(bill) == [(LedgerKind.PAYMENT, GROSS)], "nothing moves before the provider says so"
    run_jobs()
    run_jobs()
    assert moved(bill) == [(LedgerKind.PAYMENT, GROSS), (LedgerKind.REFUND, -GROSS)]
    assert [(note.net_cents, note.vat_cents, note.gross_cents, note.reason) for note in credit_notes(bill)] == [
        (495_00, 103_95, GROSS, "Dubbel betaald")
    ]
    assert fresh(bill).state is BillState.CREDITED
    assert [one.state for one in orders(bill)] == [RefundOrderState.DONE]
    assert told() == [BillPaid, BillCredited]
    assert waiting(bill) == []


def test_a_partial_refund_credits_its_share_of_the_vat_and_the_bill_stays_paid(bill, account, told):
    paid(bill)
    order(bill, account, 121_00)
    run_jobs()
    (note,) = credit_notes(bill)
    assert (note.net_cents, note.vat_cents, note.gross_cents) == (100_00, 21_00, 121_00)
    assert (fresh(bill).state, services.left_to_pay(fresh(bill))) == (BillState.PAID, 0)
    order(bill, account, GROSS - 121_00)
    run_jobs()
    assert sum(note.vat_cents for note in credit_notes(bill)) == 103_95
    assert fresh(bill).state is BillState.CREDITED
    assert told() == [BillPaid, BillCredited]


def test_a_refund_is_sent_once_whatever_is_clicked_and_however_often_the_job_runs(bill, account):
    reference = paid(bill)
    once = uuid.uuid4()
    assert order(bill, account, order_id=once) == order(bill, account, order_id=once) == once
    for _again in range(3):
        services.send_refund(once)
    run_jobs()
    assert len(testpay.movements_of(reference)) == 1
    assert moved(bill)[1:] == [(LedgerKind.REFUND, -GROSS)]
    assert len(credit_notes(bill)) == 1


def test_a_refund_whose_answer_was_lost_is_found_and_not_sent_again(bill, account, monkeypatch):
    """The provider did the work and then failed; a day later its key is no longer good."""
    reference = paid(bill)
    real = TestPay.refund

    def lose_the_answer(self, request):
        real(self, request)
        with atomic() as session:
            (movement,) = testpay.movements_of(reference)
            session.merge(movement).idempotency_key = None
        raise ProviderUnavailable

    monkeypatch.setattr(TestPay, "refund", lose_the_answer)
    order_id = order(bill, account)
    with pytest.raises(ProviderUnavailable):
        services.send_refund(order_id)
    monkeypatch.setattr(TestPay, "refund", real)
    services.send_refund(order_id)
    assert len(testpay.movements_of(reference)) == 1
    assert [one.state for one in orders(bill)] == [RefundOrderState.DONE]


def test_no_more_goes_back_than_came_in_counting_what_is_on_its_way(bill, account):
    paid(bill)
    with pytest.raises(TooMuchToRefund):
        order(bill, account, GROSS + 1)
    order(bill, account, GROSS - 1)
    with pytest.raises(TooMuchToRefund):
        order(bill, account, 2)
    order(bill, account, 1)
    with pytest.raises(NothingToRefund):
        order(bill, account, 1)
    run_jobs()
    assert services.balance(bill.id) == 0
    with pytest.raises(NothingToRefund):
        order(bill, account, 1)


def test_a_refund_made_in_the_dashboard_with_its_message_lost_is_found(bill):
    reference = paid(bill)
    with atomic():
        testpay.play(reference, Play.REFUND)
    services.converge(reference)
    assert fresh(bill).state is BillState.CREDITED
    assert [note.gross_cents for note in credit_notes(bill)] == [GROSS]
    assert orders(bill) == []


def test_a_refund_that_comes_back_asks_for_another_way_and_the_credit_note_stands(bill, account, told):
    reference = paid(bill)
    order(bill, account)
    run_jobs()
    play(reference, Play.REFUND_BACK)
    assert moved(bill)[2:] == [(LedgerKind.REFUND_REVERSED, GROSS)]
    assert [one.state for one in orders(bill)] == [RefundOrderState.FAILED]
    assert waiting(bill) == [TaskKind.REFUND_FAILED]
    assert (fresh(bill).state, len(credit_notes(bill))) == (BillState.CREDITED, 1)
    by_hand = order(bill, account, by_hand=True)
    with atomic():
        services.book_refund(by_hand, sent_at=clock.now(), reference="2027-020/1", by=account)
    with atomic():
        services.book_refund(by_hand, sent_at=clock.now(), reference="2027-020/1", by=account)
    assert (services.balance(bill.id), waiting(bill), len(credit_notes(bill))) == (0, [], 1)
    assert told() == [BillPaid, BillCredited]


def test_a_refund_that_the_provider_refuses_asks_a_person_and_moves_nothing(bill, account, monkeypatch):
    paid(bill)

    def refuse(_self, _request):
        raise providers.OrderRefused

    monkeypatch.setattr(TestPay, "refund", refuse)
    order(bill, account)
    run_jobs()
    assert waiting(bill) == [TaskKind.REFUND_FAILED]
    assert (moved(bill), credit_notes(bill), fresh(bill).state) == ([(LedgerKind.PAYMENT, GROSS)], [], BillState.PAID)
    monkeypatch.undo()
    order(bill, account)
    assert waiting(bill) == []


def test_a_provider_that_stays_away_asks_a_person_and_the_same_order_goes_on_later(bill, account, monkeypatch):
    reference = paid(bill)

    def away(_self, _request):
        raise ProviderUnavailable

    monkeypatch.setattr(TestPay, "refund", away)
    order_id = order(bill, account)
    for days in range(1, 12):
        with later(days=days):
            run_jobs()
    assert waiting(bill) == [TaskKind.REFUND_FAILED]
    monkeypatch.undo()
    with atomic():
        services.retry_refund(order_id, by=account)
    run_jobs()
    assert (waiting(bill), len(testpay.movements_of(reference))) == ([], 1)
    assert fresh(bill).state is BillState.CREDITED


def test_peer_pretix_343_refunding_the_second_payment_leaves_the_valid_one_alone(bill, account, told):
    """The second payment becomes a task; sending it back solves that, makes no credit note, and covers no less."""
    reference = paid(bill)
    play(reference, Play.PAY_AGAIN)
    assert waiting(bill) == [TaskKind.SECOND_PAYMENT]
    order(bill, account, payment_reference=f"{reference}-2")
    run_jobs()
    assert (fresh(bill).state, services.balance(bill.id)) == (BillState.PAID, GROSS)
    assert (credit_notes(bill), waiting(bill), told()) == ([], [], [BillPaid])
    told_of = db.session.scalars(select(OutboxMail.template).order_by(OutboxMail.created_at)).all()
    assert told_of == ["payments/payment_received", "payments/money_returned"]


def test_refunding_the_first_of_two_payments_leaves_the_bill_covered_by_the_other(bill, account, told):
    reference = paid(bill)
    play(reference, Play.PAY_AGAIN)
    order(bill, account, payment_reference=f"{reference}-1")
    run_jobs()
    assert (fresh(bill).state, credit_notes(bill), waiting(bill), told()) == (BillState.PAID, [], [], [BillPaid])


def test_a_transfer_and_a_provider_both_paid_and_the_transfer_goes_back_by_hand(bill, account, told):
    reference = begin(bill)
    with atomic():
        services.choose_transfer(bill.id, by=None)
    with atomic():
        services.book_transfer(bill.id, amount_cents=GROSS, received_at=clock.now(), reference="2027-014/3", by=account)
    play(reference, Play.PAY)
    assert waiting(bill) == [TaskKind.SECOND_PAYMENT]
    by_hand = order(bill, account, payment_reference="2027-014/3")
    run_jobs()
    assert [one.state for one in orders(bill)] == [RefundOrderState.ORDERED], "a person sends it, at the bank"
    with atomic():
        services.book_refund(by_hand, sent_at=clock.now(), reference="2027-016/1", by=account)
    assert (fresh(bill).state, waiting(bill), credit_notes(bill), told()) == (BillState.PAID, [], [], [BillPaid])


def test_an_overpayment_is_a_task_for_what_is_too_much(bill, account):
    with atomic():
        services.choose_transfer(bill.id, by=None)
    with atomic():
        services.book_transfer(bill.id, amount_cents=600_00, received_at=clock.now(), reference="A/1", by=account)
    (task,) = fresh(bill).tasks
    assert (task.kind, task.details["surplus_cents"]) == (TaskKind.OVERPAID, 1_05)
    by_hand = order(bill, account, 1_05)
    with atomic():
        services.book_refund(by_hand, sent_at=clock.now(), reference="A/2", by=account)
    assert (fresh(bill).state, waiting(bill), credit_notes(bill)) == (BillState.PAID, [], [])


def test_part_of_a_bill_that_goes_back_before_it_was_covered_credits_nothing(bill, account):
    with atomic():
        services.book_transfer(bill.id, amount_cents=100_00, received_at=clock.now(), reference="B/1", by=account)
    by_hand = order(bill, account, 100_00)
    with atomic():
        services.book_refund(by_hand, sent_at=clock.now(), reference="B/2", by=account)
    assert (fresh(bill).state, credit_notes(bill), services.left_to_pay(fresh(bill))) == (BillState.ISSUED, [], GROSS)


def test_a_dispute_makes_the_bill_short_without_a_credit_note_and_winning_it_recovers(bill, told):
    reference = paid(bill, Method.CARD)
    play(reference, Play.DISPUTE)
    assert (fresh(bill).state, waiting(bill), credit_notes(bill)) == (BillState.SHORT, [TaskKind.DISPUTED], [])
    play(reference, Play.WIN)
    assert (fresh(bill).state, waiting(bill), credit_notes(bill)) == (BillState.PAID, [], [])
    assert moved(bill) == [(LedgerKind.PAYMENT, GROSS), (LedgerKind.DISPUTE, -GROSS), (LedgerKind.DISPUTE_WON, GROSS)]
    assert told() == [BillPaid, BillShort, BillRecovered]


def test_a_lost_dispute_leaves_the_claim_and_asks_what_to_do_with_it(bill, told):
    reference = paid(bill, Method.CARD)
    play(reference, Play.DISPUTE, Play.LOSE)
    assert (fresh(bill).state, waiting(bill), credit_notes(bill)) == (BillState.SHORT, [TaskKind.DISPUTE_LOST], [])
    assert services.left_to_pay(fresh(bill)) == GROSS
    play(begin(bill), Play.PAY)
    assert (fresh(bill).state, waiting(bill)) == (BillState.PAID, [])
    assert told() == [BillPaid, BillShort, BillRecovered]


def test_a_lost_dispute_can_end_in_a_credit_note(bill, account):
    reference = paid(bill, Method.CARD)
    play(reference, Play.DISPUTE, Play.LOSE)
    with atomic():
        locked = fresh(bill)
        services.credit(locked, gross_cents=GROSS, cause="dispute:x", reason="Oninbaar", by=account)
    assert (fresh(bill).state, waiting(bill)) == (BillState.CREDITED, [])


def test_a_dispute_that_was_won_after_the_bill_was_paid_anew_is_money_to_send_back(bill):
    first = paid(bill, Method.CARD)
    play(first, Play.DISPUTE)
    with later(days=2):
        play(begin(bill), Play.PAY)
        assert fresh(bill).state is BillState.PAID
        play(first, Play.WIN)
    assert (fresh(bill).state, waiting(bill)) == (BillState.PAID, [TaskKind.SECOND_PAYMENT])


def test_a_dispute_known_before_the_payment_waits_for_it(bill):
    """Facts that tell of a dispute and not yet of its payment enter nothing; the next look tells both."""
    reference = begin(bill, Method.CARD)
    with atomic():
        testpay.play(reference, Play.PAY)
        testpay.play(reference, Play.DISPUTE)
    whole = providers.named("testpay").fetch(reference)
    early = providers.Facts(**{**whole.__dict__, "entries": whole.entries[1:]})
    with atomic():
        services.settle(early)
    assert moved(bill) == []
    services.converge(reference)
    assert moved(bill) == [(LedgerKind.PAYMENT, GROSS), (LedgerKind.DISPUTE, -GROSS)]
    assert (fresh(bill).state, waiting(bill)) == (BillState.SHORT, [TaskKind.DISPUTED])
    assert db.session.scalars(select(Dispute.state)).all() == [DisputeState.OPEN]


def test_a_payment_of_another_amount_can_be_sent_back_and_its_task_solves_itself(bill, account):
    reference = begin(bill)
    with atomic() as session:
        session.get_one(TestPayCheckout, reference).amount_cents = 600_00
    play(reference, Play.PAY)
    assert (waiting(bill), moved(bill)) == ([TaskKind.MISMATCH], [])
    order(bill, account, 600_00)
    run_jobs()
    assert (waiting(bill), moved(bill), credit_notes(bill), fresh(bill).state) == ([], [], [], BillState.DRAFT)


def test_money_for_a_withdrawn_bill_goes_back_without_a_credit_note(bill, account):
    reference = begin(bill)
    with atomic():
        services.void(bill, by=None)
    play(reference, Play.PAY)
    assert waiting(bill) == [TaskKind.PAID_VOID]
    order(bill, account)
    run_jobs()
    assert (waiting(bill), credit_notes(bill), fresh(bill).state) == ([], [], BillState.VOID)


def test_open_disputes_and_refunds_under_way_are_followed_without_any_message(bill):
    reference = paid(bill, Method.CARD)
    play(reference, Play.DISPUTE)
    with atomic():
        testpay.play(reference, Play.WIN)
    assert services.follow_up() == 1
    assert fresh(bill).state is BillState.PAID


def test_what_a_refund_will_do_is_told_before(bill, account):
    reference = paid(bill)
    whole = services.effect_of(fresh(bill), GROSS)
    assert (whole.credit_cents, whole.takes_cover) == (GROSS, True)
    part = services.effect_of(fresh(bill), 100_00)
    assert (part.credit_cents, part.still_owed_cents, part.takes_cover) == (100_00, 0, False)
    play(reference, Play.PAY_AGAIN)
    second = services.effect_of(fresh(bill), GROSS)
    assert (second.credit_cents, second.surplus_cents, second.takes_cover) == (0, GROSS, False)


def test_a_booked_refund_needs_a_line_of_its_own_and_an_order_by_hand(bill, account):
    other = draw_up(account.id)
    for number, one in enumerate((bill, other)):
        with atomic():
            services.book_transfer(
                one.id, amount_cents=GROSS, received_at=clock.now(), reference=f"C/{number}", by=account
            )
    first, second = order(bill, account), order(other, account)
    with atomic():
        services.book_refund(first, sent_at=clock.now(), reference="D/1", by=account)
    with pytest.raises(services.AlreadyBooked), atomic():
        services.book_refund(second, sent_at=clock.now(), reference="D/1", by=account)
    with pytest.raises(services.NotByHand), atomic():
        services.book_refund(first, sent_at=clock.now(), reference="D/2", by=account)


def test_a_refund_that_is_cut_off_before_its_commit_burns_no_number_of_a_credit_note(bill, account):
    paid(bill)
    order_id = order(bill, account)

    def cut_off(_event):
        raise RuntimeError("cut off")

    events.subscribe(BillCredited, cut_off)
    try:
        with pytest.raises(RuntimeError, match="cut off"):
            services.send_refund(order_id)
    finally:
        events._handlers[BillCredited].remove(cut_off)
    assert (moved(bill), credit_notes(bill)) == ([(LedgerKind.PAYMENT, GROSS)], [])
    services.send_refund(order_id)
    assert [note.number for note in credit_notes(bill)] == [f"C{clock.today().year}-00001"]


def test_a_refund_cut_off_between_commit_and_mail_is_still_told_by_mail_once(bill, account):
    reference = paid(bill)
    play(reference, Play.PAY_AGAIN)
    services.send_refund(order(bill, account, payment_reference=f"{reference}-2"))
    query = select(OutboxMail.state).where(OutboxMail.template == "payments/money_returned")
    assert len(db.session.scalars(query).all()) == 1, "the mail is written with the entry; delivering it is a job"
    run_jobs()
    services.converge(reference)
    assert len(db.session.scalars(query).all()) == 1


def test_a_person_who_changed_everything_meanwhile_still_gets_the_money_back(bill, account):
    """The bill keeps whom it was for; the order needs nothing of the person but the payment."""
    paid(bill)
    order_id = order(bill, account)
    with atomic() as session:
        person = session.merge(account)
        person.given_name, person.family_name, person.email = "Verwijderd", "", "verwijderd@voorbeeld.invalid"
    services.send_refund(order_id)
    assert (fresh(bill).state, fresh(bill).buyer["name"]) == (BillState.CREDITED, "Prins Interim B.V.")
