"""A portal full of invented people, for development, screenshots and measurements; never in production."""

from __future__ import annotations

from flask import Flask

from app.audit import services as audit
from app.core.i18n import _l
from app.demo.cli import demo


def init_app(app: Flask) -> None:
    """Register `flask demo`, and how its deed reads in the log."""
    app.cli.add_command(demo)
    audit.sentence(
        "demo.made", _l("%(actor)s was filled with %(members)s invented members"), name=_l("Filled with demo data")
    )
    audit.objects("demo", audit.ObjectKind(_l("Demo data")))
    audit.fields("demo", {"members": audit.Field(_l("Members"))})
