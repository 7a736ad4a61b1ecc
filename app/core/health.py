"""What whoever runs the portal asks: does the process live, and can it do its work."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, Response, current_app, jsonify
from sqlalchemy import text

from app.core import access
from app.core.db import db, forget_reads

Check = Callable[[], bool]
_checks: dict[str, Check] = {}
log = logging.getLogger(__name__)


def check(name: str, passes: Check) -> None:
    """Let a part of the portal say whether it can do its work."""
    _checks[name] = passes


@access.public
def process() -> Response:
    """Answer as long as the process lives (`/healthz`)."""
    return jsonify(process="ok")


@access.public
def ready() -> tuple[Response, int]:
    """Name each thing the portal needs and whether it is there (`/readyz`); no detail beyond that (ASVS 13.4.2)."""
    found = {name: _passes(name, passes) for name, passes in _checks.items()}
    told = {name: "ok" if passed else "not ok" for name, passed in found.items()}
    return jsonify(told), 200 if all(found.values()) else 503


def _passes(name: str, passes: Check) -> bool:
    try:
        passed = passes()
    except Exception as error:  # noqa: BLE001  whatever goes wrong is the answer
        log.warning("not_ready", extra={"check": name, "error": type(error).__name__})
        passed = False
    forget_reads()
    return passed


def database_answers() -> bool:
    """Say whether the database can be asked something."""
    return db.session.scalar(text("SELECT 1")) == 1


def current_revision() -> str | None:
    """Return the revision that the database is at."""
    return MigrationContext.configure(db.session.connection()).get_current_revision()


def newest_revision() -> str | None:
    """Return the revision that this code expects."""
    return _scripts(str(current_app.extensions["migrate"].directory)).get_current_head()


@lru_cache(maxsize=4)
def _scripts(directory: str) -> ScriptDirectory:
    return ScriptDirectory(Path(directory))


def knows_revision(revision: str) -> bool:
    """Say whether this code has the migration that a revision names."""
    scripts = _scripts(str(current_app.extensions["migrate"].directory))
    return any(script.revision == revision for script in scripts.walk_revisions())


def is_migrated() -> bool:
    """Say whether the database is at the revision that this code expects."""
    return current_revision() == newest_revision()


def init_app(app: Flask) -> None:
    """Open both pages; domains add their checks."""
    check("database", database_answers)
    check("migrations", is_migrated)
    app.add_url_rule("/healthz", "health.process", process, methods=["GET"])
    app.add_url_rule("/readyz", "health.ready", ready, methods=["GET"])
