"""M6, M11: the membership is the person's, its periods are made by money, the invoice goes to the company."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Id

_RUNNING = text("ends_on IS NULL")
_GIVEN_UP = text("ends_on IS NOT NULL")
_UNCOVERED = text("uncovered_on IS NOT NULL")


class MembershipStatus(StrEnum):
    """M6: how a membership stands on a day; derived from its periods, never stored."""

    PENDING = "pending"
    ACTIVE = "active"
    GRACE = "grace"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    ENDED = "ended"


class Company(Base):
    """M11: somebody's own company, to which bills are addressed. A change is a new row; old bills keep the old one."""

    __tablename__ = "company"
    __table_args__ = (Index("ix_company_account", "account_id", "created_at"),)

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(200))
    kvk: Mapped[str] = mapped_column(String(8))
    vat_id: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(200))
    postcode: Mapped[str] = mapped_column(String(10))
    city: Mapped[str] = mapped_column(String(120))
    country: Mapped[str] = mapped_column(String(2), default="NL")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Membership(Base):
    """A person's place in the circle. One may be running at a time; `ends_on` is the last day once it was given up.

    `paused_on` is since when its holder wants no matching and no invitations, though dues go on. Links to pay carry
    `link_version`: a higher number makes all earlier ones worthless.
    """

    __tablename__ = "membership"
    __table_args__ = (
        Index("uq_membership_running", "account_id", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ix_membership_account", "account_id"),
        Index("ix_membership_given_up", "ends_on", sqlite_where=_GIVEN_UP, postgresql_where=_GIVEN_UP),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    company_id: Mapped[UUID] = mapped_column(ForeignKey("company.id"))
    application_id: Mapped[UUID | None] = mapped_column(ForeignKey("application.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    ends_on: Mapped[date | None]
    paused_on: Mapped[date | None]
    link_version: Mapped[int] = mapped_column(default=1, server_default="1")


class MembershipPeriod(Base):
    """M6: one year of membership. It waits without dates until its bill is paid; then the dates are set, once.

    The last days of grace and before lapsing, and the `benefits` by quota, are the plan's at that moment: a later
    change of plan takes nothing away.
    Money that went back takes the cover from `uncovered_on` on, and those last days then count from there. While a
    payment for the next year is under way, grace holds up to and including `processing_until`, whatever the calendar
    says. `closed_on` is when a period that waited was given up with its bill: it can't be paid any more. `invited_on`
    is when the bureau last invited its holder in person.
    """

    __tablename__ = "membership_period"
    __table_args__ = (
        UniqueConstraint("membership_id", "sequence"),
        CheckConstraint(
            "(activated_at IS NULL AND starts_on IS NULL AND ends_on IS NULL AND grace_until IS NULL"
            " AND lapses_after IS NULL)"
            " OR (activated_at IS NOT NULL AND starts_on <= ends_on AND grace_until <= lapses_after"
            " AND (uncovered_on IS NOT NULL OR ends_on <= grace_until))",
            name="dated_by_activation",
        ),
        CheckConstraint("uncovered_on IS NULL OR uncovered_on BETWEEN starts_on AND ends_on", name="uncovered_within"),
        CheckConstraint("closed_on IS NULL OR activated_at IS NULL", name="closed_unpaid"),
        Index("ix_membership_period_membership_starts", "membership_id", "starts_on"),
        Index("ix_membership_period_begun", "starts_on", "sequence"),
        Index("ix_membership_period_ended", "ends_on", "uncovered_on", "sequence"),
        Index("ix_membership_period_uncovered", "uncovered_on", sqlite_where=_UNCOVERED, postgresql_where=_UNCOVERED),
    )

    id: Mapped[Id]
    membership_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    sequence: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    grace_until: Mapped[date | None]
    lapses_after: Mapped[date | None]
    activated_at: Mapped[datetime | None]
    benefits: Mapped[dict[str, Any] | None]
    paid_bill_id: Mapped[UUID | None] = mapped_column(ForeignKey("bill.id"), unique=True)
    uncovered_on: Mapped[date | None]
    processing_until: Mapped[date | None]
    closed_on: Mapped[date | None]
    invited_on: Mapped[date | None]
