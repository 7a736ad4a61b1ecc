"""P6, P4: sending money back and solving what is odd, through the treasurer's pages."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, text

from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.payments import services
from app.payments.models import (
    BillState,
    CreditNote,
    LedgerEntry,
    Method,
    RefundOrder,
    RefundOrderState,
    Task,
    TaskKind,
    TestPayCheckout,
)
from app.payments.providers.testpay import Play
from tests.factories import make_account, sign_in
from tests.payments.conftest import begin, draw_up, fresh, run_jobs
from tests.payments.test_refunds import GROSS, order, paid, play, waiting


def text_of(answer):
    return answer.get_data(as_text=True).replace("\u00a0", " ")


@pytest.fixture
def treasurer(client):
    account = make_account(roles=("treasurer",), given_name="Henk")
    sign_in(client, account)
    db.session.commit()
    client.set_cookie("lang", "en")
    return client


def ordered(bill):
    forget_reads()
    return list(db.session.scalars(select(RefundOrder).where(RefundOrder.bill_id == bill.id)))


def the_task(bill):
    forget_reads()
    return db.session.scalars(select(Task).where(Task.bill_id == bill.id, Task.closed_at.is_(None))).one()


def typed_in(page):
    """What a check page carries along, unseen."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.split("<main")[-1]))


def test_a_refund_shows_its_effect_before_it_is_ordered_and_a_double_click_orders_once(treasurer, bill):
    reference = paid(bill)
    address = f"/bureau/payments/{bill.id}/refund"
    assert f'href="{address}?payment={reference}-1"' in text_of(treasurer.get(f"/bureau/payments/{bill.id}"))
    assert "€598.95" in text_of(treasurer.get(f"{address}?payment={reference}-1"))
    sent = {"amount": "121,00", "reason": "Sessie vervallen", "payment": f"{reference}-1"}
    check = text_of(treasurer.post(address, data=sent))
    for told in ("Is this right?", "€121.00", "€21.00", "for the rest it stays paid", "Sessie vervallen"):
        assert told in check
    assert ordered(bill) == []
    again = typed_in(check) | {"step": "refund"}
    first, second = treasurer.post(address, data=again), treasurer.post(address, data=again)
    assert first.location == second.location
    assert [one.amount_cents for one in ordered(bill)] == [121_00]
    run_jobs()
    assert "Sent back" in text_of(treasurer.get(first.location))
    assert fresh(bill).state is BillState.PAID


def test_a_refund_of_everything_says_that_the_cover_goes(treasurer, bill):
    reference = paid(bill)
    sent = {"amount": "598,95", "reason": "x", "payment": f"{reference}-1"}
    assert "credited wholly" in text_of(treasurer.post(f"/bureau/payments/{bill.id}/refund", data=sent))


def test_too_much_or_nothing_at_all_is_told_at_the_field_and_what_was_typed_stays(treasurer, bill):
    reference = paid(bill)
    address = f"/bureau/payments/{bill.id}/refund"
    much = treasurer.post(address, data={"amount": "600", "reason": "Omdat", "payment": f"{reference}-1"})
    assert much.status_code == 422
    assert "more than is left of this payment" in text_of(much)
    assert "Omdat" in text_of(much)
    empty = treasurer.post(address, data={"amount": "", "reason": "", "payment": f"{reference}-1"})
    assert empty.status_code == 422
    assert treasurer.get(f"{address}?payment=unknown").status_code == 404
    assert treasurer.post(address, data={"amount": "1", "reason": "x", "payment": "unknown"}).status_code == 404


def test_a_refund_asks_for_a_fresh_proof_and_the_right_to_it(client, bill):
    reference = paid(bill)
    address = f"/bureau/payments/{bill.id}/refund?payment={reference}-1"
    sign_in(client, make_account(roles=("coordinator",)))
    assert client.get(address).status_code == 403
    sign_in(client, make_account(roles=("treasurer",)))
    db.session.execute(text("UPDATE account_session SET sudo_at = NULL"))
    assert "/prove" in client.get(address).location


