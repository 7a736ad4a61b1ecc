"""M3, M4: somebody asks to be admitted."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Id, state_column


class ApplicationState(StrEnum):
    """M4: how far an application is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ACTIVE = "active"
    EXPIRED = "expired"


# A payment that was under way when the admission expired still makes a member: whoever paid is let in. An invitation
# goes straight to accepted, an expired admission can be opened again, and a waiver taken back leaves one to be paid.
NEXT: dict[ApplicationState, frozenset[ApplicationState]] = {
    ApplicationState.DRAFT: frozenset(
        {ApplicationState.SUBMITTED, ApplicationState.WITHDRAWN, ApplicationState.ACCEPTED}
    ),
    ApplicationState.SUBMITTED: frozenset({ApplicationState.IN_REVIEW, ApplicationState.WITHDRAWN}),
    ApplicationState.IN_REVIEW: frozenset(
        {ApplicationState.ACCEPTED, ApplicationState.DECLINED, ApplicationState.WITHDRAWN}
    ),
    ApplicationState.ACCEPTED: frozenset({ApplicationState.ACTIVE, ApplicationState.EXPIRED}),
    ApplicationState.EXPIRED: frozenset({ApplicationState.ACTIVE, ApplicationState.ACCEPTED}),
    ApplicationState.DECLINED: frozenset(),
    ApplicationState.WITHDRAWN: frozenset(),
    ApplicationState.ACTIVE: frozenset({ApplicationState.ACCEPTED}),
}
OPEN_STATES = (
    ApplicationState.DRAFT,
    ApplicationState.SUBMITTED,
    ApplicationState.IN_REVIEW,
    ApplicationState.ACCEPTED,
)
WAITING_STATES = OPEN_STATES[1:]
"""Those that wait for the bureau, or for the applicant's payment."""
_OPEN = text("state IN ('draft', 'submitted', 'in_review', 'accepted')")
_WAITING = text("state IN ('submitted', 'in_review', 'accepted')")


class ManagementCategory(StrEnum):
    """The five kinds of interim management."""

    CHANGE = "change"
    BRIDGING = "bridging"
    PROJECT = "project"
    CRISIS = "crisis"
    EXPERTISE = "expertise"


class StepName(StrEnum):
    """The pages of the application form, in order."""

    PERSON = "person"
    COMPANY = "company"
    EXPERIENCE = "experience"
    HARD_COMPETENCES = "expertise"
    SOFT_COMPETENCES = "strengths"
    REFERENCES = "references"
    MOTIVATION = "motivation"


class Application(Base):
    """M3: one request for admission. Until it is sent in, what was typed lives in its steps; from then on, here."""

    __tablename__ = "application"
    __table_args__ = (
        Index("uq_application_open", "account_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_application_state_submitted", "state", "submitted_at", "id"),
        Index("ix_application_submitted_at", "submitted_at", "id"),
        Index("ix_application_waiting", "submitted_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_application_account_started", "account_id", "started_at"),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    state: Mapped[ApplicationState] = state_column(ApplicationState, name="state", default=ApplicationState.DRAFT)
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    submitted_at: Mapped[datetime | None]
    review_started_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    closed_at: Mapped[datetime | None]
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("plan.id"))
    pay_before: Mapped[date | None]
    invited_at: Mapped[datetime | None]

    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("company.id"))
    phone: Mapped[str] = mapped_column(String(20), default="")
    place: Mapped[str] = mapped_column(String(120), default="")
    linkedin_url: Mapped[str] = mapped_column(String(300), default="")
    experience_years: Mapped[int | None]
    categories: Mapped[list[str]] = mapped_column(default=list)
    motivation: Mapped[str] = mapped_column(Text, default="")

    intake_report: Mapped[str] = mapped_column(Text, default="")
    intake_at: Mapped[datetime | None]
    intake_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))

    @property
    def may_be_withdrawn(self) -> bool:
        """M4: until the bureau has decided, the applicant can take it back."""
        return ApplicationState.WITHDRAWN in NEXT[self.state]

    @property
    def waits_for_company(self) -> bool:
        """M4: whoever was invited names the company to bill before anything can be paid."""
        return self.state is ApplicationState.ACCEPTED and self.invited_at is not None and self.company_id is None


class ApplicationStep(Base):
    """M3: one page of a draft exactly as it was typed, right or wrong, so that it can be gone on with on any day."""

    __tablename__ = "application_step"
    __table_args__ = (UniqueConstraint("application_id", "name"),)

    id: Mapped[Id]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    name: Mapped[StepName] = state_column(StepName, name="name")
    answers: Mapped[dict[str, Any]]
    complete: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)
    saved_at: Mapped[datetime]


class ApplicationTerm(Base):
    """What was chosen from the lists; a competence comes with its level from 0 to 4."""

    __tablename__ = "application_term"
    __table_args__ = (CheckConstraint("level BETWEEN 0 AND 4", name="level"),)

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    term_id: Mapped[UUID] = mapped_column(ForeignKey("term.id"), primary_key=True)
    level: Mapped[int | None]


class ApplicationReference(Base):
    """Somebody the bureau may ask about the applicant."""

    __tablename__ = "application_reference"
    __table_args__ = (UniqueConstraint("application_id", "position"),)

    id: Mapped[Id]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(20))


class ApplicationCv(Base):
    """The CV: what its owner calls it, and the name of our own under which it is stored."""

    __tablename__ = "application_cv"

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), primary_key=True)
    stored_name: Mapped[str] = mapped_column(String(80), unique=True)
    shown_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    uploaded_at: Mapped[datetime]
