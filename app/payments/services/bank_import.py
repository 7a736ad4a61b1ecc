"""Reading a statement file into lines (P7): all of it is checked before any of it is kept, and each line counts once.

A file is read twice: once to see that every line can be read and adds up, then to keep the lines, some hundreds per
transaction. Cut off anywhere and begun again, the second reading skips what is kept already.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Table, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock, files
from app.core.db import atomic, db, forget_reads, insert_once
from app.jobs import services as jobs
from app.payments.models import BankFile, BankLine, BankStatement, FileState, LineState
from app.payments.services.bank_matching import book_certain
from app.payments.statements import Closed, Entry, Opened, Unreadable, read

AT_ONCE = 500
READ_AT_ONCE = 512 * 1024
LOST_AFTER = timedelta(minutes=5)
KEPT_FIELDS = (
    "account",
    "booked_on",
    "amount_cents",
    "currency",
    "original_amount",
    "is_reversal",
    "is_batch",
    "bank_reference",
    "end_to_end",
    "counter_iban",
    "counter_name",
    "remittance",
    "structured_reference",
)


class TakenIn(NamedTuple):
    """A file as it stands now, and whether its bytes came for the first time."""

    file: BankFile
    is_new: bool


def take_in(content: bytes, name: str, *, by: Account) -> TakenIn:
    """Take in a statement file: a small one is read now, a large one by a job; the same bytes again change nothing.

    A small file that cannot be read raises `Unreadable` and leaves nothing behind; of a large one its page tells so.
    """
    digest = hashlib.sha256(content).hexdigest()
    known = db.session.scalar(select(BankFile).where(BankFile.sha256 == digest))
    if known and known.state is not FileState.REFUSED:
        return TakenIn(known, is_new=False)
    stored = files.keep(content, "stmt")
    at_once = len(content) <= READ_AT_ONCE
    try:
        if at_once:
            _count(stored)
        with atomic():
            file_id = _admit(digest, name, len(content), stored, by, at_once=at_once)
    except Unreadable:
        files.discard(stored)
        raise
    if at_once:
        read_file(file_id=str(file_id))
    forget_reads()
    return TakenIn(db.session.get_one(BankFile, file_id), is_new=True)


def _admit(digest: str, name: str, size: int, stored: str, by: Account, *, at_once: bool) -> UUID:
    """Note down a file to be read; of two tabs that hand in the same one, the second finds the first's.

    The job of a file that is read at once comes later, for one whose reading was cut off.
    """
    file = db.session.scalar(select(BankFile).where(BankFile.sha256 == digest).with_for_update())
    if file is None:
        insert_once(
            BankFile,
            id=uuid.uuid4(),
            name=name,
            sha256=digest,
            size=size,
            stored_as=stored,
            state=FileState.QUEUED,
            uploaded_by=by.id,
        )
        file = db.session.scalars(select(BankFile).where(BankFile.sha256 == digest)).one()
    elif file.state is FileState.REFUSED:
        file.state, file.stored_as, file.finished_at = FileState.QUEUED, stored, None
    if file.stored_as != stored:
        files.discard(stored)
    audit.record("payments.bank_file.taken_in", by=by.id, on=("bank_file", file.id), after={"name": name})
    jobs.enqueue(
        "payments.read_bank_file",
        key=f"bank_file:{file.stored_as}",
        payload={"file_id": str(file.id)},
        run_at=clock.now() + LOST_AFTER if at_once else None,
    )
    return file.id


def _count(stored: str) -> int:
    """Read a file through, keeping nothing, and return how many lines it has; `Unreadable` when it is no good."""
    return sum(isinstance(said, Entry) for _part, said in read(files.path(stored)))


def read_file(*, file_id: str) -> None:
    """Check a file and keep its lines, then book what is certain; done again it goes on where it was cut off."""
    file = db.session.get_one(BankFile, UUID(file_id), populate_existing=True)
    if file.state in {FileState.DONE, FileState.REFUSED}:
        return
    stored, uploader = file.stored_as, file.uploaded_by
    forget_reads()
    try:
        total = _count(stored)
    except Unreadable as refused:
        _refuse(UUID(file_id), refused)
        files.discard(stored)
        return
    _mark(UUID(file_id), state=FileState.READING, lines_total=total)
    done = 0
    for rows in _batches(UUID(file_id), stored):
        done += len(rows)
        with atomic():
            new, kept = _keep(rows)
            file = _locked(UUID(file_id))
            file.lines_done, file.lines_new = done, file.lines_new + new
        book_certain(kept, by=uploader)
    with atomic():
        file = _locked(UUID(file_id))
        file.state, file.finished_at, file.stored_as = FileState.DONE, clock.now(), ""
        audit.record(
            "payments.bank_file.read",
            by=uploader,
            on=("bank_file", file.id),
            after={"lines_total": total, "lines_new": file.lines_new},
        )
    files.discard(stored)


def _refuse(file_id: UUID, refused: Unreadable) -> None:
    with atomic():
        file = _locked(file_id)
        file.state, file.finished_at, file.stored_as = FileState.REFUSED, clock.now(), ""
        file.refused_why, file.refused_line = refused.why.value, refused.line
        file.refused_part, file.refused_detail = refused.part, refused.detail
        audit.record(
            "payments.bank_file.refused",
            by=file.uploaded_by,
            on=("bank_file", file.id),
            after={"refused_why": refused.why.value, "refused_line": refused.line},
        )


def _mark(file_id: UUID, **changes: Any) -> None:
    with atomic():
        file = _locked(file_id)
        for name, value in changes.items():
            setattr(file, name, value)


def _locked(file_id: UUID) -> BankFile:
    return db.session.get_one(BankFile, file_id, with_for_update=True, populate_existing=True)


def _batches(file_id: UUID, stored: str) -> Iterator[list[dict[str, Any]]]:
    """Yield the lines of a file as rows, some hundreds at a time, after writing down the statement they stand on."""
    seen: Counter[int] = Counter()
    position, statement_id = 0, UUID(int=0)
    rows: list[dict[str, Any]] = []
    for _part, said in read(files.path(stored)):
        if isinstance(said, Opened):
            position += 1
            statement_id = _keep_statement(file_id, position, said)
        elif isinstance(said, Closed):
            _keep_closing(statement_id, said)
        else:
            rows.append(_row(said, statement_id, seen))
            if len(rows) == AT_ONCE:
                yield rows
                rows = []
    if rows:
        yield rows


def _keep_statement(file_id: UUID, position: int, said: Opened) -> UUID:
    with atomic():
        insert_once(
            BankStatement,
            id=uuid.uuid4(),
            file_id=file_id,
            position=position,
            account=said.account,
            currency=said.currency,
            number=said.number,
            opening_cents=said.opening_cents,
        )
        own = (BankStatement.file_id == file_id, BankStatement.position == position)
        return db.session.scalars(select(BankStatement.id).where(*own)).one()


def _keep_closing(statement_id: UUID, said: Closed) -> None:
    with atomic():
        statement = db.session.get_one(BankStatement, statement_id)
        statement.closing_cents, statement.closes_on = said.closing_cents, said.closes_on


def _row(entry: Entry, statement_id: UUID, seen: Counter[int]) -> dict[str, Any]:
    """Return a line as a row.

    Its identity is what the bank says of it; movements that are alike to the letter on one day are told apart by
    their order, which is the same in every file that holds the day.
    """
    told = [entry.account, entry.booked_on.isoformat(), str(entry.amount_cents), entry.currency, entry.end_to_end]
    told += [entry.bank_reference] if entry.bank_reference else [entry.counter_iban, entry.counter_name]
    told += [entry.structured_reference or entry.remittance, "R" if entry.is_reversal else ""]
    print_ = hashlib.sha256("\x1f".join(told).encode()).digest()
    mark = int.from_bytes(print_[:8], "big")
    seen[mark] += 1
    identity = hashlib.sha256(print_ + seen[mark].to_bytes(4, "big")).hexdigest()
    fields = {name: getattr(entry, name) for name in KEPT_FIELDS}
    return {
        "id": uuid.uuid4(),
        "identity": identity,
        "statement_id": statement_id,
        "file_line": entry.line,
        "state": LineState.WAITING if entry.amount_cents > 0 else LineState.SET_ASIDE,
        "remark": "",
        "created_at": clock.now(),
        **fields,
    }


def _keep(rows: list[dict[str, Any]]) -> tuple[int, list[UUID]]:
    """Keep the lines that are not known yet, in one statement; return how many, and the ids of them all."""
    session = db.session()
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    same = BankLine.identity.in_([row["identity"] for row in rows])
    before = session.scalar(select(func.count()).where(same)) or 0
    session.execute(insert(cast("Table", BankLine.__table__)).on_conflict_do_nothing(index_elements=["identity"]), rows)
    kept = list(session.scalars(select(BankLine.id).where(same)))
    return len(kept) - before, kept
