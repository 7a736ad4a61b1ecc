"""Work outside the request: a table of jobs, a queue that wakes workers, and what recurs."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from flask import Flask

from app.core import health, observability
from app.jobs import broker, cli, queries, registry, services, worker
from app.jobs.registry import GiveUp, handler, schedule

__all__ = ["GiveUp", "handler", "init_app", "schedule"]


def init_app(app: Flask) -> None:
    """Give the application its queue, its commands and, in development, a worker inside."""
    app.extensions["jobs"] = broker.Broker(
        app.config["HUEY_URL"], partial(worker.run_job, app), partial(worker.run_scheduled, app)
    )
    registry.handler("jobs.prune", retries=2, backoff=timedelta(minutes=5))(services.prune)
    registry.schedule("jobs.prune", handler="jobs.prune", daily_at="04:10")
    health.check("worker", queries.worker_lives)
    observability.gauge("portal_jobs", "Jobs by state.", "state", queries.count_by_state)
    for command in cli.COMMANDS:
        app.cli.add_command(command)
    if app.config["WORKER_INSIDE"] and not app.testing:
        worker.start_inside(app)
