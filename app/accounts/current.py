"""Who is being served; for views of every domain."""

from __future__ import annotations

from typing import cast

from flask import abort
from flask_login import current_user

from app.accounts.models import Account, AccountSession

UNAUTHORIZED = 401


def current_account() -> Account:
    """Return who is signed in; only for endpoints whose access rule lets nobody else through."""
    if not current_user.is_authenticated:
        abort(UNAUTHORIZED)
    return cast("Account", current_user._get_current_object())  # noqa: SLF001  the proxy's one way to its object


def current_session() -> AccountSession:
    """Return the session that this request came with."""
    session = current_account().session
    assert session is not None
    return session
