"""Drawing up and issuing bills (P1, P5)."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import selectinload
from stdnum.iso7064 import mod_97_10

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock, search
from app.core.bulk import answer, answered
from app.core.db import db
from app.core.errors import IllegalTransition
from app.core.events import publish
from app.jobs import services as jobs
from app.payments import queries, settings
from app.payments.events import BillIssued
from app.payments.models import NEXT_BILL, Bill, BillState, NumberCounter
from app.payments.services.foreign_vat import ask_to_issue, settle_vat
from app.payments.services.lines import LineDraft, draw_line, vat_rates, vat_total

RF_DIGITS = 12


@dataclass(frozen=True)
class Buyer:
    """M11: who the invoice goes to, as it will stand on it."""

    name: str
    lines: Sequence[str]
    postcode: str
    city: str
    country: str = "NL"
    kvk: str = ""
    vat_id: str = ""
    email: str = ""


@dataclass(frozen=True)
class BillDraft:
    """One bill to draw up.

    The subject names what is paid for, such as `("membership_period", id)`; `period` is what the invoice states as the
    supply period, both days included, and `term` is that period in words when its days are not known yet. The invoice
    is in the language of `locale`.
    """

    person_id: UUID
    subject: tuple[str, UUID]
    lines: Sequence[LineDraft]
    buyer: Buyer
    due_on: date
    period: tuple[date, date] | None = None
    term: str = ""
    locale: str = "nl"


def draw_up_bill(*, by: Account | None, **draft: Any) -> Bill:
    """Draw up one bill; takes what a `BillDraft` holds."""
    (bill,) = draw_up_bills([BillDraft(**draft)], by=by)
    return bill


def draw_up_bills(drafts: Sequence[BillDraft], *, by: Account | None) -> list[Bill]:
    """Draw up bills without a number yet, in as many queries as for one; for a thing that has a bill, return that.

    Prices are net; VAT is reckoned per rate over the sum of its lines. The VAT of a buyer from abroad is decided by a
    person before anything can be paid, once for the same buyer.
    """
    known = _bills_of({draft.subject for draft in drafts})
    wanted = [draft for draft in drafts if draft.subject not in known]
    new = _drawn(wanted, by) if wanted else []
    db.session.add_all(new)
    db.session.flush()
    search.add(queries.SCOPE, {bill.id: queries.words_of(None, bill.buyer["name"], bill.rf_reference) for bill in new})
    for bill in new:
        settle_vat(bill, by=by)
        audit.record(
            "payments.bill.drawn_up",
            by=by.id if by else None,
            on=("bill", bill.id),
            after={"gross_cents": bill.gross_cents},
        )
    known |= {(bill.subject_type, bill.subject_id): bill for bill in new}
    return [known[draft.subject] for draft in drafts]


def _bills_of(subjects: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], Bill]:
    ids = [subject_id for _kind, subject_id in subjects]
    standing = select(Bill).where(Bill.subject_id.in_(ids), Bill.state != BillState.VOID)
    found = {(bill.subject_type, bill.subject_id): bill for bill in db.session.scalars(standing)}
    return {subject: bill for subject, bill in found.items() if subject in subjects}


def _drawn(drafts: Sequence[BillDraft], by: Account | None) -> list[Bill]:
    rates = vat_rates({line.vat_code for draft in drafts for line in draft.lines}, clock.today())
    bills = []
    for draft, reference in zip(drafts, _new_rf_references(len(drafts)), strict=True):
        lines = [draw_line(number, line, rates[line.vat_code]) for number, line in enumerate(draft.lines, start=1)]
        net, vat = sum(line.net_cents for line in lines), vat_total(lines)
        bill = Bill(
            person_id=draft.person_id,
            subject_type=draft.subject[0],
            subject_id=draft.subject[1],
            state=BillState.DRAFT,
            rf_reference=reference,
            due_on=draft.due_on,
            period_from=draft.period[0] if draft.period else None,
            period_until=draft.period[1] if draft.period else None,
            term=draft.term,
            net_cents=net,
            vat_cents=vat,
            gross_cents=net + vat,
            locale=draft.locale,
            buyer=asdict(draft.buyer) | {"lines": list(draft.buyer.lines)},
            created_by=by.id if by else None,
            lines=lines,
        )
        bills.append(bill)
    return bills


def rf_reference(digits: str) -> str:
    """Return the ISO 11649 creditor reference of these digits, with its check digits."""
    return f"RF{mod_97_10.calc_check_digits(digits + 'RF')}{digits}"


def _new_rf_references(how_many: int) -> set[str]:
    new: set[str] = set()
    while len(new) < how_many:
        drawn = {rf_reference(f"{secrets.randbelow(10**RF_DIGITS):0{RF_DIGITS}d}") for _ in range(how_many - len(new))}
        new |= drawn - set(db.session.scalars(select(Bill.rf_reference).where(Bill.rf_reference.in_(drawn))))
    return new


def locked(bill_id: UUID) -> Bill:
    """Return a bill, as it is now, locked until the transaction ends: every change of a bill begins here."""
    wanted = select(Bill).where(Bill.id == bill_id).with_for_update().execution_options(populate_existing=True)
    return answer(locked, bill_id) or db.session.scalars(wanted).one()


def locked_all(bill_ids: Collection[UUID]) -> dict[UUID, Bill]:
    """Lock bills, always in one order, and read all that decides about them, in as many queries as for one."""
    query = select(Bill).where(Bill.id.in_(bill_ids)).order_by(Bill.id).with_for_update()
    whole = (Bill.lines, Bill.entries, Bill.tasks, Bill.credit_notes)
    query = query.options(*(selectinload(part) for part in whole)).execution_options(populate_existing=True)
    return {bill.id: bill for bill in db.session.scalars(query)}


@contextmanager
def locked_together(bill_ids: Collection[UUID]) -> Iterator[dict[UUID, Bill]]:
    """Do that for a while: whoever locks one of these bills meanwhile has it already."""
    bills = locked_all(bill_ids) if bill_ids else {}
    with answered(locked, bills):
        yield bills


def move(bill: Bill, to: BillState) -> None:
    """Change a bill's state along the table of transitions."""
    if to not in NEXT_BILL[bill.state]:
        raise IllegalTransition(bill.state, to)
    bill.state = to


