"""Verifying the log from the shell."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.audit import services

cli = AppGroup("audit", help="The log of what was done.")


def _head(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, str] | None:
    if value is None:
        return None
    position, separator, digest = value.partition(":")
    if not separator or not position.isdigit():
        raise click.BadParameter("give POSITION:HASH, as an earlier verify printed it")
    return int(position), digest


@cli.command("verify")
@click.option("--head", callback=_head, help="POSITION:HASH of an earlier run: finds a log whose end was cut off.")
def verify(head: tuple[int, str] | None) -> None:
    """Seal what is new, then check the whole chain; exit code 1 when it is broken."""
    verdict = services.verify_chain(known_head=head)
    for fault in verdict.faults:
        entry = f" (entry {fault.entry_seq})" if fault.entry_seq else ""
        click.echo(f"BROKEN at position {fault.position}{entry}: {fault.what}", err=True)
    if not verdict.sound:
        raise click.ClickException(f"The audit log is broken in {len(verdict.faults)} places.")
    click.echo(f"Sound: {verdict.length} entries. Head {verdict.length}:{verdict.head}")


COMMANDS = [cli]
