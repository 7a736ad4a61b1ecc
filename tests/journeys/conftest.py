"""Journeys: a real Chromium against a real server process on a database of its own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
import redis
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from app import create_app
from app.core import clock
from app.core.db import atomic, db
from app.core.demo import DemoPlan
from app.core.i18n import _, speaking
from app.demo import making
from app.mail.models import OutboxMail
from app.membership import services as membership
from tests.conftest import build_schema, fresh_database, settings

ROOT = Path(__file__).parents[2]
REDIS = os.environ.get("TEST_REDIS_URL", "")
PATIENCE = 20.0
STARTING = 60.0  # imports are slow on a machine that is busy with something else
T = TypeVar("T")

expect.set_options(timeout=PATIENCE * 1000)


def until(found: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """Ask again until there is an answer; another process is at work."""
    rest, deadline = threading.Event(), time.monotonic() + patience
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        rest.wait(0.1)
    raise AssertionError(f"waited in vain for {what}")


@dataclass
class Portal:
    """A running portal: where it is, a way to write to its database, and the mails it sent."""

    url: str
    app: Flask

    def write(self, action: Callable[[], T]) -> T:
        """Do something in a committed transaction."""
        with self.app.app_context():
            with atomic():
                answer = action()
            db.session.expunge_all()
            return answer

    def read(self, action: Callable[[], T]) -> T:
        """Look something up, fresh."""
        with self.app.app_context():
            return action()

    def mails(self, to: str | None = None) -> list[OutboxMail]:
        """What the outbox holds, the oldest first."""
        statement = select(OutboxMail).order_by(OutboxMail.created_at)
        if to:
            statement = statement.where(OutboxMail.recipient == to)
        return self.read(lambda: list(db.session.scalars(statement)))

    def mail(self, to: str, template: str) -> OutboxMail:
        """The newest mail of this kind to somebody, as soon as it is there."""
        return until(
            lambda: next((mail for mail in reversed(self.mails(to)) if mail.template.endswith(template)), None),
            f"{template} to {to}",
        )

    def verified(self) -> bool:
        """Whether `flask audit verify` finds the chain of the audit log sound."""
        answer = self.app.test_cli_runner().invoke(args=["audit", "verify"])
        assert answer.exit_code == 0, answer.output
        return True

    def says(self, message: str, language: str = "nl", **values: Any) -> str:
        """A text as the pages show it."""
        with self.app.app_context(), speaking(language):
            return _(message, **values)

    def link(self, mail: OutboxMail) -> str:
        """The first link in a mail."""
        found = re.search(r"https?://\S+", mail.text)
        assert found, mail.text
        return found[0]


def _own_redis() -> str:
    """Return a Redis database for this test process alone, emptied, so that no other portal's worker is nudged."""
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    url = urlsplit(REDIS)._replace(path=f"/{number}").geturl()
    client = redis.Redis.from_url(url)
    client.flushdb()
    client.close()
    return url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(folder: Path, name: str, prepare: Callable[[], object] = lambda: None, **environ: str) -> Iterator[Portal]:
    """Run a portal in processes of its own, in development mode, so that mail stays in the outbox.

    Embedded, its worker runs inside; with TEST_REDIS_URL, as grown up: Redis between web and a worker of its own.
    """
    for database_url in fresh_database(folder, name):
        port = _free_port()
        url = f"http://localhost:{port}"
        application = create_app(settings(database_url, folder) | {"PUBLIC_URL": url})
        build_schema(application)
        with application.app_context(), atomic():
            prepare()
        environment = os.environ | {
            "ENV": "development",
            "DATABASE_URL": database_url,
            "DATA_DIR": str(folder),
            "PUBLIC_URL": url,
            "HUEY_URL": f"sqlite:///{folder}/queue.db",
            "WORKER_INSIDE": "1",
            **environ,
        }
        commands = [["gunicorn", "--threads", "8", "--bind", f"127.0.0.1:{port}", "wsgi:app"]]
        if REDIS:
            environment |= {"HUEY_URL": _own_redis(), "RATELIMIT_STORAGE_URI": _own_redis(), "WORKER_INSIDE": "0"}
            commands.append(["flask", "--app", "wsgi", "worker"])
        with (folder / "server.log").open("wb") as log:
            processes = [
                subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=log, stderr=log)
                for command in commands
            ]
            try:
                _wait_for(url, processes[0], folder)
                yield Portal(url, application)
            finally:
                for process in processes:
                    process.terminate()
                for process in processes:
                    process.wait(timeout=PATIENCE)
                with application.app_context():
                    db.session.remove()
                    db.engine.dispose()


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    """An empty portal for one test."""
    with serving(tmp_path, "journey") as running:
        yield running


@pytest.fixture(scope="module")
def furnished_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with its lists, plan and texts, shared by the tests of a module."""
    with serving(tmp_path_factory.mktemp("furnished"), "furnished", membership.seed_reference_data) as running:
        yield running


@pytest.fixture(scope="module")
def demo_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal full of demo data, shared by the tests of a module."""
    plan = DemoPlan(members=160, sessions=14, bookings=150, seed=7, today=clock.today())
    with serving(tmp_path_factory.mktemp("demo"), "demo", lambda: making.make(plan, lambda *_told: None)) as running:
        yield running


def _wait_for(url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    until(lambda: _answers(url, process, folder), "the server", STARTING)


def _answers(url: str, process: subprocess.Popen[bytes], folder: Path) -> bool:
    assert process.poll() is None, (folder / "server.log").read_text()
    try:
        with urlopen(f"{url}/healthz", timeout=2) as response:
            return bool(response.status)
    except OSError:
        return False


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {
        "locale": "nl-NL",
        "timezone_id": "Europe/Amsterdam",
        "viewport": {"width": 1280, "height": 800},
    }
