"""P1 and P5: amounts to the cent, numbers without gaps, invoices that never change."""

from __future__ import annotations

import base64
import re
import uuid
import zlib
from datetime import date

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from stdnum import iso11649

from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.core.errors import IllegalTransition
from app.core.paper import printable
from app.payments import queries, services
from app.payments.invoice_pdf import render_invoice
from app.payments.models import BillState, Document, LedgerEntry, NumberCounter
from app.payments.services import LineDraft
from tests.payments.conftest import draw_up, fresh, run_jobs


def words(pdf: bytes) -> str:
    """The text on the pages of a PDF that reportlab made."""
    told = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        page = zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))
        for literal in re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", page):
            plain = re.sub(rb"\\(\d{3})", lambda octal: bytes([int(octal[1], 8)]), literal)
            told.append(re.sub(rb"\\(.)", rb"\1", plain).decode("cp1252"))
    return "\n".join(told)


def issued(bill):
    with atomic():
        services.choose_transfer(bill.id, by=None)
    return fresh(bill)


@pytest.mark.parametrize(
    ("net", "code", "vat"),
    [
        (495_00, "high", 103_95),
        (1, "high", 0),
        (2, "high", 0),
        (3, "high", 1),
        (50, "high", 11),
        (413_22, "high", 86_78),
        (100_00, "low", 9_00),
        (100_00, "zero", 0),
    ],
)
def test_vat_is_right_to_the_cent(account, net, code, vat):
    bill = draw_up(account.id, net_cents=net, vat_code=code)
    assert (bill.net_cents, bill.vat_cents, bill.gross_cents) == (net, vat, net + vat)


def test_vat_is_reckoned_per_rate_over_the_sum(account):
    lines = [LineDraft("Dagdeel", 3, 33_33), LineDraft("Boek", 1, 19_99, "low"), LineDraft("Dagdeel", 1, 33_33)]
    bill = draw_up(account.id, lines=lines)
    assert [(part.rate, part.net_cents, part.vat_cents) for part in queries.vat_parts(bill.lines)] == [
        ("21%", 133_32, 28_00),
        ("9%", 19_99, 1_80),
    ]
    assert bill.vat_cents == 29_80


def test_a_rate_holds_from_its_day_on(app):
    assert services.vat_rate("low", date(2018, 12, 31)).basis_points == 600
    assert services.vat_rate("low", date(2019, 1, 1)).basis_points == 900
    assert services.vat_rate("high", date(2027, 1, 1)).legal_ground == "art. 9 lid 1 Wet OB 1968"
    with pytest.raises(LookupError):
        services.vat_rate("unheard of", date(2027, 1, 1))


def test_asking_for_the_bill_of_the_same_thing_gives_the_same_bill(account):
    subject = ("trial", uuid.uuid4())
    first, second = draw_up(account.id, subject=subject), draw_up(account.id, subject=subject)
    assert first.id == second.id
    with atomic():
        services.void(first, by=None)
    assert draw_up(account.id, subject=subject).id != first.id


def test_drawing_up_takes_no_number_and_issuing_takes_the_next(account):
    bills = [draw_up(account.id) for _ in range(3)]
    assert [bill.number for bill in bills] == [None] * 3
    year = clock.today().year
    assert [issued(bill).number for bill in reversed(bills)] == [f"{year}-0000{n}" for n in (1, 2, 3)]


def test_what_is_undone_burns_no_number(account):
    first, second = draw_up(account.id), draw_up(account.id)
    with pytest.raises(ZeroDivisionError), atomic():
        services.choose_transfer(first.id, by=None)
        raise ZeroDivisionError
    assert issued(second).number.endswith("-00001")
    assert db.session.scalars(select(NumberCounter.n)).all() == [1]


def test_each_year_has_its_own_series(account):
    with time_machine.travel("2026-12-31T23:30:00+01:00"):
        last = issued(draw_up(account.id)).number
    with time_machine.travel("2027-01-01T00:30:00+01:00"):
        first = issued(draw_up(account.id)).number
    assert (last, first) == ("2026-00001", "2027-00001")


def test_an_issued_bill_cannot_be_withdrawn(account):
    bill = issued(draw_up(account.id))
    with pytest.raises(IllegalTransition), atomic():
        services.void(bill, by=None)


def test_references_are_iso_11649(account):
    references = {draw_up(account.id).rf_reference for _ in range(20)}
    assert len(references) == 20
    assert all(iso11649.is_valid(reference) for reference in references)
    assert services.rf_reference("000123456789") == "RF18000123456789"


