"""V2, V3: who was put forward, by whom and why, and the work a nominee hands in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.challenge.models.edition import Edition
from app.core import clock
from app.core.db import Base, Id, state_column


class NomineeState(StrEnum):
    """V2: somebody is asked, and then takes part or not; who takes part can still withdraw, and stays listed."""

    ASKED = "asked"
    TAKING_PART = "taking_part"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class NominationKind(StrEnum):
    """Who put somebody forward."""

    MEMBER = "member"
    BUREAU = "bureau"
    SELF = "self"


class Nominee(Base):
    """V2, V3: somebody in an edition, with the terms as agreed to and the work on the case as last saved.

    `number` names the nominee where names are not shown; with `is_named` the name stands by the points off the podium,
    too. `version` rises with each change of the work.
    """

    __tablename__ = "challenge_nominee"
    __table_args__ = (
        UniqueConstraint("edition_id", "account_id"),
        UniqueConstraint("edition_id", "number"),
        CheckConstraint("state NOT IN ('taking_part', 'withdrawn') OR accepted_at IS NOT NULL", name="accepted_at"),
        CheckConstraint("(accepted_at IS NULL) = (terms_text = '')", name="terms"),
        CheckConstraint("state = 'withdrawn' OR withdrawn_why = ''", name="withdrawn_why"),
    )

    id: Mapped[Id]
    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    state: Mapped[NomineeState] = state_column(NomineeState, name="state", default=NomineeState.ASKED)
    number: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    answered_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    terms_version: Mapped[int | None]
    terms_text: Mapped[str] = mapped_column(Text, default="")
    is_named: Mapped[bool] = mapped_column(default=False)
    withdrawn_why: Mapped[str] = mapped_column(String(400), default="")
    plan: Mapped[str] = mapped_column(Text, default="")
    plan_file: Mapped[str] = mapped_column(String(48), default="")
    plan_name: Mapped[str] = mapped_column(String(200), default="")
    plan_size: Mapped[int] = mapped_column(default=0)
    short_cv: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime | None]

    edition: Mapped[Edition] = relationship()
    nominations: Mapped[list[Nomination]] = relationship(back_populates="nominee", order_by="Nomination.created_at")

    @property
    def has_work(self) -> bool:
        """Whether there is a plan for the jury to judge."""
        return bool(self.plan or self.plan_file)


class Nomination(Base):
    """V2: one person's reason to put somebody forward; each says it once."""

    __tablename__ = "challenge_nomination"
    __table_args__ = (UniqueConstraint("nominee_id", "by_id"),)

    id: Mapped[Id]
    nominee_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_nominee.id"))
    by_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[NominationKind] = state_column(NominationKind, name="kind")
    reason: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    nominee: Mapped[Nominee] = relationship(back_populates="nominations")
