"""Drawing up and issuing bills (P1, P5)."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
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
from app.core.db import db
from app.core.errors import IllegalTransition
from app.core.events import publish
from app.jobs import services as jobs
from app.payments import queries, settings
from app.payments.events import BillIssued
from app.payments.models import NEXT_BILL, Bill, BillState, NumberCounter
from app.payments.services.foreign_vat import ask_to_issue, settle_vat
from app.payments.services.lines import LineDraft, draw_line, vat_total

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


def draw_up_bill(
    *,
    person_id: UUID,
    subject: tuple[str, UUID],
    lines: Sequence[LineDraft],
    buyer: Buyer,
    due_on: date,
    by: Account | None,
    period: tuple[date, date] | None = None,
    term: str = "",
    locale: str = "nl",
) -> Bill:
    """Draw up the bill for one thing, without a number yet; asking again for the same thing returns the same bill.

    Prices are net; VAT is reckoned per rate over the sum of its lines. The subject names what is paid for, such as
    `("membership_period", id)`; `period` is what the invoice states as the supply period, both days included, and
    `term` is that period in words when its days are not known yet. The invoice is in the language of `locale`. The VAT
    of a buyer from abroad is decided by a person before anything can be paid, once for the same buyer.
    """
    kind, subject_id = subject
    existing = db.session.scalar(
        select(Bill).where(Bill.subject_type == kind, Bill.subject_id == subject_id, Bill.state != BillState.VOID)
    )
    if existing:
        return existing
    drawn = [draw_line(position, draft) for position, draft in enumerate(lines, start=1)]
    net = sum(line.net_cents for line in drawn)
    vat = vat_total(drawn)
    bill = Bill(
        person_id=person_id,
        subject_type=kind,
        subject_id=subject_id,
        state=BillState.DRAFT,
        rf_reference=_new_rf_reference(),
        due_on=due_on,
        period_from=period[0] if period else None,
        period_until=period[1] if period else None,
        term=term,
        net_cents=net,
        vat_cents=vat,
        gross_cents=net + vat,
        locale=locale,
        buyer=asdict(buyer) | {"lines": list(buyer.lines)},
        created_by=by.id if by else None,
        lines=drawn,
    )
    db.session.add(bill)
    db.session.flush()
    search.add(queries.SCOPE, {bill.id: queries.words_of(None, buyer.name, bill.rf_reference)})
    settle_vat(bill, by=by)
    audit.record(
        "payments.bill.drawn_up",
        by=by.id if by else None,
        on=("bill", bill.id),
        after={"gross_cents": bill.gross_cents},
    )
    return bill


def rf_reference(digits: str) -> str:
    """Return the ISO 11649 creditor reference of these digits, with its check digits."""
    return f"RF{mod_97_10.calc_check_digits(digits + 'RF')}{digits}"


def _new_rf_reference() -> str:
    while True:
        reference = rf_reference(f"{secrets.randbelow(10**RF_DIGITS):0{RF_DIGITS}d}")
        if db.session.scalar(select(Bill.id).where(Bill.rf_reference == reference)) is None:
            return reference


def locked(bill_id: UUID) -> Bill:
    """Return a bill, as it is now, locked until the transaction ends: every change of a bill begins here."""
    return db.session.scalars(
        select(Bill).where(Bill.id == bill_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def locked_all(bill_ids: Collection[UUID]) -> dict[UUID, Bill]:
    """Lock bills, always in one order, and read all that decides about them, in as many queries as for one."""
    query = select(Bill).where(Bill.id.in_(bill_ids)).order_by(Bill.id).with_for_update()
    whole = (Bill.lines, Bill.entries, Bill.tasks, Bill.credit_notes)
    query = query.options(*(selectinload(part) for part in whole)).execution_options(populate_existing=True)
    return {bill.id: bill for bill in db.session.scalars(query)}


def move(bill: Bill, to: BillState) -> None:
    """Change a bill's state along the table of transitions."""
    if to not in NEXT_BILL[bill.state]:
        raise IllegalTransition(bill.state, to)
    bill.state = to


def issue(bill: Bill, *, by: Account | None, settled: dict[str, Any] | None = None) -> Bill:
    """Give a locked bill its number and fix what it says (P5); an issued bill is returned as it is.

    The number is taken in this transaction: undone together, so that the series has no gaps. `settled` tells, on the
    invoice, when and how it was paid already. A bill whose VAT is to be decided gets its number with that decision,
    unless all of its money is in.
    """
    if bill.number is not None:
        return bill
    if bill.vat_pending and settled is None:
        ask_to_issue(bill)
        return bill
    today = clock.today()
    number = f"{today.year}-{next_number(str(today.year)):05d}"
    move(bill, BillState.ISSUED)
    bill.number = number
    bill.issued_on, bill.issued_at = today, clock.now()
    bill.seller, bill.settled = settings.seller_snapshot(), settled
    search.add(queries.SCOPE, {bill.id: [number]})
    audit.record("payments.bill.issued", by=by.id if by else None, on=("bill", bill.id), after={"number": bill.number})
    jobs.enqueue("payments.keep_invoice", key=f"invoice:{bill.id}", payload={"bill_id": str(bill.id)})
    publish(BillIssued(bill_id=bill.id, person_id=bill.person_id))
    return bill


def state_period(bill_id: UUID, first: date, last: date) -> None:
    """P5: let the invoice state the supply period that began with its payment, in the transaction of that payment.

    What went out before the money came keeps the words it went out with.
    """
    bill = locked(bill_id)
    if bill.settled is not None and bill.period_from is None and queries.stored_document(bill_id) is None:
        bill.period_from, bill.period_until = first, last


def next_number(series: str) -> int:
    """Take the next number of a series; whoever else wants one waits until this transaction ends."""
    session = db.session()
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    counter = cast("Table", NumberCounter.__table__)
    taken: int | None = session.scalar(
        insert(counter)
        .values(series=series, n=1)
        .on_conflict_do_update(index_elements=[counter.c.series], set_={"n": counter.c.n + 1})
        .returning(counter.c.n)
    )
    assert taken is not None
    return taken


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
