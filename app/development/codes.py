"""The code on a certificate: twelve characters, sixty random bits (G8)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from app.core.codes import LETTERS, drawn, in_parts, understood

__all__ = ["LENGTH", "LETTERS", "file_name", "new", "read", "shown"]

LENGTH = 12


def new(draw: Callable[[str], str] = secrets.choice) -> str:
    """Draw the code of a new certificate."""
    return drawn(LENGTH, draw)


def read(typed: str) -> str | None:
    """Read the code of a certificate however it was typed; None for no code."""
    return understood(typed, LENGTH)


def shown(code: str) -> str:
    """Write a code in parts: `7QK4-2M9D-XH3T`."""
    return in_parts(code)


def file_name(code: str, locale: str) -> str:
    """Return what a certificate is called on disk."""
    return f"{'deelnamebewijs' if locale == 'nl' else 'certificate'}-{shown(code)}.pdf"
