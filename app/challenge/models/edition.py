"""V1: an edition with everything that decides it: the case, the criteria with their weights, the rounds, the dates."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Id, state_column
from app.core.ddl import Guard, changes, guarded
from app.core.i18n import language

LIVE = text("state <> 'cancelled'")


class EditionState(StrEnum):
    """Where an edition stands; each step is one service function and one entry on the board."""

    CONCEPT = "concept"
    NOMINATION = "nomination"
    OPEN = "open"
    CLOSED = "closed"
    OPENED = "opened"
    COUNTED = "counted"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


NEXT: dict[EditionState, set[EditionState]] = {
    EditionState.CONCEPT: {EditionState.NOMINATION, EditionState.CANCELLED},
    EditionState.NOMINATION: {EditionState.OPEN, EditionState.CANCELLED},
    EditionState.OPEN: {EditionState.CLOSED, EditionState.CANCELLED},
    EditionState.CLOSED: {EditionState.OPENED, EditionState.CANCELLED},
    EditionState.OPENED: {EditionState.COUNTED, EditionState.CANCELLED},
    EditionState.COUNTED: {EditionState.PUBLISHED, EditionState.CANCELLED},
    EditionState.PUBLISHED: set(),
    EditionState.CANCELLED: set(),
}
UNFROZEN = (EditionState.CONCEPT, EditionState.NOMINATION)


class Scope(StrEnum):
    """For whom an edition is: everybody, one discipline or one sector."""

    BROAD = "broad"
    DISCIPLINE = "discipline"
    SECTOR = "sector"


class RoundKind(StrEnum):
    """What happens in a round."""

    NOMINATION = "nomination"
    JURY = "jury"
    BALLOT = "ballot"
    FINAL = "final"


class Method(StrEnum):
    """How a round decides: by being open to all, by the rubric, or by one of the counting rules (V6)."""

    OPEN = "open"
    RUBRIC = "rubric"
    PLURALITY = "plurality"
    APPROVAL = "approval"
    BORDA = "borda"
    IRV = "irv"
    SCHULZE = "schulze"


BALLOT_METHODS = (Method.PLURALITY, Method.APPROVAL, Method.BORDA, Method.IRV, Method.SCHULZE)
METHODS_OF: dict[RoundKind, tuple[Method, ...]] = {
    RoundKind.NOMINATION: (Method.OPEN,),
    RoundKind.JURY: (Method.RUBRIC,),
    RoundKind.BALLOT: BALLOT_METHODS,
    RoundKind.FINAL: (Method.RUBRIC, *BALLOT_METHODS),
}


class Model(StrEnum):
    """How jury and members come together in one result."""

    POINTS = "points"
    SEPARATE = "separate"
    SHORTLIST = "shortlist"


class TieRule(StrEnum):
    """V6: what decides when two end equal, one after the other in the order of the edition."""

    MEMBER_POINTS = "member_points"
    HEAVIEST_CRITERION = "heaviest_criterion"
    FIRST_PREFERENCES = "first_preferences"
    SHARED_TITLE = "shared_title"


class Edition(Base):
    """V1: one year's Challenge. What decides it can change until it opens, and never afterwards (V8; trigger).

    Nominations come in between `nominations_from` and `nominations_until`; nominees work on the case until
    `work_until`; jury and members give their verdict between `opens_at` and `closes_at`. `jury_share` is the jury's
    part of the result in basis points, `quorum_percent` the part of the roll that has to vote.
    """

    __tablename__ = "challenge_edition"
    __table_args__ = (
        Index("uq_challenge_edition_year", "year", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        CheckConstraint("year BETWEEN 2000 AND 2200", name="year"),
        CheckConstraint("nominations_until > nominations_from", name="nominations"),
        CheckConstraint("work_until >= nominations_until", name="work"),
        CheckConstraint("opens_at >= work_until", name="opens"),
        CheckConstraint("closes_at > opens_at", name="closes"),
        CheckConstraint("jury_share BETWEEN 0 AND 10000", name="jury_share"),
        CheckConstraint("quorum_percent BETWEEN 0 AND 100", name="quorum_percent"),
        CheckConstraint("(scope = 'broad') = (term_id IS NULL)", name="scope_term"),
        CheckConstraint("(state = 'cancelled') = (cancelled_why <> '')", name="cancelled_why"),
        CheckConstraint("(case_file = '') = (case_sha256 = '')", name="case_file"),
    )

    id: Mapped[Id]
    state: Mapped[EditionState] = state_column(EditionState, name="state", default=EditionState.CONCEPT)
    year: Mapped[int]
    scope: Mapped[Scope] = state_column(Scope, name="scope", default=Scope.BROAD)
    term_id: Mapped[UUID | None] = mapped_column(ForeignKey("term.id"))
    title: Mapped[str] = mapped_column(String(160))
    intro: Mapped[str] = mapped_column(Text, default="")
    case_text: Mapped[str] = mapped_column(Text, default="")
    case_file: Mapped[str] = mapped_column(String(48), default="")
    case_name: Mapped[str] = mapped_column(String(200), default="")
    case_size: Mapped[int] = mapped_column(default=0)
    case_sha256: Mapped[str] = mapped_column(String(64), default="")
    terms_text: Mapped[str] = mapped_column(Text, default="")
    terms_version: Mapped[int] = mapped_column(default=1)
    nominations_from: Mapped[datetime | None]
    nominations_until: Mapped[datetime | None]
    work_until: Mapped[datetime | None]
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    eligible_on: Mapped[date | None]
    is_blind: Mapped[bool] = mapped_column(default=False)
    model: Mapped[Model] = state_column(Model, name="model", default=Model.POINTS)
    jury_share: Mapped[int] = mapped_column(default=5000)
    quorum_percent: Mapped[int] = mapped_column(default=0)
    tie_order: Mapped[list[str]]
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    chair_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    cancelled_why: Mapped[str] = mapped_column(String(400), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    criteria: Mapped[list[Criterion]] = relationship(back_populates="edition", order_by="Criterion.position")
    rounds: Mapped[list[Round]] = relationship(back_populates="edition", order_by="Round.position")

    @property
    def is_frozen(self) -> bool:
        """Whether what decides can no longer change."""
        return self.state not in UNFROZEN


class Criterion(Base):
    """V1: what is judged, with its weight in basis points; an edition's weights together are 10 000."""

    __tablename__ = "challenge_criterion"
    __table_args__ = (
        UniqueConstraint("edition_id", "position"),
        CheckConstraint("weight BETWEEN 0 AND 10000", name="weight"),
    )

    id: Mapped[Id]
    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"))
    position: Mapped[int]
    name_nl: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    about_nl: Mapped[str] = mapped_column(String(400), default="")
    about_en: Mapped[str] = mapped_column(String(400), default="")
    weight: Mapped[int]

    edition: Mapped[Edition] = relationship(back_populates="criteria")

    @property
    def code(self) -> str:
        """What the published files call it; criteria are frozen before any of these is written."""
        return f"c{self.position}"

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if language() == "en" else self.name_nl

    @property
    def about(self) -> str:
        """What it asks, in the reader's language."""
        return self.about_en if language() == "en" else self.about_nl


