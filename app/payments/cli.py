"""Payments from the shell."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.payments import services

cli = AppGroup("payments", help="Look into payments.")


@cli.command("sweep")
def sweep() -> None:
    """Catch up with whatever a crash or a lost message left; the worker does this every ten minutes."""
    click.echo(f"{services.sweep()} payments looked into.")


@cli.command("reconcile")
def reconcile() -> None:
    """Compare the ledger with the payment provider's own account; the worker does this every night."""
    click.echo(f"{services.reconcile()} differences to look at.")


@cli.command("forget")
@click.option("--dry-run", is_flag=True, help="Only say how many there are.")
def forget(*, dry_run: bool) -> None:
    """Leave of the provider's old messages the bare facts (L4); the worker does this every night."""
    told = services.forget_messages(dry_run=dry_run)
    click.echo(f"{told} messages would be stripped." if dry_run else f"{told} messages stripped.")
