"""V4: who judges, what they give for what, and whom they leave to the others."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.challenge.models.edition import REFUSAL, Edition, frozen_edition
from app.core import clock
from app.core.db import Base, Id, state_column
from app.core.ddl import Guard, changes, guarded


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
    PUT_FORWARD = "put_forward"
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


class Sheet(Base):
    """V4: what a juror has typed for a nominee so far, as typed; what of it is whole stands as scores besides.

    `typed` holds per code of a criterion the mark in halves, or null, and the reason. `version` rises with each change.
    """

    __tablename__ = "challenge_sheet"

    juror_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_juror.id"), primary_key=True)
    nominee_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_nominee.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    typed: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]


class HandedIn(Base):
    """V4: a juror says that the work is done; until the close the scores can still change."""

    __tablename__ = "challenge_handed_in"

    juror_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_juror.id"), primary_key=True)
    at: Mapped[datetime]


class Recusal(Base):
    """V4: a juror does not judge a nominee, or judges again after all; the newest of the two says which (a log).

    What was declared stays declared: only the note can be emptied, when whoever wrote it is forgotten (trigger).
    """

    __tablename__ = "challenge_recusal"
    __table_args__ = (
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("stands = (reason IS NOT NULL)", name="reason_given"),
    )

    juror_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_juror.id"), primary_key=True)
    nominee_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_nominee.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stands: Mapped[bool] = mapped_column(default=True)
    reason: Mapped[RecusalReason | None] = state_column(RecusalReason, name="reason")
    note: Mapped[str] = mapped_column(String(400), default="")
    by_bureau: Mapped[bool] = mapped_column(default=False)
    declared_at: Mapped[datetime] = mapped_column(default=clock.now)


class ChairScore(Base):
    """V4: the panel score, in hundredths, on which the chair decided where fewer than three jurors gave a mark."""

    __tablename__ = "challenge_chair_score"
    __table_args__ = (CheckConstraint("score BETWEEN 0 AND 1000", name="score"),)

    nominee_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_nominee.id"), primary_key=True)
    criterion_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_criterion.id"), primary_key=True)
    score: Mapped[int]
    reason: Mapped[str] = mapped_column(String(400))
    decided_at: Mapped[datetime] = mapped_column(default=clock.now)


class EditedReason(Base):
    """V4: a juror's reason as the chair lets it be read; an empty one is left out. The original stays the score's."""

    __tablename__ = "challenge_edited_reason"

    juror_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_juror.id"), primary_key=True)
    nominee_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_nominee.id"), primary_key=True)
    criterion_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_criterion.id"), primary_key=True)
    text: Mapped[str] = mapped_column(String(400))
    edited_at: Mapped[datetime] = mapped_column(default=clock.now)


def out_of_time(row: str) -> str:
    """Return the condition that the edition of a row's juror is not open for the verdict."""
    edition = "SELECT 1 FROM challenge_juror j JOIN challenge_edition e ON e.id = j.edition_id"
    return f"EXISTS ({edition} WHERE j.id = {row}.juror_id AND e.state <> 'open')"


NOT_OPEN = "scores are given while the edition is open"
KEPT = "what was declared about a nominee stays declared"
GIVEN = ("juror_id", "nominee_id", "criterion_id", "halves")
DECLARED = ("juror_id", "nominee_id", "seq", "stands", "reason", "by_bureau", "declared_at")

guarded(
    Score,
    Guard("in_time", "INSERT", out_of_time("NEW"), NOT_OPEN),
    Guard("no_later", "UPDATE", f"{out_of_time('OLD')} AND ({changes(GIVEN)})", NOT_OPEN),
    Guard("no_less", "DELETE", out_of_time("OLD"), NOT_OPEN),
)
guarded(
    Recusal,
    Guard("no_other", "UPDATE", f"{changes(DECLARED)} OR NEW.note <> ''", KEPT),
    Guard("no_less", "DELETE", "1 = 1", KEPT),
)
guarded(
    Juror,
    Guard("no_more", "INSERT", frozen_edition("NEW"), REFUSAL),
    Guard("no_other", "UPDATE", frozen_edition("OLD"), REFUSAL),
    Guard("no_less", "DELETE", frozen_edition("OLD"), REFUSAL),
)
