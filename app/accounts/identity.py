"""From cookie to visitor: what Flask-Login asks for each request, and what signing in leaves in the cookie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from flask import Flask, g, request, session
from flask_login import current_user
from flask_security import Security
from flask_security.datastore import SQLAlchemyUserDatastore
from sqlalchemy.exc import OperationalError

from app.accounts.models import Account, AccountSession, Method, RoleGrant
from app.accounts.services import sessions
from app.accounts.settings import security_settings
from app.accounts.totp import OneTimeTotp
from app.core import clock
from app.core.context import serve, serving
from app.core.db import atomic, commit_pending, db
from app.core.web import is_untraced

POINTER = "_user_id"
HALF = "half_session"
BROWSER = "browser"


class Datastore(SQLAlchemyUserDatastore):
    """Flask-Security's way to the database, which ends no transaction of ours."""

    def commit(self) -> None:
        commit_pending()


def init_app(app: Flask) -> None:
    """Start Flask-Security without its pages, its token sign-in and its load on every request (ADR 3)."""
    app.config.from_mapping(
        security_settings(
            testing=app.testing,
            issuer=app.config["HOUSE"].name,
            totp_secrets=app.config["TOTP_SECRETS"],
        )
    )
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    security = Security(
        app, Datastore(db, cast("Any", Account), cast("Any", RoleGrant)), register_blueprint=False, totp_cls=OneTimeTotp
    )
    before = app.before_request_funcs[None]
    before[:] = [hook for hook in before if getattr(hook, "__self__", None) is not security.principal]
    manager = security.login_manager
    manager.session_protection = None
    manager.request_loader(_no_other_way_in)
    manager.user_loader(_load)
    app.before_request(_note_use)


def _no_other_way_in(_request: object) -> None:
    """Only the cookie signs anybody in."""


def _load(pointer: object) -> Account | None:
    row = sessions.resolve(pointer) if isinstance(pointer, str) else None
    if row is None or row.second_factor_due:
        return None
    account = row.account
    account.session = row
    serve(replace(serving(), account_id=account.id))
    return account


def _note_use() -> None:
    """Write down every five minutes that a session is in use, the one thing a GET writes: idle limits and L7 need it.

    A database too busy for that keeps nobody waiting: the next request tries again.
    """
    account = getattr(g, "_login_user", None)
    row: AccountSession | None = getattr(account, "session", None)
    if row is None or is_untraced() or clock.real_now() - row.last_seen_at < sessions.SEEN_EVERY:
        return
    try:
        with atomic():
            sessions.seen(row.id)
    except OperationalError:
        return


def sign_in(
    account: Account, *, method: Method, second_factor_due: bool = False, verified_by_device: bool = False
) -> None:
    """Open a session for this browser; nothing of an earlier visitor stays in its cookie (fixation)."""
    row, pointer = sessions.open_session(
        account,
        method=method,
        agent=agent_label(request.user_agent.string),
        address=request.remote_addr or "",
        second_factor_due=second_factor_due,
        verified_by_device=verified_by_device,
    )
    browser = session.get(BROWSER)
    session.clear()
    if browser:
        session[BROWSER] = browser
    session.permanent = not account.is_staff
    carry(HALF if second_factor_due else POINTER, pointer)
    if not second_factor_due:
        account.session = row
        _now_serving(account)


def complete(row: AccountSession, pointer: str) -> None:
    """Turn the half session of this browser, or the one it has, into one that is fully proven."""
    session.pop(HALF, None)
    carry(POINTER, pointer)
    row.account.session = row
    _now_serving(row.account)


def carry(key: str, pointer: str) -> None:
    """Put a pointer in the cookie."""
    session[key] = pointer


def half_session() -> AccountSession | None:
    """Return the session of this browser that still waits for its second factor."""
    pointer = session.get(HALF)
    row = sessions.resolve(pointer) if isinstance(pointer, str) else None
    return row if row is not None and row.second_factor_due else None


def forget_visitor() -> None:
    """Empty the cookie after signing out; the row is ended by its service."""
    session.clear()
    g.pop("_login_user", None)


def visitor() -> Account | None:
    """Return who is signed in, if anybody."""
    return cast("Account", current_user._get_current_object()) if current_user.is_authenticated else None  # noqa: SLF001


def _now_serving(account: Account) -> None:
    g._login_user = account  # noqa: SLF001  where Flask-Login keeps it
    serve(replace(serving(), account_id=account.id))


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def agent_label(agent: str) -> str:
    """Return what a person recognises a browser by, such as "Firefox, Windows"; nothing that tracks."""
    found = [next((label for mark, label in kinds if mark in agent), "") for kinds in (_BROWSERS, _SYSTEMS)]
    return ", ".join(part for part in found if part)
