"""M3: writing an application, in as many sittings as it takes, and sending it in once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock, files
from app.core.db import db, insert_once, insert_rows
from app.core.errors import Refusal, WayOut
from app.core.events import publish
from app.core.i18n import _l, language
from app.membership import queries
from app.membership.events import ApplicationSubmitted, ApplicationWithdrawn
from app.membership.models import (
    Application,
    ApplicationCv,
    ApplicationReference,
    ApplicationState,
    ApplicationStep,
    ApplicationTerm,
    Company,
    Consent,
    ConsentText,
    ManagementCategory,
    StepName,
)
from app.membership.services.transitions import locked, move

LONGEST_STEP = 40_000
_SEEN_BY_BUREAU = (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW)


class AlreadyMember(Refusal):
    """M3: who is in the circle does not ask to be let in."""

    message = _l("You are a member already; there is nothing to apply for.")


class AlreadySubmitted(Refusal):
    """M3: what the bureau has received can't be changed any more."""

    message = _l(
        "You have sent in your application; it can no longer be changed here. Call or mail the bureau if something is"
        " wrong."
    )


class EmailNotConfirmed(Refusal):
    """M3: the bureau must be able to reach whoever applies."""

    message = _l(
        "First confirm your e-mail address with the link we mailed you. After that you can send in your application."
    )


class ChangedElsewhere(Refusal):
    """Two windows: the page was saved in another one since this one was opened."""

    message = _l(
        "You saved this page in another window in the meantime. Below is what you typed here; save again to keep this."
    )


class ConsentTextChanged(Refusal):
    """L5: nobody agrees to a text that was not on the screen."""

    message = _l("The text of a consent has changed. Read it again and send in your application once more.")


class TooMuchText(Refusal):
    """A draft is kept as typed, but not without end."""

    message = _l("This is more text than fits. Shorten it; a few lines per question are enough.")


class NothingToWithdraw(Refusal):
    """M4: there is no application that could be taken back."""

    message = _l("This application can no longer be withdrawn.")


@dataclass(frozen=True)
class CompanyDetails:
    """M3: somebody's own company, checked."""

    name: str
    kvk: str
    vat_id: str
    address: str
    postcode: str
    city: str


@dataclass(frozen=True)
class ReferenceDetails:
    """M3: somebody who knows the applicant's work."""

    name: str
    organisation: str
    email: str
    phone: str


@dataclass(frozen=True)
class Answers:
    """M3: a whole application, checked. Levels run from 0 to 4 by competence."""

    phone: str
    place: str
    linkedin_url: str
    company: CompanyDetails
    experience_years: int
    categories: Sequence[ManagementCategory]
    term_ids: Collection[UUID]
    levels: Mapping[UUID, int]
    references: Sequence[ReferenceDetails]
    motivation: str


def start_application(*, by: Account) -> Application:
    """M3: open a draft; asked twice, the one that is open."""
    if queries.is_member(by.id, clock.today()):
        raise AlreadyMember(way_out=WayOut(_l("Go to my membership"), "membership.mine"))
    insert_once(Application, id=uuid.uuid4(), account_id=by.id)
    started = queries.current_application(by.id)
    assert started is not None
    return started


def save_step(
    application: Application, name: StepName, answers: Mapping[str, list[str]], *, complete: bool, seen: int
) -> ApplicationStep:
    """M3: keep one page as it was typed. `seen` is the version it was opened with; a newer one asks to look first."""
    application = locked(application.id)
    if application.state is not ApplicationState.DRAFT:
        raise AlreadySubmitted
    if len(json.dumps(dict(answers))) > LONGEST_STEP:
        raise TooMuchText
    kept = dict(answers)
    of_page = select(ApplicationStep).where(
        ApplicationStep.application_id == application.id, ApplicationStep.name == name
    )
    step = db.session.scalar(of_page.execution_options(populate_existing=True))
    if step is None:
        step = ApplicationStep(
            application_id=application.id, name=name, answers=kept, complete=complete, version=1, saved_at=clock.now()
        )
        db.session.add(step)
    elif step.answers != kept and step.version != seen:
        raise ChangedElsewhere
    else:
        step.version += step.answers != kept
        step.answers, step.complete, step.saved_at = kept, complete, clock.now()
    db.session.flush()
    return step


