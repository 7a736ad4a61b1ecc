"""The Interim Challenge: who is interim manager of the year, and which elements decided it (V1 to V9)."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app import jobs
from app.challenge import desk_cli, mails, sentences, services, voter_mails, words
from app.challenge.views import ballot, bureau, checking, desk, nominees, public, roll


def init_app(app: Flask) -> None:
    """Register the pages, the words they share, what the log reads, and the commands."""
    app.register_blueprint(public.bp)
    app.register_blueprint(nominees.bp)
    app.register_blueprint(ballot.bp)
    app.register_blueprint(checking.bp)
    app.register_blueprint(bureau.bp)
    app.register_blueprint(desk.bp)
    app.register_blueprint(roll.bp)
    app.jinja_env.globals.update(challenge_words=words)
    app.jinja_env.filters.update(percent=words.percent)
    sentences.register()
    jobs.handler("challenge.close")(services.close_due)
    jobs.schedule("challenge.close", handler="challenge.close", every=timedelta(minutes=1), at_start=True)
    voter_mails.register()
    jobs.handler("challenge.tell_heads")(mails.tell_heads)
    jobs.schedule("challenge.tell_heads", handler="challenge.tell_heads", daily_at="07:00")
    for command in desk_cli.COMMANDS:
        app.cli.add_command(command)
