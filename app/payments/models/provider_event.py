"""Messages of providers, kept as hints to look (P3)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, state_column


class EventState(StrEnum):
    """What became of a message of the provider."""

    NEW = "new"
    PARKED = "parked"
    DONE = "done"
    DEAD = "dead"


class ProviderEvent(Base):
    """A message of the provider: a hint to look, its body never the state of anything (P3). Its id is the key."""

    __tablename__ = "provider_event"
    __table_args__ = (Index("ix_provider_event_state", "state", "received_at"),)

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    provider: Mapped[str] = mapped_column(String(20))
    type: Mapped[str] = mapped_column(String(80))
    api_version: Mapped[str] = mapped_column(String(40), default="")
    created: Mapped[datetime]
    reference: Mapped[str] = mapped_column(String(255))
    payload: Mapped[dict[str, Any]]
    state: Mapped[EventState] = state_column(EventState, name="state", default=EventState.NEW)
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    handled_at: Mapped[datetime | None]
    look_after: Mapped[datetime | None]


class ProviderMark(Base):
    """Up to when a provider's messages were asked for, so that one that never arrived is found (P3)."""

    __tablename__ = "provider_mark"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    hooks_until: Mapped[datetime]
