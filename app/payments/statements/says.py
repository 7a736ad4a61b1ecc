"""What a statement says, whichever format it comes in, and why one cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

LARGEST_CENTS = 10**15
_SPACES = re.compile(r"\s+")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}")


class Why(StrEnum):
    """Why a file is refused."""

    NOT_XML = "not_xml"
    FORBIDDEN_XML = "forbidden_xml"
    NOT_A_STATEMENT = "not_a_statement"
    UNKNOWN_VERSION = "unknown_version"
    BAD_AMOUNT = "bad_amount"
    BAD_DATE = "bad_date"
    BAD_SIGN = "bad_sign"
    MISSING = "missing"
    BAD_LINE = "bad_line"
    CUT_OFF = "cut_off"
    BALANCE = "balance"
    CURRENCY = "currency"
    EMPTY = "empty"
    BAD_ZIP = "bad_zip"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"


class Unreadable(Exception):  # noqa: N818  an answer about a file, not an error of ours
    """A file cannot be read: on which line, of which file when it is one of several, why, and what stands there."""

    def __init__(self, why: Why, *, line: int | None = None, detail: str = "", part: str = "") -> None:
        super().__init__(why.value)
        self.why, self.line, self.detail, self.part = why, line, printable(detail)[:200], part


@dataclass(frozen=True)
class Opened:
    """A statement begins: whose account, in which currency, and what stood on it (None when it does not say)."""

    account: str
    currency: str
    number: str
    opening_cents: int | None
    line: int


@dataclass(frozen=True)
class Entry:
    """One movement. Money in is positive; `is_batch` is one sum for several payments that are not told apart."""

    account: str
    currency: str
    booked_on: date
    amount_cents: int
    line: int
    original_amount: str = ""
    is_reversal: bool = False
    is_batch: bool = False
    bank_reference: str = ""
    end_to_end: str = ""
    counter_iban: str = ""
    counter_name: str = ""
    remittance: str = ""
    structured_reference: str = ""


@dataclass(frozen=True)
class Closed:
    """A statement ends, and its lines explain the difference of its balances."""

    closing_cents: int | None
    closes_on: date | None
    line: int


Said = Opened | Entry | Closed


class Balance:
    """Adds up a statement and refuses one whose lines do not lead from its opening to its closing balance."""

    def __init__(self, opening_cents: int | None) -> None:
        self._opening, self._moved = opening_cents, 0

    def add(self, cents: int) -> None:
        self._moved += cents

    def check(self, closing_cents: int | None, line: int) -> None:
        """Compare with the closing balance; a statement that lacks one of the two cannot be checked."""
        if self._opening is None or closing_cents is None:
            return
        if self._opening + self._moved != closing_cents:
            expected = Decimal(self._opening + self._moved) / 100
            raise Unreadable(Why.BALANCE, line=line, detail=f"{Decimal(closing_cents) / 100:.2f} ≠ {expected:.2f}")


def printable(text: str) -> str:
    """Return text on one line, without what no keyboard gives."""
    return _SPACES.sub(" ", "".join(c if c.isprintable() else " " for c in text)).strip()


def cents_of(text: str, line: int, *, currency: str = "EUR") -> int:
    """Read an amount without sign, `1250,5` or `1250.50`, into cents; a fraction of a cent of euros is refused."""
    try:
        amount = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        raise Unreadable(Why.BAD_AMOUNT, line=line, detail=text) from None
    if not amount.is_finite() or amount < 0 or amount * 100 > LARGEST_CENTS:
        raise Unreadable(Why.BAD_AMOUNT, line=line, detail=text)
    cents = amount * 100
    if currency == "EUR" and cents != cents.to_integral_value():
        raise Unreadable(Why.BAD_AMOUNT, line=line, detail=text)
    return int(cents.to_integral_value())


def iban_in(text: str) -> str:
    """Return the account number at the beginning of a text, compact; nothing when there is none."""
    match = _IBAN.match(re.sub(r"[\s.]", "", text).upper())
    return match[0][:34] if match else ""
