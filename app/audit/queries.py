"""Reading the log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, false, or_, select

from app.audit.models import AuditEntry, AuditLink
from app.audit.telling import Telling
from app.core.db import db
from app.core.errors import NotFound


@dataclass(frozen=True)
class Told:
    """An entry in words."""

    actor: str
    sentence: str


def entries() -> Select[tuple[AuditEntry]]:
    """Return the whole log, for the list mechanism."""
    return select(AuditEntry)


def entry(id: UUID) -> AuditEntry:
    """Return an entry, or raise NotFound."""
    found = db.session.scalar(select(AuditEntry).where(AuditEntry.id == id))
    if found is None:
        raise NotFound
    return found


def about(object_type: str, object_id: UUID | str | int, limit: int = 50) -> list[AuditEntry]:
    """Return what was done to one object, the latest first, for the page of that object."""
    query = select(AuditEntry).where(AuditEntry.object_type == object_type, AuditEntry.object_id == str(object_id))
    return list(db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(limit)))


def about_any(objects: Iterable[tuple[str, UUID | str | int]], limit: int = 50) -> list[AuditEntry]:
    """Return what was done to any of these objects, the latest first, for a page that brings them together."""
    wanted = [and_(AuditEntry.object_type == kind, AuditEntry.object_id == str(key)) for kind, key in objects]
    query = select(AuditEntry).where(or_(false(), *wanted)).order_by(AuditEntry.seq.desc())
    return list(db.session.scalars(query.limit(limit)))


def told(found: Iterable[AuditEntry]) -> dict[int, Told]:
    """Return entries in words by their number; names come for all of them at once."""
    rows = list(found)
    telling = Telling(rows)
    return {row.seq: Told(telling.actor(row), telling.sentence(row)) for row in rows}


def link_of(found: AuditEntry) -> AuditLink | None:
    """Return an entry's place in the chain; None as long as it is not sealed."""
    return db.session.scalar(select(AuditLink).where(AuditLink.entry_seq == found.seq))
