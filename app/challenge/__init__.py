"""The Interim Challenge: who is interim manager of the year, and which elements decided it (V1 to V9)."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app import jobs
from app.challenge import (
    desk_cli,
    jury_mails,
    mails,
    presenting,
    queries,
    sentences,
    services,
    ties,
    voter_mails,
    words,
)
from app.challenge.models import RecusalReason
from app.challenge.views import (
    ballot,
    bureau,
    chair,
    checking,
    desk,
    jury,
    jury_bureau,
    nominees,
    public,
    results,
    roll,
)


def init_app(app: Flask) -> None:
    """Register the pages, the words they share, what the log reads, and the commands."""
    app.register_blueprint(public.bp)
    app.register_blueprint(nominees.bp)
    app.register_blueprint(ballot.bp)
    app.register_blueprint(checking.bp)
    app.register_blueprint(jury.bp)
    app.register_blueprint(chair.bp)
    app.register_blueprint(results.bp)
    app.register_blueprint(bureau.bp)
    app.register_blueprint(desk.bp)
    app.register_blueprint(roll.bp)
    app.register_blueprint(jury_bureau.bp)
    app.jinja_env.globals.update(challenge_words=words)
    app.jinja_env.filters.update(percent=words.percent, points=presenting.points)
    sentences.register()
    jobs.handler("challenge.close")(services.close_due)
    jobs.schedule("challenge.close", handler="challenge.close", every=timedelta(minutes=1), at_start=True)
    jobs.handler("challenge.write_jurors")(jury_mails.write_jurors)
    jobs.schedule("challenge.write_jurors", handler="challenge.write_jurors", every=timedelta(minutes=15))
    ties.add(RecusalReason.PUT_FORWARD, queries.put_forward_by)
    voter_mails.register()
    jobs.handler("challenge.tell_heads")(mails.tell_heads)
    jobs.schedule("challenge.tell_heads", handler="challenge.tell_heads", daily_at="07:00")
    for command in desk_cli.COMMANDS:
        app.cli.add_command(command)
