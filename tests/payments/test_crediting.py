"""P5 and P6: an issued invoice is never edited but credited, wholly or in part, with VAT that adds up to the cent."""

from __future__ import annotations

import itertools
import uuid
from datetime import date

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.accounts.roles import Role
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.mail.models import OutboxMail
from app.payments import queries, services
from app.payments.invoice_pdf import render_credit_note
from app.payments.models import BillState, CreditNote, DocumentKind, NumberCounter
from app.payments.queries import VatPart
from app.payments.services import LineDraft
from app.payments.services.crediting import share
from tests.factories import make_account
from tests.golden import assert_mail_matches
from tests.payments.conftest import draw_up, fresh, run_jobs
from tests.payments.test_bills import issued, words

MIXED = [LineDraft("Lidmaatschap", 1, 495_00), LineDraft("Boek", 3, 17_35, "low"), LineDraft("Gift", 1, 10_00, "zero")]
TO_SPLIT = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def credited(bill, gross_cents, cause="refund:1", by=None):
    with atomic():
        note = services.credit(bill, gross_cents=gross_cents, cause=cause, reason="Op verzoek", by=by).id
    forget_reads()
    return queries.credit_note(note)


def paid(bill, account):
    with atomic():
        services.book_transfer(
            bill.id, amount_cents=bill.gross_cents, received_at=clock.now(), reference=str(bill.id), by=account
        )
    return fresh(bill)


def test_crediting_all_of_it_takes_the_bill_back_line_by_line(account):
    bill = issued(draw_up(account.id, lines=MIXED))
    note = credited(bill, bill.gross_cents)
    assert (note.net_cents, note.vat_cents, note.gross_cents) == (bill.net_cents, bill.vat_cents, bill.gross_cents)
    assert [(line.description, line.quantity, line.net_cents) for line in note.lines] == [
        (line.description, line.quantity, line.net_cents) for line in fresh(bill).lines
    ]
    assert fresh(bill).state is BillState.CREDITED
    assert queries.creditable(fresh(bill)) == 0


def test_a_part_carries_its_part_of_the_vat(account):
    bill = paid(draw_up(account.id), account)
    note = credited(bill, 100_00)
    assert (note.net_cents, note.vat_cents) == (82_64, 17_36)
    assert fresh(bill).state is BillState.PAID
    assert queries.creditable(bill) == 498_95
    rest = credited(bill, 498_95, "refund:2")
    assert note.vat_cents + rest.vat_cents == 103_95
    assert fresh(bill).state is BillState.CREDITED


def test_the_same_cause_credits_once(account):
    bill = issued(draw_up(account.id))
    first, again = credited(bill, 100_00), credited(bill, 200_00)
    assert (first.id, queries.credited(bill.id)) == (again.id, 100_00)


@pytest.mark.parametrize("gross", [0, -1, 598_96])
def test_never_more_than_the_invoice_and_never_nothing(account, gross):
    bill = issued(draw_up(account.id))
    with pytest.raises(services.TooMuchCredited):
        credited(bill, gross)
    assert db.session.scalars(select(NumberCounter.series)).all() == [str(bill.issued_on.year)]


def test_a_bill_without_a_number_is_not_credited(account):
    with pytest.raises(services.NothingToCredit):
        credited(draw_up(account.id), 1_00)


def test_credit_notes_have_a_series_of_their_own_without_gaps(account):
    with time_machine.travel("2027-01-14T12:00:00+01:00"):
        bills = [issued(draw_up(account.id)) for _ in range(3)]
        numbers = [credited(bill, 1_00, str(place)).number for place, bill in enumerate(bills)]
        with pytest.raises(services.TooMuchCredited):
            credited(bills[0], 999_99, "too much")
        numbers.append(credited(bills[0], 1_00, "once more").number)
    assert numbers == ["C2027-00001", "C2027-00002", "C2027-00003", "C2027-00004"]
    assert [bill.number for bill in bills] == ["2027-00001", "2027-00002", "2027-00003"]


