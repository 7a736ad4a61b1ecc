"""One database per run; each test in a transaction that is rolled back. `committed_app` is for what needs real commits."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

os.environ["ENV"] = "test"

from app import create_app
from app.core.db import db
from tests import factories

CHROMIUM = os.environ.get("CHROMIUM", "") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
IN_BROWSER = ["journeys/test_*.py", "*/*in_browser.py"]
collect_ignore_glob = [] if CHROMIUM else IN_BROWSER
SERVER_URL = os.environ.get("TEST_DATABASE_URL", "")


class Client(FlaskClient):
    """Sends each request in a context of its own, as a server would, after handing over what the test has written."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if not has_app_context():  # a redirect being followed, already in a context of its own
            return super().open(*args, **kwargs)
        db.session.commit()
        response = Context().run(super().open, *args, **{"buffered": True, **kwargs})
        db.session.expire_all()
        return response


def settings(database_url: str, folder: Path) -> dict[str, Any]:
    """Settings of a portal under test."""
    return {
        "ENV": "test",
        "TESTING": True,
        "DATA_DIR": folder,
        "SECRETS_DIR": folder / "secrets",
        "SQLALCHEMY_DATABASE_URI": database_url,
        "HUEY_URL": "memory://",
        "WORKER_INSIDE": False,
        "RATELIMIT_ENABLED": False,
        "WTF_CSRF_ENABLED": False,
        "TRUSTED_HOSTS": ["localhost", "127.0.0.1"],
    }


def fresh_database(folder: Path, name: str) -> Iterator[str]:
    """Make a database for one run on the server TEST_DATABASE_URL names, else a SQLite file; drop it afterwards."""
    if not SERVER_URL:
        yield f"sqlite:///{folder / name}.db"
        return
    server = make_url(SERVER_URL).set(database="postgres")
    unique = f"binnenkring_{name}_{uuid.uuid4().hex[:8]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {unique}"))
    yield server.set(database=unique).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {unique} WITH (FORCE)"))
    engine.dispose()


def build_schema(app: Flask) -> None:
    """Bring an empty database to the newest revision, the way an operator does."""
    with app.app_context():
        if list(Path(app.root_path).parent.glob("migrations/versions/*.py")):
            upgrade()
        else:
            db.create_all()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from fresh_database(tmp_path_factory.mktemp("database"), "shared")


@pytest.fixture(scope="session")
def shared_app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    application = create_app(settings(database_url, tmp_path_factory.mktemp("data")))
    application.test_client_class = Client
    build_schema(application)
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def app(shared_app: Flask) -> Iterator[Flask]:
    """The portal, with an application context open and everything undone after the test."""
    with shared_app.app_context():
        engines = db.engines
        engine = engines[None]
        connection = engine.connect()
        outer = connection.begin()
        engines[None] = connection  # type: ignore[assignment]
        db.session.configure(join_transaction_mode="create_savepoint")
        try:
            yield shared_app
        finally:
            db.session.remove()
            outer.rollback()
            connection.close()
            engines[None] = engine


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def open_tab(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page in an empty browser of its own, at a width; more options are the browser's."""
    contexts = []

    def opened(address: str, *, width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, locale="nl-NL", **options)
        contexts.append(context)
        tab = context.new_page()
        tab.goto(address)
        return tab

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def make_account(app: Flask) -> Any:
    return factories.make_account


@pytest.fixture
def sign_in(app: Flask) -> Any:
    return factories.sign_in


@pytest.fixture
def committed_app(tmp_path: Path) -> Iterator[Flask]:
    """A portal on a database of its own, where commits are real: for locks, crashes and other processes."""
    for url in fresh_database(tmp_path, "own"):
        application = create_app(settings(url, tmp_path))
        build_schema(application)
        with application.app_context():
            db.session.remove()
            db.session.configure(join_transaction_mode="conditional_savepoint")
            yield application
            db.session.remove()
            db.engine.dispose()
