"""Applications as their owner and as the bureau may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.accounts.models import Account
from app.core import clock, search
from app.core.db import db
from app.core.errors import NotFound
from app.membership.models import (
    OPEN_STATES,
    WAITING_STATES,
    Application,
    ApplicationCv,
    ApplicationReference,
    ApplicationReviewer,
    ApplicationState,
    ApplicationStep,
    ApplicationTerm,
    Company,
    Consent,
    ConsentText,
    StepName,
    Term,
    TermKind,
)

APPLICANT_NAME = Account.given_name + " " + Account.family_name
_REVIEWER = aliased(Account)
APPLICANT_ORDER = (Account.family_name, Account.given_name)


@dataclass(frozen=True)
class Dossier:
    """Everything an application holds once it was sent in."""

    application: Application
    company: Company | None
    terms: dict[TermKind, list[Term]]
    levels: dict[UUID, int]
    references: list[ApplicationReference]
    cv: ApplicationCv | None


@dataclass(frozen=True)
class Waiting:
    """B1: how many applications wait for the bureau, and since when the oldest does."""

    count: int
    since: datetime | None


def application(application_id: UUID) -> Application:
    """Return an application, for rules and mails that were told its id."""
    found = db.session.get(Application, application_id)
    if found is None:
        raise NotFound
    return found


def application_for_staff(application_id: UUID) -> Application:
    """Return an application the bureau has received; a draft is its writer's own, so there is none."""
    wanted = select(Application).where(Application.id == application_id, Application.submitted_at.is_not(None))
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound
    return found


def current_application(account_id: UUID) -> Application | None:
    """Return somebody's own application: the open one, else the latest."""
    return db.session.scalar(
        select(Application)
        .where(Application.account_id == account_id)
        .order_by(Application.state.in_(OPEN_STATES).desc(), Application.started_at.desc())
        .limit(1)
    )


def steps_of(application_id: UUID) -> dict[StepName, ApplicationStep]:
    """Return what was typed so far, by page."""
    found = db.session.scalars(select(ApplicationStep).where(ApplicationStep.application_id == application_id))
    return {step.name: step for step in found}


def cv_of(application_id: UUID) -> ApplicationCv | None:
    """Return the CV that goes with an application."""
    return db.session.get(ApplicationCv, application_id)


def dossier(wanted: Application) -> Dossier:
    """Return an application with all that belongs to it."""
    chosen = db.session.execute(
        select(Term, ApplicationTerm.level)
        .join(ApplicationTerm, ApplicationTerm.term_id == Term.id)
        .where(ApplicationTerm.application_id == wanted.id)
        .order_by(Term.kind, Term.position, Term.slug)
    ).all()
    by_kind: dict[TermKind, list[Term]] = {kind: [] for kind in TermKind}
    levels = {}
    for term, level in chosen:
        by_kind[term.kind].append(term)
        if level is not None:
            levels[term.id] = level
    references = select(ApplicationReference).where(ApplicationReference.application_id == wanted.id)
    return Dossier(
        application=wanted,
        company=db.session.get(Company, wanted.company_id) if wanted.company_id else None,
        terms=by_kind,
        levels=levels,
        references=list(db.session.scalars(references.order_by(ApplicationReference.position))),
        cv=cv_of(wanted.id),
    )


def latest_consents(account_id: UUID) -> list[tuple[Consent, ConsentText]]:
    """L5: return what somebody agreed to, with the text as it was then."""
    wanted = select(Consent, ConsentText).join(ConsentText, ConsentText.id == Consent.text_id)
    rows = db.session.execute(
        wanted.where(Consent.account_id == account_id).order_by(Consent.given_at, ConsentText.kind)
    )
    return [(consent, text) for consent, text in rows]


def waiting_applications() -> Waiting:
    """B1: return how many applications the bureau has not begun to judge."""
    return _waiting(ApplicationState.SUBMITTED, Application.submitted_at)


def reviewing() -> Waiting:
    """B1: return how many applications are being judged."""
    return _waiting(ApplicationState.IN_REVIEW, Application.review_started_at)


def _waiting(state: ApplicationState, since: InstrumentedAttribute[datetime | None]) -> Waiting:
    count, oldest = db.session.execute(
        select(func.count(), func.min(since)).select_from(Application).where(Application.state == state)
    ).one()
    return Waiting(count, oldest)


def received_applications() -> Select[Any]:
    """Give every application the bureau has received, with its applicant, to filter, sort and page further."""
    wanted = (
        select(
            Application.id,
            Application.state,
            Application.submitted_at,
            Application.place,
            Application.experience_years,
            Account.given_name,
            Account.family_name,
            Account.email,
            Company.name.label("company"),
            (_REVIEWER.given_name + " " + _REVIEWER.family_name).label("reviewer"),
        )
        .join(Account, Account.id == Application.account_id)
        .outerjoin(Company, Company.id == Application.company_id)
        .outerjoin(ApplicationReviewer, ApplicationReviewer.application_id == Application.id)
        .outerjoin(_REVIEWER, _REVIEWER.id == ApplicationReviewer.account_id)
        .where(Application.submitted_at.is_not(None))
    )
    return cast("Select[Any]", wanted)


def open_applications() -> Select[Any]:
    """Give the applications that wait for the bureau, or for the applicant's payment.

    The states are written out so that the index of those that wait answers it.
    """
    waiting: BindParameter[Any] = bindparam("waiting", WAITING_STATES, expanding=True, literal_execute=True)
    return received_applications().where(Application.state.in_(waiting))


def received_from(text: str) -> ColumnElement[bool]:
    """Give the condition that an application's writer has a name, address or company with words that begin so."""
    return search.matching(search.PEOPLE, Application.account_id, text)


def undecided_since(moment: datetime) -> ColumnElement[bool]:
    """Give the condition that an application was sent in before a moment and still waits for a decision."""
    undecided = (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW)
    return Application.state.in_(undecided) & (Application.submitted_at < moment)


def in_hand_of(account_id: UUID) -> ColumnElement[bool]:
    """Give the condition that a colleague has an application in hand."""
    return ApplicationReviewer.account_id == account_id


def overdue_admissions() -> list[UUID]:
    """Return the admissions whose last day to pay has passed."""
    wanted = select(Application.id).where(
        Application.state == ApplicationState.ACCEPTED, Application.pay_before < clock.today()
    )
    return list(db.session.scalars(wanted.order_by(Application.pay_before)))
