"""The log of what was done, and the chain that seals it; both only grow."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Json, state_column
from app.core.ddl import append_only

Sequence = BigInteger().with_variant(Integer, "sqlite")


class ActorKind(StrEnum):
    """Who acts: a person (a visitor has no id), the portal itself, or a provider whose message we act on."""

    PERSON = "person"
    SYSTEM = "system"
    PROVIDER = "provider"


class AuditEntry(Base):
    """Who did what to which object, when, from where, and which fields it changed.

    The actor is an id without foreign key: the log outlives what it tells about.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_object", "object_type", "object_id", "seq"),
        Index("ix_audit_entry_actor", "actor_id", "seq"),
        Index("ix_audit_entry_action", "action", "seq"),
        Index("ix_audit_entry_at", "at", "seq"),
    )

    seq: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid.uuid4, insert_sentinel=True)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor_kind: Mapped[ActorKind] = state_column(ActorKind, name="actor_kind")
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    action: Mapped[str] = mapped_column(String(80))
    object_type: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(80))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)
    address: Mapped[str] = mapped_column(String(45), default="")
    request_id: Mapped[str] = mapped_column(String(80), default="")


class AuditLink(Base):
    """One link of the chain: an entry's place and the hash over it and the link before.

    Written behind the business transactions by one sealer at a time, so that writers never wait on the log.
    """

    __tablename__ = "audit_link"

    position: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=False)
    entry_seq: Mapped[int] = mapped_column(Sequence, ForeignKey("audit_entry.seq"), unique=True)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


append_only(AuditEntry)
append_only(AuditLink)
