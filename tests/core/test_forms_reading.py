"""Forgiving input (ux 11): what people type is read, and what can't be meant is refused."""

from __future__ import annotations

import unicodedata
from datetime import date, time
from decimal import Decimal

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from app.core.forms import reading
from app.core.money import LARGEST_AMOUNT, parse_money

DAYS = st.dates(min_value=date(reading.EARLIEST_YEAR, 1, 1), max_value=date(reading.LATEST_YEAR, 12, 31))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("1234ab", "1234 AB"),
        (" 1234  AB ", "1234 AB"),
        ("1234\u00a0Ab", "1234 AB"),
    ],
)
def test_a_postcode_is_read_with_or_without_its_space(typed, stored):
    assert reading.read_postcode(typed) == stored


@pytest.mark.parametrize("typed", ["0123 AB", "1234", "1234 SS", "12345 AB", "1234 A1", "１２３４ AB"])
def test_a_postcode_that_does_not_exist_is_refused(typed):
    with pytest.raises(ValueError, match=r"."):
        reading.read_postcode(typed)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("06-12 34 56 78", "+31612345678"),
        ("(030) 231 23 45", "+31302312345"),
        ("+31 (0)6 12345678", "+31612345678"),
        ("0031 6 12345678", "+31612345678"),
        ("+32 2 555 12 12", "+3225551212"),
    ],
)
def test_a_telephone_number_is_stored_as_it_is_dialled_from_abroad(typed, stored):
    assert reading.read_phone(typed) == stored


@pytest.mark.parametrize("typed", ["12", "06 123", "geen", "+999 123456", "", "06123456789012345678"])
def test_what_is_no_telephone_number_is_refused(typed):
    with pytest.raises(ValueError, match=r"^"):
        reading.read_phone(typed)


def test_a_stored_number_is_shown_as_the_dutch_write_it():
    assert reading.show_phone("+31612345678") == "06 12345678"
    assert reading.show_phone("+3225551212") == "+32 2 555 12 12"
    assert reading.show_phone("bel de receptie") == "bel de receptie"


@pytest.mark.parametrize(
    ("typed", "stored"), [("12345678", "12345678"), ("1234 5678", "12345678"), ("KvK: 01.234.567", "01234567")]
)
def test_a_kvk_number_is_eight_digits(typed, stored):
    assert reading.read_kvk(typed) == stored


@pytest.mark.parametrize("typed", ["1234567", "123456789", "1234567a", "١٢٣٤٥٦٧٨"])
def test_a_kvk_number_of_other_than_eight_digits_is_refused(typed):
    with pytest.raises(ValueError, match=r"."):
        reading.read_kvk(typed)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("NL004495445B01", "NL004495445B01"),
        ("nl 0044.95.445.b01", "NL004495445B01"),
        ("004495445B01", "NL004495445B01"),
        ("BE 0403.019.261", "BE0403019261"),
    ],
)
def test_a_vat_id_is_read_when_its_check_digits_hold(typed, stored):
    assert reading.read_vat_id(typed) == stored


@pytest.mark.parametrize("typed", ["NL004495446B01", "NL12", "XX123", ""])
def test_a_vat_id_with_a_wrong_digit_is_refused(typed):
    with pytest.raises(ValueError, match=r"^"):
        reading.read_vat_id(typed)


def test_an_iban_is_read_in_any_grouping_and_shown_in_fours():
    assert reading.read_iban("nl91 abna 0417164300") == "NL91ABNA0417164300"
    assert reading.show_iban("NL91ABNA0417164300") == "NL91 ABNA 0417 1643 00"
    with pytest.raises(ValueError, match=r"."):
        reading.read_iban("NL92ABNA0417164300")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Anna@Voorbeeld.NL ", "Anna@voorbeeld.nl"),
        ("mailto:anna@voorbeeld.nl", "anna@voorbeeld.nl"),
        ("<anna@voorbeeld.nl>;", "anna@voorbeeld.nl"),
        ("lid@demo.example", "lid@demo.example"),
    ],
)
def test_an_address_is_read_with_what_a_paste_brings_along(typed, stored):
    assert reading.read_email(typed) == stored


