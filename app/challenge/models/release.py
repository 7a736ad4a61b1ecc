"""V8: the two persons who make a result public, neither of whom can do it alone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, state_column


class ReleaseRole(StrEnum):
    """As whom somebody agrees to a result being made public."""

    OFFICER = "officer"
    CHAIR = "chair"


class Release(Base):
    """V8: one person's agreement; it can be taken back until the other's comes (unique: never one person twice)."""

    __tablename__ = "challenge_release"
    __table_args__ = (UniqueConstraint("edition_id", "account_id"),)

    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"), primary_key=True)
    role: Mapped[ReleaseRole] = state_column(ReleaseRole, name="role", primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    agreed_at: Mapped[datetime] = mapped_column(default=clock.now)
