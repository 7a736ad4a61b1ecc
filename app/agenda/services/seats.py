"""G2, G3: the allocator. It alone moves `seats_taken`, in the transaction that writes or ends a booking or an offer.

A seat is taken by a conditional counter UPDATE, so that the database decides who is in time and nobody reads a number
that is no longer true. On PostgreSQL the UPDATE and the INSERT are one statement, since every round trip while the row
is locked is paid by all who wait; SQLite, where a write transaction is alone anyway, runs them one after the other. The
statements are put together once. A place on the waiting list is given the same way, so that whoever is refused a seat
and whoever frees one can never miss each other. The partial unique indexes are the net under it: two clicks of one
person at the same instant give one booking or one place, and the number of the second goes straight back.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, Table, Update, bindparam, func, select, text, true, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from app.agenda.models import IN_LINE, Booking, BookingState, EntryState, Gathering, GatheringState, WaitlistEntry, Wish
from app.core.db import db

QUIETLY = {"synchronize_session": False}
LIVE = {Booking: text("state = 'confirmed'"), WaitlistEntry: text(IN_LINE)}
Row = type[Booking] | type[WaitlistEntry]


@dataclass(frozen=True)
class Given:
    """What the allocator gave: the new row's id, its number, and the gathering's version at that moment (G5)."""

    id: UUID
    seq: int
    sequence: int


def one_at_a_time(gathering_id: UUID, account_id: UUID) -> None:
    """Let the clicks of one person on one gathering follow each other, so that each sees what the one before did.

    On SQLite a write transaction is alone as it is. The lock is the person's own: nobody else waits for it.
    """
    if _on_postgresql():
        key = (gathering_id.int ^ account_id.int) & 0x7FFF_FFFF_FFFF_FFFF
        db.session.execute(select(func.pg_advisory_xact_lock(bindparam("key", key))))


def take(
    gathering_id: UUID,
    account_id: UUID,
    *,
    now: datetime,
    cancel_until: datetime,
    terms: str,
    id: UUID | None = None,
) -> Given | None:
    """Take a free seat and book it; None when there is no seat or the person has one already."""
    values = {
        "id": id or uuid.uuid4(),
        "gathering_id": gathering_id,
        "account_id": account_id,
        "state": BookingState.CONFIRMED,
        "booked_at": now,
        "cancel_until": cancel_until,
        "terms": terms,
    }
    return _give(Booking, _counting_seat(), values)


def take_held(
    gathering_id: UUID, account_id: UUID, *, now: datetime, cancel_until: datetime, terms: str
) -> Given | None:
    """Book the seat that was held for somebody."""
    values = {
        "id": uuid.uuid4(),
        "gathering_id": gathering_id,
        "account_id": account_id,
        "state": BookingState.CONFIRMED,
        "booked_at": now,
        "cancel_until": cancel_until,
        "terms": terms,
    }
    return _give(Booking, _counting_held(), values)


def queue(gathering_id: UUID, account_id: UUID, *, now: datetime, wish: Wish, id: UUID | None = None) -> Given | None:
    """Give the next place on the waiting list; None when a seat is free after all or the person has a place already."""
    values = {
        "id": id or uuid.uuid4(),
        "gathering_id": gathering_id,
        "account_id": account_id,
        "state": EntryState.WAITING,
        "wish": wish,
        "joined_at": now,
    }
    return _give(WaitlistEntry, _counting_place(), values)


def hold(gathering_id: UUID) -> bool:
    """Keep a free seat for an offer; False when there is none."""
    free = Gathering.seats_taken < Gathering.capacity
    return _count(
        gathering_id,
        free,
        seats_taken=Gathering.seats_taken + 1,
        seats_held=Gathering.seats_held + 1,
        arrivals=Gathering.arrivals + 1,
    )


def let_go(gathering_id: UUID) -> None:
    """Free a seat that was held. More than were held is impossible: the table's CHECK refuses it."""
    _count(gathering_id, true(), seats_taken=Gathering.seats_taken - 1, seats_held=Gathering.seats_held - 1)


def give_back(gathering_id: UUID) -> None:
    """Free one seat. More seats freed than taken is impossible: the table's CHECK refuses it."""
    _count(gathering_id, true(), seats_taken=Gathering.seats_taken - 1)


