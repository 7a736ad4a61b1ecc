"""Refused at the door: put in the log, so that somebody trying handles is seen (ASVS 16.3.2)."""

from __future__ import annotations

from flask import request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import TooManyRequests

from app.audit import services as audit
from app.core.access import Visitor
from app.core.db import atomic
from app.core.limits import spend

NOTED = "6 per minute"


def note_denial(visitor: Visitor, endpoint: str) -> None:
    """Note that a signed-in person was refused; a flood of it, or a database too busy, is not worth more rows."""
    account_id = visitor.id
    try:
        spend(NOTED, "denied", str(account_id))
        with atomic():
            audit.record("accounts.denied", by=account_id, on=("endpoint", endpoint), after={"method": request.method})
    except (TooManyRequests, OperationalError):
        return
