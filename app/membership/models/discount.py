"""P10: codes that take something off a bill, and places that a sponsor pays for. Amounts: net integer cents."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Id, state_column


class DiscountCode(Base):
    """A code with what it takes off: a share in basis points, or an amount. `taken` counts its uses, never past `most`.

    Without `plan_id` it holds for every plan; without `valid_until` or `most` for as long, or as often, as wanted.
    """

    __tablename__ = "discount_code"
    __table_args__ = (
        CheckConstraint("(basis_points IS NULL) <> (amount_cents IS NULL)", name="share_or_amount"),
        CheckConstraint("basis_points BETWEEN 1 AND 10000", name="share_of_the_whole"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="ends_after_it_begins"),
        CheckConstraint("taken >= 0 AND (most IS NULL OR taken <= most)", name="taken_within_bounds"),
        Index("ix_discount_code_created", "created_at", "id"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    reason: Mapped[str] = mapped_column(String(200))
    basis_points: Mapped[int | None]
    amount_cents: Mapped[int | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    most: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("plan.id"))
    stopped_at: Mapped[datetime | None]
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Payer(StrEnum):
    """Who pays for sponsored places."""

    SPONSOR = "sponsor"
    BUREAU = "bureau"


class Sponsorship(Base):
    """A number of places of one plan under one code, paid by the sponsor with one bill, or given by the bureau.

    The code holds from `opened_at` on: the moment the sponsor's bill is paid, or the bureau gave the places.
    """

    __tablename__ = "sponsorship"
    __table_args__ = (
        CheckConstraint("places > 0", name="places_positive"),
        CheckConstraint("taken >= 0 AND taken <= places", name="taken_within_places"),
        CheckConstraint("payer <> 'bureau' OR reason <> ''", name="gift_has_reason"),
        Index("ix_sponsorship_created", "created_at", "id"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    payer: Mapped[Payer] = state_column(Payer, name="payer")
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("company.id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    places: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    valid_until: Mapped[date]
    reason: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class DiscountUse(Base):
    """One code used on one bill by one person; given back, the row goes and the log keeps it."""

    __tablename__ = "discount_use"
    __table_args__ = (
        CheckConstraint("(code_id IS NULL) <> (sponsorship_id IS NULL)", name="code_or_place"),
        UniqueConstraint("code_id", "account_id"),
        UniqueConstraint("sponsorship_id", "account_id"),
    )

    id: Mapped[Id]
    code_id: Mapped[UUID | None] = mapped_column(ForeignKey("discount_code.id"))
    sponsorship_id: Mapped[UUID | None] = mapped_column(ForeignKey("sponsorship.id"))
    bill_id: Mapped[UUID] = mapped_column(ForeignKey("bill.id"), unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    amount_cents: Mapped[int]
    used_at: Mapped[datetime] = mapped_column(default=clock.now)
