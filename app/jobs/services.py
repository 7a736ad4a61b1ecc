"""Handing out work and doing it: at least once, with effects once, whatever is killed.

The job table is the truth. A row is written in the transaction that asks for the work; a worker claims it by a
conditional UPDATE with a lease, does it, and marks it done if the lease is still its own. A killed worker's lease runs
out and the sweep hands the job out again.
"""

from __future__ import annotations

import hashlib
import logging
import traceback
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, and_, delete, or_, select, update

from app.core import clock
from app.core.bulk import later
from app.core.context import Serving, serve, serving
from app.core.db import after_commit, atomic, db, forget_reads, in_atomic, insert_new, insert_once
from app.jobs import broker
from app.jobs.models import Job, JobState, ScheduleMark, WorkerHeartbeat
from app.jobs.registry import GiveUp, Handler, Schedule, handler_for, schedules

KEEP_DONE = timedelta(days=14)
KEEP_RECURRING = timedelta(days=1)
KEEP_WORKERS = timedelta(days=1)
SWEEP_AT_ONCE = 500
NUDGED_TOGETHER = 10
LONGEST_ERROR = 2000
JITTER = 0.2
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Nudge:
    """The hint that jobs wait; equal for the same jobs, so that one transaction gives it once."""

    job_ids: tuple[UUID, ...]

    def __call__(self) -> bool:
        return broker.nudge(*map(str, self.job_ids))


def _nudges(job_ids: Sequence[UUID]) -> Iterator[Nudge]:
    """Yield hints for many jobs: writing a message costs more than starting a job."""
    for start in range(0, len(job_ids), NUDGED_TOGETHER):
        yield Nudge(tuple(job_ids[start : start + NUDGED_TOGETHER]))


def enqueue(
    kind: str,
    *,
    key: str | None = None,
    payload: Mapping[str, Any] | None = None,
    run_at: datetime | None = None,
) -> UUID | None:
    """Ask, within the business transaction, for work; return the job's id, or None when its key was asked for before.

    A key is good for one job as long as that job is kept (14 days after it is done): give the fact that asks for the
    work, such as `mail:<id>`. The payload holds ids and plain values; the handler gets them as keywords. In a batch,
    whose jobs are written at its end, it is not known yet whether the key is new.
    """
    if handler_for(kind) is None:
        raise LookupError(f"no handler is declared for {kind}")
    now, job_id = clock.now(), uuid.uuid4()
    due = run_at or now
    values = {
        "id": job_id,
        "kind": kind,
        "key": key,
        "payload": dict(payload or {}),
        "run_at": due,
        "state": JobState.QUEUED,
        "attempts": 0,
        "created_at": now,
    }
    if later(_put_in, values):
        return job_id
    return job_id if _put_in([values]) else None


def _put_in(wanted: list[dict[str, Any]]) -> set[UUID]:
    """Write these jobs but those whose key was asked for before, and wake workers for what is due after the commit."""
    new, now = insert_new(Job, wanted), clock.now()
    if in_atomic():
        for nudge in _nudges([job["id"] for job in wanted if job["id"] in new and job["run_at"] <= now]):
            after_commit(nudge)
    return new


def wake(schedule: str) -> None:
    """Ask for a recurring task soon after the commit; a lost hint costs nothing, since its time comes anyway."""
    broker.wake(schedule)


def execute(job_id: UUID) -> bool:
    """Do one job if it is due and nobody else has it; say whether it was done now."""
    claimed = _claim(job_id)
    if claimed is None:
        return False
    job, handler, lease = claimed
    before = serving()
    serve(Serving(request_id=f"job-{job.id}"))
    try:
        handler.run(**job.payload)
    except Exception as error:  # noqa: BLE001  whatever a handler raises is an outcome of the job
        forget_reads()
        _log_failure(job, error)
        _put_back(job, handler, lease, error)
        return False
    finally:
        serve(before)
    forget_reads()
    return _finish(job, lease)


def _due(now: datetime) -> Any:
    return or_(
        and_(Job.state == JobState.QUEUED, Job.run_at <= now),
        and_(Job.state == JobState.RUNNING, Job.leased_until < now),
    )


