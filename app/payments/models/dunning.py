"""Reminding of what is overdue: the levels as data, what was sent, and bills that are left alone for a while (P9)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, String, Table, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Id

if TYPE_CHECKING:
    from app.payments.models.bill import Bill


_STANDS = text("released_at IS NULL")


class DunningLevel(Base):
    """One step of reminding: so many days after the due date, with its texts per language.

    `texts` holds per language `subject` and `body`; the placeholders in them are `dunning.PLACEHOLDERS`.
    """

    __tablename__ = "dunning_level"
    __table_args__ = (CheckConstraint("days_after > 0", name="after_due"), {"info": {"with_schema": True}})

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    days_after: Mapped[int] = mapped_column(unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    texts: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))


class Reminder(Base):
    """That a bill was reminded of at a level, once; the mail itself is in the outbox."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("bill_id", "level"), Index("ix_reminder_sent_at", "sent_at"))

    id: Mapped[Id]
    bill_id: Mapped[UUID] = mapped_column(ForeignKey("bill.id"))
    level: Mapped[int] = mapped_column(ForeignKey("dunning_level.level"))
    due_cents: Mapped[int]
    sent_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))

    bill: Mapped[Bill] = relationship()


class DunningHold(Base):
    """A bill that is not reminded of, with the reason, until a day or until somebody lets go; one at a time."""

    __tablename__ = "dunning_hold"
    __table_args__ = (
        Index("uq_dunning_hold_stands", "bill_id", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
    )

    id: Mapped[Id]
    bill_id: Mapped[UUID] = mapped_column(ForeignKey("bill.id"))
    reason: Mapped[str] = mapped_column(String(300))
    until: Mapped[date | None]
    held_at: Mapped[datetime] = mapped_column(default=clock.now)
    held_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))

    bill: Mapped[Bill] = relationship()


STANDING_LEVELS: list[dict[str, Any]] = [
    {
        "level": 1,
        "days_after": 7,
        "is_active": True,
        "texts": {
            "nl": {
                "subject": "Herinnering: factuur {number}",
                "body": "Misschien is het u ontgaan: factuur {number} voor {what} had op {due_on} betaald moeten zijn. "
                "Er staat nog {amount} open.\n\nHebt u intussen betaald, dan hebben onze berichten elkaar gekruist en "
                "hoeft u niets te doen.",
            },
            "en": {
                "subject": "Reminder: invoice {number}",
                "body": "It may have escaped you: invoice {number} for {what} was due on {due_on}. {amount} is still "
                "open.\n\nIf you have paid in the meantime, our messages have crossed and you need not do anything.",
            },
        },
    },
    {
        "level": 2,
        "days_after": 21,
        "is_active": True,
        "texts": {
            "nl": {
                "subject": "Tweede herinnering: factuur {number}",
                "body": "Factuur {number} voor {what} had op {due_on} betaald moeten zijn. Dat is nu {days} dagen "
                "geleden, en er staat nog {amount} open.\n\nWilt u dit bedrag binnen zeven dagen betalen? Klopt de "
                "factuur niet, of komt het u nu niet uit, laat het ons dan weten. Dan zoeken we samen een oplossing.",
            },
            "en": {
                "subject": "Second reminder: invoice {number}",
                "body": "Invoice {number} for {what} was due on {due_on}. That is {days} days ago, and {amount} is "
                "still open.\n\nPlease pay this amount within seven days. If the invoice is not right, or paying it "
                "now is difficult, please tell us, and we will find a way together.",
            },
        },
    },
    {
        "level": 3,
        "days_after": 35,
        "is_active": True,
        "texts": {
            "nl": {
                "subject": "Laatste herinnering: factuur {number}",
                "body": "Factuur {number} voor {what} is ondanks onze herinneringen nog niet betaald. Er staat "
                "{amount} open, {days} dagen na de uiterste betaaldatum van {due_on}.\n\nWilt u het bedrag nu betalen? "
                "Horen wij binnen zeven dagen niets van u, dan belt het bureau u.",
            },
            "en": {
                "subject": "Last reminder: invoice {number}",
                "body": "Despite our reminders, invoice {number} for {what} has not been paid. {amount} is open, "
                "{days} days after it was due on {due_on}.\n\nPlease pay this amount now. If we hear nothing within "
                "seven days, somebody of the bureau will call you.",
            },
        },
    },
]


@event.listens_for(DunningLevel.__table__, "after_create")
def _fill_levels(_target: Table, connection: Connection, **_options: Any) -> None:
    connection.execute(DunningLevel.__table__.insert(), STANDING_LEVELS)  # type: ignore[attr-defined]
