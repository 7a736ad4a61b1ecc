"""What tests are about, in one call each, with sensible values for the rest."""

from __future__ import annotations

import itertools
from typing import Any

from flask.testing import FlaskClient

from app.accounts import hashing, totp
from app.accounts.identity import POINTER
from app.accounts.models import Account, Method, RoleGrant
from app.accounts.roles import Role
from app.accounts.services import sessions
from app.core import clock
from app.core.db import db

PASSWORD = "vier paarse eenden zwemmen"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_numbers = itertools.count(1)


def make_account(roles: tuple[Role | str, ...] = (), **values: Any) -> Account:
    """A confirmed account; `password=None` for one without, `totp=True` for one with an authenticator app."""
    number = next(_numbers)
    password = values.pop("password", PASSWORD)
    with_totp = values.pop("totp", False)
    values.setdefault("email", f"person{number}@voorbeeld.example")
    values.setdefault("given_name", "Sanne")
    values.setdefault("family_name", f"Verhoeven-{number}")
    values.setdefault("confirmed_at", clock.now())
    account = Account(**values)
    if password:
        account.password, account.password_set_at = hashed_once(password), clock.now()
    if with_totp:
        account.totp_secret, account.totp_since = totp.new_secret(), clock.now()
    account.grants = [RoleGrant(role=Role(role)) for role in roles]
    db.session.add(account)
    db.session.flush()
    return account


_hashes: dict[str, str] = {}


def hashed_once(password: str) -> str:
    """Hash a password once per run."""
    return _hashes.setdefault(password, hashing.hashed(password))


def sign_in(client: FlaskClient, account: Account, *, second_factor: bool | None = None) -> Account:
    """Give the client a session of this account; staff have proven their second factor unless told otherwise."""
    proven = account.is_staff if second_factor is None else second_factor
    _row, pointer = sessions.open_session(
        account, method=Method.PASSWORD, agent="Firefox, Linux", address="127.0.0.1", verified_by_device=proven
    )
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie[POINTER] = pointer
    return account
