"""What permanent education asks of the configuration."""

from __future__ import annotations

from flask import current_app

from config import House


def house() -> House:
    """Return whose portal this is."""
    found = current_app.config["HOUSE"]
    assert isinstance(found, House)
    return found
