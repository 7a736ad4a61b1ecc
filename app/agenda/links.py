"""Signed links in the agenda's mails: one names a place on a waiting list, one a seat that somebody may book (G2, G3).

Whoever holds a link can answer that one offer or book that one seat for the person it was mailed to, and nothing else;
both are over when the gathering begins. Opening one changes nothing, since mail scanners open links too.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple
from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from app.mail.rendering import link


class MaySeat(NamedTuple):
    """Who may book where by a link."""

    gathering_id: UUID
    account_id: UUID


def _signer(purpose: str) -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt=f"agenda.{purpose}")


def _signed(purpose: str, *ids: UUID) -> str:
    token = _signer(purpose).dumps(urlsafe_b64encode(b"".join(one.bytes for one in ids)).decode())
    return token if isinstance(token, str) else token.decode()


def _named(purpose: str, token: str, count: int) -> list[UUID] | None:
    try:
        known = urlsafe_b64decode(_signer(purpose).loads(token))
        return [UUID(bytes=known[start : start + 16]) for start in range(0, 16 * count, 16)]
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None


def place_token(entry_id: UUID) -> str:
    """Return the token of a place on a waiting list."""
    return _signed("place", entry_id)


def place_address(entry_id: UUID) -> str:
    """Return where to answer an offer, or leave the list, without signing in."""
    return link("waitlist.answer", token=place_token(entry_id))


def place_named_by(token: str) -> UUID | None:
    """Return the place a token names, or None when nobody signed it."""
    found = _named("place", token, 1)
    return found[0] if found else None


def booking_token(gathering_id: UUID, account_id: UUID) -> str:
    """Return the token with which somebody books a seat."""
    return _signed("book", gathering_id, account_id)


def booking_address(gathering_id: UUID, account_id: UUID) -> str:
    """Return where somebody books a seat from a mail, without signing in."""
    return link("waitlist.book_by_link", token=booking_token(gathering_id, account_id))


def booking_named_by(token: str) -> MaySeat | None:
    """Return who may book where by a token, or None when nobody signed it."""
    found = _named("book", token, 2)
    return MaySeat(*found) if found else None
