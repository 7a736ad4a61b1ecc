"""Bank statements as the treasurer reads them: files, lines, what waits (P7)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.payments.models import BankBooking, BankFile, BankLine, BankStatement, Bill, FileState, LineState


def lines() -> Select[Any]:
    """Return the lines of all statements, for the list mechanism."""
    return select(BankLine)


def line(id: UUID) -> BankLine:
    """Return a line with its statement and what was booked of it."""
    found = db.session.scalar(
        select(BankLine)
        .where(BankLine.id == id)
        .options(
            selectinload(BankLine.statement).selectinload(BankStatement.file),
            selectinload(BankLine.bookings).selectinload(BankBooking.bill),
        )
    )
    if found is None:
        raise NotFound
    return found


def next_waiting(after: BankLine) -> UUID | None:
    """Return the line that waits longest apart from this one, to go on with."""
    query = select(BankLine.id).where(BankLine.state == LineState.WAITING, BankLine.id != after.id)
    return db.session.scalar(query.order_by(BankLine.booked_on, BankLine.id).limit(1))


def bank_files() -> Select[Any]:
    """Return the files that were handed in, for the list mechanism."""
    return select(BankFile)


def bank_file(id: UUID) -> BankFile:
    """Return a file with its statements."""
    found = db.session.scalar(select(BankFile).where(BankFile.id == id).options(selectinload(BankFile.statements)))
    if found is None:
        raise NotFound
    return found


def lines_of_file(file_id: UUID) -> dict[LineState, int]:
    """Return how many of the lines that a file brought are in which state."""
    rows = db.session.execute(
        select(BankLine.state, func.count())
        .join(BankStatement, BankStatement.id == BankLine.statement_id)
        .where(BankStatement.file_id == file_id)
        .group_by(BankLine.state)
    )
    return dict(rows.all())


def latest_statement() -> tuple[date | None, datetime | None]:
    """Return up to which day the bank is known, and when a file was last read."""
    day = db.session.scalar(select(func.max(BankStatement.closes_on)))
    read_at = db.session.scalar(select(func.max(BankFile.finished_at)).where(BankFile.state == FileState.DONE))
    return day, read_at


def refused_files() -> int:
    """Count the large files that could not be read, seen by nobody since."""
    return db.session.scalar(select(func.count()).select_from(BankFile).where(BankFile.state == FileState.REFUSED)) or 0


def bill_numbered(text: str) -> Bill | None:
    """Return the bill with this invoice number or payment reference, as somebody types it."""
    compact = "".join(text.split()).upper()
    query = select(Bill).where((Bill.number == text.strip()) | (Bill.rf_reference == compact))
    return db.session.scalar(query)


def names_of_files(ids: Collection[UUID]) -> dict[UUID, str]:
    """Return what these files are called, for what the log tells of them."""
    return dict(db.session.execute(select(BankFile.id, BankFile.name).where(BankFile.id.in_(ids))).all())


def lines_in_short(ids: Collection[UUID]) -> dict[UUID, tuple[int, str, str, str]]:
    """Return amount, currency, day and counterparty of these lines, for what the log tells of them."""
    told = select(BankLine.id, BankLine.amount_cents, BankLine.currency, BankLine.booked_on, BankLine.counter_name)
    rows = db.session.execute(told.where(BankLine.id.in_(ids)))
    return {key: (cents, currency, on.isoformat(), name) for key, cents, currency, on, name in rows}


def known_line(id: UUID) -> BankLine | None:
    """Return a line with its bookings, if there is one."""
    query = select(BankLine).where(BankLine.id == id)
    return db.session.scalar(query.options(selectinload(BankLine.bookings).selectinload(BankBooking.bill)))


def booked_by_itself(file_id: UUID) -> int:
    """Count the lines of a file that were booked without asking anybody."""
    query = (
        select(func.count(BankLine.id.distinct()))
        .join(BankStatement, BankStatement.id == BankLine.statement_id)
        .join(BankBooking, BankBooking.line_id == BankLine.id)
        .where(BankStatement.file_id == file_id, BankBooking.is_automatic, BankBooking.undone_at.is_(None))
    )
    return db.session.scalar(query) or 0


def gaps_before(statements: Collection[BankStatement]) -> set[UUID]:
    """Return the statements that open with a balance no statement of the account closes with: one is missing.

    The first statement of an account follows on nothing.
    """
    gaps = set()
    for one in statements:
        others = select(BankStatement.id).where(BankStatement.account == one.account, BankStatement.id != one.id)
        earlier = others.where(BankStatement.closes_on < one.closes_on) if one.closes_on else others
        follows = others.where(BankStatement.closing_cents == one.opening_cents)
        known = one.opening_cents is not None and db.session.scalar(earlier.limit(1))
        if known and not db.session.scalar(follows.limit(1)):
            gaps.add(one.id)
    return gaps
