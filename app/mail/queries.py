"""Reading the outbox."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, func, select

from app.core.db import db
from app.core.errors import NotFound
from app.mail.models import MailState, OutboxMail


def by_id(mail_id: UUID) -> OutboxMail | None:
    """Return a mail."""
    return db.session.get(OutboxMail, mail_id)


def outbox() -> Select[tuple[OutboxMail]]:
    """Return every mail, for the list mechanism."""
    return select(OutboxMail)


def mail(mail_id: UUID) -> OutboxMail:
    """Return a mail, or raise NotFound."""
    found = by_id(mail_id)
    if found is None:
        raise NotFound
    return found


def newest(limit: int = 100) -> list[OutboxMail]:
    """Return the newest mails first, for the development page."""
    query = select(OutboxMail).order_by(OutboxMail.created_at.desc(), OutboxMail.id.desc()).limit(limit)
    return list(db.session.scalars(query))


def to_account(account_id: UUID, limit: int = 50) -> list[OutboxMail]:
    """Return what was sent to a person, the newest first (B5: log per person)."""
    query = select(OutboxMail).where(OutboxMail.account_id == account_id)
    return list(db.session.scalars(query.order_by(OutboxMail.created_at.desc()).limit(limit)))


def failed_count() -> int:
    """Count mails that need a person (B1)."""
    return (
        db.session.scalar(select(func.count()).select_from(OutboxMail).where(OutboxMail.state == MailState.FAILED)) or 0
    )


def count_by_state() -> dict[str, float]:
    """Count mails by state, for the metrics."""
    rows = db.session.execute(select(OutboxMail.state, func.count()).group_by(OutboxMail.state))
    return {state.value: count for state, count in rows}
