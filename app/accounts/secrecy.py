"""Secrets that people and browsers carry, and the digests of them that we keep."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from uuid import UUID

CODE_DIGITS = 6


def new_secret() -> str:
    """Return 256 random bits, fit for a link or a cookie (ASVS 7.2.3)."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """Return six digits to read from one screen and type on another; a few tries end what it belongs to."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def derived_code(secret: str, occasion: str) -> str:
    """Return six digits that are the same each time the holder of a secret comes with the same occasion."""
    proof = hmac.digest(secret.encode(), occasion.encode(), "sha256")
    return f"{int.from_bytes(proof[:16]) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def derived_id(secret: str, occasion: str) -> UUID:
    """Return a name for what the holder of a secret asks on an occasion; nobody else can tell or foresee it."""
    return UUID(bytes=hmac.digest(secret.encode(), f"id:{occasion}".encode(), "sha256")[:16])


def digest(secret: str) -> str:
    """Return what is kept of a random secret: it can be recognised, not recovered."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, kept: str | None) -> bool:
    """Say whether a secret is the one kept, in constant time; no secret kept matches nothing."""
    return kept is not None and hmac.compare_digest(digest(secret), kept)