@pytest.mark.parametrize(
    "typed", ["anna", "anna@", "@voorbeeld.nl", "anna@voorbeeld", "a@b@c.nl", "anna@voor_beeld.nl"]
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValueError, match=r"^"):
        reading.read_email(typed)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("www.voorbeeld.nl", "https://www.voorbeeld.nl"),
        ("voorbeeld.nl:8080/x", "https://voorbeeld.nl:8080/x"),
        ("HTTP://voorbeeld.nl/a?b=c#d", "HTTP://voorbeeld.nl/a?b=c#d"),
    ],
)
def test_a_web_address_gets_https_when_it_names_nothing(typed, stored):
    assert reading.read_url(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://voorbeeld.nl/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://voorbeeld.nl",
        "https://",
        "https://iemand:geheim@voorbeeld.nl",
        "https://voorbeeld",
        "//",
        "https://voorbeeld.nl:99999999/",
        "https://voorbeeld.nl/ a",
        "https://[::1",
        "https:\\\\voorbeeld.nl",
        "x" * 3000,
    ],
)
def test_only_web_addresses_of_the_web_are_accepted(typed):
    """ASVS 1.2.2."""
    with pytest.raises(ValueError, match=r"^"):
        reading.read_url(typed)


@given(DAYS)
def test_a_day_is_read_however_the_dutch_write_it(day):
    month = format_date(day, "MMMM", locale="nl")
    short = format_date(day, "MMM", locale="nl")
    for typed in (
        f"{day.day}-{day.month}-{day.year}",
        f"{day:%d-%m-%Y}",
        f" {day.day} / {day.month} / {day.year} ",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day} {day.month} {day.year}",
        f"{day.day} {month} {day.year}",
        f"{day.day} {month.upper()} {day.year}",
        f"{day.day} {short} {day.year}",
        format_date(day, "EEEE d MMMM y", locale="nl"),
        format_date(day, "d MMMM y", locale="en"),
        format_date(day, "MMMM d, y", locale="en"),
        day.isoformat(),
    ):
        assert reading.read_date(typed) == day, typed


@pytest.mark.parametrize(
    "typed", ["31-2-2027", "5-13-2027", "5-1-27", "5 jaanuari 2027", "morgen", "", "0-1-2027", "5-1-9999", "1-1-0001"]
)
def test_a_day_that_is_none_or_a_guess_is_refused(typed):
    with pytest.raises(ValueError, match=r"^"):
        reading.read_date(typed)


@given(st.text(max_size=40))
def test_no_text_makes_a_reader_fail_otherwise_than_by_refusing(text):
    readers = (
        reading.read_date,
        reading.read_time,
        reading.read_integer,
        reading.read_decimal,
        reading.read_url,
        reading.read_kvk,
        reading.read_postcode,
        reading.read_iban,
        reading.read_vat_id,
        reading.read_email,
        reading.read_phone,
        parse_money,
    )
    for read in readers:
        try:
            read(text)
        except ValueError:
            continue


@given(st.integers(0, LARGEST_AMOUNT))
def test_an_amount_is_read_in_each_of_its_spellings(cents):
    euros, rest = divmod(cents, 100)
    grouped = f"{euros:,}".replace(",", ".")
    for typed in (
        f"{euros},{rest:02d}",
        f"{euros}.{rest:02d}",
        f"{grouped},{rest:02d}",
        f"€ {grouped},{rest:02d}",
        f"{euros:,}.{rest:02d}",
    ):
        assert parse_money(typed) == cents, typed
    if rest == 0:
        assert parse_money(f"€\u00a0{grouped},-") == cents
        assert parse_money(grouped) == cents


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("19.30", time(19, 30)),
        ("19:30", time(19, 30)),
        ("19u30", time(19, 30)),
        ("1930", time(19, 30)),
        ("9 uur", time(9)),
        ("9.05 uur", time(9, 5)),
    ],
)
def test_a_time_is_read_as_it_is_written(typed, stored):
    assert reading.read_time(typed) == stored


@pytest.mark.parametrize("typed", ["25.00", "19.60", "avond", "193"])
def test_a_time_that_is_none_is_refused(typed):
    with pytest.raises(ValueError, match=r"^"):
        reading.read_time(typed)


def test_numbers_know_the_dutch_point_and_comma():
    assert reading.read_integer("1.250") == 1250
    assert reading.read_integer("-3") == -3
    assert reading.read_decimal("1,5") == Decimal("1.5")
    assert reading.read_decimal("1.5") == Decimal("1.5")


@given(st.text(max_size=80))
def test_tidying_is_done_once_and_keeps_one_line(text):
    line = reading.tidy_line(text)
    assert reading.tidy_line(line) == line
    assert "\n" not in line
    assert unicodedata.is_normalized("NFC", line)
