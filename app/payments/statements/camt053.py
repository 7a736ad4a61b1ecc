"""camt.053, versions 001.02 and 001.08 and what lies between: one entry in memory at a time, nothing expanded.

Entities, document types and external references are refused before they are looked at (ASVS 1.5.1).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from datetime import date
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from app.payments.statements.says import Balance, Closed, Entry, Opened, Said, Unreadable, Why, cents_of, printable

CHUNK = 64 * 1024
DEEPEST = 40
LONGEST_TEXT = 20_000
NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d{2})")
VERSIONS = range(2, 14)
WHOLE = {"Bal", "Ntry"}
HEAD = {"Id", "Acct", "ElctrncSeqNb", "LglSeqNb"}
_ZONE = re.compile(r"T.*$|Z$|[+-]\d{2}:\d{2}$")


def read(stream: BinaryIO) -> Iterator[Said]:
    """Yield what the statements of a file say, as soon as it is read."""
    target = _Target()
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    target.expat = parser.parser
    try:
        while chunk := stream.read(CHUNK):
            parser.feed(chunk)
            yield from target.take()
        parser.close()
    except ParseError as error:
        line = error.position[0]
        cut_off = "no element found" in str(error) or "unclosed" in str(error)
        raise Unreadable(Why.CUT_OFF if cut_off else Why.NOT_XML, line=line) from error
    except DefusedXmlException as error:
        raise Unreadable(Why.FORBIDDEN_XML, line=target.line) from error
    except (LookupError, ValueError, UnicodeError) as error:
        raise Unreadable(Why.NOT_XML, line=target.line) from error
    yield from target.take()
    if not target.statements:
        raise Unreadable(Why.EMPTY, line=target.line)


class _Target:
    """Takes the parser's events; builds only what is needed whole, a balance or an entry, and lets it go again."""

    def __init__(self) -> None:
        self.expat: Any = None
        self.statements = 0
        self._said: deque[Said] = deque()
        self._path: list[str] = []
        self._building: list[tuple[Element, list[str]]] = []
        self._statement: _Statement | None = None

    @property
    def line(self) -> int:
        """The line the parser is at."""
        return int(self.expat.CurrentLineNumber)

    def take(self) -> Iterator[Said]:
        """Yield and forget what has been read."""
        while self._said:
            yield self._said.popleft()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Go down one element."""
        namespace, _brace, name = tag.removeprefix("{").rpartition("}")
        if not self._path:
            self._check_root(namespace, name)
        elif len(self._path) == 1 and name != "BkToCstmrStmt":
            raise Unreadable(Why.NOT_A_STATEMENT, line=self.line, detail=name)
        if len(self._path) >= DEEPEST:
            raise Unreadable(Why.TOO_DEEP, line=self.line)
        self._path.append(name)
        at = len(self._path)
        if at == 3 and name == "Stmt":  # noqa: PLR2004  Document, BkToCstmrStmt, Stmt
            self._statement = _Statement(self.line)
            self.statements += 1
        elif self._building or (at == 4 and self._statement and name in WHOLE | HEAD):  # noqa: PLR2004
            element = Element(name, attributes)
            element.set("line", str(self.line))
            if self._building:
                self._building[-1][0].append(element)
            self._building.append((element, []))

    def _check_root(self, namespace: str, name: str) -> None:
        match = NAMESPACE.fullmatch(namespace)
        if name != "Document" or not namespace.startswith("urn:iso:std:iso:20022:tech:xsd:camt.053"):
            raise Unreadable(Why.NOT_A_STATEMENT, line=self.line, detail=namespace or name)
        if match is None or int(match[1]) not in VERSIONS:
            raise Unreadable(Why.UNKNOWN_VERSION, line=self.line, detail=namespace)

    def data(self, text: str) -> None:
        """Keep text of what is being built."""
        if self._building:
            kept = self._building[-1][1]
            kept.append(text)
            if len(kept) > LONGEST_TEXT:
                raise Unreadable(Why.TOO_LARGE, line=self.line)

    def end(self, _tag: str) -> None:
        """Come up one element; hand over what is whole."""
        name = self._path.pop()
        if self._building:
            element, text = self._building.pop()
            element.text = "".join(text).strip()
            if not self._building and self._statement:
                self._said.extend(self._statement.take(name, element))
        elif name == "Stmt" and self._statement:
            self._said.extend(self._statement.end(self.line))
            self._statement = None

    def close(self) -> None:
        """End the document."""


class _Statement:
    """One `Stmt`: its head comes before its entries; an entry before any balance is an entry all the same."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.account = self.currency = self.id = self.sequence = ""
        self.opening: int | None = None
        self.closing: int | None = None
        self.closes_on: date | None = None
        self.closing_line = line
        self.balance: Balance | None = None

    def take(self, name: str, element: Element) -> Iterator[Said]:
        if name == "Id":
            self.id = printable(element.text or "")
        elif name in {"ElctrncSeqNb", "LglSeqNb"}:
            self.sequence = self.sequence or printable(element.text or "")
        elif name == "Acct":
            self._take_account(element)
        elif name == "Bal":
            self._take_balance(element)
        else:
            yield from self._open()
            yield from self._entries(element)

    def end(self, line: int) -> Iterator[Said]:
        yield from self._open()
        assert self.balance is not None
        if self.opening is not None:
            self.balance.check(self.closing, self.closing_line)
        yield Closed(self.closing, self.closes_on, line)

    def _open(self) -> Iterator[Said]:
        if self.balance is not None:
            return
        if not self.account:
            raise Unreadable(Why.MISSING, line=self.line, detail="Acct/Id/IBAN")
        self.balance = Balance(self.opening)
        number = (self.sequence or self.id)[:40]
        yield Opened(self.account, self.currency or "EUR", number, self.opening, self.line)

    def _take_account(self, element: Element) -> None:
        iban = _text(element, "Id/IBAN") or _text(element, "Id/Othr/Id")
        self.account = re.sub(r"\s", "", iban).upper()[:34]
        self.currency = _text(element, "Ccy").upper()[:3]

    def _take_balance(self, element: Element) -> None:
        kind = _text(element, "Tp/CdOrPrtry/Cd")
        if kind not in {"OPBD", "PRCD", "CLBD"}:
            return
        amount = element.find("Amt")
        if not self.currency and amount is not None:
            self.currency = amount.get("Ccy", "").upper()[:3]
        cents = _signed(element, self.currency or "EUR")
        if kind == "CLBD":
            self.closing, self.closing_line = cents, _line(element)
            self.closes_on = _date(element.find("Dt"), _line(element))
        elif kind == "OPBD" or self.opening is None:
            self.opening = cents

    def _entries(self, entry: Element) -> Iterator[Entry]:
        """Yield one movement per payment: the parts of a batch when they are all there and add up, else their sum."""
        status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
        if status not in {"BOOK", ""}:
            return
        line, amount = _line(entry), entry.find("Amt")
        if amount is None:
            raise Unreadable(Why.MISSING, line=line, detail="Ntry/Amt")
        currency = (amount.get("Ccy") or self.currency or "EUR").upper()
        if self.currency and currency != self.currency:
            raise Unreadable(Why.CURRENCY, line=line, detail=f"{currency} ≠ {self.currency}")
        total = _signed(entry, currency)
        assert self.balance is not None
        self.balance.add(total)
        booked_on = _date(entry.find("BookgDt"), line, else_=entry.find("ValDt"))
        is_reversal = _text(entry, "RvslInd").lower() in {"true", "1"}
        counterparty = "Dbtr" if (total > 0) != is_reversal else "Cdtr"
        shared: dict[str, Any] = {
            "account": self.account,
            "currency": currency,
            "booked_on": booked_on,
            "is_reversal": is_reversal,
        }
        details = entry.findall("NtryDtls/TxDtls")
        parts = [_part(detail, currency, total) for detail in details]
        whole = _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef")
        if len(details) > 1 and None not in parts and sum(part or 0 for part in parts) == total:
            for detail, cents in zip(details, parts, strict=True):
                if cents:
                    told = _told(detail, whole, counterparty)
                    yield Entry(**shared, amount_cents=cents, line=_line(detail), **told)
        elif total:
            count = _text(entry, "NtryDtls/Btch/NbOfTxs")
            told = _told(details[0] if len(details) == 1 else entry, whole, counterparty)
            told["remittance"] = told["remittance"] or printable(_text(entry, "AddtlNtryInf"))
            is_batch = len(details) > 1 or (not details and count.isdigit() and int(count) > 1)
            yield Entry(**shared, amount_cents=total, line=line, is_batch=is_batch, **told)


