"""The worker: Huey's consumer in the foreground, or in threads of the web process in development."""

from __future__ import annotations

import atexit
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask, request_started
from huey.consumer import Consumer, Scheduler

from app.jobs import broker, services

PULSE_SECONDS = 30
LONGEST_POLL_SECONDS = 1.0
GRACE_SECONDS = 25
log = logging.getLogger(__name__)


def name_of_this_process() -> str:
    """Return a name that tells one worker process from another, on one machine and between machines."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_job(app: Flask, *job_ids: str) -> None:
    """Do the jobs that a message names; a message from an older version or a stranger is nobody's."""
    try:
        wanted = [UUID(job_id) for job_id in job_ids]
    except ValueError:
        log.warning("message_ignored")
        return
    for job_id in wanted:
        with app.app_context():
            services.execute(job_id)


def run_scheduled(app: Flask, name: str) -> None:
    """Do a recurring task before its time, because someone hinted at it."""
    with app.app_context():
        services.run_scheduled(name)


def pulse(app: Flask) -> None:
    """Show that this worker lives, hand out what recurs, and find what a crash left; each failing on its own."""
    with app.app_context():
        for step in (lambda: services.beat(name_of_this_process()), services.hand_out_scheduled, services.sweep):
            try:
                step()
            except Exception as error:  # noqa: BLE001  a database that is down now may be up at the next pulse
                log.warning("pulse_failed", extra={"error": type(error).__name__})


def _scheduler_for(app: Flask) -> type[Scheduler]:
    class Pulse(Scheduler):
        """Huey's scheduler thread with our schedule, which lives in the database, instead of Huey's own."""

        woken = False

        def loop(self, now: datetime | None = None) -> None:
            del now
            started = time.monotonic()
            if not self.woken:
                self.woken = True
                with app.app_context():
                    services.wake_at_start()
            pulse(app)
            self.sleep_for_interval(started, PULSE_SECONDS)

    return Pulse


class _QuietConsumer(Consumer):
    """A consumer inside another process: signals stay that process's own."""

    def _set_signal_handlers(self) -> None:
        return


def _consumer(app: Flask, kind: type[Consumer], threads: int) -> Consumer:
    def create_scheduler(self: Any) -> Scheduler:
        return _scheduler_for(app)(self.huey, self.stop_flag, 1, periodic=False)

    own = type(kind.__name__, (kind,), {"_create_scheduler": create_scheduler})
    return own(
        broker.of(app).huey,
        workers=threads,
        periodic=False,
        max_delay=LONGEST_POLL_SECONDS,
        check_worker_health=True,
        shutdown_timeout=GRACE_SECONDS,
        graceful_signal="TERM",
    )


def run_in_foreground(app: Flask, threads: int) -> None:
    """Work until SIGTERM, then finish the jobs in hand; what a SIGKILL cuts off is found again by its lease."""
    _consumer(app, Consumer, threads).run()


class Inside:
    """The consumer in threads of a serving process.

    Its first request starts it, and so never a command or a parent that forks.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._started = False

    def start(self, *_: object, **__: object) -> None:
        """Start, unless this process did so before."""
        with self._lock:
            if self._started:
                return
            self._started = True
        consumer = _consumer(self._app, _QuietConsumer, 1)
        consumer.start()
        atexit.register(_stopper(consumer))


def _stopper(consumer: Consumer) -> Callable[[], None]:
    def stop() -> None:
        consumer.shutdown_timeout = 2
        consumer.stop(graceful=True)

    return stop


def start_inside(app: Flask) -> None:
    """Work inside the web process from its first request on (WORKER_INSIDE, development)."""
    inside = Inside(app)
    app.extensions["jobs_inside"] = inside  # signals hold their receivers weakly
    request_started.connect(inside.start, app)
