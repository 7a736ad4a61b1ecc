"""Importing a bank statement: how long a line takes, how many queries, and whether memory stays flat as files grow.

Of the lines three in five are certain and booked with all that follows (ledger, number, mail, audit), one is for a
bill but not certain, one is something else. Memory is the highest that Python held while reading, above what it held
before.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, func, select

from app.core.db import atomic, db, forget_reads
from app.payments import services
from app.payments.models import BankFile, BankLine, LineState
from app.payments.services import Buyer, LineDraft
from benchmarks import databases, portal
from tests.factories import make_account
from tests.payments.bank.writing import Move, camt

SIZES = (500, 5_000)
QUICK_SIZES = (100, 1_000)
QUICK_SECONDS = 5
CERTAIN, POINTING = 3, 4
OF = 5
BUYER = Buyer(name="Prins Interim B.V.", lines=["Lindelaan 7"], postcode="3722 HK", city="Bilthoven")


def measured(kind: str, folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    """Import a file of each size into a database of its own, once for the time and once for the memory."""
    for lines in SIZES if seconds > QUICK_SECONDS else QUICK_SIZES:
        figures: dict[str, Any] = {"name": "bank_import", "database": kind, "size": lines}
        for what in ("time", "memory"):
            own = folder / f"{lines}-{what}"
            own.mkdir()
            with databases.empty(kind, own) as url:
                databases.upgrade(url, own)
                with portal.opened(portal.environment(url, own)):
                    content = _statement(lines)
                    figures |= _timed(content, lines) if what == "time" else _weighed(content)
        yield figures


def _statement(lines: int) -> bytes:
    """Draw up the bills and write the statement on which they are paid."""
    with atomic():
        person = make_account()
    moves = []
    for start in range(0, lines, OF * 100):
        with atomic():
            moves += [_move(number, person.id) for number in range(start, min(start + OF * 100, lines))]
    forget_reads()
    return camt(moves)


def _move(number: int, person_id: Any) -> Move:
    if number % OF >= POINTING:
        return Move(-1_00 - number, f"kosten {number}", iban="", name="Bank", bank_reference=f"B{number}")
    bill = services.draw_up_bill(
        person_id=person_id,
        subject=("trial", services.bank_import.uuid.uuid4()),
        lines=[LineDraft("Kennissessie", 1, 100_00)],
        buyer=BUYER,
        due_on=date(2027, 1, 28),
        by=None,
    )
    part = 0 if number % OF < CERTAIN else 1_00
    return Move(bill.gross_cents - part, f"betaling {bill.rf_reference}", bank_reference=f"B{number}")


def _take_in(content: bytes) -> None:
    """Hand the file in, and read it as the job would, whatever its size."""
    with atomic():
        treasurer = make_account()
    file = services.take_in(content, "bench.xml", by=treasurer).file
    services.read_file(file_id=str(file.id))


def _timed(content: bytes, lines: int) -> dict[str, Any]:
    seen = [0]

    def note(*_arguments: object) -> None:
        seen[0] += 1

    event.listen(Engine, "before_cursor_execute", note)
    started = time.perf_counter()
    try:
        _take_in(content)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    took = time.perf_counter() - started
    again = time.perf_counter()
    services.read_file(file_id=str(db.session.scalars(select(BankFile.id)).one()))
    booked = select(func.count()).select_from(BankLine).where(BankLine.state == LineState.BOOKED)
    return {
        "seconds": round(took, 2),
        "ms_per_line": round(took / lines * 1000, 2),
        "queries_per_line": round(seen[0] / lines, 1),
        "booked": db.session.scalar(booked),
        "file_kb": len(content) // 1000,
        "again_ms": round((time.perf_counter() - again) * 1000, 1),
    }


def _weighed(content: bytes) -> dict[str, Any]:
    tracemalloc.start()
    try:
        before, _peak = tracemalloc.get_traced_memory()
        _take_in(content)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return {"peak_mb": round((peak - before) / 1e6, 1)}
