"""The blueprint that the treasurer's pages hang on."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("payments_bureau", __name__, url_prefix="/bureau/payments")
