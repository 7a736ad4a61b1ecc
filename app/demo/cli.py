"""`flask demo`: fill an empty portal with invented people."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

import config
from app.accounts import demo as accounts
from app.accounts.demo import DemoAccount
from app.core import clock
from app.core.demo import DemoPlan
from app.demo import making

MEMBERS, SESSIONS, BOOKINGS, SEED = 240, 36, 500, 2027


@click.command("demo")
@click.option("--members", type=click.IntRange(0, 500_000), default=MEMBERS, show_default=True)
@click.option("--sessions", type=click.IntRange(0, 20_000), default=SESSIONS, show_default=True)
@click.option("--bookings", type=click.IntRange(0, 2_000_000), default=BOOKINGS, show_default=True)
@click.option("--seed", type=int, default=SEED, show_default=True, help="The same seed gives the same data.")
@click.option("--replace", is_flag=True, help="Throw away everything that is there first.")
@click.option("--if-empty", is_flag=True, help="Leave a portal with accounts as it is; only print the demo accounts.")
@with_appcontext
def demo(*, members: int, sessions: int, bookings: int, seed: int, replace: bool, if_empty: bool) -> None:
    """Fill the portal with invented people, sessions and payments, and print how to sign in."""
    if current_app.config["ENV"] == config.PRODUCTION:
        raise click.ClickException("There is no demo in production: it has accounts with a known password.")
    if not replace and not making.is_empty():
        if if_empty:
            _print_accounts(accounts.printed())
            return
        raise click.ClickException("This portal has accounts already. Use --replace to throw everything away.")
    plan = DemoPlan(members=members, sessions=sessions, bookings=bookings, seed=seed, today=clock.today())
    made = making.make(plan, lambda name, seconds: click.echo(f"  {name:<12}{seconds:6.1f} s"), replace=replace)
    _print_accounts(made)


def _print_accounts(found: list[DemoAccount]) -> None:
    if not found:
        click.echo("This portal holds no demo accounts.")
        return
    click.echo(f"\nSign in with one of these. The password is: {found[0].password}\n")
    for account in found:
        click.echo(f"  {account.email:<33}{account.shows}")
    click.echo("\nStaff also need a code from an authenticator app with this secret:\n")
    for account in found:
        if account.totp_secret:
            click.echo(f"  {account.email:<33}{account.totp_secret}")
    click.echo("")
