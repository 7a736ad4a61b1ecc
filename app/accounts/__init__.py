"""Who you are: signing up and in, factors, sessions, roles."""

from __future__ import annotations

from flask import Flask

from app.accounts import bureau, cli, identity, mails, sentences, views
from app.accounts.denials import note_denial
from app.core import access


def init_app(app: Flask) -> None:
    """Register identity, pages, jobs and commands, and tell the guard where its doors are."""
    identity.init_app(app)
    app.register_blueprint(views.bp)
    app.register_blueprint(bureau.bp)
    app.cli.add_command(cli.accounts)
    mails.register()
    sentences.register()
    with app.app_context():
        doors = access.doors()
        doors.sign_in, doors.second_factor, doors.sudo = "accounts.sign_in", "accounts.second_factor", "accounts.sudo"
        doors.denied = note_denial
