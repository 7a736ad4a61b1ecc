"""The table of who may do what, written from the declarations, so that the documented and the enforced one are one."""

from __future__ import annotations

from collections.abc import Iterator

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.core import access

HEADING = """# Who may do what

Written by `flask access` from the declarations in the code; a test fails when this page is behind them.

| address | methods | open to | permission | proof of identity again |
| --- | --- | --- | --- | --- |
"""
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(show)


@click.command("access")
@with_appcontext
def show() -> None:
    """Print the table of who may do what, for docs/access.md."""
    click.echo(table(current_app), nl=False)


def table(app: Flask) -> str:
    """Return the table as Markdown, the addresses in alphabetical order; development's own pages are left out."""
    return HEADING + "".join(sorted(_rows(app)))


def _rows(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        declared = access.rule_of(app, rule.endpoint)
        if declared is None or rule.rule.startswith("/dev/"):
            continue
        methods = " ".join(sorted((rule.methods or set()) & METHODS))
        address = rule.rule.replace("|", "\\|")
        permission = f"`{declared.permission}`" if declared.permission else ""
        again = "yes" if declared.sudo else ""
        yield f"| `{address}` | {methods} | {declared.audience.replace('_', ' ')} | {permission} | {again} |\n"
