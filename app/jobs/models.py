"""Work to be done, the marks of the schedule, and the workers' sign of life."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Id, state_column


class JobState(StrEnum):
    """Where a job stands; `failed` is dead: only staff can give it back to the queue."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One piece of work, written in the business transaction that asks for it; the queue only carries its id."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_due", "state", "run_at"),
        Index("ix_job_finished_at", "finished_at"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(80))
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    run_at: Mapped[datetime] = mapped_column(default=clock.now)
    state: Mapped[JobState] = state_column(JobState, name="state", default=JobState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    lease_token: Mapped[UUID | None] = mapped_column(Uuid)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]


class ScheduleMark(Base):
    """Up to when a scheduled task was handed out; moving it on is what lets one worker of many do so."""

    __tablename__ = "schedule_mark"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    last_slot: Mapped[datetime | None]


class WorkerHeartbeat(Base):
    """The last sign of life of a worker process."""

    __tablename__ = "worker_heartbeat"

    worker: Mapped[str] = mapped_column(String(120), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
