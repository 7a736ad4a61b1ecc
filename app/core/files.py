"""Files that people upload: outside the web root, under names of our own, found only through a row (ASVS 5.3.2)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from flask import current_app

from app.core.db import after_commit

_NAME = re.compile(r"^[0-9a-f]{32}\.[a-z0-9]{1,8}$")


def _place(name: str) -> Path:
    if not _NAME.match(name):
        raise ValueError(name)
    return Path(current_app.config["DATA_DIR"]) / "files" / name[:2] / name


def keep(content: bytes, extension: str) -> str:
    """Store content and return its generated name; when the transaction around it fails, nothing names the orphan."""
    return keep_pieces([content], extension)


def keep_pieces(pieces: Iterable[bytes], extension: str) -> str:
    """Store content that comes in pieces, so that memory does not grow with it."""
    name = f"{uuid.uuid4().hex}.{extension.lstrip('.')}"
    place = _place(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    half = place.with_suffix(".part")
    with half.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    half.replace(place)
    return name


def path(name: str) -> Path:
    """Return where a stored file lies; a name that we did not generate is a ValueError."""
    return _place(name)


def discard(name: str) -> None:
    """Remove a stored file; one that is gone already is fine."""
    _place(name).unlink(missing_ok=True)


def discard_when_safe(name: str) -> None:
    """Remove a stored file once the transaction that no longer names it is committed."""
    after_commit(partial(discard, name))