class Round(Base):
    """V1: one round of an edition and the method by which it decides."""

    __tablename__ = "challenge_round"
    __table_args__ = (UniqueConstraint("edition_id", "position"),)

    id: Mapped[Id]
    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"))
    position: Mapped[int]
    kind: Mapped[RoundKind] = state_column(RoundKind, name="kind")
    method: Mapped[Method] = state_column(Method, name="method")

    edition: Mapped[Edition] = relationship(back_populates="rounds")


DECIDING = (
    "year",
    "scope",
    "term_id",
    "case_text",
    "case_sha256",
    "eligible_on",
    "is_blind",
    "model",
    "jury_share",
    "quorum_percent",
    "tie_order",
    "chair_id",
)
FROZEN = "OLD.state NOT IN ('concept', 'nomination')"
REFUSAL = "what decides an edition is frozen when it opens"


def frozen_edition(row: str) -> str:
    """Return the condition that the edition of a row is open or further."""
    states = "SELECT 1 FROM challenge_edition e WHERE e.id = %s.edition_id AND e.state NOT IN ('concept', 'nomination')"
    return f"EXISTS ({states % row})"


guarded(Edition, Guard("frozen", "UPDATE", f"{FROZEN} AND ({changes(DECIDING)})", REFUSAL))
for _model in (Criterion, Round):
    guarded(
        _model,
        Guard("no_more", "INSERT", frozen_edition("NEW"), REFUSAL),
        Guard("no_other", "UPDATE", frozen_edition("OLD"), REFUSAL),
        Guard("no_less", "DELETE", frozen_edition("OLD"), REFUSAL),
    )
