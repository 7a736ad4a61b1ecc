"""What is overdue and may be reminded of, what was sent, and what a reminder says (P9)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from app.core.db import db
from app.core.errors import NotFound
from app.core.formats import long_date
from app.core.money import format_money
from app.payments.models import (
    Attempt,
    AttemptState,
    Bill,
    BillState,
    DunningHold,
    DunningLevel,
    LedgerEntry,
    Reminder,
)
from app.payments.queries.credits import credited_of_bill
from app.payments.queries.outstanding import UNPAID, aged

AT_ONCE = 500
REMINDABLE = (BillState.ISSUED, BillState.SHORT)
PLACEHOLDERS = ("number", "what", "amount", "due_on", "days")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_own_ladders: set[str] = set()


@dataclass(frozen=True)
class Text:
    """A reminder in words: one line, and paragraphs."""

    subject: str
    paragraphs: tuple[str, ...]


def keeps_own_ladder(subject_type: str) -> None:
    """Leave bills of this kind to the domain that reminds of them itself, so that nobody is written to twice."""
    _own_ladders.add(subject_type)


def levels() -> list[DunningLevel]:
    """Return the levels in the order in which they follow each other."""
    return list(db.session.scalars(select(DunningLevel).order_by(DunningLevel.days_after)))


def level(number: int) -> DunningLevel:
    """Return a level, or raise NotFound."""
    found = db.session.get(DunningLevel, number)
    if found is None:
        raise NotFound
    return found


def overdue(today: date) -> Iterator[UUID]:
    """Yield the bills that may be reminded of, the longest due first, some hundreds at a time.

    Left out are bills of a kind with a ladder of its own, on hold, or with a payment under way.
    """
    edge: tuple[date, UUID] | None = None
    while True:
        query = select(Bill.id, Bill.due_on).where(
            Bill.state.in_(REMINDABLE),
            Bill.due_on < today,
            Bill.subject_type.not_in(_own_ladders),
            ~is_held(today),
            ~exists().where(Attempt.bill_id == Bill.id, Attempt.state == AttemptState.PROCESSING),
        )
        if edge:
            query = query.where(or_(Bill.due_on > edge[0], (Bill.due_on == edge[0]) & (Bill.id > edge[1])))
        rows = db.session.execute(query.order_by(Bill.due_on, Bill.id).limit(AT_ONCE)).all()
        yield from (row.id for row in rows)
        if len(rows) < AT_ONCE:
            return
        edge = rows[-1].due_on, rows[-1].id


def is_held(today: date) -> ColumnElement[bool]:
    """Give the condition that a bill is on hold on a day."""
    stands = DunningHold.released_at.is_(None), or_(DunningHold.until.is_(None), DunningHold.until >= today)
    return exists().where(DunningHold.bill_id == Bill.id, *stands)


def hold_of(bill_id: UUID, today: date) -> DunningHold | None:
    """Return why a bill is left alone, if it is."""
    query = select(DunningHold).where(DunningHold.bill_id == bill_id, DunningHold.released_at.is_(None))
    found = db.session.scalar(query)
    return found if found and (found.until is None or found.until >= today) else None


def reminders_of(bill_ids: Collection[UUID]) -> dict[UUID, list[Reminder]]:
    """Return what was sent about each of these bills, the oldest first."""
    found: dict[UUID, list[Reminder]] = {bill_id: [] for bill_id in bill_ids}
    query = select(Reminder).where(Reminder.bill_id.in_(found)).order_by(Reminder.sent_at)
    for reminder in db.session.scalars(query):
        found[reminder.bill_id].append(reminder)
    return found


def next_level(bill: Bill, today: date) -> DunningLevel | None:
    """Return the level that a bill has come to and was not reminded of, if any.

    Levels follow each other: after a standstill the next one is sent and not the last, and never sooner after the one
    before than the levels lie apart, because a text that speaks of earlier reminders must be true.
    """
    if bill.state not in REMINDABLE or bill.subject_type in _own_ladders:
        return None
    sent = {reminder.level: reminder for reminder in reminders_of([bill.id])[bill.id]}
    before: DunningLevel | None = None
    for step in levels():
        if not step.is_active or step.level in sent:
            before = step if step.level in sent else before
            continue
        due = bill.due_on + timedelta(days=step.days_after)
        if before:
            apart = timedelta(days=step.days_after - before.days_after)
            due = max(due, sent[before.level].sent_at.date() + apart)
        return step if due <= today else None
    return None


def level_after(bill: Bill) -> DunningLevel | None:
    """Return the next level of a bill whether or not its day has come, for a person who reminds by hand."""
    sent = {reminder.level for reminder in reminders_of([bill.id])[bill.id]}
    return next((step for step in levels() if step.is_active and step.level not in sent), None)


@dataclass(frozen=True)
class Dunning:
    """How reminding of a bill stands: what was sent, what comes next, whether it is left alone."""

    sent: list[Reminder]
    next: DunningLevel | None
    hold: DunningHold | None
    may_remind: bool


def dunning_of(bill: Bill, today: date) -> Dunning:
    """Return how reminding of a bill stands; nobody reminds by hand before the due date, or where others do."""
    may_remind = bill.state in REMINDABLE and bill.subject_type not in _own_ladders and bill.due_on < today
    return Dunning(
        reminders_of([bill.id])[bill.id],
        level_after(bill) if may_remind else None,
        hold_of(bill.id, today),
        may_remind,
    )


def unknown_placeholders(text: str) -> list[str]:
    """Return what stands in braces and means nothing."""
    return [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]


def told(texts: Mapping[str, Any], bill: Bill, cents: int, today: date, language: str) -> Text:
    """Fill a level's text for a bill, in a language that is being spoken; Dutch where that language has no text."""
    own = texts.get(language) or texts["nl"]
    values = {
        "number": bill.number or "",
        "what": bill.lines[0].told_in(language),
        "amount": format_money(cents),
        "due_on": long_date(bill.due_on),
        "days": str((today - bill.due_on).days),
    }

    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)

    paragraphs = tuple(fill(part.strip()) for part in re.split(r"\n\s*\n", own["body"]) if part.strip())
    return Text(fill(own["subject"]), paragraphs)


