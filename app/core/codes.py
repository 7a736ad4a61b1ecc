"""Codes for people: random characters that nobody guesses and that read well on paper and aloud."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PART, LONGEST_TYPED = 4, 100
_LOOKALIKES = str.maketrans("OIL", "011")


def drawn(length: int, draw: Callable[[str], str] = secrets.choice) -> str:
    """Draw a code of five random bits a character."""
    return "".join(draw(LETTERS) for _place in range(length))


def understood(typed: str, length: int) -> str | None:
    """Read a code however it was typed: small letters, blanks and lines between parts, O for 0; None for no code."""
    plain = re.sub(r"[\s\-–.]", "", typed[:LONGEST_TYPED]).upper().translate(_LOOKALIKES)
    return plain if len(plain) == length and set(plain) <= set(LETTERS) else None


def in_parts(code: str) -> str:
    """Write a code in parts: `7QK4-2M9D-XH3T`."""
    return "-".join(code[start : start + PART] for start in range(0, len(code), PART))
