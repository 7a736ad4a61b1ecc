"""Signed links and marks of the ballot (V5): the personal link of an invited voter, and whose code a code is.

A personal link lets whoever holds it vote as the person it was mailed to, and nothing else; it names the address too,
so that it ends when that is put right. A code is signed for its voter: nobody casts with a code of somebody else's.
"""

from __future__ import annotations

import hmac
from uuid import UUID, uuid5

from flask import current_app
from itsdangerous import BadSignature, Signer, URLSafeSerializer

from app.challenge.models import Invitee
from app.mail.rendering import link


def _keys() -> list[str]:
    return [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(_keys(), salt="challenge.voter")


def voter_token(invitee: Invitee) -> str:
    """Return the token with which somebody without an account votes."""
    token = _signer().dumps([invitee.id.hex, _address_mark(invitee)])
    return token if isinstance(token, str) else token.decode()


def voter_address(invitee: Invitee) -> str:
    """Return where somebody without an account votes."""
    return link("ballot.home_by_link", token=voter_token(invitee))


def voter_named_by(token: str) -> tuple[UUID, str] | None:
    """Return whom a token names and the mark of the address it was mailed to; None when nobody signed it."""
    try:
        named, mark = _signer().loads(token)
        return UUID(hex=named), str(mark)
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None


def is_mailed_to(mark: str, invitee: Invitee) -> bool:
    """Say whether somebody's address is still the one that a token was mailed to."""
    return hmac.compare_digest(mark, _address_mark(invitee))


def _address_mark(invitee: Invitee) -> str:
    return uuid5(invitee.id, invitee.email).hex


def _of_ballot() -> Signer:
    return Signer(_keys(), salt="challenge.code")


def code_mark(code: str, edition_id: UUID, voter: UUID) -> str:
    """Return the mark that says for whom a code was drawn."""
    return _of_ballot().get_signature(f"{edition_id}|{voter}|{code}").decode()


def is_code_of(code: str, mark: str, edition_id: UUID, voter: UUID) -> bool:
    """Say whether a code was drawn for this voter in this edition."""
    return _of_ballot().verify_signature(f"{edition_id}|{voter}|{code}".encode(), mark.encode("utf-8", "replace"))
