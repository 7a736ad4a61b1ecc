"""P7, P4: what the portal suggests and why; a decision counts once, can be undone, and only adds to the ledger."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.payments import queries, services
from app.payments.models import (
    BankLine,
    BillState,
    LedgerEntry,
    LedgerKind,
    LineState,
    RefundOrder,
    RefundOrderState,
    Task,
    TaskKind,
)
from app.payments.queries import Reason
from tests.factories import make_account
from tests.payments.bank.conftest import line, lines
from tests.payments.bank.writing import Move, camt
from tests.payments.conftest import draw_up, fresh


@pytest.fixture
def treasurer(client, sign_in, henk):
    sign_in(client, henk)
    db.session.commit()
    client.set_cookie("lang", "en")
    return client


def text_of(answer) -> str:
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def ways(one: BankLine):
    return queries.suggestions([one])[one.id]


def book(one: BankLine, *shares, by) -> None:
    with atomic():
        services.book_line(one.id, [(bill.id, cents) for bill, cents in shares], by=by)
    forget_reads()


def undo(one: BankLine, by) -> None:
    with atomic():
        services.undo_line(one.id, by=by)
    forget_reads()


def test_suggestions_are_ranked_and_say_why(account, hand_in):
    stranger = make_account(family_name="Anders")
    db.session.commit()
    meant, other = draw_up(account.id), draw_up(stranger.id, net_cents=100_00)
    hand_in(camt([Move(100_00, f"deel van {meant.rf_reference}", name="P. Prins")]))
    best, *_rest = ways(line())
    assert best.claim.id == meant.id
    assert best.reasons[0] is Reason.REFERENCE
    assert Reason.NAME in best.reasons
    assert best.leaves_cents == 498_95
    assert other.id not in {way.claim.id for way in ways(line())}


def test_amount_and_name_together_are_a_weak_suggestion_and_amount_alone_none(account, hand_in):
    bill = draw_up(account.id)
    hand_in(camt([Move(598_95, "contributie", name="A. Prins"), Move(598_95, "contributie", name="J. Jansen")]))
    told = {one.counter_name: ways(one) for one in lines()}
    assert [(way.claim.id, way.reasons) for way in told["A. Prins"]] == [(bill.id, (Reason.AMOUNT, Reason.NAME))]
    assert told["J. Jansen"] == []


def test_an_account_that_paid_before_points_to_its_person(account, hand_in):
    first, second = draw_up(account.id), draw_up(account.id)
    hand_in(camt([Move(598_95, first.rf_reference)]))
    hand_in(camt([Move(598_95, "nog een keer", name="zonder naam", day=date(2027, 1, 21))], number="15"))
    (waiting,) = [one for one in lines() if one.state is LineState.WAITING]
    assert [(way.claim.id, way.reasons) for way in ways(waiting)] == [(second.id, (Reason.IBAN, Reason.AMOUNT))]


def test_two_bills_of_one_person_are_offered_together_and_booked_with_one_click(account, hand_in, treasurer):
    first, second = draw_up(account.id), draw_up(account.id, net_cents=100_00)
    hand_in(camt([Move(719_95, f"{first.rf_reference} en {second.rf_reference}")]))
    best = ways(line())[0]
    assert best.reasons[0] is Reason.TOGETHER
    shares = ",".join(f"{claim.id}:{cents}" for claim, cents in best.shares)
    assert treasurer.post(f"/bureau/payments/bank/lines/{line().id}/book", data={"shares": shares}).status_code == 303
    assert [fresh(bill).state for bill in (first, second)] == [BillState.PAID, BillState.PAID]


def test_a_double_click_books_once_and_another_decision_afterwards_is_refused(account, hand_in, treasurer):
    first, second = draw_up(account.id), draw_up(account.id)
    hand_in(camt([Move(598_95, "contributie Prins")]))
    for _click in range(2):
        data = {"shares": f"{first.id}:59895"}
        assert treasurer.post(f"/bureau/payments/bank/lines/{line().id}/book", data=data).status_code == 303
    assert [entry.amount_cents for entry in fresh(first).entries] == [598_95]
    late = treasurer.post(f"/bureau/payments/bank/lines/{line().id}/book", data={"shares": f"{second.id}:59895"})
    assert late.status_code == 409
    assert fresh(second).entries == []


def test_a_part_leaves_the_bill_open_and_too_much_becomes_a_task(account, hand_in, henk):
    part, more = draw_up(account.id), draw_up(account.id)
    hand_in(camt([Move(100_00, part.rf_reference), Move(700_00, more.rf_reference)]))
    by_amount = {one.amount_cents: one for one in lines()}
    book(by_amount[100_00], (part, 100_00), by=henk)
    book(by_amount[700_00], (more, 700_00), by=henk)
    assert (fresh(part).state, fresh(more).state) == (BillState.ISSUED, BillState.PAID)
    (task,) = db.session.scalars(select(Task))
    assert (task.kind, task.details["surplus_cents"]) == (TaskKind.OVERPAID, 101_05)


def test_undoing_books_the_contrary_and_the_line_waits_again(bill, hand_in, henk):
    hand_in(camt([Move(598_95, bill.rf_reference)]))
    undo(line(), henk)
    short = fresh(bill)
    assert short.state is BillState.SHORT
    assert sorted(entry.amount_cents for entry in short.entries) == [-598_95, 598_95]
    assert line().state is LineState.WAITING
    book(line(), (bill, 598_95), by=henk)
    assert fresh(bill).state is BillState.PAID
    undo(line(), henk)
    undo(line(), henk)
    assert sum(entry.amount_cents for entry in fresh(bill).entries) == 0


def test_what_was_undone_is_not_booked_again_by_another_file(bill, hand_in, henk):
    hand_in(camt([Move(598_95, bill.rf_reference)]))
    undo(line(), henk)
    hand_in(camt([Move(598_95, bill.rf_reference), Move(1_00, "x")], number="15"))
    assert fresh(bill).state is BillState.SHORT


def test_undoing_takes_the_task_of_a_surplus_along(bill, hand_in, henk):
    hand_in(camt([Move(700_00, bill.rf_reference)]))
    book(line(), (bill, 700_00), by=henk)
    undo(line(), henk)
    assert [task.closed_at is not None for task in db.session.scalars(select(Task))] == [True]


def test_a_line_divided_over_two_bills_by_number(account, hand_in, treasurer):
    first, second = draw_up(account.id), draw_up(account.id)
    hand_in(camt([Move(1_000_00, "voor ons allebei")]))
    where = f"/bureau/payments/bank/lines/{line().id}/divide"
    typed = {"bill_1": first.rf_reference, "amount_1": "598,95", "bill_2": second.rf_reference, "amount_2": "400"}
    wrong = treasurer.post(where, data=typed)
    assert wrong.status_code == 422
    assert "do not add up" in text_of(wrong)
    assert 'value="598,95"' in text_of(wrong)
    assert treasurer.post(where, data=typed | {"amount_2": "401,05"}).status_code == 303
    assert (fresh(first).state, fresh(second).state) == (BillState.PAID, BillState.ISSUED)


@pytest.mark.parametrize("typed", ["2099-99999", "onzin", "RF00"])
def test_a_number_that_does_not_exist_is_said_at_its_field(hand_in, treasurer, typed):
    hand_in(camt([Move(10_00, "x")]))
    answer = treasurer.post(f"/bureau/payments/bank/lines/{line().id}/divide", data={"bill_1": typed, "amount_1": "10"})
    assert answer.status_code == 422
    assert "There is no invoice" in text_of(answer)


def test_not_for_a_bill_needs_a_word_and_can_be_taken_up_again(hand_in, treasurer):
    hand_in(camt([Move(10_00, "rente")]))
    where = f"/bureau/payments/bank/lines/{line().id}"
    assert treasurer.post(f"{where}/set-aside", data={"remark": ""}).status_code == 422
    assert treasurer.post(f"{where}/set-aside", data={"remark": "rente"}).status_code == 303
    assert (line().state, line().remark) == (LineState.SET_ASIDE, "rente")
    assert "Nothing to match" in text_of(treasurer.get("/bureau/payments/bank"))
    treasurer.post(f"{where}/undo")
    assert line().state is LineState.WAITING


def test_money_booked_by_hand_before_is_recognised_and_counts_once(bill, hand_in, henk, treasurer):
    with atomic():
        at = clock.at_home(datetime(2027, 1, 20, 12))
        services.book_transfer(bill.id, amount_cents=598_95, received_at=at, reference="2027-014/3", by=henk)
    hand_in(camt([Move(598_95, bill.rf_reference)]))
    best = ways(line())[0]
    assert best.reasons[0] is Reason.BY_HAND
    data = {"shares": f"{bill.id}:59895", "entry": str(best.entry_id)}
    assert treasurer.post(f"/bureau/payments/bank/lines/{line().id}/book", data=data).status_code == 303
    assert [entry.amount_cents for entry in fresh(bill).entries] == [598_95]
    undo(line(), henk)
    assert fresh(bill).state is BillState.PAID


def test_money_for_a_credited_bill_becomes_a_task(bill, hand_in, henk, treasurer):
    with atomic():
        services.choose_transfer(bill.id, by=henk)
        issued = queries.any_bill(bill.id)
        services.credit(issued, gross_cents=issued.gross_cents, cause=f"lapse:{bill.id}", reason="vervallen", by=henk)
    hand_in(camt([Move(598_95, bill.rf_reference)]))
    assert line().state is LineState.WAITING
    assert "asks for nothing any more" in text_of(treasurer.get(f"/bureau/payments/bank/lines/{line().id}"))
    book(line(), (bill, 598_95), by=henk)
    assert [task.kind for task in db.session.scalars(select(Task))] == [TaskKind.PAID_VOID]


def test_a_refund_sent_by_hand_is_booked_as_the_order_it_was(bill, hand_in, henk):
    hand_in(camt([Move(598_95, bill.rf_reference)]))
    with atomic():
        services.order_refund(bill.id, amount_cents=598_95, reason="gaat niet door", by=henk)
    hand_in(camt([Move(-598_95, bill.rf_reference, day=date(2027, 1, 25))], number="15"))
    (out,) = [one for one in lines() if one.amount_cents < 0]
    assert ways(out)[0].claim.id == bill.id
    book(out, (bill, -598_95), by=henk)
    assert list(db.session.scalars(select(RefundOrder.state))) == [RefundOrderState.DONE]
    assert fresh(bill).state is BillState.CREDITED


def test_p6_undoing_a_refund_sent_by_hand_lets_its_order_wait_again_and_the_line_finds_it_anew(
    bill, hand_in, henk, treasurer
):
    hand_in(camt([Move(598_95, bill.rf_reference)]))
    with atomic():
        ordered = services.order_refund(bill.id, amount_cents=100_00, reason="te veel", by=henk).id
    hand_in(camt([Move(-100_00, bill.rf_reference, day=date(2027, 1, 25))], number="15"))
    (out,) = [one for one in lines() if one.amount_cents < 0]
    book(out, (bill, -100_00), by=henk)
    assert treasurer.post(f"/bureau/payments/bank/lines/{out.id}/undo").status_code == 303
    waits = db.session.get_one(RefundOrder, ordered, populate_existing=True)
    assert (waits.state, waits.reference, waits.settled_at) == (RefundOrderState.ORDERED, None, None)
    assert "Sent at the bank?" in text_of(treasurer.get(f"/bureau/payments/refunds/{ordered}"))
    assert "undid the booking of a refund of €100.00" in text_of(treasurer.get(f"/bureau/payments/{bill.id}"))
    book(out, (bill, -100_00), by=henk)
    assert db.session.get_one(RefundOrder, ordered, populate_existing=True).state is RefundOrderState.DONE
    assert sum(entry.amount_cents for entry in fresh(bill).entries) == 498_95
    assert [note.gross_cents for note in fresh(bill).credit_notes] == [100_00]


def test_a_payment_that_the_bank_takes_back_makes_the_bill_short(bill, hand_in, henk):
    hand_in(camt([Move(598_95, bill.rf_reference)]))
    hand_in(camt([Move(-598_95, bill.rf_reference, reversal=True, day=date(2027, 1, 22))], number="15"))
    (out,) = [one for one in lines() if one.amount_cents < 0]
    book(out, (bill, -598_95), by=henk)
    assert fresh(bill).state is BillState.SHORT
    kinds = db.session.scalars(select(LedgerEntry.kind).where(LedgerEntry.amount_cents < 0))
    assert list(kinds) == [LedgerKind.TRANSFER]


def test_no_more_goes_out_for_a_bill_than_came_in(bill, hand_in, henk):
    hand_in(camt([Move(-598_95, bill.rf_reference)]))
    with pytest.raises(services.NothingToTakeBack), atomic():
        services.book_line(line().id, [(bill.id, -598_95)], by=henk)


def test_every_decision_stands_in_the_log_as_a_sentence(bill, hand_in, henk, treasurer):
    hand_in(camt([Move(598_95, bill.rf_reference)], number="7"), "januari.xml")
    undo(line(), henk)
    shown = text_of(treasurer.get(f"/bureau/payments/bank/lines/{line().id}"))
    assert "The portal booked €598.95" in shown
    assert "Henk Kassa took up €598.95" in shown
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert {"payments.bank_file.taken_in", "payments.bank_file.read", "payments.bank_line.matched"} <= actions


@pytest.mark.parametrize("shares", ["", "x:1", "59895", f"{'0' * 32}:1"])
def test_junk_for_a_decision_is_refused(hand_in, treasurer, shares):
    hand_in(camt([Move(10_00, "x")]))
    answer = treasurer.post(f"/bureau/payments/bank/lines/{line().id}/book", data={"shares": shares})
    assert answer.status_code in {400, 404}


def test_a_coordinator_reads_and_does_not_book(client, sign_in, hand_in):
    hand_in(camt([Move(10_00, "x")]))
    sign_in(client, make_account(roles=("coordinator",)))
    assert client.get("/bureau/payments/bank").status_code == 200
    assert client.post(f"/bureau/payments/bank/lines/{line().id}/undo").status_code in {403, 404}
    assert client.get("/bureau/payments/bank/hand-in").status_code in {403, 404}
