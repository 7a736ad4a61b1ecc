"""`flask backup FILE` and `flask restore FILE`: one file, one command each, while writes go on."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.core.backup import services
from app.core.backup.archive import BackupRefused
from app.core.backup.services import verify_with

__all__ = ["COMMANDS", "init_app", "verify_with"]


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write the database and the uploads to FILE, as of one moment."""
    try:
        report = services.write(file, uploads=_uploads())
    except BackupRefused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo(f"{file}: {report.rows} rows and {report.uploads} uploads at revision {report.revision}.")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Lose what the database and the uploads hold now.")
@with_appcontext
def restore(file: Path, *, replace: bool) -> None:
    """Bring FILE back and check it: counts, references, the audit chain."""
    try:
        report = services.restore(file, uploads=_uploads(), replace=replace)
    except BackupRefused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    click.echo(f"{report.rows} rows and {report.uploads} uploads are back, at revision {report.revision}.")


def _uploads() -> Path:
    return Path(current_app.config["DATA_DIR"]) / "files"


COMMANDS = [backup, restore]


def init_app(app: Flask) -> None:
    """Register both commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
