"""Mail: an outbox in the database, three templates per mail, delivery by a job, and leaving with one click."""

from __future__ import annotations

from datetime import timedelta

import flask_mail
from flask import Flask

from app import jobs
from app.core import observability
from app.mail import bureau, cli, queries, reading, services, views


def init_app(app: Flask) -> None:
    """Attach Flask-Mail, declare the delivery job and register the pages."""
    app.config.setdefault("MAIL_SUPPRESS_SEND", not app.config["MAIL_SERVER"])
    flask_mail.Mail(app)
    jobs.handler("mail.deliver", retries=12, lease=timedelta(minutes=3), on_failed=services.mark_failed)(
        services.deliver
    )
    jobs.handler("mail.forget_contents", retries=2)(services.forget_contents)
    jobs.schedule("mail.forget_contents", handler="mail.forget_contents", daily_at="04:00")
    observability.gauge("portal_mails", "Mails by state.", "state", queries.count_by_state)
    app.register_blueprint(views.bp)
    app.register_blueprint(bureau.bp)
    if app.config["ENV"] == "development":
        app.register_blueprint(reading.bp)
    app.extensions["csrf"].exempt(views.unsubscribe)
    for command in cli.COMMANDS:
        app.cli.add_command(command)
