"""What a member shows of themselves, and to whom."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, state_column


class Audience(StrEnum):
    """L2: who may see a field. The bureau may always: it knows its members."""

    MEMBERS = "members"
    BUREAU = "bureau"


class Field(StrEnum):
    """What can be shown or kept from other members, one by one; the name always shows while the profile is listed."""

    HEADLINE = "headline"
    ABOUT = "about"
    DISCIPLINES = "disciplines"
    SECTORS = "sectors"
    COMPETENCES = "competences"
    LANGUAGES = "languages"
    REGION = "region"
    AVAILABILITY = "availability"
    WEBSITE = "website"
    EMAIL = "email"


KEPT_AT_FIRST = frozenset({Field.AVAILABILITY, Field.EMAIL})


def first_visibility() -> dict[str, Any]:
    """L2: how a new profile begins: what is about work shows, when somebody is free and how to reach them does not."""
    return {field: Audience.BUREAU if field in KEPT_AT_FIRST else Audience.MEMBERS for field in Field}


class Profile(Base):
    """L1: what one person tells of themselves."""

    __tablename__ = "profile"
    __table_args__ = (CheckConstraint("days_a_week IS NULL OR days_a_week BETWEEN 1 AND 5", name="days_a_week"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    listed: Mapped[bool] = mapped_column(default=True)
    headline: Mapped[str] = mapped_column(String(120), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    website: Mapped[str] = mapped_column(String(2000), default="")
    available_from: Mapped[date | None]
    days_a_week: Mapped[int | None]
    visibility: Mapped[dict[str, Any]] = mapped_column(default=first_visibility)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)

    terms: Mapped[list[ProfileTerm]] = relationship(
        back_populates="profile", cascade="all, delete-orphan", passive_deletes=True
    )

    def shows(self, field: Field) -> bool:
        """L2: whether other members may see a field; what is not decided is kept."""
        return bool(self.visibility.get(field) == Audience.MEMBERS)


class ProfileTerm(Base):
    """A discipline, sector, competence (with its level), language or region of a profile.

    `audience` repeats the profile's choice for terms of this kind, so that a filter never finds what may not be seen.
    """

    __tablename__ = "profile_term"
    __table_args__ = (
        CheckConstraint("level IS NULL OR level BETWEEN 0 AND 4", name="level"),
        Index("ix_profile_term_found", "term_id", "audience", "account_id"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("profile.account_id", ondelete="CASCADE"), primary_key=True)
    term_id: Mapped[UUID] = mapped_column(ForeignKey("term.id"), primary_key=True)
    level: Mapped[int | None]
    audience: Mapped[Audience] = state_column(Audience, name="audience", default=Audience.MEMBERS)

    profile: Mapped[Profile] = relationship(back_populates="terms")


class MemberCard(Base):
    """One line per person who was ever admitted, gathered from the domains that own the facts.

    Lists of any size sort, filter and page over this one table's indexes instead of joining six. Nothing is decided by
    it: how somebody stands follows from its dates on the day of asking (M6), and gathering again from the domains gives
    the same cards. `sort_key` is the name as a Dutch list sorts it; `joined_on` is the first paid day, or the day of
    admission while nothing is paid.
    """

    __tablename__ = "member_card"
    __table_args__ = (
        Index("ix_member_card_name", "sort_key", "account_id"),
        Index("ix_member_card_directory", "listed", "sort_key", "account_id"),
        Index("ix_member_card_joined", "joined_on", "account_id"),
        Index("ix_member_card_paid", "ends_on", "grace_until"),
        Index("ix_member_card_standing", "given_up_on", "starts_on", "ends_on", "grace_until", "lapses_after"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    sort_key: Mapped[str] = mapped_column(String(200).with_variant(String(200, collation="C"), "postgresql"))
    email: Mapped[str] = mapped_column(String(254))
    company: Mapped[str] = mapped_column(String(200), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("plan.id"))
    region_id: Mapped[UUID | None] = mapped_column(ForeignKey("term.id"))
    listed: Mapped[bool] = mapped_column(default=False)
    joined_on: Mapped[date]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    grace_until: Mapped[date | None]
    lapses_after: Mapped[date | None]
    given_up_on: Mapped[date | None]
