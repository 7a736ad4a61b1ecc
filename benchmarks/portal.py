"""The portal as it is measured: its settings, the visitors who load it, and the pages that matter."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine, event

from app import create_app
from app.accounts import queries as accounts
from app.core.db import atomic, db
from config import INVENTED_HOUSE, INVENTED_SELLER, INVENTED_SENDER
from tests.factories import sign_in

PRODUCTION = {
    "ENV": "production",
    "PUBLIC_URL": "https://portal.example",
    "TRUSTED_HOSTS": "127.0.0.1,localhost",
    "SECRET_KEY": "bench-only-5f0c2d9e7a1b4836-91827364-abcdef",
    "TOTP_SECRETS": "1:bench-only-5f0c2d9e7a1b4836-91827364-abcdef",
    "MAIL_SERVER": "127.0.0.1",
    "MAIL_DEFAULT_SENDER": INVENTED_SENDER,
    **{f"SELLER_{name}": value for name, value in INVENTED_SELLER.items()},
    **{f"HOUSE_{name}": value for name, value in INVENTED_HOUSE.items()},
    "RATELIMIT_STORAGE_URI": "memory://",
}


@dataclass(frozen=True)
class Page:
    """A page to load, and as whom."""

    name: str
    path: str
    visitor: str = ""
    listing: bool = False


PAGES = (
    Page("public_agenda", "/agenda"),
    Page("session_page", "/agenda/{gathering}", "lid@demo.example"),
    Page("member_home", "/home", "lid@demo.example"),
    Page("directory", "/directory", "lid@demo.example", listing=True),
    Page("bureau_members", "/bureau/members?status=active", "coordinator@demo.example", listing=True),
)


def environment(url: str, folder: Path) -> dict[str, str]:
    """Settings of a portal in production on this database."""
    return {**PRODUCTION, "DATABASE_URL": url, "DATA_DIR": str(folder), "HUEY_URL": f"sqlite:///{folder}/queue.db"}


@contextmanager
def opened(settings: Mapping[str, str]) -> Iterator[Flask]:
    """Open the portal in this process, with the settings of the servers."""
    before = dict(os.environ)
    logging.disable(logging.INFO)
    os.environ.update(settings)
    try:
        app = create_app()
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()
    finally:
        logging.disable(logging.NOTSET)
        os.environ.clear()
        os.environ.update(before)


def cookie(app: Flask, visitor: str) -> str:
    """Sign a visitor in and return the cookie header of that browser; staff have proven their second factor.

    The browser has opened a page before, so its session already holds what the first page puts there.
    """
    if not visitor:
        return ""
    client = app.test_client()
    account = accounts.by_email(visitor)
    assert account, visitor
    with atomic():
        db.session.refresh(account)
        sign_in(client, account)
    client.get("/account", base_url="https://localhost")
    name = app.config["SESSION_COOKIE_NAME"]
    found = client.get_cookie(name)
    assert found
    return f"{name}={found.value}"


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note the statements that are sent, without what only begins a transaction or sets up a connection."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def queries(app: Flask, path: str, cookie_header: str) -> int:
    """Count the statements one request of a page takes, in a context of its own, as a server would serve it."""
    client = app.test_client(use_cookies=False)
    headers = {"Cookie": cookie_header} if cookie_header else {}
    Context().run(client.get, path, headers=headers)
    with statements() as seen:
        response = Context().run(client.get, path, headers=headers)
    if response.status_code != 200:  # noqa: PLR2004  the page itself, no redirect
        raise RuntimeError(f"{path} answered {response.status_code}")
    return len(seen)
