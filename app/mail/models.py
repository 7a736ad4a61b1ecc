"""The outbox: every mail is a row before it is a message, and the row tells what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Id, state_column


class MailState(StrEnum):
    """Where a mail stands: `held` is on purpose (unsubscribed, bounced), `failed` needs a person."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"


class OutboxMail(Base):
    """One mail to one person, as it was rendered when its cause was committed.

    `about_id` names what it is about, such as a gathering, for the page on which staff keep that.
    """

    __tablename__ = "outbox_mail"
    __table_args__ = (
        Index("ix_outbox_mail_newest", "created_at", "id"),
        Index("ix_outbox_mail_state", "state", "created_at"),
        Index("ix_outbox_mail_about_id", "about_id"),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(200), unique=True)
    recipient: Mapped[str] = mapped_column(String(254), index=True)
    recipient_name: Mapped[str] = mapped_column(String(200), default="")
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"), index=True)
    template: Mapped[str] = mapped_column(String(120))
    locale: Mapped[str] = mapped_column(String(10))
    service_mail: Mapped[bool] = mapped_column(default=True)
    topic: Mapped[str] = mapped_column(String(40), default="", server_default="")
    about_id: Mapped[UUID | None]
    holds_secret: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    state: Mapped[MailState] = state_column(MailState, name="state", default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


class SuppressionReason(StrEnum):
    """Why an address gets no more of this."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"


class Suppression(Base):
    """An address that wants no more than service mail, or that mail cannot reach."""

    __tablename__ = "mail_suppression"
    __table_args__ = (UniqueConstraint("address", "reason"),)

    id: Mapped[Id]
    address: Mapped[str] = mapped_column(String(254))
    reason: Mapped[SuppressionReason] = state_column(SuppressionReason, name="reason")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class MailChoice(Base):
    """Whether a person wants one kind of mail (see `topics`); nothing chosen means yes. It follows an account."""

    __tablename__ = "mail_choice"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(40), primary_key=True)
    wanted: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
