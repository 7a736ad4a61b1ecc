"""P7: a statement counts once, however often and in whatever pieces it is handed in, and what is certain is booked."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.core.db import atomic, db, forget_reads
from app.core.observability import statements_so_far
from app.payments import queries, services
from app.payments.models import (
    BankBooking,
    BankFile,
    BankLine,
    BillState,
    FileState,
    LedgerEntry,
    LedgerKind,
    LineState,
    Task,
    TaskKind,
)
from app.payments.services import bank_import, bank_matching
from app.payments.statements import Unreadable, Why
from tests.factories import make_account
from tests.payments.bank.conftest import line, lines, states
from tests.payments.bank.writing import Move, camt, mt940, zipped
from tests.payments.conftest import draw_up, fresh, run_jobs


def count(model) -> int:
    forget_reads()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def referring(bill, cents: int = 598_95, **others) -> Move:
    return Move(cents, f"lidmaatschap {bill.rf_reference}", **others)


def test_a_transfer_with_its_reference_and_amount_is_booked_by_itself(bill, hand_in):
    file = hand_in(camt([referring(bill)]))
    paid = fresh(bill)
    assert (file.state, file.lines_total, file.lines_new) == (FileState.DONE, 1, 1)
    assert paid.state is BillState.PAID
    assert paid.number
    (entry,) = paid.entries
    assert (entry.kind, entry.provider, entry.amount_cents) == (LedgerKind.TRANSFER, "bank", 598_95)
    assert states() == [LineState.BOOKED]


@pytest.mark.parametrize(
    "written",
    ["{0}", "RF {1} {2} {3}", "betreft:{0}, graag bevestigen", "{4}", "rf{1}.{2}.{3}"],
)
def test_a_reference_is_found_however_people_write_it(bill, hand_in, written):
    reference = bill.rf_reference
    told = written.format(reference, reference[2:4], reference[4:8], reference[8:], " ".join(reference))
    hand_in(mt940([Move(598_95, told)]))
    assert fresh(bill).state is BillState.PAID


def test_a_reference_with_a_wrong_figure_names_no_bill(bill, hand_in):
    wrong = bill.rf_reference[:-1] + str((int(bill.rf_reference[-1]) + 1) % 10)
    hand_in(camt([Move(598_95, wrong)]))
    assert (fresh(bill).state, states()) == (BillState.DRAFT, [LineState.WAITING])


def test_the_same_file_twice_changes_nothing(bill, hand_in):
    content = camt([referring(bill), Move(10_00, "iets")])
    first, second = hand_in(content), hand_in(content, "nog eens.xml")
    assert first.id == second.id
    assert (count(BankFile), count(BankLine), count(LedgerEntry)) == (1, 2, 1)


def test_the_same_lines_in_another_file_count_once(bill, hand_in):
    alike = Move(10_00, "twee keer koffie")
    hand_in(camt([referring(bill), alike, alike]))
    again = hand_in(camt([alike, referring(bill), alike, Move(20_00, "nieuw")], number="15"), "week.xml")
    assert (again.lines_total, again.lines_new) == (4, 1)
    assert (count(BankLine), count(LedgerEntry)) == (4, 1)


def test_two_movements_alike_to_the_letter_are_two(hand_in):
    hand_in(camt([Move(10_00, "koffie"), Move(10_00, "koffie")]))
    assert len(lines()) == 2


def test_a_wrong_file_changes_nothing(bill, hand_in):
    good = camt([referring(bill)])
    for wrong in (good[:-60], camt([referring(bill)], closing=1)):
        with pytest.raises(Unreadable):
            hand_in(wrong)
        assert (count(BankFile), count(BankLine), count(LedgerEntry)) == (0, 0, 0)
    hand_in(good)
    assert fresh(bill).state is BillState.PAID


def test_the_page_names_the_line_and_the_two_balances_as_amounts_and_says_once_that_it_is_an_error(
    bill, henk, client, sign_in
):
    sign_in(client, henk)
    db.session.commit()
    wrong = io.BytesIO(camt([referring(bill)], closing=1)), "afschrift.xml"
    page = client.post("/bureau/payments/bank/hand-in", data={"file": wrong}, headers={"Accept-Language": "nl"})
    assert page.status_code == 422
    shown = page.text.replace("\u00a0", " ")
    assert "Regel 7: " in shown
    assert "Er staat: € 0,01 ≠ € 1.598,95" in shown
    assert shown[: shown.index("</title>")].count("Fout:") == 1


def test_a_large_file_is_read_by_a_job_and_tells_why_it_cannot(bill, hand_in, monkeypatch):
    monkeypatch.setattr(bank_import, "READ_AT_ONCE", 0)
    wrong = hand_in(camt([referring(bill)], closing=1))
    assert wrong.state is FileState.QUEUED
    run_jobs()
    forget_reads()
    refused = queries.bank_file(wrong.id)
    assert (refused.state, refused.refused_why, refused.refused_line) == (FileState.REFUSED, Why.BALANCE, 7)
    assert count(BankLine) == 0
    good = hand_in(camt([referring(bill)]))
    run_jobs()
    forget_reads()
    assert queries.bank_file(good.id).state is FileState.DONE
    assert fresh(bill).state is BillState.PAID


def test_reading_that_was_cut_off_goes_on_and_nothing_counts_twice(account, hand_in, monkeypatch):
    bills = [draw_up(account.id) for _ in range(3)]
    monkeypatch.setattr(bank_import, "AT_ONCE", 2)
    real, calls = bank_import.book_certain, []

    def dies_once(*arguments, **keywords):
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return real(*arguments, **keywords)

    monkeypatch.setattr(bank_import, "book_certain", dies_once)
    content = camt([referring(bill) for bill in bills])
    with pytest.raises(KeyboardInterrupt):
        hand_in(content)
    forget_reads()
    file = db.session.scalars(select(BankFile)).one()
    assert file.state is FileState.READING
    services.read_file(file_id=str(file.id))
    services.read_file(file_id=str(file.id))
    assert [fresh(bill).state for bill in bills] == [BillState.PAID] * 3
    assert (count(BankLine), count(LedgerEntry)) == (3, 3)
    assert queries.bank_file(file.id).lines_new == 3


def test_an_invoice_number_books_only_for_an_account_that_paid_before(account, hand_in):
    """Dues are alike and figures get mixed up, so a number alone is no proof."""
    first, second, third = (draw_up(account.id) for _ in range(3))
    with atomic():
        for bill in (second, third):
            services.choose_transfer(bill.id, by=account)
    hand_in(camt([Move(598_95, f"factuur {fresh(second).number}")]))
    assert fresh(second).state is BillState.ISSUED
    hand_in(camt([referring(first, day=date(2027, 1, 21))], number="15"))
    hand_in(camt([Move(598_95, f"factuur {fresh(third).number}", day=date(2027, 1, 22))], number="16"))
    assert fresh(third).state is BillState.PAID


@pytest.mark.parametrize("cents", [598_94, 598_96, 100_00])
def test_another_amount_waits_for_a_person(bill, hand_in, cents):
    hand_in(camt([referring(bill, cents)]))
    assert (fresh(bill).state, states()) == (BillState.DRAFT, [LineState.WAITING])


def test_another_currency_waits_and_cannot_be_booked(bill, hand_in, henk):
    hand_in(camt([referring(bill)], currency="USD"))
    with pytest.raises(services.NotEuros), atomic():
        services.book_line(line().id, [(bill.id, 598_95)], by=henk)


@pytest.mark.parametrize(("locale", "written"), [("nl", "US$\u00a01.250,00"), ("en", "US$1,250.00")])
def test_p1_another_currency_is_written_as_the_reader_writes_money(client, sign_in, henk, hand_in, locale, written):
    foreign = '<AmtDtls><InstdAmt><Amt Ccy="GBP">30.50</Amt></InstdAmt></AmtDtls>'
    hand_in(camt([Move(1_250_00)], currency="USD").replace(b"<RmtInf>", foreign.encode() + b"<RmtInf>", 1))
    sign_in(client, henk)
    db.session.commit()
    client.set_cookie("lang", locale)
    for page in ("/bureau/payments/bank", "/bureau/payments/bank/lines", f"/bureau/payments/bank/lines/{line().id}"):
        assert written in client.get(page).text
    pounds = {"nl": "£\u00a030,50", "en": "£30.50"}[locale]
    assert pounds in client.get(f"/bureau/payments/bank/lines/{line().id}").text
    assert "250" not in client.get("/bureau/payments/today").text


def test_a_second_transfer_for_the_same_bill_waits(bill, hand_in):
    hand_in(camt([referring(bill), referring(bill, day=date(2027, 1, 21))]))
    assert states() == [LineState.BOOKED, LineState.WAITING]
    assert [entry.amount_cents for entry in fresh(bill).entries] == [598_95]


def test_two_bills_named_on_one_line_are_for_a_person_to_tell_apart(account, hand_in):
    first, second = draw_up(account.id), draw_up(account.id)
    hand_in(camt([Move(598_95, f"{first.rf_reference} en {second.rf_reference}")]))
    assert states() == [LineState.WAITING]


def test_money_out_waits_only_where_it_is_about_a_bill(bill, hand_in):
    hand_in(camt([referring(bill)]))
    back, costs = Move(-598_95, bill.rf_reference, day=date(2027, 1, 21)), Move(-9_95, "kosten", iban="", name="Bank")
    hand_in(camt([back, costs], number="15"))
    assert sorted((one.amount_cents, one.state) for one in lines() if one.amount_cents < 0) == [
        (-598_95, LineState.WAITING),
        (-9_95, LineState.SET_ASIDE),
    ]


def test_one_line_that_cannot_be_booked_keeps_no_other_waiting(account, hand_in, monkeypatch):
    bills = [draw_up(account.id) for _ in range(3)]
    real = bank_matching.enter_transfer

    def stumbles(bill, **others):
        real(bill, **others)
        if bill.id == bills[1].id:
            raise RuntimeError("no luck")

    monkeypatch.setattr(bank_matching, "enter_transfer", stumbles)
    hand_in(camt([referring(bill) for bill in bills]))
    assert [fresh(bill).state for bill in bills] == [BillState.PAID, BillState.DRAFT, BillState.PAID]


def test_p7_a_line_that_books_itself_takes_five_queries_at_most(account, hand_in):
    bills = [draw_up(account.id) for _ in range(100)]
    before = statements_so_far()
    hand_in(camt([referring(bill) for bill in bills]))
    assert statements_so_far() - before <= 5 * len(bills)
    assert {fresh(bill).state for bill in bills} == {BillState.PAID}


def test_a_line_is_what_the_bank_said_once_and_an_amount_of_nothing_is_none(hand_in):
    hand_in(camt([Move(0, "melding"), Move(5_00)]))
    with pytest.raises(IntegrityError), atomic():
        db.session.execute(text("UPDATE bank_line SET amount_cents = 0"))


def test_files_of_a_zip_in_all_formats_are_read_together(account, hand_in):
    bills = [draw_up(account.id) for _ in range(3)]
    hand_in(
        zipped(
            a__xml=camt([referring(bills[0])]),
            b__xml=camt([referring(bills[1])], version="08", number="15"),
            c__sta=mt940([referring(bills[2])], bank="rabobank"),
        ),
        "januari.zip",
    )
    assert [fresh(bill).state for bill in bills] == [BillState.PAID] * 3
    assert [statement.number for statement in queries.bank_file(db.session.scalars(select(BankFile.id)).one()).statements] == ["14", "15", "00014"]  # fmt: skip


WEEK = [date(2027, 1, 18) + timedelta(days=day) for day in range(5)]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_overlap_of_files_gives_the_same_bookings(app, henk, data):
    """Files hold whole days, as banks give them; some days stand in several files, and files come in any order."""
    person = make_account()
    db.session.commit()
    bills = [draw_up(person.id, due_on=date(2027, 2, 1)) for _ in WEEK]
    noise = [Move(25_00, "koffie", day=day) for day in WEEK]
    days = {
        day: [referring(bill, day=day), again, again, Move(-1_00, "kosten", iban="", name="", day=day)]
        for day, bill, again in zip(WEEK, bills, noise, strict=True)
    }
    spans = data.draw(st.lists(st.lists(st.sampled_from(WEEK), min_size=1, max_size=5, unique=True), max_size=4))
    files = data.draw(st.permutations([*([day] for day in WEEK), *spans]))
    before = count(BankLine)
    for number, span in enumerate(files):
        moves = [move for day in sorted(span) for move in days[day]]
        services.take_in(camt(moves, number=f"{person.id}{number}"[-30:]), "week.xml", by=henk)
    assert [fresh(bill).state for bill in bills] == [BillState.PAID] * len(WEEK)
    assert [len(fresh(bill).entries) for bill in bills] == [1] * len(WEEK)
    extra = count(BankLine) - before
    assert extra in {len(WEEK) * 4, len(WEEK)}  # the coffee and the costs are the same in every example
    assert not db.session.scalars(select(Task).where(Task.kind == TaskKind.SECOND_PAYMENT)).all()
    booked = select(func.count()).select_from(BankBooking).where(BankBooking.bill_id.in_([bill.id for bill in bills]))
    assert db.session.scalar(booked) == len(WEEK)
