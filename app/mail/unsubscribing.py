"""Signed tokens for leaving what is not service mail; they name a mail, never an address (ASVS 14.2.1)."""

from __future__ import annotations

from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer


def _signer() -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="mail.unsubscribe")


def token_for(mail_id: UUID) -> str:
    """Return the token in a mail's List-Unsubscribe header; it does not expire, since leaving must always work."""
    token = _signer().dumps(mail_id.hex)
    return token if isinstance(token, str) else token.decode()


def mail_named_by(token: str) -> UUID | None:
    """Return the mail a token names, or None when nobody signed it."""
    try:
        return UUID(hex=_signer().loads(token))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None
