"""The log of what was done: written with the deed, sealed behind it, readable as sentences (B6)."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app import jobs
from app.audit import bureau, cli, services
from app.core import backup


def init_app(app: Flask) -> None:
    """Declare the sealing and register page and commands."""
    jobs.handler("audit.seal", retries=3)(services.seal)
    jobs.handler("audit.seal_everything", retries=3, lease=timedelta(minutes=30))(services.seal_everything)
    jobs.schedule("audit.seal", handler="audit.seal", every=timedelta(minutes=1))
    jobs.schedule("audit.seal_everything", handler="audit.seal_everything", daily_at="04:20")
    backup.verify_with("The audit log", services.faults_in)
    app.register_blueprint(bureau.bp)
    for command in cli.COMMANDS:
        app.cli.add_command(command)
