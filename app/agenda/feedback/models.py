"""What is asked after a gathering, what was answered, and, apart from that, who has answered.

An answer is kept in such a way that nobody can put a name to it. There is no row of one person's answer: marks are
counted per value, comments stand by themselves under random keys. The roll tells who has answered and nothing else, and
is emptied when a gathering takes no more answers. No table has a moment, and none that SQLite would number in the order
of writing: that number would tell whose comment came third.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id, state_column
from app.core.i18n import language

UNNUMBERED = {"sqlite_with_rowid": False}


class Scale(StrEnum):
    """How a question is answered: by a mark of 1 to 5, or by how surely one would recommend it, 0 to 10."""

    MARK = "mark"
    RECOMMEND = "recommend"


VALUES = {Scale.MARK: range(1, 6), Scale.RECOMMEND: range(11)}


class Part(StrEnum):
    """Which of the two open questions a comment answers."""

    HELPED = "helped"
    BETTER = "better"


class FeedbackQuestion(Base):
    """G8: something that is asked after every gathering. One that was answered is taken off, never deleted."""

    __tablename__ = "feedback_question"

    id: Mapped[Id]
    position: Mapped[int]
    scale: Mapped[Scale] = state_column(Scale, name="scale")
    text_nl: Mapped[str] = mapped_column(String(160))
    text_en: Mapped[str] = mapped_column(String(160))
    asked: Mapped[bool] = mapped_column(default=True)

    @property
    def text(self) -> str:
        """The question in the language of the page."""
        return self.text_en if language() == "en" else self.text_nl


class FeedbackRound(Base):
    """How many people have answered about one gathering."""

    __tablename__ = "feedback_round"
    __table_args__ = (CheckConstraint("answers >= 0", name="answers"),)

    gathering_id: Mapped[UUID] = mapped_column(ForeignKey("gathering.id"), primary_key=True)
    answers: Mapped[int] = mapped_column(default=0)


class FeedbackRoll(Base):
    """Who has answered, so that nobody does twice; kept until the gathering takes no more answers."""

    __tablename__ = "feedback_roll"
    __table_args__ = (UNNUMBERED,)

    gathering_id: Mapped[UUID] = mapped_column(ForeignKey("gathering.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)


class FeedbackTally(Base):
    """How many people gave one value to one question."""

    __tablename__ = "feedback_tally"
    __table_args__ = (CheckConstraint("votes >= 0", name="votes"), UNNUMBERED)

    gathering_id: Mapped[UUID] = mapped_column(ForeignKey("gathering.id"), primary_key=True)
    question_id: Mapped[UUID] = mapped_column(ForeignKey("feedback_question.id"), primary_key=True)
    value: Mapped[int] = mapped_column(primary_key=True)
    votes: Mapped[int] = mapped_column(default=0)


class FeedbackComment(Base):
    """Something that somebody wrote; `hidden_why` is the bureau's reason to show it to nobody."""

    __tablename__ = "feedback_comment"
    __table_args__ = (UNNUMBERED,)

    id: Mapped[Id]
    gathering_id: Mapped[UUID] = mapped_column(ForeignKey("gathering.id"), index=True)
    part: Mapped[Part] = state_column(Part, name="part")
    text: Mapped[str] = mapped_column(Text)
    hidden_why: Mapped[str] = mapped_column(String(400), default="")