def outlined(text: str) -> str:
    """Return a text as it reads for any bill: what differs from bill to bill is left open."""
    return _PLACEHOLDER.sub("…", text)


def sample_bill() -> Bill | None:
    """Return a bill to show a text with: the newest that has a number."""
    query = select(Bill).where(Bill.number.is_not(None)).order_by(Bill.created_at.desc()).limit(1)
    return db.session.scalar(query)


def open_bills(today: date) -> Select[Any]:
    """Return what is still to be paid, with what was done about it, for the list mechanism."""
    received = select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0)).where(LedgerEntry.bill_id == Bill.id)
    reminders = select(func.count()).select_from(Reminder).where(Reminder.bill_id == Bill.id).correlate(Bill)
    return select(
        Bill.id,
        Bill.number,
        Bill.person_id,
        Bill.buyer["name"].as_string().label("buyer"),
        Bill.rf_reference,
        Bill.due_on,
        aged(today).label("age"),
        (Bill.gross_cents - credited_of_bill() - received.correlate(Bill).scalar_subquery()).label("due_cents"),
        reminders.scalar_subquery().label("reminders"),
        is_held(today).label("held"),
    ).where(Bill.state.in_(UNPAID))


@dataclass(frozen=True)
class Debtor:
    """Somebody with open bills: how many, how much, and since when the oldest should have been paid."""

    person_id: UUID
    count: int
    cents: int
    oldest: date


def debtors(today: date, limit: int) -> list[Debtor]:
    """Return who owes most, the largest sum first."""
    bills = open_bills(today).subquery()
    total = func.sum(bills.c.due_cents)
    rows = db.session.execute(
        select(bills.c.person_id, func.count(), total, func.min(bills.c.due_on))
        .group_by(bills.c.person_id)
        .order_by(total.desc(), bills.c.person_id)
        .limit(limit)
    )
    return [Debtor(person_id, count, int(cents), oldest) for person_id, count, cents, oldest in rows]
