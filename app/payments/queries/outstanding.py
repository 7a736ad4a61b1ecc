"""What is still to be paid, and how late it is (B2, P9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select

from app.core.db import db
from app.payments.models import (
    Bill,
    BillState,
    LedgerEntry,
)
from app.payments.queries.credits import credited_of_bill


class Age(StrEnum):
    """How long ago an unpaid bill should have been paid."""

    NOT_DUE = "not_due"
    MONTH = "month"
    TWO_MONTHS = "two_months"
    OLDER = "older"


UNPAID = (BillState.DRAFT, BillState.ISSUED, BillState.SHORT)


@dataclass(frozen=True)
class Outstanding:
    """What is still to be paid of one age: how many bills, and how much money."""

    age: Age
    count: int
    cents: int


def outstanding(today: date) -> list[Outstanding]:
    """Return what is still to be paid by age, in two sums per age: how many bills, how much money (B2)."""
    received = (
        select(func.coalesce(func.sum(LedgerEntry.amount_cents), 0))
        .where(LedgerEntry.bill_id == Bill.id)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(aged(today).label("age"), func.count(), func.sum(Bill.gross_cents - credited_of_bill() - received))
        .where(is_unpaid())
        .group_by("age")
    )
    found = {age: (count, int(cents)) for age, count, cents in rows}
    return [Outstanding(age, *found.get(age, (0, 0))) for age in Age]


def is_unpaid() -> ColumnElement[bool]:
    """Give the condition that a bill is still to be paid, written out so that the index of such bills answers it."""
    return Bill.state.in_(bindparam("unpaid", UNPAID, expanding=True, literal_execute=True))


def unpaid_aged(ages: Sequence[Age], today: date) -> ColumnElement[bool]:
    """Give the condition that a bill is still to be paid and of one of these ages."""
    month, two_months = today - timedelta(days=30), today - timedelta(days=60)
    due = {
        Age.NOT_DUE: Bill.due_on >= today,
        Age.MONTH: and_(Bill.due_on >= month, Bill.due_on < today),
        Age.TWO_MONTHS: and_(Bill.due_on >= two_months, Bill.due_on < month),
        Age.OLDER: Bill.due_on < two_months,
    }
    return and_(is_unpaid(), or_(*(due[age] for age in ages)))


def aged(today: date) -> ColumnElement[str]:
    """Give the age of a bill as an expression."""
    return case(
        (Bill.due_on >= today, Age.NOT_DUE),
        (Bill.due_on >= today - timedelta(days=30), Age.MONTH),
        (Bill.due_on >= today - timedelta(days=60), Age.TWO_MONTHS),
        else_=Age.OLDER,
    )
