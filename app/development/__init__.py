"""Permanent education: what members did for their craft, what it is worth, and the proof of it (G8, L6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import Flask

from app import jobs
from app.development import bureau, checking, queries, sentences, services, views, words
from app.mail.attachments import attachment_source


def init_app(app: Flask) -> None:
    """Register the pages, what certificates read in mails and the log, and the daily tidying."""
    app.register_blueprint(views.bp)
    app.register_blueprint(checking.bp)
    app.register_blueprint(bureau.bp)
    app.jinja_env.filters.update(pe_points=words.points, pe_duration=words.duration)
    app.jinja_env.globals.update(pe_bases=words.BASES, pe_kinds_named=_kinds_named)
    attachment_source("development.certificate", queries.paper_of)
    jobs.handler("development.credit", lease=timedelta(hours=1))(services.credit_all)
    jobs.schedule("development.credit", handler="development.credit", daily_at=services.DAILY_AT)
    jobs.handler("development.forget_removed")(services.forget_removed)
    jobs.schedule("development.forget_removed", handler="development.forget_removed", daily_at="04:20")
    sentences.register()


def _kinds_named(kinds: Sequence[str]) -> str:
    return ", ".join(str(label) for kind, label in words.KINDS.items() if kind in kinds)
