"""G2, G3: the allocator. It alone moves `seats_taken`, in the transaction that writes or ends what takes one.

G1: the seats of a hybrid gathering are counted by mode. Which counter a mode moves is for the database to decide, too,
so that nobody is too late to hear that a gathering became hybrid or no longer is.

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

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from app.agenda.guests.models import LIVE_GUEST, Guest
from app.agenda.models import (
    IN_LINE,
    Booking,
    BookingState,
    EntryState,
    Gathering,
    GatheringState,
    SeatMode,
    WaitlistEntry,
    Wish,
)
from app.core.db import QUIETLY, db

COUNTERS = {
    SeatMode.ON_SITE: ("seats_taken", "seats_held"),
    SeatMode.ONLINE: ("online_taken", "online_held"),
}
"""Of a hybrid gathering; any other counts in those of the hall, whatever its mode."""
LIVE = {Booking: text("state = 'confirmed'"), WaitlistEntry: text(IN_LINE), Guest: text(LIVE_GUEST)}
WHOSE = {Booking: "account_id", WaitlistEntry: "account_id", Guest: "email"}
ENTERED: dict[Any, tuple[str, ...]] = {
    Booking: ("account_id", "booked_at", "cancel_until", "terms"),
    WaitlistEntry: ("account_id", "wish", "joined_at"),
    Guest: ("booking_id", "given_name", "family_name", "email", "locale", "added_at", "cancel_until"),
}
Row = type[Booking] | type[WaitlistEntry] | type[Guest]


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
    mode: SeatMode,
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
        "mode": mode,
        "booked_at": now,
        "cancel_until": cancel_until,
        "terms": terms,
    }
    return _give(Booking, _counting_seat(mode), values)


def take_held(
    gathering_id: UUID, account_id: UUID, mode: SeatMode, *, now: datetime, cancel_until: datetime, terms: str
) -> Given | None:
    """Book the seat that was held for somebody."""
    values = {
        "id": uuid.uuid4(),
        "gathering_id": gathering_id,
        "account_id": account_id,
        "state": BookingState.CONFIRMED,
        "mode": mode,
        "booked_at": now,
        "cancel_until": cancel_until,
        "terms": terms,
    }
    return _give(Booking, _counting_held(mode), values)


def take_for_guest(
    gathering_id: UUID, booking_id: UUID, mode: SeatMode, *, now: datetime, cancel_until: datetime, **called: str
) -> Given | None:
    """G9: take a free seat for a guest; None when there is no seat or the address has one already."""
    values = {
        "id": uuid.uuid4(),
        "gathering_id": gathering_id,
        "booking_id": booking_id,
        "state": BookingState.CONFIRMED,
        "mode": mode,
        "added_at": now,
        "cancel_until": cancel_until,
        **called,
    }
    return _give(Guest, _counting_seat(mode), values)


def queue(
    gathering_id: UUID, account_id: UUID, mode: SeatMode, *, now: datetime, wish: Wish, id: UUID | None = None
) -> Given | None:
    """Give the next place on the waiting list; None when a seat is free after all or the person has a place already."""
    values = {
        "id": id or uuid.uuid4(),
        "gathering_id": gathering_id,
        "account_id": account_id,
        "state": EntryState.WAITING,
        "mode": mode,
        "wish": wish,
        "joined_at": now,
    }
    return _give(WaitlistEntry, _counting_place(mode), values)


def hold(gathering_id: UUID, mode: SeatMode) -> bool:
    """Keep a free seat for an offer; False when there is none."""
    return _count(gathering_id, _free(mode), **_moved(mode, taken=1, held=1), arrivals=Gathering.arrivals + 1)


def let_go(gathering_id: UUID, mode: SeatMode) -> None:
    """Free a seat that was held. More than were held is impossible: the table's CHECK refuses it."""
    _count(gathering_id, true(), **_moved(mode, taken=-1, held=-1))


def give_back(gathering_id: UUID, mode: SeatMode) -> None:
    """Free one seat. More seats freed than taken is impossible: the table's CHECK refuses it."""
    _count(gathering_id, true(), **_moved(mode, taken=-1))


def move(booking_id: UUID, gathering_id: UUID, *, to: SeatMode, held: bool = False) -> bool:
    """G1: exchange somebody's seat for one of the other mode, free or held for them; False when there is none.

    The gathering's row is held by then, so that the seat that is left goes to the first in line in this transaction.
    """
    left, (taken, kept) = COUNTERS[to.other][0], COUNTERS[to]
    changes = {left: getattr(Gathering, left) - 1}
    changes |= {kept: getattr(Gathering, kept) - 1} if held else {taken: getattr(Gathering, taken) + 1}
    free = true() if held else _free(to)
    if not _count(gathering_id, and_(Gathering.online_capacity.is_not(None), free), **changes):
        return False
    changed = update(Booking).where(
        Booking.id == booking_id, Booking.state == BookingState.CONFIRMED, Booking.mode == to.other
    )
    changed = changed.values(mode=to, moves=Booking.moves + 1).returning(Booking.id)
    return bool(db.session.execute(changed.execution_options(**QUIETLY)).scalar_one())