@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize(
    ("table", "column", "value"), [("ledger_entry", "amount_cents", "1"), ("document", "sha256", "'x'")]
)
def test_what_is_written_is_never_changed(account, change, table, column, value):
    bill = issued(draw_up(account.id))
    with atomic():
        services.book_transfer(bill.id, amount_cents=1_00, received_at=clock.now(), reference="1", by=account)
    run_jobs()
    with pytest.raises(DBAPIError), atomic() as session:
        session.execute(text(change.format(table, column, value)))
    forget_reads()
    assert db.session.scalars(select(LedgerEntry.amount_cents)).all() == [1_00]
    assert len(db.session.scalars(select(Document)).all()) == 2


def test_the_invoice_says_all_that_the_law_asks(account, app):
    period = (date(2027, 1, 14), date(2028, 1, 13))
    bill = draw_up(account.id, period=period, locale="en")
    with time_machine.travel("2027-01-14T12:00:00+01:00"):
        bill = issued(bill)
    told = words(render_invoice(bill))
    seller = app.config["SELLER"]
    asked = [
        *(seller.legal_name.split(" interim")[0], seller.street, seller.kvk, seller.vat_id),
        *("Prins Interim B.V.", "Lindelaan 7", "3722 HK  Bilthoven", "NL001234567B29", "90004567"),
        *("2027-00001", "January 2027", "Lidmaatschap Inner Circle, één jaar", "21%"),
        *("14 January 2027 – 13 January 2028", "€495.00", "€103.95", "€598.95"),
        *("NL09 BNKK 0123 4567 89", iso11649.format(bill.rf_reference), "28 January 2027"),
    ]
    assert [one for one in asked if one not in told] == []


def test_the_invoice_is_the_same_each_time_and_kept_as_it_went_out(account, client, sign_in):
    bill = issued(draw_up(account.id))
    before = services.invoice(bill).content()
    run_jobs()
    kept = queries.stored_document(bill.id)
    assert kept.content == before == render_invoice(fresh(bill))
    sign_in(client, account)
    answer = client.get(f"/invoices/{bill.id}.pdf")
    assert (answer.data, answer.mimetype) == (before, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="factuur-{bill.number}.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_p5_the_period_that_began_with_the_payment_is_stated_and_never_changes(account):
    bill = draw_up(account.id, term="One year from the day of payment", locale="en")
    paid = {"amount_cents": bill.gross_cents, "received_at": clock.now(), "reference": "1", "by": account}
    with atomic():
        services.book_transfer(bill.id, **paid)
        services.state_period(bill.id, date(2027, 1, 14), date(2028, 1, 13))
    told = words(render_invoice(fresh(bill)))
    assert "14 January 2027 – 13 January 2028" in told
    assert "One year from" not in told
    assert "Date of supply" not in told
    with atomic():
        services.state_period(bill.id, date(2029, 1, 1), date(2029, 12, 31))
    assert words(render_invoice(fresh(bill))) == told


def test_p5_an_invoice_that_went_out_before_the_money_keeps_its_words(account):
    bill = issued(draw_up(account.id, term="One year from the day of payment", locale="en"))
    before = render_invoice(bill)
    assert "Period\nOne year from the day of payment" in words(before)
    paid = {"amount_cents": bill.gross_cents, "received_at": clock.now(), "reference": "1", "by": account}
    with atomic():
        services.book_transfer(bill.id, **paid)
        services.state_period(bill.id, date(2027, 1, 14), date(2028, 1, 13))
    assert render_invoice(fresh(bill)) == before


def test_a_long_invoice_goes_on_on_further_pages(account):
    bill = issued(draw_up(account.id, lines=[LineDraft(f"Sessie {n}", 1, 100_00) for n in range(1, 31)], locale="en"))
    told = words(render_invoice(bill))
    assert all(f"Sessie {n}\n" in told for n in range(1, 31))
    assert told.count("Page ") == 3
    assert told.count("Total incl. VAT") == 1


def test_a_letter_the_paper_lacks_loses_its_mark_and_never_its_place():
    assert printable("Zoë Łukasiewicz-Šimůnek € 5") == "Zoë Lukasiewicz-Šimunek € 5"
    assert printable("李") == "?"


def test_a_bill_moves_only_along_its_table(account):
    bill = draw_up(account.id)
    assert bill.state is BillState.DRAFT
    with pytest.raises(DBAPIError), atomic() as session:
        session.execute(text("UPDATE bill SET state = 'paid'"))
