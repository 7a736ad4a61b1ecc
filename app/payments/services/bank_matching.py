"""Booking lines of bank statements on bills: by itself where it is certain, else as the treasurer says (P7, P4).

What was booked is never taken out: undoing books the contrary, and the line waits again.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, time
from uuid import UUID

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.bulk import keep_at_hand, together
from app.core.db import atomic, db, forget_reads
from app.core.errors import Refusal
from app.core.i18n import _l
from app.payments import queries
from app.payments.models import (
    CURRENCY,
    BankBooking,
    BankLine,
    LedgerEntry,
    LedgerKind,
    LineState,
    Method,
)
from app.payments.services.bills import locked, locked_all
from app.payments.services.deriving import balance, left_to_pay
from app.payments.services.ledger import enter
from app.payments.services.paying import BANK, book_transfer, enter_transfer
from app.payments.services.refunds_by_hand import book_refund, unbook_refund, waiting_by_hand

AT_ONCE = 25
SENT_BACK = _l("Sent back by hand")
Shares = Sequence[tuple[UUID, int]]
log = logging.getLogger(__name__)


class LineTaken(Refusal):
    """A line is decided once; whoever comes second sees what was decided."""

    message = _l("A colleague has dealt with this line already.")


class NotTheWhole(Refusal):
    """What is booked of a line adds up to the line, to the cent."""

    message = _l("The parts do not add up to the amount on the statement.")


class NotEuros(Refusal):
    """P1: bills are in euros."""

    message = _l("This amount is not in euros. Let the bank change it, and book what comes in.")


class NothingToTakeBack(Refusal):
    """Of a bill no more goes back than came in."""

    message = _l("Less came in for this bill than went out here. Choose another bill.")


class NotThatEntry(Refusal):
    """A line is linked with an entry of the same amount that no other line accounts for."""

    message = _l("This entry in the ledger is not the same money, or another line accounts for it.")


def book_certain(line_ids: Sequence[UUID], *, by: UUID) -> int:
    """Book those of these lines that leave no doubt, in the name of whoever handed in the file; return how many.

    Money out waits for a person only where it seems to be about a bill. One line that cannot be booked stays waiting
    and keeps no other from being booked.
    """
    undecided = select(BankLine).where(BankLine.id.in_(line_ids), BankLine.decided_at.is_(None))
    in_order = undecided.where(BankLine.state != LineState.BOOKED).order_by(BankLine.booked_on, BankLine.file_line)
    lines = list(db.session.scalars(in_order))
    sure = [(line_id, claim.id) for line_id, claim in queries.certain(lines).items()]
    about_bills = _out_for_bills([line for line in lines if line.amount_cents < 0])
    forget_reads()
    if about_bills:
        _let_wait(about_bills)
    actor = accounts.account(by) if sure else None
    booked = 0
    for start in range(0, len(sure), AT_ONCE):
        booked += _book_batch(sure[start : start + AT_ONCE], actor)
    return booked


def _out_for_bills(lines: Sequence[BankLine]) -> list[UUID]:
    return [line_id for line_id, ways in queries.suggestions(lines).items() if ways]


def _let_wait(line_ids: Sequence[UUID]) -> None:
    with atomic() as session:
        for line in session.scalars(select(BankLine).where(BankLine.id.in_(line_ids)).with_for_update()):
            if line.state is LineState.SET_ASIDE and line.decided_at is None:
                line.state = LineState.WAITING


def _book_batch(sure: Sequence[tuple[UUID, UUID]], actor: Account | None) -> int:
    """Book some lines in one transaction; should one of them fail, each in its own."""
    assert actor is not None
    try:
        with atomic(), together():
            return _book_sure(sure, actor)
    except Exception as error:  # noqa: BLE001  whatever one line meets, the others get their turn
        forget_reads()
        log.warning("bank_line_not_booked", extra={"error": type(error).__name__, "lines": len(sure)})
    return sum(_book_batch([one], actor) for one in sure) if len(sure) > 1 else 0


def _book_sure(sure: Sequence[tuple[UUID, UUID]], actor: Account) -> int:
    """Book what is still certain now that its bill is locked; bills are locked in one order, before any number.

    All that the batch needs is read at once, and what was decided about its lines is written after all of its money.
    """
    bills = locked_all([bill_id for _line, bill_id in sure])
    lines = _locked_lines([line_id for line_id, _bill in sure])
    earlier = _booked_before(lines)
    keep_at_hand(accounts.by_ids({actor.id, *(bill.person_id for bill in bills.values())}))
    booked = []
    for line_id, bill_id in sure:
        line, bill = lines[line_id], bills[bill_id]
        cents = line.amount_cents
        if line.state is LineState.WAITING and bill.state in queries.UNPAID and left_to_pay(bill) == cents:
            reference = _reference(line, earlier[line_id] + 1)
            enter_transfer(bill, amount_cents=cents, received_at=received_at(line), reference=reference, by=actor)
            booked.append((line, (bill_id, cents, reference)))
    for line, share in booked:
        _note(line, [share], by=actor, automatic=True)
    return len(booked)


def _locked_lines(line_ids: Collection[UUID]) -> dict[UUID, BankLine]:
    query = select(BankLine).where(BankLine.id.in_(line_ids)).order_by(BankLine.id).with_for_update()
    return {line.id: line for line in db.session.scalars(query.execution_options(populate_existing=True))}


def _booked_before(line_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how often each of these lines was booked, undone or not."""
    query = select(BankBooking.line_id, func.count()).where(BankBooking.line_id.in_(line_ids))
    rows = db.session.execute(query.group_by(BankBooking.line_id))
    return defaultdict(int, {row[0]: row[1] for row in rows})


