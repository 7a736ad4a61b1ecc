"""The test clock from the shell (B9)."""

from __future__ import annotations

from datetime import datetime

import click
from flask import current_app
from flask.cli import AppGroup

from app.bureau import services
from app.core import clock
from app.core.db import atomic
from app.core.errors import Refusal

cli = AppGroup("clock", help="Move the whole portal through time; never in production.")


@cli.command("set")
@click.argument("moment", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]))
def set_clock(moment: datetime) -> None:
    """Go to MOMENT: a day such as 2027-03-01, which keeps the time of day, or 2027-03-01T09:00."""
    if moment.time() == datetime.min.time():
        moment = datetime.combine(moment.date(), clock.local(clock.now()).time())
    _go(clock.at_home(moment))


@cli.command("reset")
def reset() -> None:
    """Go back to the world's time."""
    _go(None)


@cli.command("show")
def show() -> None:
    """Tell what time it is here."""
    click.echo(f"{clock.local(clock.now()):%Y-%m-%d %H:%M}")


def _go(moment: datetime | None) -> None:
    try:
        with atomic():
            arrived = services.move_clock(moment, by=None, env=current_app.config["ENV"])
    except Refusal as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
    services.follow_at_once(current_app.extensions["test_clock"])
    click.echo(f"It is now {clock.local(arrived):%Y-%m-%d %H:%M} here.")


COMMANDS = [cli]