def attach_cv(application: Application, *, shown_name: str, content: bytes, by: Account) -> ApplicationCv:
    """M3: keep a CV (a PDF, checked before) in place of an earlier one, whose file goes once that is safe."""
    application = locked(application.id)
    if application.state is not ApplicationState.DRAFT:
        raise AlreadySubmitted
    stored_name = files.keep(content, "pdf")
    cv = queries.cv_of(application.id)
    if cv is None:
        cv = ApplicationCv(application_id=application.id)
        db.session.add(cv)
    else:
        files.discard_when_safe(cv.stored_name)
    cv.stored_name, cv.shown_name, cv.size, cv.uploaded_at = stored_name, shown_name, len(content), clock.now()
    audit.record("application.cv_attached", by=by.id, on=("application", application.id), after={"size": len(content)})
    return cv


def submit(application: Application, answers: Answers, *, consents: Sequence[ConsentText], by: Account) -> Application:
    """M3, M4: send the application in, with what was agreed to; done a second time it changes nothing."""
    application = locked(application.id)
    if application.state in _SEEN_BY_BUREAU:
        return application
    if application.state is not ApplicationState.DRAFT:
        raise AlreadySubmitted
    if by.confirmed_at is None:
        raise EmailNotConfirmed
    if {text.id for text in queries.consent_texts(clock.today())} != {text.id for text in consents}:
        raise ConsentTextChanged
    company = Company(account_id=by.id, **vars(answers.company))
    db.session.add(company)
    db.session.flush()
    application.company_id = company.id
    application.phone, application.place = answers.phone, answers.place
    application.linkedin_url, application.motivation = answers.linkedin_url, answers.motivation
    application.experience_years = answers.experience_years
    application.categories = [category.value for category in answers.categories]
    application.submitted_at = clock.now()
    move(application, ApplicationState.SUBMITTED, by=by.id)
    _keep_choices(application, answers)
    keep_consents(consents, by=by)
    db.session.execute(delete(ApplicationStep).where(ApplicationStep.application_id == application.id))
    publish(ApplicationSubmitted(application_id=application.id, account_id=by.id))
    return application


def _keep_choices(application: Application, answers: Answers) -> None:
    chosen = {**dict.fromkeys(answers.term_ids), **answers.levels}
    insert_rows(
        ApplicationTerm,
        [{"application_id": application.id, "term_id": term_id, "level": level} for term_id, level in chosen.items()],
    )
    insert_rows(
        ApplicationReference,
        [
            {"id": uuid.uuid4(), "application_id": application.id, "position": position, **vars(reference)}
            for position, reference in enumerate(answers.references, start=1)
        ],
    )


def keep_consents(texts: Sequence[ConsentText], *, by: Account) -> None:
    """L5: keep that somebody agrees to these texts; a text agreed to before stays as it was."""
    for text in texts:
        given = {"account_id": by.id, "text_id": text.id, "language": language(), "given_at": clock.now()}
        if insert_once(Consent, id=uuid.uuid4(), **given):
            told = {"kind": text.kind, "version": text.version}
            audit.record("consent.given", by=by.id, on=("consent_text", text.id), after=told)


def withdraw(application: Application, *, by: Account) -> None:
    """M4: take an application back. A draft takes what was typed and the CV along; the bureau never knew of it."""
    application = locked(application.id)
    if application.state is ApplicationState.WITHDRAWN:
        return
    if not application.may_be_withdrawn:
        raise NothingToWithdraw
    received = application.state is not ApplicationState.DRAFT
    application.closed_at = clock.now()
    move(application, ApplicationState.WITHDRAWN, by=by.id)
    if received:
        publish(ApplicationWithdrawn(application_id=application.id, account_id=by.id))
        return
    db.session.execute(delete(ApplicationStep).where(ApplicationStep.application_id == application.id))
    cv = queries.cv_of(application.id)
    if cv is not None:
        files.discard_when_safe(cv.stored_name)
        db.session.delete(cv)
