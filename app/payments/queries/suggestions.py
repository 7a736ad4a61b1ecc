"""Which bill a line of a bank statement is probably for, and why one thinks so (P7); pure reading, many lines at once.

A reference with its check digits names a bill. An invoice number does so when nobody mistyped it. An account that paid
for somebody before, a name and an amount only point.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from stdnum import iso11649

from app.accounts import queries as accounts
from app.core.db import db
from app.core.search import plain
from app.payments.models import (
    CURRENCY,
    BankBooking,
    BankLine,
    Bill,
    BillState,
    LedgerEntry,
    LedgerKind,
)
from app.payments.queries.credits import credited_of_bill
from app.payments.queries.outstanding import UNPAID

BANK = "bank"
MOST = 5
MOST_UNPAID = 2_000
HAND_BOOKED_WITHIN = timedelta(days=4)
SHORTEST_WORD = 2
_REFERENCE = re.compile(r"(?=(RF\d{14}))")
_NUMBER = re.compile(r"(?<!\d)(20\d{2})[\s\-–./]{0,3}(\d{5})(?!\d)")
_NOT_A_NAME = re.compile(
    "(b|v|bv|nv|vof|cv|van|von|de|den|der|het|te|ten|ter|en|of|and|co|"
    ".*(interim|management|manager|consult|consultancy|consulting|holding|beheer|advies|leiding|groep|group|diensten))"
)


class Reason(StrEnum):
    """Why a bill is suggested, the strongest first."""

    REFERENCE = "reference"
    NUMBER = "number"
    TOGETHER = "together"
    BY_HAND = "by_hand"
    IBAN = "iban"
    AMOUNT = "amount"
    NAME = "name"


_WEIGHT = {
    Reason.REFERENCE: 100,
    Reason.NUMBER: 60,
    Reason.TOGETHER: 50,
    Reason.IBAN: 40,
    Reason.AMOUNT: 30,
    Reason.NAME: 25,
    Reason.BY_HAND: 5,
}
_POINTS = {Reason.REFERENCE, Reason.NUMBER, Reason.IBAN, Reason.TOGETHER}


@dataclass(frozen=True)
class Claim:
    """A bill as the matching sees it: whose, for how much less what was credited, and what of that came in."""

    id: UUID
    person_id: UUID
    number: str | None
    rf_reference: str
    state: BillState
    owed_cents: int
    received_cents: int
    buyer: str
    due_on: date

    @property
    def due_cents(self) -> int:
        """What is still to come; less than nothing when too much came in."""
        return self.owed_cents - self.received_cents

    @property
    def is_payable(self) -> bool:
        """Whether money for it settles something."""
        return self.state in UNPAID and self.due_cents > 0


@dataclass(frozen=True)
class Suggestion:
    """A way to book a line: on which bills, how much on each, and why.

    `entry_id` is the entry that a person made by hand before the statement came: the line is that money.
    """

    shares: tuple[tuple[Claim, int], ...]
    reasons: tuple[Reason, ...]
    entry_id: UUID | None = None

    @property
    def claim(self) -> Claim:
        return self.shares[0][0]

    @property
    def leaves_cents(self) -> int:
        """What is left to pay on the bills afterwards; below nothing, what is too much."""
        return sum(claim.due_cents - cents for claim, cents in self.shares)

    @property
    def weight(self) -> int:
        own = sum(_WEIGHT[reason] for reason in self.reasons)
        return own if all(claim.is_payable for claim, _cents in self.shares) or self.entry_id else own - 50


def references_in(text: str) -> set[str]:
    """Return the creditor references in a text whose check figures are right; blanks and dots within are forgiven."""
    compact = re.sub(r"[^A-Z0-9]", "", text.upper())
    return {match[1] for match in _REFERENCE.finditer(compact) if iso11649.is_valid(match[1])}


def numbers_in(text: str) -> set[str]:
    """Return what may be an invoice number of ours."""
    return {f"{year}-{number}" for year, number in _NUMBER.findall(text)}


def is_like(name: str, other: str) -> bool:
    """Say whether two names share a word that tells people apart."""
    words = {word for word in plain(name).split() if len(word) >= SHORTEST_WORD and not _NOT_A_NAME.fullmatch(word)}
    return bool(words & set(plain(other).split()))


def _text_of(line: BankLine) -> str:
    return f"{line.structured_reference} \n {line.remittance} \n {line.end_to_end}"


def claims(*conditions: ColumnElement[bool], limit: int = MOST_UNPAID) -> list[Claim]:
    """Return bills with what came in for them, in one query; those taken back are none."""
    received = (
        select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0))
        .where(LedgerEntry.bill_id == Bill.id)
        .correlate(Bill)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Bill.id,
            Bill.person_id,
            Bill.number,
            Bill.rf_reference,
            Bill.state,
            (Bill.gross_cents - credited_of_bill()).label("owed"),
            received,
            Bill.buyer["name"].as_string(),
            Bill.due_on,
        )
        .where(Bill.state != BillState.VOID, *conditions)
        .order_by(Bill.due_on, Bill.id)
        .limit(limit)
    )
    return [Claim(*row) for row in rows]


def known_payers(ibans: Collection[str]) -> dict[str, set[UUID]]:
    """Return for whom these accounts paid before, as bookings that stand tell."""
    known: dict[str, set[UUID]] = defaultdict(set)
    wanted = [iban for iban in ibans if iban]
    if wanted:
        rows = db.session.execute(
            select(BankLine.counter_iban, Bill.person_id)
            .join(BankBooking, BankBooking.line_id == BankLine.id)
            .join(Bill, Bill.id == BankBooking.bill_id)
            .where(BankLine.counter_iban.in_(wanted), BankBooking.undone_at.is_(None), BankBooking.amount_cents > 0)
            .distinct()
        )
        for iban, person_id in rows:
            known[iban].add(person_id)
    return known


def certain(lines: Sequence[BankLine]) -> dict[UUID, Claim]:
    """Return, of lines that may be booked without asking, the bill of each.

    Certain is: euros in, the amount still due to the cent, and either the reference of one payable bill, or its invoice
    number from an account that paid for the same person before. A number alone is no proof: dues are alike and figures
    get mixed up. Several bills named on one line are for a person to tell apart.
    """
    told = {line.id: _named(line) for line in lines if _may_be_certain(line)}
    references = {reference for named, _numbers in told.values() for reference in named}
    numbers = {number for _named, found in told.values() for number in found}
    if not references and not numbers:
        return {}
    found = claims(or_(Bill.rf_reference.in_(references), Bill.number.in_(numbers)))
    by_reference = {claim.rf_reference: claim for claim in found}
    by_number = {claim.number: claim for claim in found if claim.number}
    payers = known_payers({line.counter_iban for line in lines if line.id in told})
    sure: dict[UUID, Claim] = {}
    for line in lines:
        if line.id not in told:
            continue
        named, mentioned = told[line.id]
        meant = [by_reference[one] for one in named if one in by_reference]
        also = [by_number[one] for one in mentioned if one in by_number]
        proven = meant or [one for one in also if one.person_id in payers.get(line.counter_iban, ())]
        if len({one.id for one in [*meant, *also]}) == 1 and proven:
            claim = proven[0]
            if claim.is_payable and claim.due_cents == line.amount_cents:
                sure[line.id] = claim
    return sure


def _may_be_certain(line: BankLine) -> bool:
    return line.amount_cents > 0 and line.currency == CURRENCY and not line.is_reversal and not line.is_batch


def _named(line: BankLine) -> tuple[set[str], set[str]]:
    text = _text_of(line)
    return references_in(text), numbers_in(text)


def suggestions(lines: Sequence[BankLine]) -> dict[UUID, list[Suggestion]]:
    """Return the likely bookings of each line, the likeliest first; a handful of queries for any number of lines."""
    if not lines:
        return {}
    told = {line.id: _named(line) for line in lines}
    payers = known_payers({line.counter_iban for line in lines})
    found = {claim.id: claim for claim in _candidates(lines, told.values(), payers)}
    by_hand = _booked_by_hand(lines)
    missing = {entry.bill_id for entries in by_hand.values() for entry in entries} - found.keys()
    if missing:
        found |= {claim.id: claim for claim in claims(Bill.id.in_(missing))}
    people = accounts.names({claim.person_id for claim in found.values()})
    return {
        line.id: _ranked(line, found.values(), told[line.id], payers, by_hand.get(line.id, ()), people)
        for line in lines
    }


def _candidates(
    lines: Sequence[BankLine], told: Iterable[tuple[set[str], set[str]]], payers: dict[str, set[UUID]]
) -> list[Claim]:
    references = {one for named, _numbers in told for one in named}
    numbers = {one for _named, found in told for one in found}
    people = {person for known in payers.values() for person in known}
    amounts = {abs(line.amount_cents) for line in lines}
    named = or_(Bill.rf_reference.in_(references), Bill.number.in_(numbers))
    settled = Bill.state.in_((BillState.PAID, BillState.SHORT, BillState.CREDITED))
    conditions = [named, and_(Bill.person_id.in_(people), Bill.state.in_(UNPAID))]
    if any(line.amount_cents > 0 for line in lines):
        conditions.append(and_(Bill.state.in_(UNPAID), Bill.gross_cents.in_(amounts)))
    if any(line.amount_cents < 0 for line in lines):
        conditions.append(and_(settled, Bill.person_id.in_(people)))
    return claims(or_(*conditions))


def _booked_by_hand(lines: Sequence[BankLine]) -> dict[UUID, list[LedgerEntry]]:
    """Return the entries that people made by hand of the same amount in the same days, and no line accounts for."""
    days = [line.booked_on for line in lines]
    taken = select(BankBooking.id).where(
        BankBooking.reference == LedgerEntry.reference, BankBooking.undone_at.is_(None)
    )
    entries = db.session.scalars(
        select(LedgerEntry).where(
            LedgerEntry.provider == BANK,
            LedgerEntry.kind == LedgerKind.TRANSFER,
            LedgerEntry.recorded_by.is_not(None),
            LedgerEntry.amount_cents.in_({line.amount_cents for line in lines}),
            func.date(LedgerEntry.occurred_at) >= min(days) - HAND_BOOKED_WITHIN,
            func.date(LedgerEntry.occurred_at) <= max(days) + HAND_BOOKED_WITHIN,
            ~taken.exists(),
        )
    ).all()
    return {
        line.id: [
            entry
            for entry in entries
            if entry.amount_cents == line.amount_cents
            and abs(entry.occurred_at.date() - line.booked_on) <= HAND_BOOKED_WITHIN
        ]
        for line in lines
    }


def _ranked(
    line: BankLine,
    found: Iterable[Claim],
    told: tuple[set[str], set[str]],
    payers: dict[str, set[UUID]],
    by_hand: Sequence[LedgerEntry],
    people: dict[UUID, str],
) -> list[Suggestion]:
    ways: list[Suggestion] = []
    pointed: dict[UUID, list[tuple[Claim, tuple[Reason, ...]]]] = defaultdict(list)
    for claim in found:
        reasons = _reasons(line, claim, told, payers, people)
        entry = next((one for one in by_hand if one.bill_id == claim.id), None)
        if entry and reasons:
            ways.append(Suggestion(((claim, line.amount_cents),), (Reason.BY_HAND, *reasons), entry.id))
        elif set(reasons) & _POINTS or len(reasons) > 1:
            ways.append(Suggestion(((claim, line.amount_cents),), reasons))
            pointed[claim.person_id].append((claim, reasons))
    ways += [way for group in pointed.values() if (way := _together(line, group))]
    return sorted(ways, key=lambda way: (-way.weight, way.claim.due_on, str(way.claim.id)))[:MOST]


def _reasons(
    line: BankLine,
    claim: Claim,
    told: tuple[set[str], set[str]],
    payers: dict[str, set[UUID]],
    people: dict[UUID, str],
) -> tuple[Reason, ...]:
    references, numbers = told
    wanted = claim.due_cents if line.amount_cents > 0 else -claim.received_cents
    surplus = min(claim.due_cents, 0)
    same_amount = line.amount_cents in {wanted, surplus}
    reasons = {
        Reason.REFERENCE: claim.rf_reference in references,
        Reason.NUMBER: claim.number in numbers,
        Reason.IBAN: claim.person_id in payers.get(line.counter_iban, ()),
        Reason.AMOUNT: same_amount,
        Reason.NAME: is_like(line.counter_name, claim.buyer)
        or is_like(line.counter_name, people.get(claim.person_id, "")),
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def _together(line: BankLine, group: Sequence[tuple[Claim, tuple[Reason, ...]]]) -> Suggestion | None:
    """Return all open bills of one person when the line pays them to the cent, as people do with two at once."""
    payable = [(claim, reasons) for claim, reasons in group if claim.is_payable]
    if len(payable) < 2 or sum(claim.due_cents for claim, _reasons in payable) != line.amount_cents:  # noqa: PLR2004
        return None
    shares = tuple((claim, claim.due_cents) for claim, _reasons in payable)
    reasons = dict.fromkeys(reason for _claim, own in payable for reason in own)
    return Suggestion(shares, (Reason.TOGETHER, *reasons))
