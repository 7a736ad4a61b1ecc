"""P9: what bookkeeping gets: every movement with its VAT as CSV and XLSX, and the invoices of a period as one zip."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
import time_machine
from flask import render_template
from sqlalchemy import select

from app.accounts.roles import Role
from app.core import files
from app.core.db import atomic, db
from app.mail.models import OutboxMail
from app.payments import queries, services
from app.payments.models import InvoiceArchive
from app.payments.services import archives
from app.payments.views import bills_panel
from tests.factories import make_account
from tests.golden import assert_mail_matches
from tests.payments.conftest import draw_up, fresh, run_jobs
from tests.payments.test_bills import issued
from tests.payments.test_crediting import MIXED, credited, paid

NOON = datetime(2027, 1, 14, 11, tzinfo=UTC)
PERIOD = {"first": "1-1-2027", "last": "31-1-2027"}
HENK = {"given_name": "Henk", "family_name": "Kassa", "email": "henk@voorbeeld.example", "roles": (Role.TREASURER,)}


@pytest.fixture
def january():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def treasurer(app, january, client, sign_in):
    signed_in = sign_in(client, make_account(roles=(Role.TREASURER,)))
    db.session.commit()
    return signed_in


@pytest.fixture
def issued_in_january(account, treasurer):
    """Two invoices and a credit note of January; one of February."""
    bills = [issued(draw_up(account.id)), paid(draw_up(account.id, lines=MIXED), account)]
    note = credited(bills[0], 100_00)
    run_jobs()
    with time_machine.travel(NOON + timedelta(days=30), tick=False):
        issued(draw_up(account.id))
    return bills, note


def test_every_movement_is_in_the_file_with_its_vat_to_the_cent(account, client, treasurer):
    bill = paid(draw_up(account.id, lines=MIXED), account)
    other = draw_up(account.id)
    with atomic():
        services.book_transfer(other.id, amount_cents=100_00, received_at=NOON, reference="2027-9/1", by=account)
    answer = client.get("/bureau/payments/bookings?format=csv&moved_from=1-1-2027&moved_until=31-1-2027")
    head, *rows = [line.split(";") for line in answer.text.removeprefix("\ufeff").strip().split("\r\n")]
    told = {row[head.index("Kenmerk van de betaling")].strip("'"): dict(zip(head, row, strict=True)) for row in rows}
    whole, part = told[str(bill.id)], told["2027-9/1"]
    names = ["Netto, hoog tarief", "Btw, hoog tarief", "Netto, laag tarief", "Btw, laag tarief", "Zonder btw", "Bedrag"]
    assert [whole[name] for name in names] == ["495,00", "103,95", "52,05", "4,68", "10,00", "665,68"]
    assert [part[name] for name in names] == ["82,64", "17,36", "0,00", "0,00", "0,00", "100,00"]
    assert (whole["Persoon"], whole["Afnemer"], whole["Factuur"]) == ("Anna Prins", "Prins Interim B.V.", bill.number)
    empty = client.get("/bureau/payments/bookings?format=csv&moved_from=1-2-2027")
    assert empty.text.count("\r\n") == 1
    book = client.get("/bureau/payments/bookings?format=xlsx").data
    sheet = openpyxl.load_workbook(io.BytesIO(book)).active
    amounts = [row[5].value for row in sheet.iter_rows(min_row=2)]
    assert sorted(amounts) == [100, 665.68]
    assert client.get("/bureau/payments/bookings").status_code == 200


def test_p1_the_vat_of_a_movement_never_loses_a_cent(account, treasurer):
    bill = draw_up(account.id, lines=MIXED)
    for number, amount in enumerate((1, 99, 33_33, 200_00, 432_25)):
        with atomic():
            services.book_transfer(bill.id, amount_cents=amount, received_at=NOON, reference=str(number), by=account)
    for row in db.session.execute(queries.bookings()):
        split = queries.vat_in(row).values()
        assert sum(part.net_cents + part.vat_cents for part in split) == row.amount_cents


def test_a_small_period_is_handed_over_at_once(client, issued_in_january):
    bills, note = issued_in_january
    answer = client.post("/bureau/payments/invoices", data=PERIOD)
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as held:
        assert held.testzip() is None
        names = [f"factuur-{bill.number}.{kind}" for bill in bills for kind in ("pdf", "xml")]
        assert held.namelist() == [*names, f"creditfactuur-{note.number}.pdf", f"creditfactuur-{note.number}.xml"]
        assert held.read(names[0]) == services.invoice(fresh(bills[0])).content()
    again = client.post("/bureau/payments/invoices", data=PERIOD)
    assert again.data == answer.data


def test_a_large_period_is_made_by_a_job_that_tells_how_far_it_is(client, issued_in_january, monkeypatch):
    monkeypatch.setattr(services, "SMALL", 1)
    answer = client.post("/bureau/payments/invoices", data=PERIOD)
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert "Bekijk hoe ver het is" in page.text
    assert "data-again" in page.text
    assert "0 van 6" in page.text
    assert client.get(f"{answer.location}.zip").status_code == 404
    run_jobs()
    page = client.get(answer.location)
    assert "Zip downloaden" in page.text
    assert "data-again" not in page.text
    assert mails_about_zips() == []
    made = client.get(f"{answer.location}.zip")
    with zipfile.ZipFile(io.BytesIO(made.data)) as held:
        assert len(held.namelist()) == 6
    archive = db.session.scalars(select(InvoiceArchive)).one()
    assert (archive.done, archive.total) == (6, 6)
    assert "Klaar" in client.get("/bureau/payments/invoices").text


def mails_about_zips() -> list[OutboxMail]:
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.template == "payments/archive_done")))


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_p9_whoever_asked_for_a_zip_that_takes_long_gets_a_mail_when_it_is_there(issued_in_january, locale):
    with atomic():
        henk = make_account(**HENK, locale=locale)
        archive = services.order_archive(date(2027, 1, 1), date(2027, 1, 31), by=henk).id
    with time_machine.travel(NOON + timedelta(minutes=2), tick=False):
        services.make_archive(archive)
    (mail,) = mails_about_zips()
    assert_mail_matches(mail, "archive_done")
    assert f"/bureau/payments/invoices/{archive}" in mail.text


def test_p9_a_zip_that_could_not_be_made_is_told_by_mail_with_the_way_to_try_again(issued_in_january):
    with atomic():
        henk = make_account(**HENK)
        archive = services.order_archive(date(2027, 1, 1), date(2027, 1, 31), by=henk).id
    with time_machine.travel(NOON + timedelta(hours=1), tick=False), atomic():
        services.archive_failed(archive)
    (mail,) = mails_about_zips()
    assert_mail_matches(mail, "archive_failed")


def test_a_zip_is_made_once_and_thrown_away_after_a_week(account, issued_in_january):
    with atomic():
        archive = services.order_archive(date(2027, 1, 1), date(2027, 1, 31), by=account).id
    services.make_archive(archive)
    name = queries.archive(archive).file
    services.make_archive(archive)
    assert queries.archive(archive).file == name
    assert services.discard_archives() == 0
    with time_machine.travel(NOON + timedelta(days=8)):
        assert services.discard_archives() == 1
    assert not files.path(name).exists()
    assert queries.archives() == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"first": "31-1-2027", "last": "1-1-2027"}, "last"),
        ({"first": "gisteren", "last": "1-1-2027"}, "first"),
        ({"first": "", "last": ""}, "first"),
        ({"first": "1-1-2020", "last": "31-1-2020"}, "first"),
    ],
)
def test_a_wrong_or_empty_period_says_so_at_its_field(client, treasurer, typed, field):
    answer = client.post("/bureau/payments/invoices", data=typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


def test_progress_is_told_while_it_is_made(account, issued_in_january):
    told: list[int] = []
    assert b"".join(archives.zipped(date(2027, 1, 1), date(2027, 2, 28), told.append))[:2] == b"PK"
    assert told == list(range(1, 9))


def test_the_treasurer_sees_credit_notes_on_the_bill_and_the_member_theirs(account, client, issued_in_january):
    bills, note = issued_in_january
    page = client.get(f"/bureau/payments/{bills[0].id}").text
    assert note.number in page
    assert f"/credit-notes/{note.id}.xml" in page
    with client.application.test_request_context():
        page = render_template("payments/panel_bills.html", panel=bills_panel(account.id))
    assert f"/credit-notes/{note.id}.pdf" in page
    assert f"/invoices/{bills[0].id}.xml" in page
