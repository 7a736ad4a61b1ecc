"""Membership from the shell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from app.core import clock
from app.core.db import atomic
from app.membership import services
from config import PRODUCTION

cli = AppGroup("membership", help="Plans, lists and admissions.")


@cli.command("seed")
def seed() -> None:
    """Fill the lists, the plan and the consent texts of a new portal; what is there stays as it is."""
    with atomic():
        added = services.seed_reference_data()
    click.echo(f"{added} rows added.")


@click.command("daily")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Do it as on this day; not in production.")
@with_appcontext
def daily(on: datetime | None) -> None:
    """Do what the day asks for at the end of membership years: bill, tell, charge, shut out, let go (M8)."""
    if on is not None and current_app.config["ENV"] == PRODUCTION:
        raise click.ClickException("Production lives in the world's time: leave --on out.")
    with _as_on(on):
        try:
            report = services.renew_all()
        except services.SomeFailed as failure:
            raise click.ClickException(str(failure)) from failure
    click.echo(f"{report.looked_at} looked at, {report.helped} helped.")


@contextmanager
def _as_on(day: datetime | None) -> Iterator[None]:
    """Let this command live on another day, at the same time of day."""
    if day is None:
        yield
        return
    here = datetime.combine(day.date(), clock.local(clock.now()).time())
    shift, before = clock.at_home(here) - clock.real_now(), clock.following()
    clock.follow(lambda: shift)
    try:
        yield
    finally:
        clock.follow(before)


COMMANDS = [cli, daily]
