"""What happened in the Challenge, told inside the transaction that made it so."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class NomineeAsked(Event):
    """Somebody was put forward for the first time, and is asked whether they take part."""

    nominee_id: UUID


@dataclass(frozen=True, kw_only=True)
class NomineeTakesPart(Event):
    """Somebody agreed to the terms and can work on the case."""

    nominee_id: UUID


@dataclass(frozen=True, kw_only=True)
class JurorAsked(Event):
    """Somebody was asked for the jury of an edition."""

    juror_id: UUID


@dataclass(frozen=True, kw_only=True)
class EditionCancelled(Event):
    """An edition will have no result."""

    edition_id: UUID


@dataclass(frozen=True, kw_only=True)
class ResultPublished(Event):
    """The result of an edition is public."""

    edition_id: UUID
