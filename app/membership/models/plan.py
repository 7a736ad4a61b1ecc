"""M5: what a membership gives and what it costs, both dated."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, Id, Json, state_column
from app.core.i18n import language


class Benefit(StrEnum):
    """What a plan can give a quota of."""

    SESSIONS = "sessions"
    COACHING_HOURS = "coaching_hours"
    INTERVISION = "intervision"
    GUESTS = "guests"


class YearPolicy(StrEnum):
    """M5: what a year of membership is: one from the first day, or the same fixed year for everybody."""

    ROLLING = "rolling"
    CALENDAR = "calendar"


NOTICE_LADDER = (-30, -7, 7, 21)
# What is charged of a fixed year by whoever joins in its first month, its second and so on, in basis points.
PRO_RATA = (10_000, 9_167, 8_333, 7_500, 6_667, 5_833, 5_000, 4_167, 3_333, 2_500, 1_667, 833)


class Plan(Base):
    """M5: a kind of membership with its policy: what a year is, and what is done how many days around its end.

    `payment_days` count from admission; `bill_days_before` back from the end of a period; `due_days_after`,
    `grace_days` and `lapse_days` on from it, `revival_days` on from lapsing. `notice_ladder` holds days to the end of
    a period, negative before it. For a fixed year that begins on the first of `year_start_month`, `pro_rata` holds what
    is charged by month of joining, in basis points, and `notice_month` and `notice_day` the last day to give notice.
    """

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint("payment_days > 0", name="payment_days_positive"),
        CheckConstraint("0 <= grace_days AND grace_days <= lapse_days", name="grace_before_lapse"),
        CheckConstraint("revival_days >= 0", name="revival_days_not_negative"),
        CheckConstraint("year_start_month BETWEEN 1 AND 12", name="year_starts_in_a_month"),
        CheckConstraint("bill_days_before >= 0", name="bill_days_not_negative"),
        CheckConstraint("due_days_after >= 0", name="due_days_not_negative"),
        CheckConstraint("notice_month BETWEEN 1 AND 12", name="notice_in_a_month"),
        CheckConstraint(
            "(notice_month IS NULL) = (notice_day IS NULL) AND (notice_day IS NULL OR notice_day BETWEEN 1 AND 31)",
            name="notice_date",
        ),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name_nl: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    on_offer: Mapped[bool] = mapped_column(default=True)
    payment_days: Mapped[int] = mapped_column(default=14)
    grace_days: Mapped[int] = mapped_column(default=30)
    lapse_days: Mapped[int] = mapped_column(default=60)
    revival_days: Mapped[int] = mapped_column(default=120)
    policy: Mapped[YearPolicy] = state_column(YearPolicy, name="policy", default=YearPolicy.ROLLING)
    year_start_month: Mapped[int] = mapped_column(default=1)
    pro_rata: Mapped[list[int]] = mapped_column(Json, default=lambda: list(PRO_RATA))
    bill_days_before: Mapped[int] = mapped_column(default=30)
    due_days_after: Mapped[int] = mapped_column(default=14)
    notice_ladder: Mapped[list[int]] = mapped_column(Json, default=lambda: list(NOTICE_LADDER))
    notice_month: Mapped[int | None]
    notice_day: Mapped[int | None]

    prices: Mapped[list[PlanPrice]] = relationship(back_populates="plan", order_by="PlanPrice.valid_from")
    entitlements: Mapped[list[PlanEntitlement]] = relationship(
        back_populates="plan", order_by="PlanEntitlement.position"
    )

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if language() == "en" else self.name_nl

    def price_on(self, day: date) -> PlanPrice | None:
        """Return the price that holds on a day: the latest that has begun."""
        begun = [price for price in self.prices if price.valid_from <= day]
        return begun[-1] if begun else None


class PlanPrice(Base):
    """P1: a net price in cents with its VAT code, from a day on."""

    __tablename__ = "plan_price"
    __table_args__ = (
        UniqueConstraint("plan_id", "valid_from"),
        CheckConstraint("net_cents >= 0", name="not_negative"),
    )

    id: Mapped[Id]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    valid_from: Mapped[date]
    net_cents: Mapped[int]
    vat_code: Mapped[str] = mapped_column(String(20))

    plan: Mapped[Plan] = relationship(back_populates="prices")


class PlanEntitlement(Base):
    """M5: how much of a benefit comes with one period."""

    __tablename__ = "plan_entitlement"
    __table_args__ = (
        UniqueConstraint("plan_id", "benefit"),
        CheckConstraint("quota > 0", name="quota_positive"),
    )

    id: Mapped[Id]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id"))
    benefit: Mapped[Benefit] = state_column(Benefit, name="benefit")
    quota: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)

    plan: Mapped[Plan] = relationship(back_populates="entitlements")
