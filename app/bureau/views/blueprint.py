"""Where the pages of the back office's shell hang."""

from __future__ import annotations

from flask import Blueprint

from app.accounts.current import current_account
from app.core import access
from app.core.permissions import Permission

bp = Blueprint("bureau", __name__, url_prefix="/bureau")


def rights() -> frozenset[Permission]:
    """Return what whoever is served may know, once the second factor is proven (B7)."""
    return frozenset(right for right in current_account().permissions if access.may(right))
