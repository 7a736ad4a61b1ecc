"""Whether mail arrives, asked from the shell."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.core.db import atomic
from app.jobs import services as jobs
from app.mail import mails, queries

cli = AppGroup("mail", help="Try whether mail arrives.")


@cli.command("trial")
@click.argument("address")
@click.option("--locale", default="nl", type=click.Choice(["nl", "en"]))
def trial(address: str, locale: str) -> None:
    """Send a trial message to ADDRESS and tell what became of it."""
    with atomic():
        posted = mails.trial(address, locale=locale)
    jobs.run_due()
    mail = queries.mail(posted)
    click.echo(f"{mail.state.value}" + (f": {mail.last_error}" if mail.last_error else ""))


COMMANDS = [cli]
