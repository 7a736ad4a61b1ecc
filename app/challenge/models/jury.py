"""V4: who judges, what they give for what, and whom they leave to the others."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.challenge.models.edition import REFUSAL, Edition, frozen_edition
from app.core import clock
from app.core.db import Base, Id, state_column
from app.core.ddl import Guard, append_only, guarded


class JurorState(StrEnum):
    """A juror is asked, and sits or does not."""

    ASKED = "asked"
    SITS = "sits"
    DECLINED = "declined"


class RecusalReason(StrEnum):
    """Why a juror leaves a nominee to the others."""

    CLIENT = "client"
    COACHING = "coaching"
    PEER_GROUP = "peer_group"
    BUSINESS = "business"
    PERSONAL = "personal"
    OTHER = "other"


class Juror(Base):
    """V4: somebody's place in the jury of an edition; the panel is frozen when the edition opens (trigger)."""

    __tablename__ = "challenge_juror"
    __table_args__ = (UniqueConstraint("edition_id", "account_id"),)

    id: Mapped[Id]
    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    state: Mapped[JurorState] = state_column(JurorState, name="state", default=JurorState.ASKED)
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    answered_at: Mapped[datetime | None]

    edition: Mapped[Edition] = relationship()


class Score(Base):
    """V4: what one juror gives one nominee for one criterion, in halves of a point: 0 to 20. No row is no score."""

    __tablename__ = "challenge_score"
    __table_args__ = (CheckConstraint("halves BETWEEN 0 AND 20", name="halves"),)

    juror_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_juror.id"), primary_key=True)
    nominee_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_nominee.id"), primary_key=True)
    criterion_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_criterion.id"), primary_key=True)
    halves: Mapped[int]
    reason: Mapped[str] = mapped_column(String(400), default="")
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)


class Recusal(Base):
    """V4: a juror does not judge a nominee; what was declared stays declared (append-only)."""

    __tablename__ = "challenge_recusal"

    juror_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_juror.id"), primary_key=True)
    nominee_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_nominee.id"), primary_key=True)
    reason: Mapped[RecusalReason] = state_column(RecusalReason, name="reason")
    note: Mapped[str] = mapped_column(String(400), default="")
    by_bureau: Mapped[bool] = mapped_column(default=False)
    declared_at: Mapped[datetime] = mapped_column(default=clock.now)


append_only(Recusal)
guarded(
    Juror,
    Guard("no_more", "INSERT", frozen_edition("NEW"), REFUSAL),
    Guard("no_other", "UPDATE", frozen_edition("OLD"), REFUSAL),
    Guard("no_less", "DELETE", frozen_edition("OLD"), REFUSAL),
)
