"""Passwords into hashes and back to yes or no, by Flask-Security's argon2 context.

A hash costs a good part of a second: whoever calls this has throttled before. An unknown address costs the same.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from flask_security.proxies import _pwd_context, _security
from flask_security.utils import hash_password, verify_password

from app.accounts.models import Account


def hashed(password: str) -> str:
    """Return the hash of a password; the same characters typed on another keyboard give the same one (NFKC)."""
    return str(hash_password(_normal(password)))


def fits(password: str, account: Account | None) -> bool:
    """Say whether this is the account's password, in the same time when there is no account or no password.

    A hash with outdated parameters is replaced on the way.
    """
    stored = account.password if account else None
    right = bool(verify_password(_normal(password), stored or _nobodys_hash(id(_security.pwd_context))))
    if account is None or stored is None or not right:
        return False
    if _pwd_context.needs_update(stored):
        account.password = hashed(password)
    return True


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=4)
def _nobodys_hash(_context: int) -> str:
    """Make a hash that no password fits in practice, with the parameters of this application."""
    return str(hash_password("nobody's"))
