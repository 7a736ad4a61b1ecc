"""Migrations run on the portal's own engine, so that they meet the same settings as the portal."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import JSON, Uuid

from app.core.db import db


def render_item(kind, item, _context) -> str | bool:
    """Name our own JSON type, whose parts on each database do not render by themselves; a UUID is any UUID."""
    if kind == "type" and isinstance(item, Uuid):
        return "sa.Uuid()"
    return "app.core.db.Json" if kind == "type" and isinstance(item, JSON) else False


def include_name(name, kind, _parents) -> bool:
    """Leave out the tables that Huey keeps for itself when its queue lives in the same database."""
    return not (kind == "table" and name and name.startswith("huey"))


def run() -> None:
    """Run what is asked for, in one transaction per revision."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=True,
            include_name=include_name,
            render_item=render_item,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