def release(booking_id: UUID, gathering_id: UUID, *, now: datetime, late: bool = False, lapsed: bool = False) -> bool:
    """End a booking and free its seat; False when somebody was quicker, and then nothing is freed twice."""
    ended = db.session.scalar(
        update(Booking)
        .where(Booking.id == booking_id, Booking.state == BookingState.CONFIRMED)
        .values(state=BookingState.CANCELLED, cancelled_at=now, cancelled_late=late, lapsed=lapsed)
        .returning(Booking.mode)
        .execution_options(**QUIETLY)
    )
    if ended is not None:
        give_back(gathering_id, ended)
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


def _is_held_so(mode: SeatMode) -> ColumnElement[bool]:
    """Say as SQL that one can take part like that."""
    return Gathering.venue != "" if mode is SeatMode.ON_SITE else Gathering.online_url != ""


def _per_mode(mode: SeatMode, in_hall: ColumnElement[bool], beside: ColumnElement[bool]) -> ColumnElement[bool]:
    """Ask the counters of the hall, or, online and beside a hall, those of its own."""
    if mode is SeatMode.ON_SITE:
        return in_hall
    hybrid = Gathering.online_capacity.is_not(None)
    return or_(and_(hybrid, beside), and_(~hybrid, in_hall))


def _free(mode: SeatMode) -> ColumnElement[bool]:
    in_hall, beside = Gathering.seats_taken < Gathering.capacity, Gathering.online_taken < Gathering.online_capacity
    return and_(_is_held_so(mode), _per_mode(mode, in_hall, beside))


def _full(mode: SeatMode) -> ColumnElement[bool]:
    in_hall, beside = Gathering.seats_taken >= Gathering.capacity, Gathering.online_taken >= Gathering.online_capacity
    return and_(_is_held_so(mode), _per_mode(mode, in_hall, beside))


def _moved(mode: SeatMode, *, taken: int = 0, held: int = 0) -> dict[str, Any]:
    """Tell what becomes of the counters of a mode."""
    by = {"seats_taken": taken, "seats_held": held}
    changes: dict[str, Any] = {name: getattr(Gathering, name) + number for name, number in by.items() if number}
    if mode is SeatMode.ONLINE:
        hybrid = Gathering.online_capacity.is_not(None)
        changes = {name: case((hybrid, getattr(Gathering, name)), else_=value) for name, value in changes.items()}
        for name, number in (("online_taken", taken), ("online_held", held)):
            if number:
                changes[name] = getattr(Gathering, name) + case((hybrid, number), else_=0)
    return changes


@cache
def _counting_seat(mode: SeatMode) -> Update:
    changes = _moved(mode, taken=1) | {"arrivals": Gathering.arrivals + 1}
    return _counting(_free(mode), Gathering.arrivals, **changes)


@cache
def _counting_held(mode: SeatMode) -> Update:
    kept = _per_mode(mode, Gathering.seats_held > 0, Gathering.online_held > 0)
    changes = _moved(mode, held=-1) | {"arrivals": Gathering.arrivals + 1}
    return _counting(kept, Gathering.arrivals, **changes)


@cache
def _counting_place(mode: SeatMode) -> Update:
    return _counting(_full(mode), Gathering.queued, queued=Gathering.queued + 1)


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
        _take_back(model, counting, values["gathering_id"], values["mode"])
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
        .on_conflict_do_nothing(index_elements=["gathering_id", WHOSE[model]], index_where=LIVE[model])
        .returning(model.seq)
        .cte("written")
    )
    return select(counted.c.number, counted.c.sequence, written.c.seq).select_from(counted.outerjoin(written, true()))


def _columns(model: Row) -> tuple[str, ...]:
    return ("id", "gathering_id", "state", "mode", *ENTERED[model])


def _one_by_one(model: Row, counting: Update, values: dict[str, Any]) -> tuple[int | None, int, int | None]:
    counted = db.session.execute(
        counting.execution_options(**QUIETLY), {"of_gathering": values["gathering_id"]}
    ).one_or_none()
    if counted is None:
        return None, 0, None
    written = db.session.execute(_written(model), {**values, "seq": counted.number}).scalar()
    return counted.number, counted.sequence, written


@cache
def _written(model: Row) -> Any:
    """Insert a row where the person has none yet, and tell its number."""
    table = cast("Table", model.__table__)
    written = sqlite_insert(table).on_conflict_do_nothing(
        index_elements=["gathering_id", WHOSE[model]], index_where=LIVE[model]
    )
    return written.returning(table.c.seq)


def _take_back(model: Row, counting: Update, gathering_id: UUID, mode: SeatMode) -> None:
    """Undo the counting for somebody who was there already; the row is still ours."""
    if model is WaitlistEntry:
        _count(gathering_id, true(), queued=Gathering.queued - 1)
    elif counting is _counting_held(mode):
        _count(gathering_id, true(), **_moved(mode, held=1))
    else:
        give_back(gathering_id, mode)
