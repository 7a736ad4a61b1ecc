"""The end of a sealed ballot from the shell: for files larger than a browser sends, and for operators."""

from __future__ import annotations

from pathlib import Path

import click

from app.challenge import queries, sealing, services
from app.challenge.cli import COMMANDS, cli
from app.challenge.models import Edition
from app.challenge.services import files
from app.core.db import atomic
from app.core.errors import NotFound, Refusal

__all__ = ["COMMANDS"]


def _edition(year: int) -> Edition:
    try:
        return queries.edition_of(year)
    except NotFound as missing:
        raise click.ClickException(f"There is no edition of {year}.") from missing


@cli.command("close")
def close() -> None:
    """Close every edition whose date has passed, and destroy what says whose an envelope is; done again it is fine."""
    services.close_due()
    click.echo("Everything whose date has passed is closed.")


@cli.command("sealed")
@click.argument("year", type=int)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def sealed(*, year: int, out: Path) -> None:
    """Write the envelopes of the edition of YEAR to OUT, for the trustee."""
    content = files.written(_edition(year).id, "sealed")
    if content is None:
        raise click.ClickException("The edition is not closed yet.")
    out.write_text(content)
    click.echo(f"Written to {out}.")


@cli.command("take-in")
@click.argument("year", type=int)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def take_in(*, year: int, file: Path) -> None:
    """Take in FILE, the ballots.json that the trustee made of the envelopes of YEAR."""
    edition = _edition(year)
    opened = sealing.read_json(file.read_bytes())
    if opened is None:
        raise click.ClickException("This file was not written by the trustee's program.")
    try:
        with atomic():
            count = services.take_in_ballots(edition.id, opened, by=None)
    except Refusal as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
    click.echo(f"{count} ballots are here.")