def test_a_refund_by_hand_is_booked_under_its_line_of_the_statement(treasurer, bill, account):
    with atomic():
        services.book_transfer(bill.id, amount_cents=GROSS, received_at=clock.now(), reference="A/1", by=account)
    order_id = order(bill, account)
    page = f"/bureau/payments/refunds/{order_id}"
    assert "Sent at the bank?" in text_of(treasurer.get(page))
    wrong = treasurer.post(f"{page}/sent", data={"sent_on": "", "reference": "2027-020/1"})
    assert wrong.status_code == 422
    done = treasurer.post(f"{page}/sent", data={"sent_on": clock.today().isoformat(), "reference": "2027-020/1"})
    assert done.status_code == 303
    assert "Sent back" in text_of(treasurer.get(page))
    assert fresh(bill).state is BillState.CREDITED


def test_a_refund_by_hand_can_be_taken_back_before_it_is_sent(treasurer, bill, account):
    with atomic():
        services.book_transfer(bill.id, amount_cents=GROSS, received_at=clock.now(), reference="A/1", by=account)
    order_id = order(bill, account)
    assert treasurer.post(f"/bureau/payments/refunds/{order_id}/cancel").status_code == 303
    assert [one.state for one in ordered(bill)] == [RefundOrderState.FAILED]
    assert services.refundable(fresh(bill))[0].left_cents == GROSS


def test_a_second_payment_is_solved_from_its_own_page(treasurer, bill):
    reference = paid(bill)
    play(reference, Play.PAY_AGAIN)
    task = the_task(bill)
    shown = text_of(treasurer.get(f"/bureau/payments/tasks/{task.id}"))
    assert "Send €598.95 back" in shown
    link = re.search(r'href="(/bureau/payments/[^"]*/refund\?[^"]*)"', shown)[1].replace("&amp;", "&")
    form = text_of(treasurer.get(link))
    assert f'value="{reference}-2"' in form
    check = text_of(
        treasurer.post(
            f"/bureau/payments/{bill.id}/refund",
            data={"amount": "598,95", "reason": "Dubbel", "payment": f"{reference}-2"},
        )
    )
    assert "No credit note" in check
    treasurer.post(f"/bureau/payments/{bill.id}/refund", data=typed_in(check) | {"step": "refund"})
    assert "is being sent back" in text_of(treasurer.get(f"/bureau/payments/tasks/{task.id}"))
    run_jobs()
    assert "It solved itself" in text_of(treasurer.get(f"/bureau/payments/tasks/{task.id}"))
    assert (fresh(bill).state, db.session.scalars(select(CreditNote)).all()) == (BillState.PAID, [])


def test_a_second_payment_can_be_booked_on_the_bill_it_was_meant_for(treasurer, bill, account):
    reference = paid(bill)
    play(reference, Play.PAY_AGAIN)
    other = draw_up(account.id)
    with atomic():
        services.choose_transfer(other.id, by=None)
    number = fresh(other).number
    address = f"/bureau/payments/tasks/{the_task(bill).id}/move"
    assert "no bill with this number" in text_of(treasurer.post(address, data={"bill": "2020-99999"}))
    assert "on this bill already" in text_of(treasurer.post(address, data={"bill": fresh(bill).number}))
    for _double in range(2):
        treasurer.post(address, data={"bill": number})
    assert (fresh(bill).state, fresh(other).state) == (BillState.PAID, BillState.PAID)
    assert (services.balance(bill.id), services.balance(other.id)) == (GROSS, GROSS)
    assert waiting(bill) == []
    assert sum(db.session.scalars(select(LedgerEntry.amount_cents))) == 2 * GROSS


def test_a_payment_of_another_amount_can_be_booked_as_it_came(treasurer, bill):
    reference = begin(bill)
    with atomic() as session:
        session.get_one(TestPayCheckout, reference).amount_cents = 600_00
    play(reference, Play.PAY)
    address = f"/bureau/payments/tasks/{the_task(bill).id}"
    assert "Book €600.00 as it came" in text_of(treasurer.get(address))
    assert treasurer.post(f"{address}/accept").status_code == 303
    services.converge(reference)
    assert (fresh(bill).state, services.balance(bill.id), waiting(bill)) == (
        BillState.PAID,
        600_00,
        [TaskKind.OVERPAID],
    )


