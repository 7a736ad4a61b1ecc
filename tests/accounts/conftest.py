"""Browsers, mailboxes and clocks for the tests of signing in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import Engine, event, select

from app.audit.models import AuditEntry
from app.core.db import db
from app.core.limits import limiter
from app.jobs import services as jobs
from app.mail.models import OutboxMail

NOON = datetime(2027, 1, 14, 11, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Callable[..., None]]:
    """Stand still at noon; call it with a span to move on."""
    with time_machine.travel(NOON, tick=False) as traveller:

        def move(**span: int) -> None:
            traveller.shift(timedelta(**span))

        yield move


@pytest.fixture
def phone(app: Flask) -> FlaskClient:
    """Another browser."""
    return app.test_client()


@pytest.fixture
def throttled(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits that other tests do without."""
    monkeypatch.setattr(limiter, "_limiter", MovingWindowRateLimiter(MemoryStorage()))
    monkeypatch.setattr(limiter, "enabled", True)


@pytest.fixture
def count_queries(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """Collect the statements sent to the database."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(*given: Any) -> None:
            if given[2].startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
                sent.append(given[2])

        db.session.commit()
        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    return counting


def run_jobs() -> None:
    """Do what is due, as the worker would."""
    db.session.commit()
    for job_id in jobs.due_jobs():
        jobs.execute(job_id)
    db.session.expire_all()


def mails_to(address: str) -> list[OutboxMail]:
    run_jobs()
    return list(
        db.session.scalars(select(OutboxMail).where(OutboxMail.recipient == address).order_by(OutboxMail.created_at))
    )


def kinds(mails: list[OutboxMail]) -> list[str]:
    return [mail.template.removeprefix("accounts/") for mail in mails]


def path_in(mail: OutboxMail) -> str:
    """The path of the link in a mail, as a browser would open it."""
    found = re.search(r"https?://[^/\s]+(/\S+)", mail.text)
    assert found, mail.text
    return found[1]


def code_on(page: Any) -> str:
    """The six digits on a page."""
    found = re.search(r'class="code"[^>]*>(\d{3}) (\d{3})<', page.text)
    assert found, page.text
    return found[1] + found[2]


def actions() -> list[str]:
    """What the audit log holds, in order."""
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


def is_in(client: FlaskClient, path: str = "/account") -> bool:
    return bool(client.get(path).status_code == 200)


def by_password(client: FlaskClient, email: str, password: str, **values: str) -> Any:
    return client.post("/sign-in", data={"email": email, "way": "password", "password": password, **values})


def ask_link(client: FlaskClient, email: str, **values: str) -> Any:
    return client.post("/sign-in", data={"email": email, "way": "link", **values})
