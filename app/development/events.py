"""What happened in permanent education, told inside the transaction that made it so."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CertificateIssued(Event):
    """Somebody has a certificate of an attendance; `replaces_id` is the one that no longer stands for it."""

    certificate_id: UUID
    replaces_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class CertificateWithdrawn(Event):
    """A certificate no longer stands, and nothing stands in its place."""

    certificate_id: UUID