def test_a_lost_dispute_is_credited_after_a_page_that_says_what_that_does(treasurer, bill):
    play(paid(bill, Method.CARD), Play.DISPUTE)
    assert "Answer before" in text_of(treasurer.get(f"/bureau/payments/tasks/{the_task(bill).id}"))
    assert "Disputed" in text_of(treasurer.get("/bureau/payments/disputes"))
    play(db.session.scalars(select(TestPayCheckout.reference)).one(), Play.LOSE)
    task = the_task(bill)
    address = f"/bureau/payments/tasks/{task.id}/credit"
    assert "A credit note cannot be taken back" in text_of(treasurer.post(address))
    assert fresh(bill).state is BillState.SHORT
    assert treasurer.post(address, data={"step": "credit"}).status_code == 303
    assert (fresh(bill).state, waiting(bill)) == (BillState.CREDITED, [])


def test_the_lists_of_refunds_and_disputes_are_empty_with_a_way_on(treasurer):
    assert "No refunds yet" in text_of(treasurer.get("/bureau/payments/refunds"))
    assert "No disputes" in text_of(treasurer.get("/bureau/payments/disputes"))


@pytest.fixture
def payer(client, account):
    sign_in(client, account)
    db.session.commit()
    client.set_cookie("lang", "en")
    return client


def outcome_of(payer, bill):
    return text_of(payer.get(f"/pay/{bill.id}/return"))


def test_whoever_is_refunded_reads_how_much_when_and_finds_the_credit_note(payer, bill, account):
    paid(bill)
    order(bill, account, 100_00)
    assert "We are sending €100.00 back to you." in outcome_of(payer, bill)
    run_jobs()
    partly = outcome_of(payer, bill)
    assert "Your payment is in" in partly
    assert "€100.00 ·" in partly
    order(bill, account, GROSS - 100_00)
    run_jobs()
    whole = outcome_of(payer, bill)
    assert "You got your money back" in whole
    assert "We sent €598.95 back on" in whole
    assert len(re.findall(r"/credit-notes/[^\"]+\.pdf", whole)) == 2


def test_whoever_disputes_reads_that_the_bill_is_open_and_can_pay_again(payer, bill):
    reference = paid(bill, Method.CARD)
    play(reference, Play.DISPUTE)
    shown = outcome_of(payer, bill)
    assert "Your payment is disputed" in shown
    assert "Pay €598.95" in shown
    assert "Your earlier payment was taken back" in text_of(payer.get(f"/pay/{bill.id}"))
    play(reference, Play.LOSE)
    assert payer.get(f"/pay/{bill.id}/return").location.endswith(f"/pay/{bill.id}")
    play(begin(bill), Play.FAIL)
    assert "Your payment did not succeed" in outcome_of(payer, bill)


def test_a_payment_that_was_looked_at_and_sent_back_can_be_paid_again(payer, bill, account):
    reference = begin(bill)
    with atomic() as session:
        session.get_one(TestPayCheckout, reference).amount_cents = 600_00
    play(reference, Play.PAY)
    assert "We are looking into your payment" in outcome_of(payer, bill)
    order(bill, account, 600_00)
    run_jobs()
    assert "Pay €598.95" in text_of(payer.get(f"/pay/{bill.id}"))


def test_a_tester_lets_the_bank_do_everything_from_its_page(payer, bill):
    where = payer.post(f"/pay/{bill.id}", data={"method": "card"}).location
    for move in ("pay", "dispute", "win", "refund_part", "refund_back", "pay_again", "refund"):
        assert f'value="{move}"' in text_of(payer.get(where)), move
        assert payer.post(where, data={"move": move}).status_code == 303
    assert payer.post(where, data={"move": "expire"}).status_code == 409
    run_jobs()
    assert fresh(bill).state is BillState.PAID
