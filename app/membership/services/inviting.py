"""M4: somebody whom the bureau asks in, straight to admitted; and an admission that expired, opened once more."""

from __future__ import annotations

import uuid

from sqlalchemy import delete

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db, insert_once
from app.core.errors import Refusal
from app.core.events import publish
from app.core.i18n import _l
from app.membership import queries
from app.membership.events import ApplicantInvited, ApplicationAccepted
from app.membership.models import (
    Application,
    ApplicationState,
    ApplicationStep,
    Company,
    ConsentText,
    Plan,
)
from app.membership.services.admission import AdmissionNeedsPrice, AlreadyDecided, let_pay, pay_before
from app.membership.services.applications import (
    AlreadyMember,
    CompanyDetails,
    ConsentTextChanged,
    keep_consents,
)
from app.membership.services.transitions import locked, move


class HasApplication(Refusal):
    """M4: who has applied already is judged on that."""

    message = _l("This person has sent in an application already. Judge that one.")


class NotExpired(Refusal):
    """M4: only an admission that expired is opened again."""

    message = _l("This admission has not expired, so it can't be opened again.")


def invite_applicant(account: Account, *, plan: Plan, reason: str, by: Account) -> Application:
    """M4: admit somebody who did not apply. They tell about their company and agree to the texts before they pay.

    A draft of their own becomes this admission; asked twice, the first holds.
    """
    if queries.is_member(account.id, clock.today()):
        raise AlreadyMember(_l("This person is a member already."))
    if plan.price_on(clock.today()) is None:
        raise AdmissionNeedsPrice
    insert_once(Application, id=uuid.uuid4(), account_id=account.id)
    found = queries.current_application(account.id)
    assert found is not None
    application = locked(found.id)
    if application.state is ApplicationState.ACCEPTED and application.invited_at is not None:
        return application
    if application.state is not ApplicationState.DRAFT:
        raise HasApplication
    now = clock.now()
    application.submitted_at = application.invited_at = application.decided_at = now
    application.decided_by_id, application.reason, application.plan_id = by.id, reason, plan.id
    application.pay_before = pay_before(plan, clock.today())
    move(application, ApplicationState.ACCEPTED, by=by.id, reason=reason, plan=plan.slug)
    db.session.execute(delete(ApplicationStep).where(ApplicationStep.application_id == application.id))
    publish(ApplicantInvited(application_id=application.id, account_id=account.id))
    return application


def accept_admission(
    application: Application, details: CompanyDetails, *, consents: list[ConsentText], by: Account
) -> None:
    """M4, M11: whoever was invited names the company to bill and agrees to the texts; then there is a bill to pay."""
    application = locked(application.id)
    if application.company_id is not None:
        return
    if application.state is not ApplicationState.ACCEPTED or application.plan_id is None:
        raise AlreadyDecided
    if {text.id for text in queries.invited_texts(clock.today())} != {text.id for text in consents}:
        raise ConsentTextChanged
    company = Company(account_id=by.id, **vars(details))
    db.session.add(company)
    db.session.flush()
    application.company_id = company.id
    keep_consents(consents, by=by)
    audit.record(
        "application.company_named", by=by.id, on=("application", application.id), after={"company": company.name}
    )
    let_pay(application, company, queries.plan(application.plan_id), by=by)


def reopen_admission(application: Application, *, plan: Plan, by: Account) -> None:
    """M4: give somebody whose admission expired another term to pay, at the price of today; done twice it is once."""
    application = locked(application.id)
    if application.state is ApplicationState.ACCEPTED:
        return
    if application.state is not ApplicationState.EXPIRED:
        raise NotExpired
    newest = queries.current_application(application.account_id)
    if newest is not None and newest.id != application.id:
        raise HasApplication
    application.closed_at = None
    application.plan_id, application.pay_before = plan.id, pay_before(plan, clock.today())
    move(application, ApplicationState.ACCEPTED, by=by.id, plan=plan.slug, reason=application.reason)
    if application.company_id is None:
        application.invited_at = clock.now()
        publish(ApplicantInvited(application_id=application.id, account_id=application.account_id))
        return
    bill = let_pay(application, db.session.get_one(Company, application.company_id), plan, by=by)
    publish(ApplicationAccepted(application_id=application.id, account_id=application.account_id, bill_id=bill.id))