def issue(bill: Bill, *, by: Account | None, settled: dict[str, Any] | None = None) -> Bill:
    """Issue one bill; `settled` tells, on the invoice, when and how it was paid already."""
    issue_all([bill], by=by, settled=settled)
    return bill


def issue_all(bills: Sequence[Bill], *, by: Account | None, settled: dict[str, Any] | None = None) -> None:
    """Give locked bills their numbers and fix what they say (P5); an issued bill stays as it is.

    The numbers are taken in this transaction: undone together, so that the series has no gaps. A bill whose VAT is to
    be decided gets its number with that decision, unless all of its money is in.
    """
    waiting = [bill for bill in bills if bill.number is None]
    asked = [bill for bill in waiting if bill.vat_pending and settled is None]
    for bill in asked:
        ask_to_issue(bill)
    ready = [bill for bill in waiting if bill not in asked]
    today = clock.today()
    for bill, number in zip(ready, next_numbers(str(today.year), len(ready)), strict=True):
        move(bill, BillState.ISSUED)
        bill.number = f"{today.year}-{number:05d}"
        bill.issued_on, bill.issued_at = today, clock.now()
        bill.seller, bill.settled = settings.seller_snapshot(), settled
        search.add(queries.SCOPE, {bill.id: [bill.number]})
        told = {"number": bill.number}
        audit.record("payments.bill.issued", by=by.id if by else None, on=("bill", bill.id), after=told)
        jobs.enqueue("payments.keep_invoice", key=f"invoice:{bill.id}", payload={"bill_id": str(bill.id)})
        publish(BillIssued(bill_id=bill.id, person_id=bill.person_id))


def state_period(bill_id: UUID, first: date, last: date) -> None:
    """P5: let the invoice state the supply period that began with its payment, in the transaction of that payment.

    What went out before the money came keeps the words it went out with.
    """
    bill = locked(bill_id)
    if bill.settled is not None and bill.period_from is None and queries.stored_document(bill_id) is None:
        bill.period_from, bill.period_until = first, last


def next_numbers(series: str, how_many: int) -> range:
    """Take the next numbers of a series; whoever else wants one waits until this transaction ends."""
    if not how_many:
        return range(0)
    session = db.session()
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    counter = cast("Table", NumberCounter.__table__)
    last: int | None = session.scalar(
        insert(counter)
        .values(series=series, n=how_many)
        .on_conflict_do_update(index_elements=[counter.c.series], set_={"n": counter.c.n + how_many})
        .returning(counter.c.n)
    )
    assert last is not None
    return range(last - how_many + 1, last + 1)


def void(bill: Bill, *, by: Account | None) -> None:
    """Take back a bill that was never issued; an issued one is credited, never taken back."""
    bill = locked(bill.id)
    if bill.state is BillState.VOID:
        return
    move(bill, BillState.VOID)
    if bill.vat_pending:
        task = queries.vat_task(bill.id)
        assert task is not None
        task.closed_at = task.closed_at or clock.now()
    audit.record("payments.bill.voided", by=by.id if by else None, on=("bill", bill.id))
