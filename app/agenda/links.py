"""Signed links: a place in line, a seat, its fee and ticket, a word afterwards, a guest's page (G2, G3, G7–G9, P10).

Whoever holds a link can answer that one offer, book or pay for that one seat of the person it was mailed to, show that
one ticket, say once what that person thought of one gathering, or decline as that one guest, and nothing else. Opening
one changes nothing, since mail scanners open links too.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from flask import current_app, make_response
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from app.mail.rendering import link


class MaySeat(NamedTuple):
    """Who may book where, or say what they thought of what, by a link."""

    gathering_id: UUID
    account_id: UUID


def by_link(view: Callable[[str], ResponseReturnValue]) -> Any:
    """Keep the address to whoever has it, since it is a key: stored nowhere, not indexed, told to no other site."""

    @wraps(view)
    def open_link(token: str) -> ResponseReturnValue:
        response = make_response(view(token))
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return open_link


def signing_keys() -> list[str]:
    """Return what links are signed with, the key in use last; the others are still believed."""
    return [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(signing_keys(), salt=f"agenda.{purpose}")


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


def pay_token(booking_id: UUID) -> str:
    """Return the token with which a seat is paid for."""
    return _signed("pay", booking_id)


def pay_address(booking_id: UUID) -> str:
    """Return where the fee of a seat is paid without signing in (P10)."""
    return link("seat_fees.by_link", token=pay_token(booking_id))


def seat_to_pay_named_by(token: str) -> UUID | None:
    """Return the booking that a token lets pay for, or None when nobody signed it."""
    found = _named("pay", token, 1)
    return found[0] if found else None


def guest_pay_token(guest_id: UUID, email: str) -> str:
    """Return the token with which a guest pays for their own seat; it ends when the address is put right, or erased."""
    return _signed("pay-guest", guest_id, address_mark(guest_id, email))


def guest_pay_address(guest_id: UUID, email: str) -> str:
    """Return where a guest pays, without an account (P10)."""
    return link("seat_fees.by_link", token=guest_pay_token(guest_id, email))


def guest_to_pay_named_by(token: str) -> tuple[UUID, UUID] | None:
    """Return the guest a token lets pay and the mark of the address it was for, or None when nobody signed it."""
    found = _named("pay-guest", token, 2)
    return (found[0], found[1]) if found else None


def ticket_token(booking_id: UUID) -> str:
    """Return what the ticket of a seat holds: which booking it is, and nothing about the person."""
    return _signed("ticket", booking_id)


def ticket_address(booking_id: UUID) -> str:
    """Return where a ticket is shown without signing in; it is also what the square on it says."""
    return link("tickets.show", token=ticket_token(booking_id))


def ticket_named_by(token: str) -> UUID | None:
    """Return the booking whose ticket this is, or None when nobody signed it."""
    found = _named("ticket", token, 1)
    return found[0] if found else None


def feedback_token(gathering_id: UUID, account_id: UUID) -> str:
    """Return the token with which somebody says what they thought of a gathering, as long as it takes answers."""
    return _signed("feedback", gathering_id, account_id)


def feedback_address(gathering_id: UUID, account_id: UUID) -> str:
    """Return where somebody says what they thought, without signing in."""
    return link("feedback.give", token=feedback_token(gathering_id, account_id))


def feedback_named_by(token: str) -> MaySeat | None:
    """Return who may say something about what by a token, or None when nobody signed it."""
    found = _named("feedback", token, 2)
    return MaySeat(*found) if found else None


def guest_token(guest_id: UUID, email: str) -> str:
    """Return the token of a guest's own page; it holds as long as the guest is known under this address."""
    return _signed("guest", guest_id, address_mark(guest_id, email))


def guest_address(guest_id: UUID, email: str) -> str:
    """Return where a guest finds ticket and place, and can decline, without an account."""
    return link("guests.page", token=guest_token(guest_id, email))


def guest_named_by(token: str) -> tuple[UUID, UUID] | None:
    """Return the guest a token names and the mark of the address it was mailed to, or None when nobody signed it."""
    found = _named("guest", token, 2)
    return (found[0], found[1]) if found else None


def is_mailed_to(mark: UUID, guest_id: UUID, email: str) -> bool:
    """Say whether a guest's address is still the one that a token was mailed to."""
    return bool(email) and mark == address_mark(guest_id, email)


def address_mark(guest_id: UUID, email: str) -> UUID:
    """Return what tells one address of a guest from another, without telling either."""
    return uuid5(guest_id, email)