def _claim(job_id: UUID) -> tuple[Job, Handler, UUID] | None:
    """Take a due job with a lease; of many workers one UPDATE finds the row as it was."""
    now, lease = clock.now(), uuid.uuid4()
    with atomic() as session:
        kind = session.scalar(select(Job.kind).where(Job.id == job_id, _due(now)))
        handler = handler_for(kind) if kind else None
        if handler is None:
            return None
        taken = session.execute(
            update(Job)
            .where(Job.id == job_id, _due(now))
            .values(
                state=JobState.RUNNING,
                lease_token=lease,
                leased_until=now + handler.lease,
                attempts=Job.attempts + 1,
            )
            .execution_options(synchronize_session=False)
        )
        if not cast("CursorResult[Any]", taken).rowcount:
            return None
        job = session.scalars(select(Job).where(Job.id == job_id).execution_options(populate_existing=True)).one()
        if job.attempts > handler.retries + 1:
            _declare_failed(
                job, handler, job.last_error or "The worker stopped in the middle of this job, again and again."
            )
            return None
    db.session.expunge(job)
    return job, handler, lease


def _finish(job: Job, lease: UUID) -> bool:
    with atomic() as session:
        done = session.execute(
            update(Job)
            .where(Job.id == job.id, Job.lease_token == lease, Job.state == JobState.RUNNING)
            .values(state=JobState.DONE, finished_at=clock.now(), leased_until=None, lease_token=None, last_error=None)
            .execution_options(synchronize_session=False)
        )
    return bool(cast("CursorResult[Any]", done).rowcount)


def _put_back(job: Job, handler: Handler, lease: UUID, error: Exception) -> None:
    """Let a failed job wait for its next turn, or declare it failed when its turns are up."""
    reason = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
    with atomic() as session:
        mine = session.scalar(
            select(Job).where(Job.id == job.id, Job.lease_token == lease, Job.state == JobState.RUNNING)
        )
        if mine is None:
            return
        mine.leased_until = mine.lease_token = None
        if isinstance(error, GiveUp) or mine.attempts > handler.retries:
            _declare_failed(mine, handler, reason)
        else:
            mine.state, mine.last_error = JobState.QUEUED, reason
            mine.run_at = clock.now() + wait_before(mine.id, mine.attempts, handler)


def _declare_failed(job: Job, handler: Handler, reason: str) -> None:
    job.state, job.last_error, job.finished_at = JobState.FAILED, reason, clock.now()
    job.leased_until = job.lease_token = None
    if handler.on_failed is not None:
        handler.on_failed(**job.payload)


def wait_before(job_id: UUID, attempts: int, handler: Handler) -> timedelta:
    """Return how long to wait after this many attempts: doubling, bounded, and spread by the job's own id.

    Jobs that failed together do not return together, yet the answer is the same each time it is asked.
    """
    base = min(handler.backoff * 2 ** min(attempts - 1, 32), handler.longest_backoff)
    digest = hashlib.sha256(f"{job_id}:{attempts}".encode()).digest()
    share = int.from_bytes(digest[:4]) / 0xFFFFFFFF
    return base * (1 - JITTER + 2 * JITTER * share)