@TO_SPLIT
@given(
    nets=st.lists(st.integers(1, 200_000), min_size=1, max_size=3),
    cuts=st.lists(st.floats(0, 1), max_size=6),
)
def test_p1_notes_add_up_to_the_invoice_to_the_cent_whatever_the_parts(nets, cuts):
    rates = (("high", 2100), ("low", 900), ("zero", 0))
    whole = [
        VatPart(code, rate, net, (net * rate * 2 + 10_000) // 20_000, "art. 9")
        for net, (code, rate) in zip(nets, rates, strict=False)
    ]
    gross = sum(part.gross_cents for part in whole)
    bounds = sorted({0, gross, *(int(cut * gross) for cut in cuts)})
    done: list[VatPart] = []
    for begin, end in itertools.pairwise(bounds):
        parts = share(whole, done, end - begin)
        assert sum(part.gross_cents for part in parts) == end - begin
        for part in parts:
            assert part.net_cents >= 0
            assert part.vat_cents >= 0
            assert abs(part.vat_cents - part.net_cents * part.basis_points / 10_000) <= 1.5
        done += parts
    for part in whole:
        mine = [taken for taken in done if taken.code == part.code]
        assert sum(taken.net_cents for taken in mine) == part.net_cents
        assert sum(taken.vat_cents for taken in mine) == part.vat_cents


FIXED = {
    "bill": {
        "net_cents": "1", "vat_cents": "1", "gross_cents": "1", "number": "'2027-99999'", "buyer": "'{}'",
        "seller": "'{}'", "settled": "'{}'", "issued_on": "'2020-01-01'", "rf_reference": "'RF18'", "term": "'x'",
        "locale": "'en'", "period_from": "NULL", "period_until": "'2020-01-01'",
    },
    "bill_line": {"description": "'x'", "quantity": "2", "net_cents": "1", "vat_basis_points": "0"},
    "credit_note": {"gross_cents": "1", "seller": "'{}'", "vat": "'[]'"},
    "credit_note_line": {"net_cents": "1", "description": "'x'"},
}  # fmt: skip


@pytest.mark.parametrize(("table", "column"), [(table, column) for table in FIXED for column in FIXED[table]])
def test_p5_what_an_issued_invoice_says_cannot_be_changed_by_any_statement(account, table, column):
    bill = issued(draw_up(account.id, period=(date(2027, 1, 1), date(2027, 12, 31))))
    credited(bill, 1_00)
    with pytest.raises(DBAPIError, match="never changed"), atomic() as session:
        session.execute(text(f"UPDATE {table} SET {column} = {FIXED[table][column]}"))


@pytest.mark.parametrize("table", ["bill_line", "bill", "credit_note_line", "credit_note"])
def test_p5_nothing_of_an_issued_invoice_can_be_deleted_and_no_line_added(account, table):
    bill = issued(draw_up(account.id))
    credited(bill, 1_00)
    with pytest.raises(DBAPIError, match="never changed"), atomic() as session:
        session.execute(text(f"DELETE FROM {table}"))
    with pytest.raises(DBAPIError, match="never changed"), atomic() as session:
        session.execute(
            text(
                "INSERT INTO bill_line SELECT :id, bill_id, 2, description, quantity, unit_net_cents, net_cents,"
                " vat_code, vat_basis_points, legal_ground, in_languages FROM bill_line"
            ),
            {"id": uuid.uuid4().hex},
        )


def test_a_bill_without_a_number_may_still_change(account):
    draw_up(account.id)
    with atomic() as session:
        session.execute(text("UPDATE bill SET net_cents = 1, vat_cents = 0, gross_cents = 1"))
        session.execute(text("DELETE FROM bill_line"))


def test_the_credit_note_says_what_it_takes_back_and_stays_as_it_went_out(account):
    period = (date(2027, 1, 14), date(2028, 1, 13))
    with time_machine.travel("2027-01-14T12:00:00+01:00"):
        bill = issued(draw_up(account.id, period=period, locale="en"))
        note = credited(bill, 100_00)
        run_jobs()
    told = words(queries.stored_document(note.id, DocumentKind.CREDIT_NOTE_PDF).content)
    asked = [
        *("Credit note", "C2027-00001", "Of invoice", "2027-00001", "14 January 2027", "Prins Interim B.V."),
        *("Part of: Lidmaatschap Inner Circle, één jaar", "€82.64", "€17.36", "€100.00", "21%"),
        *("14 January 2027 – 13 January 2028", "VAT id NL001234567B29"[:6], "NL001234567B29", "90004567"),
    ]
    assert [one for one in asked if one not in told] == []
    with time_machine.travel("2034-06-01T12:00:00+02:00"):
        kept = queries.stored_document(note.id, DocumentKind.CREDIT_NOTE_PDF).content
        assert kept == render_credit_note(queries.credit_note(note.id))


def test_the_buyer_gets_it_by_mail_in_their_language(account):
    with time_machine.travel("2027-01-14T12:00:00+01:00"):
        bill = issued(draw_up(account.id))
        note = credited(bill, 100_00)
    mail = db.session.scalar(select(OutboxMail).where(OutboxMail.key == f"payments/credit_note:{note.id}"))
    assert [kept["filename"] for kept in mail.attachments] == [f"creditfactuur-{note.number}.pdf"]
    assert_mail_matches(mail, "credit_note")


def test_a_credit_note_is_for_its_owner_and_for_staff_who_may_read_payments(account, client, sign_in):
    bill = issued(draw_up(account.id))
    note = credited(bill, 100_00)
    for who, status in (
        (account, 200),
        (make_account(), 404),
        (make_account(roles=(Role.TREASURER,)), 200),
        (make_account(roles=(Role.RETURNING_OFFICER,)), 404),
    ):
        sign_in(client, who)
        answer = client.get(f"/credit-notes/{note.id}.pdf")
        assert answer.status_code == status
    assert db.session.scalars(select(CreditNote.id)).all() == [note.id]
