"""MT940 as Dutch banks write it (ING, ABN AMRO, Rabobank), line by line; `:86:` in keys or as free text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, BinaryIO

from app.payments.statements.says import (
    Balance,
    Closed,
    Entry,
    Opened,
    Said,
    Unreadable,
    Why,
    cents_of,
    iban_in,
    printable,
)

LONGEST_LINE = 4_000
MOST_LINES = 60
_TAG = re.compile(r"^:(\d{2}[A-Z]?|NS):(.*)$")
_ENVELOPE = re.compile(r"^\{1:.*\{4:|^\{\d:[^}]*\}")
_BALANCE = re.compile(r"^([CD])(\d{6})([A-Z]{3})([\d,]+)$")
_MOVEMENT = re.compile(
    r"^(?P<valued>\d{6})(?P<booked>\d{4})?(?P<sign>RC|RD|EC|ED|C|D)(?P<funds>[A-Z])?(?P<amount>[\d,]+)"
    r"(?P<kind>[A-Z][A-Z0-9]{3})(?P<rest>.*)$"
)
_CREDITS = {"C", "RD", "EC"}
_KEY = re.compile(
    "/(ACCW|ADDR|BENM|BIC|BUSP|CDTRREFTP|CDTRREF|CD|CHGS|CNTP|CREF|CSID|EREF|EXCH|IBAN|ID|IREF|ISDT|ISSR|MARF|NAME|NRTX|"
    "OAMT|OCMT|ORDP|PREF|PURP|REMI|RREF|RTRN|SVCL|TRCD|TRTP|ULTB|ULTC|ULTD)/"
)


def read(stream: BinaryIO) -> Iterator[Said]:
    """Yield what the statements of a file say, as soon as it is read."""
    reader = _Reader()
    number = 0
    for number, raw in enumerate(_lines(stream), start=1):
        yield from reader.take(_decoded(raw), number)
    yield from reader.finish(number)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    number = 0
    while raw := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            raise Unreadable(Why.BAD_LINE, line=number)
        yield raw


def _decoded(raw: bytes) -> str:
    """Read a line as UTF-8 or, when it is not, as Windows writes Western European text."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return text.rstrip("\r\n")


@dataclass
class _Open:
    """The statement being read."""

    account: str
    number: str = ""
    currency: str = "EUR"
    balance: Balance | None = None
    closed: bool = False
    line: int = 0


@dataclass
class _Movement:
    """A `:61:` whose `:86:` may still come."""

    entry: Entry
    supplementary: str = ""
    information: list[str] = field(default_factory=list)


class _Reader:
    """Puts tags together to statements; a tag ends where the next begins."""

    def __init__(self) -> None:
        self._tag, self._text, self._line = "", [""], 0
        self._statement: _Open | None = None
        self._movement: _Movement | None = None
        self._told = False

    def take(self, text: str, number: int) -> Iterator[Said]:
        text = _ENVELOPE.sub("", text, count=1)
        match = _TAG.match(text)
        if match:
            yield from self._end_of_tag()
            self._tag, self._text, self._line = match[1], [match[2]], number
        elif text.strip() in {"-", "-}"} or text.startswith("-}"):
            yield from self._end_of_tag()
            yield from self._end_of_statement(number)
        elif self._tag:
            self._text.append(text)
            if len(self._text) > MOST_LINES:
                raise Unreadable(Why.BAD_LINE, line=number)

    def finish(self, number: int) -> Iterator[Said]:
        yield from self._end_of_tag()
        yield from self._end_of_statement(number)
        if not self._told:
            raise Unreadable(Why.EMPTY, line=number or None)

    def _end_of_tag(self) -> Iterator[Said]:
        tag, text, line = self._tag, self._text, self._line
        self._tag = ""
        if tag == "20":
            yield from self._end_of_statement(line)
        elif tag == "25":
            yield from self._end_of_statement(line)
            self._statement = _Open(_account(text[0], line), line=line)
        elif tag in {"28C", "28"}:
            self._now(line).number = printable(text[0])[:40]
        elif tag in {"60F", "60M"}:
            yield from self._opening(text[0], line)
        elif tag == "61":
            yield from self._end_of_movement()
            self._movement = self._moved(text, line)
        elif tag == "86" and self._movement:
            self._movement.information = text
            yield from self._end_of_movement()
        elif tag in {"62F", "62M"}:
            yield from self._end_of_movement()
            yield from self._closing(text[0], line)

    def _now(self, line: int) -> _Open:
        if self._statement is None:
            raise Unreadable(Why.MISSING, line=line, detail=":25:")
        return self._statement

    def _opening(self, text: str, line: int) -> Iterator[Opened]:
        statement = self._now(line)
        cents, currency, _day = _balance(text, line)
        statement.currency, statement.balance = currency, Balance(cents)
        self._told = True
        yield Opened(statement.account, currency, statement.number, cents, line)

    def _closing(self, text: str, line: int) -> Iterator[Closed]:
        statement = self._now(line)
        if statement.balance is None:
            raise Unreadable(Why.MISSING, line=line, detail=":60F:")
        cents, currency, day = _balance(text, line)
        if currency != statement.currency:
            raise Unreadable(Why.CURRENCY, line=line, detail=f"{currency} ≠ {statement.currency}")
        statement.balance.check(cents, line)
        statement.closed = True
        yield Closed(cents, day, line)

    def _end_of_statement(self, line: int) -> Iterator[Said]:
        yield from self._end_of_movement()
        statement, self._statement = self._statement, None
        if statement and statement.balance and not statement.closed:
            raise Unreadable(Why.CUT_OFF, line=line, detail=":62F:")

    def _moved(self, text: list[str], line: int) -> _Movement:
        statement = self._now(line)
        if statement.balance is None:
            raise Unreadable(Why.MISSING, line=line, detail=":60F:")
        match = _MOVEMENT.match(text[0])
        if match is None:
            raise Unreadable(Why.BAD_LINE, line=line, detail=text[0][:80])
        cents = cents_of(match["amount"], line, currency=statement.currency)
        cents = cents if match["sign"] in _CREDITS else -cents
        statement.balance.add(cents)
        reference, _slashes, banks_own = match["rest"].partition("//")
        entry = Entry(
            account=statement.account,
            currency=statement.currency,
            booked_on=_booked_on(match, line),
            amount_cents=cents,
            line=line,
            is_reversal=match["sign"] in {"RC", "RD"},
            bank_reference=_reference(banks_own),
            end_to_end=_reference(reference),
        )
        return _Movement(entry, supplementary=" ".join(text[1:]))

    def _end_of_movement(self) -> Iterator[Entry]:
        movement, self._movement = self._movement, None
        if movement is None or not movement.entry.amount_cents:
            return
        yield replace(movement.entry, **_told(movement))


