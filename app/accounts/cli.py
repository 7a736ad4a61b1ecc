"""The command line: the first administrator comes from here and from nowhere else (ASVS 6.3.2)."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.accounts import queries
from app.accounts.models import Account
from app.accounts.roles import Role
from app.accounts.services import entering, erasing, staff
from app.accounts.services.accounts import add_account
from app.core.db import atomic
from app.core.errors import Refusal
from app.mail.rendering import link

accounts = AppGroup("accounts", help="Accounts and roles.")
ROLE = click.Choice([role.value for role in Role])


@accounts.command("create-admin")
@click.argument("email")
@click.option("--given-name", prompt=True)
@click.option("--family-name", prompt=True)
def create_admin(email: str, given_name: str, family_name: str) -> None:
    """Make EMAIL an administrator and print a link to set up the account: good once, for a day."""
    with atomic():
        account = queries.by_email(email) or add_account(email=email, given_name=given_name, family_name=family_name)
        staff.grant_role(account, Role.ADMINISTRATOR, by=None)
        secret = entering.set_up_link_secret(account)
    click.echo(f"{account.email} is an administrator. Open this link within 24 hours; it works once:")
    click.echo(link("accounts.welcome", secret=secret))


@accounts.command("grant")
@click.argument("email")
@click.argument("role", type=ROLE)
def grant(email: str, role: str) -> None:
    """Give ROLE to EMAIL."""
    with atomic():
        staff.grant_role(_known(email), Role(role), by=None)
    click.echo(f"{email} is {role} now and has to sign in again.")


@accounts.command("revoke")
@click.argument("email")
@click.argument("role", type=ROLE)
def revoke(email: str, role: str) -> None:
    """Take ROLE from EMAIL."""
    try:
        with atomic():
            staff.revoke_role(_known(email), Role(role), by=None)
    except Refusal as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
    click.echo(f"{email} is no longer {role}.")


@accounts.command("anonymise")
@click.argument("email")
@click.option("--dry-run", is_flag=True, help="Only say whether it can be done.")
def anonymise(email: str, *, dry_run: bool) -> None:
    """Forget for good who EMAIL is (L4); invoices and the ledger keep what the law asks for."""
    try:
        with atomic():
            erasing.anonymise(_known(email), by=None)
            _undo(when=dry_run)
    except _OnlyTried:
        click.echo(f"{email} can be anonymised. Nothing was changed.")
    except Refusal as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
    else:
        click.echo(f"It is forgotten who {email} was.")


class _OnlyTried(Exception):  # noqa: N818  ends the transaction of a dry run
    """Nothing of what was tried may stay."""


def _undo(*, when: bool) -> None:
    if when:
        raise _OnlyTried


def _known(email: str) -> Account:
    account = queries.by_email(email)
    if account is None:
        raise click.ClickException(f"There is no account with the address {email}.")
    return account
