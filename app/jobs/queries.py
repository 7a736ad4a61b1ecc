"""What staff and the health page ask about work."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.jobs.models import Job, JobState, WorkerHeartbeat

LONGEST_SILENCE = timedelta(minutes=2)


def failed_jobs(limit: int = 50) -> list[Job]:
    """Return the jobs that were given up, the newest first; each needs a person."""
    query = select(Job).where(Job.state == JobState.FAILED).order_by(Job.finished_at.desc()).limit(limit)
    return list(db.session.scalars(query))


def failed_count() -> int:
    """Count the jobs that need a person."""
    return db.session.scalar(select(func.count()).select_from(Job).where(Job.state == JobState.FAILED)) or 0


def count_by_state() -> dict[str, float]:
    """Count jobs by state, for the metrics."""
    rows = db.session.execute(select(Job.state, func.count()).group_by(Job.state))
    return {state.value: count for state, count in rows}


def last_sign_of_life() -> datetime | None:
    """Return when any worker was last seen alive."""
    return db.session.scalar(select(func.max(WorkerHeartbeat.seen_at)))


def worker_lives() -> bool:
    """Say whether a worker was seen within two minutes."""
    seen = last_sign_of_life()
    return seen is not None and clock.now() - seen < LONGEST_SILENCE