def _account(text: str, line: int) -> str:
    """Return the account of `:25:`, without the currency that some banks write behind it."""
    compact = re.sub(r"[\s/]", "", text).upper()
    account = re.sub(r"(?<=\d)[A-Z]{3}$", "", compact)[:34]
    if not account:
        raise Unreadable(Why.MISSING, line=line, detail=":25:")
    return account


def _balance(text: str, line: int) -> tuple[int, str, date]:
    match = _BALANCE.match(text.strip())
    if match is None:
        raise Unreadable(Why.BAD_LINE, line=line, detail=text[:80])
    cents = cents_of(match[4], line, currency=match[3])
    return (cents if match[1] == "C" else -cents), match[3], _day(match[2], line)


def _day(text: str, line: int) -> date:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        raise Unreadable(Why.BAD_DATE, line=line, detail=text) from None


def _booked_on(match: re.Match[str], line: int) -> date:
    """Return the day of booking; it stands without a year, which is the value date's or the one beside it."""
    valued = _day(match["valued"], line)
    if not match["booked"]:
        return valued
    month, day = int(match["booked"][:2]), int(match["booked"][2:])
    try:
        beside = [date(valued.year + step, month, day) for step in (0, -1, 1)]
    except ValueError:
        raise Unreadable(Why.BAD_DATE, line=line, detail=match["booked"]) from None
    return min(beside, key=lambda found: abs((found - valued).days))


def _reference(text: str) -> str:
    found = printable(text)[:140]
    return "" if found in {"NONREF", "NOTPROVIDED", "EREF", "PREF", "MARF"} else found


def _told(movement: _Movement) -> dict[str, Any]:
    """Read who paid and what they wrote: by the keys between slashes where a bank writes them, else as free text."""
    lines = movement.information
    found = {"counter_iban": iban_in(movement.supplementary)}
    if not lines or not _KEY.match(lines[0]):
        text = printable(" ".join(lines))
        return {**found, "remittance": (text or printable(movement.supplementary))[:1000]}
    values = _values("".join(lines))
    account, name = _counterparty(values)
    remittance, structured = _remittance(values)
    end_to_end = _reference(values.get("EREF", "").strip("/"))
    return {
        "counter_iban": account or found["counter_iban"],
        "counter_name": name[:140],
        "remittance": remittance[:1000],
        "structured_reference": structured[:60],
        "end_to_end": end_to_end or movement.entry.end_to_end,
    }


def _values(text: str) -> dict[str, str]:
    """Take `/KEY/value/KEY/value` apart; of a key that comes twice the first value that says something stays."""
    values: dict[str, str] = {}
    matches = list(_KEY.finditer(text))
    for at, match in enumerate(matches):
        end = matches[at + 1].start() if at + 1 < len(matches) else len(text)
        value = text[match.end() : end].strip()
        if value.strip("/ ") or match[1] not in values:
            values[match[1]] = values.get(match[1]) or value
    return values


def _counterparty(values: dict[str, str]) -> tuple[str, str]:
    """Return account and name: ING puts both under CNTP, the others under IBAN and NAME."""
    if "CNTP" in values:
        account, _bic, name, *_city = [*values["CNTP"].split("/"), "", "", ""]
        return iban_in(account), printable(name)
    return iban_in(values.get("IBAN", "")), printable(values.get("NAME", "").strip("/"))


def _remittance(values: dict[str, str]) -> tuple[str, str]:
    """Return the free text and, where there is one, the structured reference."""
    text = values.get("REMI", "").strip()
    if text.startswith("STRD/"):
        reference = re.sub(r"^STRD/(?:CUR|ISO|SCOR)?/?", "", text).strip("/ ")
        return "", printable(reference)
    if "CDTRREF" in values:
        return printable(text.removeprefix("USTD//").strip("/")), printable(values["CDTRREF"].strip("/"))
    return printable(text.removeprefix("USTD//").strip("/")), ""
