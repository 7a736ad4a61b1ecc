"""Six digits from an authenticator app, each good once (ASVS 6.5.1)."""

from __future__ import annotations

from typing import Any, cast

import segno
from flask_security import Totp
from flask_security.proxies import _security

from app.accounts.models import Account

STEP_SECONDS = 30


class OneTimeTotp(Totp):
    """Flask-Security's TOTP that remembers the last code that was used, on the account's own row."""

    def get_last_counter(self, user: Any) -> int | None:
        return user.totp_last_counter

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        user.totp_last_counter = tmatch.counter


def _totp() -> OneTimeTotp:
    return cast("OneTimeTotp", _security.totp_factory)


def new_secret() -> str:
    """Return a fresh secret, encrypted by the wallet of TOTP_SECRETS."""
    return str(_totp().generate_totp_secret())


def readable(secret: str) -> str:
    """Return a secret for typing over, in groups of four."""
    return str(_totp().get_totp_pretty_key(secret))


def plain(secret: str) -> str:
    """Return a secret in base 32, for demo data and tests."""
    return str(_totp().get_totp_b32_key(secret))


def code(secret: str) -> str:
    """Return the code of this moment."""
    return str(_totp().generate_totp_password(secret))


def verify(digits: str, account: Account, secret: str) -> bool:
    """Say whether this is a code of now or half a minute around it, not used before; a right one is used up."""
    digits = "".join(digits.split())
    return bool(digits.isdigit() and _totp().verify_totp(digits, secret, account, window=STEP_SECONDS))


def qr_code(secret: str, email: str) -> str:
    """Return the secret as an SVG to scan, drawn here: it never leaves the portal."""
    uri = _totp().get_totp_uri(email, secret)
    return str(
        segno.make(uri, error="m", micro=False).svg_inline(
            scale=5, border=3, dark="#1d2529", light="#ffffff", omitsize=True
        )
    )
