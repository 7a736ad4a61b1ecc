"""Reading what people type: forgiving on the way in (ux 11), one form on the way out. Pure: no form, no request.

Each `read_…` returns the stored form or raises ValueError; the field that calls it knows the message.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

import email_validator
from stdnum import iban
from stdnum.eu import vat
from stdnum.exceptions import ValidationError as NumberError

EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
LONGEST_URL = 2000
_LINE_BREAKS = re.compile(r"\r\n?|\u0085|\u2028|\u2029")
_UNSEEN = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\u00ad]")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_NUMERIC_DATE = re.compile(r"^(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4})$")
_ISO_DATE = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$")
_WORDED_DATE = re.compile(r"^(?:[a-z]+,? )?(\d{1,2})(?:e|de|ste|st|nd|rd|th)?[- ]([a-z]+)\.?[- ,]+(\d{4})$")
_MONTH_FIRST_DATE = re.compile(r"^([a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$")
_TIME = re.compile(r"^(\d{1,2})(?:[.:uh](\d{2})|[uh])?$|^(\d{2})(\d{2})$")
_INTEGER = re.compile(r"^-?(?:\d{1,3}(?:\.\d{3})+|\d{1,15})$", re.ASCII)
_DECIMAL = re.compile(r"^-?\d{1,12}(?:[.,]\d{1,6})?$", re.ASCII)
_POSTCODE = re.compile(r"^([1-9]\d{3})([A-Z]{2})$", re.ASCII)
_HOST = re.compile(r"^(?!-)[\w-]+(\.[\w-]+)+$")
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*):(?!\d+(?:[/?#]|$))", re.IGNORECASE)
_NEVER_ISSUED = {"SA", "SD", "SS"}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan",
            "februari february feb",
            "maart march mrt mar",
            "april apr",
            "mei may",
            "juni june jun",
            "juli july jul",
            "augustus august aug",
            "september sept sep",
            "oktober october okt oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}


def tidy_text(text: str) -> str:
    """Compose accents, drop what is unseen but harmless, make line breaks one character, cut blanks at both ends."""
    composed = unicodedata.normalize("NFC", text)
    return _UNSEEN.sub("", _LINE_BREAKS.sub("\n", composed)).strip()


def tidy_line(text: str) -> str:
    """Tidy one line: line breaks and tabs that came along with a paste become one space."""
    return _SPACES.sub(" ", tidy_text(text))


def has_control_characters(text: str) -> bool:
    """Say whether a text holds characters that no keyboard gives and no database or spreadsheet should get."""
    return any(c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs") for c in text)


def read_email(text: str) -> str:
    """Read an address: blanks and a pasted `mailto:` go, the domain becomes lower case; nothing is looked up."""
    compact = _SPACES.sub("", text).removeprefix("mailto:").strip("<>;,")
    try:
        checked = email_validator.validate_email(compact, check_deliverability=False, allow_smtputf8=False)
    except email_validator.EmailNotValidError as error:
        raise ValueError(text) from error
    return str(checked.normalized)


def read_phone(text: str) -> str:
    """Read a telephone number, Dutch unless it starts with + or 00, into E.164 (`+31612345678`)."""
    import phonenumbers  # noqa: PLC0415  its tables are large and few requests need them

    try:
        number = phonenumbers.parse(re.sub(r"^\s*00", "+", text).replace("(0)", ""), "NL")
    except phonenumbers.NumberParseException as error:
        raise ValueError(text) from error
    if not phonenumbers.is_valid_number(number):
        raise ValueError(text)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def show_phone(number: str) -> str:
    """Write a stored number as the Dutch do: `06 12345678`, and `+32 …` for one abroad; unreadable ones as they are."""
    import phonenumbers  # noqa: PLC0415  as above

    try:
        parsed = phonenumbers.parse(number, "NL")
    except phonenumbers.NumberParseException:
        return number
    at_home = parsed.country_code == phonenumbers.country_code_for_region("NL")
    style = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(parsed, style))


def read_postcode(text: str) -> str:
    """Read a Dutch postcode: `1234ab` becomes `1234 AB`."""
    match = _POSTCODE.match(_SPACES.sub("", text).upper())
    if not match or match[2] in _NEVER_ISSUED:
        raise ValueError(text)
    return f"{match[1]} {match[2]}"


def read_kvk(text: str) -> str:
    """Read a chamber-of-commerce number: exactly eight digits, dots and blanks forgiven."""
    digits = re.sub(r"^kvk\W*|[\s.\-\u00a0]", "", text, flags=re.IGNORECASE)
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise ValueError(text)
    return digits


def read_vat_id(text: str) -> str:
    """Read a European VAT id and prove its check digits; one without a country is Dutch."""
    compact = re.sub(r"[\s.\-\u00a0]", "", text).upper()
    if re.fullmatch(r"[0-9]{9}B[0-9]{2}", compact):
        compact = f"NL{compact}"
    try:
        return str(vat.validate(compact))
    except NumberError as error:
        raise ValueError(text) from error


def read_iban(text: str) -> str:
    """Read a bank account number and prove its check digits."""
    try:
        return str(iban.validate(_SPACES.sub("", text)))
    except NumberError as error:
        raise ValueError(text) from error


def show_iban(number: str) -> str:
    """Write a stored account number in groups of four, as on a bank card."""
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def read_date(text: str) -> date:
    """Read a day: `5-1-2027`, `5 januari 2027`, `2027-01-05`.

    Day before month; a year of two digits would be a guess, so it is refused.
    """
    plain = tidy_line(text).lower()
    if match := _NUMERIC_DATE.match(plain):
        day, month, year = match.groups()
    elif match := _ISO_DATE.match(plain):
        year, month, day = match.groups()
    elif match := _WORDED_DATE.match(plain):
        day, name, year = match.groups()
        month = str(_MONTHS.get(name, 0))
    elif match := _MONTH_FIRST_DATE.match(plain):
        name, day, year = match.groups()
        month = str(_MONTHS.get(name, 0))
    else:
        raise ValueError(text)
    if not EARLIEST_YEAR <= int(year) <= LATEST_YEAR:
        raise ValueError(text)
    return date(int(year), int(month), int(day))


def read_time(text: str) -> time:
    """Read a time of day: `19.30`, `19:30`, `19u30`, `1930`, `19 uur`."""
    compact = re.sub(r"\s|uur$", "", text.lower())
    match = _TIME.match(compact)
    if not match:
        raise ValueError(text)
    hour, minute, packed_hour, packed_minute = match.groups()
    return time(int(hour or packed_hour), int(minute or packed_minute or 0))


def read_integer(text: str) -> int:
    """Read a whole number; `1.250` is twelve hundred and fifty."""
    compact = _SPACES.sub("", text)
    if not _INTEGER.match(compact):
        raise ValueError(text)
    return int(compact.replace(".", ""))


def read_decimal(text: str) -> Decimal:
    """Read a number with a comma or a point, such as `1,5` hours."""
    compact = _SPACES.sub("", text)
    if not _DECIMAL.match(compact):
        raise ValueError(text)
    try:
        return Decimal(compact.replace(",", "."))
    except InvalidOperation as error:
        raise ValueError(text) from error


def read_url(text: str) -> str:
    """Read a web address; `www.x.nl` gets https. Only http and https, a real host, no password in it."""
    compact = text.strip()
    scheme = _SCHEME.match(compact)
    if not scheme:
        compact = f"https://{compact}"
    elif scheme[1].lower() not in ("http", "https"):
        raise ValueError(text)
    if len(compact) > LONGEST_URL or re.search(r"[\s\\<>\"]", compact):
        raise ValueError(text)
    parts = urlsplit(compact)
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.match(parts.hostname or ""):
        raise ValueError(text)
    if parts.port == 0:
        raise ValueError(text)
    return compact
