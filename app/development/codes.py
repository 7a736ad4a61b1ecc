"""The code on a certificate: twelve characters that nobody guesses and that read well on paper and aloud (G8)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, PART = 12, 4
_LOOKALIKES = str.maketrans("OIL", "011")
_CODE = re.compile(rf"[{LETTERS}]{{{LENGTH}}}")


def new(draw: Callable[[str], str] = secrets.choice) -> str:
    """Draw a code of sixty random bits."""
    return "".join(draw(LETTERS) for _place in range(LENGTH))


def read(typed: str) -> str | None:
    """Read a code however it was typed: small letters, blanks and lines between parts, O for 0; None for no code."""
    plain = re.sub(r"[\s\-–.]", "", typed[:100]).upper().translate(_LOOKALIKES)
    return plain if _CODE.fullmatch(plain) else None


def shown(code: str) -> str:
    """Write a code in parts: `7QK4-2M9D-XH3T`."""
    return "-".join(code[start : start + PART] for start in range(0, LENGTH, PART))


def file_name(code: str, locale: str) -> str:
    """Return what a certificate is called on disk."""
    return f"{'deelnamebewijs' if locale == 'nl' else 'certificate'}-{shown(code)}.pdf"
