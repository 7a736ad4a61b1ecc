"""Making, renewing and withdrawing the secret address of one's own calendar (G5)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from app.accounts.secrecy import digest, new_secret
from app.agenda.feeds.models import CalendarFeed
from app.audit import services as audit
from app.core import clock
from app.core.db import QUIETLY, db


def give_address(account_id: UUID, *, by: UUID) -> str:
    """Give somebody a new secret address and end the one before; return its secret, which is never shown again."""
    renewed = _end(account_id)
    secret = new_secret()
    feed = CalendarFeed(account_id=account_id, secret_hash=digest(secret), created_at=clock.now())
    db.session.add(feed)
    db.session.flush()
    action = "calendar.address_renewed" if renewed else "calendar.address_given"
    audit.record(action, by=by, on=("account", account_id))
    return secret


def withdraw_address(account_id: UUID, *, by: UUID) -> bool:
    """Let somebody's address stop working at once; say whether there was one."""
    ended = _end(account_id)
    if ended:
        audit.record("calendar.address_withdrawn", by=by, on=("account", account_id))
    return ended


def _end(account_id: UUID) -> bool:
    ended = db.session.scalars(
        update(CalendarFeed)
        .where(CalendarFeed.account_id == account_id, CalendarFeed.withdrawn_at.is_(None))
        .values(withdrawn_at=clock.now())
        .returning(CalendarFeed.id)
        .execution_options(**QUIETLY)
    ).all()
    return bool(ended)
