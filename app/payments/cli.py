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