def _part(detail: Element, currency: str, total: int) -> int | None:
    """Return what one payment of a batch moved, signed like the whole unless it says otherwise; None if untold."""
    amount = detail.find("Amt")
    if amount is None:
        amount = detail.find("AmtDtls/TxAmt/Amt")
    if amount is None or (amount.get("Ccy") or currency).upper() != currency:
        return None
    cents = cents_of(amount.text or "", _line(amount), currency=currency)
    sign = _text(detail, "CdtDbtInd")
    return -cents if sign == "DBIT" or (not sign and total < 0) else cents


def _told(detail: Element, whole_reference: str, counterparty: str) -> dict[str, Any]:
    """Return what the payer wrote, and who that was; a reversal names its parties as the payment it takes back did."""
    related = f"RltdPties/{counterparty}"
    if detail.find(related) is None and detail.find(f"{related}Acct") is None:
        related = "RltdPties/Cdtr" if counterparty == "Dbtr" else "RltdPties/Dbtr"
    name = _text(detail, f"{related}/Nm") or _text(detail, f"{related}/Pty/Nm")
    account = _text(detail, f"{related}Acct/Id/IBAN") or _text(detail, f"{related}Acct/Id/Othr/Id")
    instructed = detail.find("AmtDtls/InstdAmt/Amt")
    foreign = ""
    if instructed is not None and instructed.get("Ccy", "EUR") != "EUR":
        foreign = printable(f"{instructed.get('Ccy')} {instructed.text}")[:40]
    end_to_end = _text(detail, "Refs/EndToEndId")
    return {
        "bank_reference": printable(_text(detail, "Refs/AcctSvcrRef") or whole_reference)[:140],
        "end_to_end": "" if end_to_end == "NOTPROVIDED" else printable(end_to_end)[:140],
        "counter_iban": re.sub(r"\s", "", account).upper()[:34],
        "counter_name": printable(name)[:140],
        "remittance": printable(" ".join(e.text or "" for e in detail.findall("RmtInf/Ustrd")))[:1000],
        "structured_reference": printable(_text(detail, "RmtInf/Strd/CdtrRefInf/Ref"))[:60],
        "original_amount": foreign,
    }


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _line(element: Element) -> int:
    return int(element.get("line", "0"))


def _signed(element: Element, currency: str) -> int:
    sign = _text(element, "CdtDbtInd")
    if sign not in {"CRDT", "DBIT"}:
        raise Unreadable(Why.BAD_SIGN, line=_line(element), detail=sign)
    amount = element.find("Amt")
    if amount is None:
        raise Unreadable(Why.MISSING, line=_line(element), detail="Amt")
    cents = cents_of(amount.text or "", _line(amount), currency=currency)
    return cents if sign == "CRDT" else -cents


def _date(element: Element | None, line: int, *, else_: Element | None = None) -> date:
    for found in (element, else_):
        if found is None:
            continue
        text = _text(found, "Dt") or _text(found, "DtTm")
        try:
            return date.fromisoformat(_ZONE.sub("", text))
        except ValueError:
            raise Unreadable(Why.BAD_DATE, line=_line(found), detail=text) from None
    raise Unreadable(Why.MISSING, line=line, detail="BookgDt")
