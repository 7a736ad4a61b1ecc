"""Lists that staff edit, and the texts people agree to: data, not code (B9)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id, state_column
from app.core.i18n import language


class TermKind(StrEnum):
    """Which list a term is on."""

    DISCIPLINE = "discipline"
    SECTOR = "sector"
    HARD_COMPETENCE = "hard_competence"
    SOFT_COMPETENCE = "soft_competence"
    LANGUAGE = "language"
    REGION = "region"
    REGISTER = "register"


class Term(Base):
    """One entry of a list, in both languages. Out of use, it stays with whoever chose it."""

    __tablename__ = "term"
    __table_args__ = (UniqueConstraint("kind", "slug"), Index("ix_term_kind_position", "kind", "position"))

    id: Mapped[Id]
    kind: Mapped[TermKind] = state_column(TermKind, name="kind")
    slug: Mapped[str] = mapped_column(String(60))
    name_nl: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    hint_nl: Mapped[str] = mapped_column(String(200), default="")
    hint_en: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if language() == "en" else self.name_nl

    @property
    def hint(self) -> str:
        """What is meant by it, in the reader's language; may be empty."""
        return self.hint_en if language() == "en" else self.hint_nl


class ConsentKind(StrEnum):
    """What somebody agrees to."""

    PRIVACY = "privacy"
    CODE_OF_CONDUCT = "code_of_conduct"
    REFERENCE_CHECK = "reference_check"


class ConsentText(Base):
    """L5: one version of a text; a changed text is a new version, so that an old consent keeps its meaning."""

    __tablename__ = "consent_text"
    __table_args__ = (UniqueConstraint("kind", "version"),)

    id: Mapped[Id]
    kind: Mapped[ConsentKind] = state_column(ConsentKind, name="kind")
    version: Mapped[int]
    text_nl: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]

    @property
    def text(self) -> str:
        """The text in the reader's language."""
        return self.text_en if language() == "en" else self.text_nl


class Consent(Base):
    """M3, L5: who agreed to which version of which text, in which language, and when."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("account_id", "text_id"),)

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    text_id: Mapped[UUID] = mapped_column(ForeignKey("consent_text.id"))
    language: Mapped[str] = mapped_column(String(2))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
