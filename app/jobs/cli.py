"""The worker and its work from the shell."""

from __future__ import annotations

from uuid import UUID

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from app.core.db import atomic
from app.jobs import queries, services, worker

cli = AppGroup("jobs", help="Look at work waiting for the worker, and do it.")


@cli.command("run")
@click.option("--limit", default=services.SWEEP_AT_ONCE, show_default=True, help="At most this many jobs.")
def run(limit: int) -> None:
    """Do everything that is due, here and now."""
    services.hand_out_scheduled()
    click.echo(f"{services.run_due(limit)} done, {queries.failed_count()} failed and waiting for a person.")


@cli.command("failed")
def failed() -> None:
    """List the jobs that were given up."""
    for job in queries.failed_jobs():
        click.echo(f"{job.id}  {job.kind}  after {job.attempts} attempts  {job.last_error}")


@cli.command("retry")
@click.argument("job_id", type=click.UUID)
def retry(job_id: UUID) -> None:
    """Give a failed job back to the queue."""
    with atomic():
        found = services.retry(job_id)
    if not found:
        raise click.ClickException("There is no failed job with this id.")
    click.echo("Given back to the queue.")


@click.command("worker")
@click.option("--threads", default=2, show_default=True, type=click.IntRange(1, 32), help="Jobs done at the same time.")
@with_appcontext
def work(threads: int) -> None:
    """Do jobs until stopped (SIGTERM finishes those in hand)."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  the documented way to the app itself
    worker.run_in_foreground(app, threads)


COMMANDS = [cli, work]
