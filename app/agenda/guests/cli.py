"""The agenda from the shell."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.agenda.guests import services

cli = AppGroup("agenda", help="Look after the agenda.")


@cli.command("forget-guests")
@click.option("--dry-run", is_flag=True, help="Only say how many there are.")
def forget_guests(*, dry_run: bool) -> None:
    """Erase who the guests of gatherings of a month ago were (L4); the worker does this every night."""
    told = services.forget_guests(dry_run=dry_run)
    click.echo(f"{told} guests would be forgotten." if dry_run else f"{told} guests forgotten.")