def release(booking_id: UUID, gathering_id: UUID, *, now: datetime, late: bool = False) -> bool:
    """End a booking and free its seat; False when somebody was quicker, and then nothing is freed twice."""
    ended = db.session.scalar(
        update(Booking)
        .where(Booking.id == booking_id, Booking.state == BookingState.CONFIRMED)
        .values(state=BookingState.CANCELLED, cancelled_at=now, cancelled_late=late)
        .returning(Booking.id)
        .execution_options(**QUIETLY)
    )
    if ended is not None:
        give_back(gathering_id)
    return ended is not None


def _count(gathering_id: UUID, condition: Any, **changes: Any) -> bool:
    moved = update(Gathering).where(Gathering.id == gathering_id, condition).values(**changes)
    found = db.session.scalar(moved.returning(Gathering.id).execution_options(**QUIETLY))
    return found is not None


def _on_postgresql() -> bool:
    return db.session().get_bind().dialect.name == "postgresql"


def _counting(condition: Any, number: Any, **changes: Any) -> Update:
    """Move counters of a published gathering if a condition holds, and tell the number given out and the version."""
    return (
        update(Gathering)
        .where(Gathering.id == bindparam("of_gathering"), Gathering.state == GatheringState.PUBLISHED, condition)
        .values(**changes)
        .returning(number.label("number"), Gathering.sequence)
    )


@cache
def _counting_seat() -> Update:
    changes = {"seats_taken": Gathering.seats_taken + 1, "arrivals": Gathering.arrivals + 1}
    return _counting(Gathering.seats_taken < Gathering.capacity, Gathering.arrivals, **changes)


@cache
def _counting_held() -> Update:
    changes = {"seats_held": Gathering.seats_held - 1, "arrivals": Gathering.arrivals + 1}
    return _counting(Gathering.seats_held > 0, Gathering.arrivals, **changes)


@cache
def _counting_place() -> Update:
    full = Gathering.seats_taken >= Gathering.capacity
    return _counting(full, Gathering.queued, queued=Gathering.queued + 1)


def _give(model: Row, counting: Update, values: dict[str, Any]) -> Given | None:
    if _on_postgresql():
        known = {f"new_{name}": value for name, value in values.items()}
        row = db.session.execute(
            _fused(model, counting), known | {"of_gathering": values["gathering_id"]}
        ).one_or_none()
        number, sequence, written = row or (None, 0, None)
    else:
        number, sequence, written = _one_by_one(model, counting, values)
    if number is None:
        return None
    if written is None:
        _take_back(model, counting, values["gathering_id"])
        return None
    return Given(values["id"], number, sequence)


@cache
def _fused(model: Row, counting: Update) -> Select[Any]:
    """Count and insert in one statement; the last column is empty when the person was there already.

    A value named like a column would be taken for one that the UPDATE sets, too: hence the names with `new_`.
    """
    counted = counting.cte("counted")
    columns = _columns(model)
    table = cast("Table", model.__table__)
    given = select(*(bindparam(f"new_{name}", type_=table.c[name].type) for name in columns), counted.c.number)
    written = (
        postgresql_insert(model)
        .from_select([*columns, "seq"], given)
        .on_conflict_do_nothing(index_elements=["gathering_id", "account_id"], index_where=LIVE[model])
        .returning(model.seq)
        .cte("written")
    )
    return select(counted.c.number, counted.c.sequence, written.c.seq).select_from(counted.outerjoin(written, true()))


def _columns(model: Row) -> tuple[str, ...]:
    kept = ("booked_at", "cancel_until", "terms") if model is Booking else ("wish", "joined_at")
    return ("id", "gathering_id", "account_id", "state", *kept)


def _one_by_one(model: Row, counting: Update, values: dict[str, Any]) -> tuple[int | None, int, int | None]:
    counted = db.session.execute(
        counting.execution_options(**QUIETLY), {"of_gathering": values["gathering_id"]}
    ).one_or_none()
    if counted is None:
        return None, 0, None
    statement = (
        sqlite_insert(model)
        .values(**values, seq=counted.number)
        .on_conflict_do_nothing(index_elements=["gathering_id", "account_id"], index_where=LIVE[model])
        .returning(model.seq)
    )
    return counted.number, counted.sequence, db.session.scalar(statement)


def _take_back(model: Row, counting: Update, gathering_id: UUID) -> None:
    """Undo the counting for somebody who was there already; the row is still ours."""
    if model is WaitlistEntry:
        _count(gathering_id, true(), queued=Gathering.queued - 1)
    elif counting is _counting_held():
        _count(gathering_id, true(), seats_held=Gathering.seats_held + 1)
    else:
        give_back(gathering_id)
