"""The ticket of a seat: a square for a camera, and a short code for who has none (G7).

Both name the booking by what only this portal can compute, so that neither can be guessed or made up, and tell nothing
about the person. The short code is the number of the booking with six characters that belong to that one booking: short
enough to read out at the door, and of no use elsewhere, since only staff at the door can hand it in.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

import segno
from flask import url_for
from markupsafe import Markup

from app.agenda import links
from app.core import qr

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 6
MOST_DIGITS = 6
_TYPED_LIKE = str.maketrans("OIL", "011")
_CODE = re.compile(rf"([0-9]{{1,{MOST_DIGITS}}})([{LETTERS}]{{{LENGTH}}})")
_LAST_PART = re.compile(r"/([^/?#\s]+)/?(?:[?#]\S*)?\s*$")


class Code(NamedTuple):
    """A code as somebody typed it."""

    seq: int
    mark: str


def code_of(booking_id: UUID, seq: int) -> str:
    """Write the code of a booking, such as `12-K7QM4T`."""
    return f"{seq}-{_mark(booking_id, links.signing_keys()[-1])}"


def page_of(booking_id: UUID) -> str:
    """Return where, in this portal, the ticket of a seat is shown."""
    return url_for("tickets.show", token=links.ticket_token(booking_id))


def drawing(booking_id: UUID, *, label: str) -> Markup:
    """Draw the square that says where the ticket is."""
    return qr.svg(segno.make(links.ticket_address(booking_id), error="m", micro=False), css="ticket-code", label=label)


def read(text: str) -> UUID | Code | None:
    """Read what a camera saw or somebody typed: a booking, a code, or nothing of ours."""
    address = _LAST_PART.search(text)
    named = links.ticket_named_by(address[1] if address else text.strip())
    if named is not None:
        return named
    plain = re.sub(r"[^0-9A-Z]", "", text.upper()).translate(_TYPED_LIKE)
    code = _CODE.fullmatch(plain)
    return Code(int(code[1]), code[2]) if code and not address else None


def named_by(code: Code, booking_ids: Iterable[UUID]) -> UUID | None:
    """Return which of these bookings a code belongs to."""
    return next((one for one in booking_ids if _belongs(code, one)), None)


def _belongs(code: Code, booking_id: UUID) -> bool:
    return any(hmac.compare_digest(code.mark, _mark(booking_id, key)) for key in links.signing_keys())


def _mark(booking_id: UUID, key: str) -> str:
    digest = hmac.digest(key.encode(), b"agenda.ticket-code" + booking_id.bytes, hashlib.sha256)
    number = int.from_bytes(digest[:8])
    return "".join(LETTERS[(number >> 5 * place) & 31] for place in range(LENGTH))