def _log_failure(job: Job, error: Exception) -> None:
    """Tell what failed and where; the message itself may hold personal data and stays in the table."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    log.warning(
        "job_failed",
        extra={
            "kind": job.kind,
            "job": str(job.id),
            "attempt": job.attempts,
            "error": type(error).__name__,
            "where": f"{where.name}:{where.lineno}",
        },
    )


def due_jobs(limit: int = SWEEP_AT_ONCE) -> list[UUID]:
    """Return the jobs whose time has come or whose worker was lost, the longest waiting first."""
    found = list(
        db.session.scalars(select(Job.id).where(_due(clock.now())).order_by(Job.run_at, Job.created_at).limit(limit))
    )
    forget_reads()
    return found


def sweep() -> int:
    """Nudge everything due, whatever became of the first nudge; workers that are behind get no reminders."""
    if broker.backlog() > SWEEP_AT_ONCE:
        return 0
    found = due_jobs()
    for nudge in _nudges(found):
        if not nudge():
            break
    return len(found)


def run_due(limit: int = SWEEP_AT_ONCE) -> int:
    """Do everything due here and now, with what it gives rise to; return how many jobs were done."""
    if in_atomic():
        raise RuntimeError("run_due() cannot work inside an open transaction")
    done = 0
    tried: set[UUID] = set()
    while len(tried) < limit:
        waiting = [job_id for job_id in due_jobs(limit) if job_id not in tried]
        if not waiting:
            break
        for job_id in waiting[: limit - len(tried)]:
            tried.add(job_id)
            done += execute(job_id)
    return done


def hand_out_scheduled() -> list[str]:
    """Turn every recurring task whose time has come into a job: one of many workers does; a standstill yields one."""
    now = clock.now()
    handed = []
    for entry in schedules():
        slot = entry.latest_slot(now)
        if _already_marked(entry, slot):
            continue
        with atomic():
            if _mark(entry, slot):
                enqueue(entry.handler, key=f"schedule:{entry.name}:{slot.isoformat()}")
                handed.append(entry.name)
    return handed


def _already_marked(entry: Schedule, slot: datetime) -> bool:
    last = db.session.scalar(select(ScheduleMark.last_slot).where(ScheduleMark.name == entry.name))
    forget_reads()
    return last is not None and last >= slot


def _mark(entry: Schedule, slot: datetime) -> bool:
    insert_once(ScheduleMark, name=entry.name)
    moved = db.session.execute(
        update(ScheduleMark)
        .where(ScheduleMark.name == entry.name, or_(ScheduleMark.last_slot.is_(None), ScheduleMark.last_slot < slot))
        .values(last_slot=slot)
        .execution_options(synchronize_session=False)
    )
    return bool(cast("CursorResult[Any]", moved).rowcount)


def follow_clock(now: datetime) -> None:
    """Let nothing wait for a time that a test clock moved back from: what recurs and what waits is due now."""
    db.session.execute(delete(ScheduleMark).where(ScheduleMark.last_slot > now))
    waiting = update(Job).where(Job.state == JobState.QUEUED, Job.created_at > now)
    db.session.execute(waiting.values(run_at=now).execution_options(synchronize_session=False))


def run_scheduled(name: str) -> None:
    """Do a recurring task because someone hinted at it; the task itself bears being done at any time."""
    for entry in schedules():
        handler = handler_for(entry.handler)
        if entry.name == name and handler is not None:
            handler.run()


def wake_at_start() -> None:
    """Ask for the recurring tasks that are done whenever a worker starts."""
    for entry in schedules():
        if entry.at_start:
            wake(entry.name)


def retry(job_id: UUID) -> bool:
    """Give a failed job back to the queue with all its turns; for staff who have removed the cause."""
    again = db.session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.FAILED)
        .values(state=JobState.QUEUED, attempts=0, run_at=clock.now(), finished_at=None)
        .execution_options(synchronize_session=False)
    )
    if not cast("CursorResult[Any]", again).rowcount:
        return False
    after_commit(Nudge((job_id,)))
    return True


def retry_key(key: str) -> bool:
    """Give the failed job with this key back to the queue."""
    job_id = db.session.scalar(select(Job.id).where(Job.key == key, Job.state == JobState.FAILED))
    return job_id is not None and retry(job_id)


def beat(worker: str) -> None:
    """Show that a worker lives."""
    now = clock.now()
    with atomic() as session:
        if not insert_once(WorkerHeartbeat, worker=worker, started_at=now, seen_at=now):
            session.execute(update(WorkerHeartbeat).where(WorkerHeartbeat.worker == worker).values(seen_at=now))


def prune() -> None:
    """Forget what is done after two weeks, recurring work and lost workers after a day; failed jobs stay for staff."""
    now = clock.now()
    recurring = and_(Job.key.startswith("schedule:"), Job.finished_at < now - KEEP_RECURRING)
    with atomic() as session:
        session.execute(
            delete(Job).where(Job.state == JobState.DONE, recurring).execution_options(synchronize_session=False)
        )
        session.execute(delete(Job).where(Job.state == JobState.DONE, Job.finished_at < now - KEEP_DONE))
        session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.seen_at < now - KEEP_WORKERS))
