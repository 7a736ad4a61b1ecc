"""Payments that need a person (B1)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.core.db import db
from app.core.errors import NotFound
from app.payments.models import (
    Dispute,
    DisputeState,
    Task,
    TaskKind,
)


def open_tasks() -> list[Task]:
    """Return the payments that need a person, the longest waiting first (B1)."""
    waiting = select(Task).where(Task.closed_at.is_(None)).order_by(Task.created_at)
    return list(db.session.scalars(waiting.options(joinedload(Task.bill))))


def task(id: UUID) -> Task:
    """Return a task, or raise NotFound."""
    found = db.session.get(Task, id)
    if found is None:
        raise NotFound
    return found


def waiting_by_kind() -> list[tuple[TaskKind, int, datetime]]:
    """Return how many payments need a person for which reason, and since when, the longest waiting first."""
    since = func.min(Task.created_at)
    rows = db.session.execute(
        select(Task.kind, func.count(), since).where(Task.closed_at.is_(None)).group_by(Task.kind).order_by(since)
    )
    return [(kind, count, moment) for kind, count, moment in rows]


def disputes_to_answer() -> list[Dispute]:
    """Return the disputes that are open, the one to be answered first at the top."""
    query = select(Dispute).where(Dispute.state == DisputeState.OPEN)
    return list(db.session.scalars(query.order_by(Dispute.answer_by, Dispute.known_since)))