def _locked_line(line_id: UUID) -> BankLine:
    query = select(BankLine).where(BankLine.id == line_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def standing(line_id: UUID) -> list[BankBooking]:
    """Return what is booked of a line and not undone."""
    query = select(BankBooking).where(BankBooking.line_id == line_id, BankBooking.undone_at.is_(None))
    return list(db.session.scalars(query.order_by(BankBooking.bill_id)))


def book_line(line_id: UUID, shares: Shares, *, by: Account) -> BankLine:
    """Book a line on one bill or divided over several, the whole of it; the same decision twice is one."""
    line = _locked_line(line_id)
    if line.state is LineState.BOOKED:
        if sorted((one.bill_id, one.amount_cents) for one in standing(line_id)) != sorted(shares):
            raise LineTaken
        return line
    if line.currency != CURRENCY:
        raise NotEuros
    sign = 1 if line.amount_cents > 0 else -1
    whole = sum(cents for _bill, cents in shares) == line.amount_cents
    if not whole or any(cents * sign <= 0 for _bill, cents in shares):
        raise NotTheWhole
    _book(line, sorted(shares), by=by)
    return line


def _book(line: BankLine, shares: Shares, *, by: Account) -> None:
    """Book a line as a person says."""
    earlier, moment = _booked_before([line.id])[line.id], received_at(line)
    booked = [(bill_id, cents, _reference(line, number)) for number, (bill_id, cents) in enumerate(shares, earlier + 1)]
    for bill_id, cents, reference in booked:
        if cents > 0:
            book_transfer(bill_id, amount_cents=cents, received_at=moment, reference=reference, by=by)
        else:
            _book_out(line, bill_id, cents, reference, moment, by)
    _note(line, booked, by=by, automatic=False)


def _reference(line: BankLine, number: int) -> str:
    """Name a booking of a line in the ledger: its day and identity, and its number from the second on."""
    return f"{line.booked_on.isoformat()}/{line.identity[:12]}" + (f"/{number}" if number > 1 else "")


def _note(line: BankLine, booked: Sequence[tuple[UUID, int, str]], *, by: Account, automatic: bool) -> None:
    """Keep on which bills a line was booked, and that it is decided."""
    for bill_id, cents, reference in booked:
        db.session.add(
            BankBooking(
                line_id=line.id,
                bill_id=bill_id,
                amount_cents=cents,
                reference=reference,
                is_automatic=automatic,
                booked_by=by.id,
            )
        )
    _decide(line, LineState.BOOKED, by)
    action = "payments.bank_line.matched" if automatic else "payments.bank_line.booked"
    audit.record(action, by=by.id, on=("bank_line", line.id), after={"amount_cents": line.amount_cents})


def _book_out(line: BankLine, bill_id: UUID, cents: int, reference: str, moment: datetime, by: Account) -> None:
    """Book money that went out: a refund that was ordered, one that was not, or a payment that the bank took back."""
    bill = locked(bill_id)
    order = None if line.is_reversal else waiting_by_hand(bill_id, -cents)
    if order:
        book_refund(order.id, sent_at=moment, reference=reference, by=by)
        return
    if balance(bill_id) + cents < 0:
        raise NothingToTakeBack
    enter(
        bill,
        kind=LedgerKind.TRANSFER if line.is_reversal else LedgerKind.REFUND,
        amount_cents=cents,
        provider=BANK,
        reference=reference,
        method=Method.TRANSFER,
        occurred_at=moment,
        reason=line.remittance or str(SENT_BACK),
        by=by,
    )


def received_at(line: BankLine) -> datetime:
    """Return the moment under which a line is booked: noon of its day, as statements know no hours."""
    return clock.at_home(datetime.combine(line.booked_on, time(12)))


def link_line(line_id: UUID, entry_id: UUID, *, by: Account) -> BankLine:
    """Say that a line is money that somebody booked by hand before; the ledger does not move."""
    line = _locked_line(line_id)
    entry = db.session.get(LedgerEntry, entry_id)
    if entry is None:
        raise NotThatEntry
    if line.state is LineState.BOOKED:
        if [one.reference for one in standing(line_id)] != [entry.reference]:
            raise LineTaken
        return line
    taken = select(BankBooking.id).where(BankBooking.reference == entry.reference, BankBooking.undone_at.is_(None))
    if entry.provider != BANK or entry.amount_cents != line.amount_cents or db.session.scalar(taken):
        raise NotThatEntry
    db.session.add(
        BankBooking(
            line_id=line.id,
            bill_id=entry.bill_id,
            amount_cents=entry.amount_cents,
            reference=entry.reference,
            is_linked=True,
            booked_by=by.id,
        )
    )
    _decide(line, LineState.BOOKED, by)
    after = {"amount_cents": line.amount_cents, "reference": entry.reference}
    audit.record("payments.bank_line.linked", by=by.id, on=("bank_line", line.id), after=after)
    return line


def set_aside(line_id: UUID, *, remark: str, by: Account) -> BankLine:
    """Say that a line is no money for a bill; saying it twice changes nothing."""
    line = _locked_line(line_id)
    if line.state is LineState.BOOKED:
        raise LineTaken
    if line.state is LineState.SET_ASIDE and line.decided_at is not None:
        return line
    _decide(line, LineState.SET_ASIDE, by, remark)
    audit.record("payments.bank_line.set_aside", by=by.id, on=("bank_line", line.id), after={"remark": remark})
    return line


def undo_line(line_id: UUID, *, by: Account) -> BankLine:
    """Take a decision back: what was booked gets its contrary in the ledger, and the line waits again."""
    line = _locked_line(line_id)
    if line.state is LineState.WAITING:
        return line
    for booking in standing(line_id):
        booking.undone_at, booking.undone_by = clock.now(), by.id
        if not booking.is_linked:
            _book_contrary(line, booking, by)
    _decide(line, LineState.WAITING, by)
    audit.record("payments.bank_line.undone", by=by.id, on=("bank_line", line.id), before={"remark": line.remark})
    line.remark = ""
    return line


def _book_contrary(line: BankLine, booking: BankBooking, by: Account) -> None:
    """Book back what was booked, as going back of the same payment; what follows from that follows by itself."""
    went_back = booking.amount_cents < 0
    bill = locked(booking.bill_id)
    if went_back:
        unbook_refund(bill.id, booking.reference, by=by)
    of_payment = select(LedgerEntry.of_reference).where(
        LedgerEntry.provider == BANK, LedgerEntry.reference == booking.reference, LedgerEntry.bill_id == booking.bill_id
    )
    enter(
        bill,
        kind=LedgerKind.REFUND_REVERSED if went_back and not line.is_reversal else LedgerKind.TRANSFER,
        amount_cents=-booking.amount_cents,
        provider=BANK,
        reference=f"{booking.reference}/undone",
        of_reference=(db.session.scalar(of_payment) or "") if went_back else booking.reference,
        method=Method.TRANSFER,
        occurred_at=clock.now(),
        by=by,
    )


def _decide(line: BankLine, state: LineState, by: Account, remark: str = "") -> None:
    line.state, line.decided_at, line.decided_by = state, clock.now(), by.id
    if remark:
        line.remark = remark
