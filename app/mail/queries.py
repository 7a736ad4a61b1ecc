"""Reading the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, case, func, select

from app.core.db import db
from app.core.errors import NotFound
from app.mail.models import MailState, OutboxMail


def by_id(mail_id: UUID) -> OutboxMail | None:
    """Return a mail."""
    return db.session.get(OutboxMail, mail_id)


def outbox(about: UUID | None = None) -> Select[Any]:
    """Return every mail, or those about one thing, for the list mechanism."""
    wanted = select(OutboxMail)
    return wanted.where(OutboxMail.about_id == about) if about else wanted


class Written(NamedTuple):
    """How many mails of one kind were written about something, what became of them, and when the last was written."""

    template: str
    total: int
    sent: int
    failed: int
    last_at: datetime


def written_about(about: UUID) -> list[Written]:
    """Return what was written about one thing by kind of mail, the latest first."""
    last = func.max(OutboxMail.created_at)
    counted = select(
        OutboxMail.template,
        func.count(),
        func.sum(case((OutboxMail.state == MailState.SENT, 1), else_=0)),
        func.sum(case((OutboxMail.state == MailState.FAILED, 1), else_=0)),
        last,
    )
    rows = db.session.execute(
        counted.where(OutboxMail.about_id == about).group_by(OutboxMail.template).order_by(last.desc())
    )
    return [Written._make(row) for row in rows]


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
