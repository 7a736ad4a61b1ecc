"""The instance's secret store: small files for the owner alone, outside the database, the uploads and the backups.

Several machines share the folder (`SECRETS_DIR`). What is destroyed here is gone: no copy of it was made by us.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from flask import current_app

_NAME = re.compile(r"^[a-z0-9][a-z0-9.-]{0,99}$")
OWNER_ONLY, OWNER_ONLY_FOLDER = 0o600, 0o700


def keep_once(name: str, content: bytes) -> None:
    """Store a secret; one that is there under this name already stays, whoever came first."""
    place = _place(name)
    place.parent.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY_FOLDER)
    half = place.with_name(f".{secrets.token_hex(8)}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        place.hardlink_to(half)
    half.unlink()
    _settle(place.parent)


def read(name: str) -> bytes | None:
    """Return a secret, or None when it is not there."""
    try:
        return _place(name).read_bytes()
    except FileNotFoundError:
        return None


def destroy(name: str) -> None:
    """Overwrite a secret and remove it; one that is gone already is fine."""
    place = _place(name)
    try:
        with place.open("r+b") as file:
            file.write(bytes(place.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        place.unlink()
    except FileNotFoundError:
        return
    _settle(place.parent)


def _place(name: str) -> Path:
    if not _NAME.match(name):
        raise ValueError(f"no name for a secret: {name!r}")
    return Path(current_app.config["SECRETS_DIR"]) / name


def _settle(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
