"""L6: what members enter themselves, with proof. The log tells that they did, never what: the record is their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from app.audit import services as audit
from app.core import clock, files
from app.core.db import after_commit, atomic, db
from app.core.errors import NotFound
from app.development.models import EntryState, Kind, PeEntry

KEPT_FOR_UNDO = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A file that proves an activity: what it holds, and what it is called where it is shown."""

    content: bytes
    name: str
    extension: str
    mimetype: str


@dataclass(frozen=True, kw_only=True)
class OwnEntry:
    """An activity elsewhere, as its owner filled it in; without `proof` the one that is there stays."""

    kind: Kind
    title: str
    organiser: str
    done_on: date
    minutes: int
    tenths: int | None
    proof: Proof | None = None


def enter_own(account_id: UUID, details: OwnEntry, *, by: UUID) -> PeEntry:
    """Put an activity on somebody's record."""
    entry = PeEntry(account_id=account_id, state=EntryState.COUNTS, created_at=clock.now())
    _fill(entry, details)
    db.session.add(entry)
    db.session.flush()
    audit.record("pe_entry.entered", by=by, on=("pe_entry", entry.id), after={"kind": entry.kind})
    return entry


def change_own(entry: PeEntry, details: OwnEntry, *, by: UUID) -> None:
    """Change what was entered; a new proof takes the place of the old one."""
    if entry.state is not EntryState.COUNTS:
        raise NotFound
    before = entry.kind
    _fill(entry, details)
    db.session.flush()
    audit.record(
        "pe_entry.changed", by=by, on=("pe_entry", entry.id), before={"was": before}, after={"kind": entry.kind}
    )


def remove_own(entry: PeEntry, *, by: UUID) -> None:
    """Take an own entry off the record; twice is the same as once."""
    if entry.state is not EntryState.COUNTS:
        return
    entry.state, entry.removed_at = EntryState.REMOVED, clock.now()
    db.session.flush()
    audit.record("pe_entry.removed", by=by, on=("pe_entry", entry.id), after={"kind": entry.kind})


def restore_own(entry: PeEntry, *, by: UUID) -> None:
    """Put it back as it was."""
    if entry.state is not EntryState.REMOVED:
        return
    entry.state, entry.removed_at = EntryState.COUNTS, None
    db.session.flush()
    audit.record("pe_entry.restored", by=by, on=("pe_entry", entry.id), after={"kind": entry.kind})


def _fill(entry: PeEntry, details: OwnEntry) -> None:
    entry.kind, entry.title, entry.organiser = details.kind, details.title, details.organiser
    entry.done_on, entry.tenths = details.done_on, details.tenths
    entry.minutes = entry.whole_minutes = details.minutes
    if details.proof:
        former = entry.proof
        entry.proof = files.keep(details.proof.content, details.proof.extension)
        entry.proof_name, entry.proof_type = details.proof.name, details.proof.mimetype
        if former:
            after_commit(partial(files.discard, former))


def forget_removed() -> None:
    """L4: a month after somebody took an own entry off their record it goes for good, and its proof with it."""
    before = clock.now() - KEPT_FOR_UNDO
    with atomic() as session:
        gone = session.scalars(
            select(PeEntry).where(
                PeEntry.state == EntryState.REMOVED, PeEntry.gathering_id.is_(None), PeEntry.removed_at < before
            )
        ).all()
        for entry in gone:
            session.delete(entry)
            if entry.proof:
                after_commit(partial(files.discard, entry.proof))
        if gone:
            audit.record("pe_entry.forgotten", by=None, on=("pe_entry", "removed"), after={"number": len(gone)})
