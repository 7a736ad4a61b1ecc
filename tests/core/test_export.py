"""Lists as files: exactly the filter, safe in a spreadsheet, in the form that Dutch Excel reads (ASVS 1.2.10, ux 45)."""

from __future__ import annotations

import csv
import io
from contextvars import Context
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from flask import request
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import Column as TableColumn
from sqlalchemy import Date, Integer, MetaData, String, Table, Uuid, select

from app.core import export
from app.core.db import UtcDateTime, db
from app.core.forms import Option
from app.core.listing import Badge, ChoiceFilter, Column, Kind, Listing

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\x00")

bills = Table(
    "export_bill",
    MetaData(),
    TableColumn("id", Uuid, primary_key=True),
    TableColumn("name", String, nullable=False),
    TableColumn("phone", String),
    TableColumn("due", Date),
    TableColumn("paid", UtcDateTime),
    TableColumn("cents", Integer, nullable=False),
    TableColumn("state", String, nullable=False),
)
LISTING = Listing(
    title='Énige; "leden"\r\nX: y',
    columns=[
        Column("name", "Naam", sort=True),
        Column("phone", "Telefoon", kind=Kind.PHONE),
        Column("due", "Vervalt", kind=Kind.DATE),
        Column("paid", "Betaald", kind=Kind.MOMENT),
        Column("cents", "Bedrag", kind=Kind.MONEY, sort=True),
        Column("state", "Stand", kind=Kind.BADGE, badge=lambda value: Badge("", value.title())),
        Column("secret", "Intern", sql=bills.c.id, exported=False),
    ],
    filters=[ChoiceFilter("state", "Stand", [Option("open", "Open"), Option("paid", "Betaald")])],
    search=["name"],
    default_sort="name",
    page_size=2,
    export=True,
)


@pytest.fixture
def fetch(app):
    """Ask for the list as a file and read it whole, as a browser would."""
    bills.create(db.session.connection())

    def ask(query, listing=LISTING):
        with app.test_request_context(f"/rekeningen?{query}"):
            answer = listing.file(select(bills), request.args, file_format=request.args["format"])
            return answer, answer.get_data()

    return ask


def add(**values):
    usual = {"id": uuid4(), "phone": None, "due": None, "paid": None, "cents": 0, "state": "open"}
    db.session.execute(bills.insert().values(**{**usual, **values}))


def read_csv(content):
    text = content.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=";"))


def read_xlsx(content):
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).active.iter_rows()]


def test_the_csv_is_what_dutch_excel_reads(fetch):
    add(
        name="Anna",
        phone="+31612345678",
        due=date(2027, 1, 5),
        paid=datetime(2027, 7, 1, 22, 30, tzinfo=UTC),
        cents=125050,
    )
    add(name='Bram; de "Bouwer"\nBV', cents=-605)
    heading, anna, bram = read_csv(fetch("format=csv")[1])
    assert heading == ["Naam", "Telefoon", "Vervalt", "Betaald", "Bedrag", "Stand"]
    assert anna == ["Anna", "06 12345678", "05-01-2027", "02-07-2027 00:30", "1250,50", "Open"]
    assert bram == ['Bram; de "Bouwer"\nBV', "", "", "", "-6,05", "Open"]


def test_the_workbook_has_native_amounts_and_dates(fetch):
    add(name="Anna", due=date(2027, 1, 5), paid=datetime(2027, 7, 1, 22, 30, tzinfo=UTC), cents=125050)
    heading, anna = read_xlsx(fetch("format=xlsx")[1])
    assert heading[0] == "Naam"
    assert anna[2] == datetime(2027, 1, 5)
    assert anna[3] == datetime(2027, 7, 2, 0, 30)
    assert anna[4] == 1250.5


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_file_holds_exactly_the_filter_in_the_order_of_the_page(fetch, file_format):
    for number in range(7):
        add(name=f"Lid {number}", cents=10 - number, state="open" if number % 2 else "paid")
    answer, content = fetch(f"format={file_format}&state=paid&sort=cents&q=lid&after=junk")
    rows = read_csv(content) if file_format == "csv" else read_xlsx(content)
    assert [row[0] for row in rows[1:]] == ["Lid 6", "Lid 4", "Lid 2", "Lid 0"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "name", ["=1+1", "+31", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", '=cmd|"/C calc"!A0', "\x0b=1"]
)
def test_no_cell_of_text_is_a_formula(fetch, file_format, name):
    add(name=name)
    content = fetch(f"format={file_format}")[1]
    rows = read_csv(content) if file_format == "csv" else read_xlsx(content)
    assert not str(rows[1][0]).lstrip().startswith((*TRIGGERS, "＝"))


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=2, max_size=2), max_size=5
    )
)
def test_any_text_survives_a_csv_but_for_the_guard_against_formulas(rows):
    fields = [export.Field("Een"), export.Field("Twee")]
    lines = read_csv("".join(export.csv_lines(fields, rows)).encode())
    for written, given_row in zip(lines[1:], rows, strict=True):
        for cell, text in zip(written, given_row, strict=True):
            seen = "".join(c for c in text if c in "\t\r\n" or ord(c) > 31).replace("\x7f", "")
            assert cell in (seen, f"'{seen}")
            assert not cell.lstrip().startswith(TRIGGERS)


def test_the_name_of_the_file_is_safe_in_a_header(fetch):
    """ASVS 1.3.11."""
    add(name="Anna")
    header = fetch("format=csv")[0].headers["Content-Disposition"]
    assert header.startswith('attachment; filename="enige-leden-x-y-')
    assert header.isascii()
    assert export.file_name("日本", "csv").startswith("export-")


def test_an_empty_list_is_a_file_with_headings(fetch):
    assert len(read_csv(fetch("format=csv")[1])) == 1
    assert len(read_xlsx(fetch("format=xlsx")[1])) == 1


def test_a_long_list_is_sent_in_pieces(fetch, app):
    for number in range(1200):
        add(name=f"Lid {number:04}")
    with app.test_request_context("/rekeningen?format=csv"):
        answer = LISTING.file(select(bills), request.args, file_format="csv")
        pieces = list(answer.response)
    assert len(pieces) > 3
    assert len(read_csv("".join(pieces).encode())) == 1201


def test_a_list_that_is_not_declared_as_a_file_is_none(app):
    bills.create(db.session.connection())
    private = Listing(title="Leden", columns=[Column("name", "Naam", sort=True)], default_sort="name")
    with app.test_request_context("/rekeningen?format=csv"):
        answer = private.respond("errors/refusal.html", select(bills), message="geen bestand", way_out=None)
    assert "geen bestand" in answer


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (True, "1"),
        (12, "12"),
        (Decimal("1.5"), "1,5"),
        (-1, "-1"),
        (date(2027, 1, 5), "05-01-2027"),
        ("x", "x"),
    ],
)
def test_each_value_has_one_spelling(value, written):
    assert export.csv_value(value, export.Field("x")) == written
    assert Context().run(export.csv_value, value, export.Field("x")) == written
