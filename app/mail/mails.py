"""The mails that the mail part itself sends."""

from __future__ import annotations

import uuid
from uuid import UUID

from app.core import clock
from app.mail import services


def trial(address: str, *, locale: str) -> UUID:
    """Post a trial message, for whoever sets up the mail server."""
    posted = services.post(
        template="mail/mail/trial",
        to=address,
        key=f"trial:{uuid.uuid4()}",
        locale=locale,
        values={"asked_at": clock.now()},
    )
    assert posted is not None
    return posted
