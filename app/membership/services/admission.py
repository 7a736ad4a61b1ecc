"""M4: the bureau judges an application, and what follows from its yes or no."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import exists, select

from app.accounts import queries as accounts
from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.events import publish
from app.core.i18n import _l
from app.membership import queries
from app.membership.events import ApplicationAccepted, ApplicationDeclined, ApplicationExpired
from app.membership.models import (
    Application,
    ApplicationReviewer,
    ApplicationState,
    Company,
    Membership,
    MembershipPeriod,
    Plan,
    YearPolicy,
)
from app.membership.services.buying import bill_for_year, next_period
from app.membership.services.discounts import release_code
from app.membership.services.transitions import locked, move
from app.membership.terms import NoPriceError, first_timeline, year_end
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import AttemptState, Bill, BillState

SUBJECT = "membership_period"


class AlreadyDecided(Refusal):
    """M4: of two decisions the first holds."""

    message = _l("This application has been decided on already. The page now shows how it stands.")


class AdmissionNeedsPrice(Refusal):
    """M5: nobody is admitted to a plan that costs an unknown amount."""

    message = _l("This plan has no price today. Give it a price first, then admit the applicant.")


def take_into_review(application: Application, *, by: Account) -> None:
    """M4: begin to judge, as the colleague who has it in hand; another who clicks as well changes nothing."""
    application = locked(application.id)
    if application.state is ApplicationState.IN_REVIEW:
        return
    if application.state is not ApplicationState.SUBMITTED:
        raise AlreadyDecided
    application.review_started_at = clock.now()
    if db.session.get(ApplicationReviewer, application.id) is None:
        db.session.add(ApplicationReviewer(application_id=application.id, account_id=by.id, since=clock.now()))
    move(application, ApplicationState.IN_REVIEW, by=by.id)


def keep_intake_report(application: Application, report: str, *, by: Account) -> None:
    """M4: keep what the intake interview brought; for the bureau only."""
    application = locked(application.id)
    if application.state is not ApplicationState.IN_REVIEW:
        raise AlreadyDecided
    audit.record(
        "application.intake_reported",
        by=by.id,
        on=("application", application.id),
        before={"report": application.intake_report},
        after={"report": report},
    )
    application.intake_report, application.intake_at, application.intake_by_id = report, clock.now(), by.id


def admit(application: Application, *, plan: Plan, reason: str, by: Account) -> None:
    """M4, M6, M11: let somebody in, as soon as the bill that this draws up for their company is paid."""
    application = locked(application.id)
    if application.state is ApplicationState.ACCEPTED and application.decided_by_id == by.id:
        return
    if application.state is not ApplicationState.IN_REVIEW:
        raise AlreadyDecided
    company = db.session.get_one(Company, application.company_id)
    application.plan_id, application.pay_before = plan.id, pay_before(plan, clock.today())
    _decide(application, ApplicationState.ACCEPTED, reason=reason, by=by, plan=plan.slug)
    bill = let_pay(application, company, plan, by=by)
    publish(ApplicationAccepted(application_id=application.id, account_id=application.account_id, bill_id=bill.id))


def let_pay(application: Application, company: Company, plan: Plan, *, by: Account) -> Bill:
    """M4, M6: make the period that waits for money, and the bill for it; one that stands already is returned."""
    try:
        first = first_timeline(plan, clock.today())
    except NoPriceError:
        raise AdmissionNeedsPrice from None
    draft = bill_for_year(
        _waiting_period(_place_in_circle(application, company, plan), plan),
        plan,
        first,
        member=accounts.account(application.account_id),
        company=company,
        due_on=application.pay_before or clock.today(),
        dated=False,
    )
    (bill,) = payments.draw_up_bills([draft], by=by)
    return bill


def pay_before(plan: Plan, admitted_on: date) -> date:
    """Return the last day to pay an admission; in a fixed year not after the year that is paid for has ended."""
    last = admitted_on + timedelta(days=plan.payment_days)
    return last if plan.policy is YearPolicy.ROLLING else min(last, year_end(plan, admitted_on))


def _decide(application: Application, to: ApplicationState, *, reason: str, by: Account, **told: str) -> None:
    application.reason, application.decided_at, application.decided_by_id = reason, clock.now(), by.id
    move(application, to, by=by.id, reason=reason, **told)


def _place_in_circle(application: Application, company: Company, plan: Plan) -> Membership:
    """Return the membership this admission is for: the running one, one that never came to life, or else a new one."""
    membership = db.session.scalar(
        select(Membership)
        .where(Membership.account_id == application.account_id)
        .order_by(Membership.ends_on.is_not(None), Membership.created_at.desc())
        .limit(1)
    )
    if membership is not None and (membership.ends_on is None or not _was_ever_active(membership)):
        membership.ends_on, membership.plan_id, membership.company_id = None, plan.id, company.id
        membership.application_id = application.id
    else:
        membership = Membership(
            account_id=application.account_id, plan_id=plan.id, company_id=company.id, application_id=application.id
        )
        db.session.add(membership)
    db.session.flush()
    return membership


def _was_ever_active(membership: Membership) -> bool:
    lived = exists().where(MembershipPeriod.membership_id == membership.id, MembershipPeriod.activated_at.is_not(None))
    return bool(db.session.scalar(select(lived)))


def _waiting_period(membership: Membership, plan: Plan) -> MembershipPeriod:
    """Return the period that waits for money: the one that waits already, or the next."""
    waiting = queries.open_period(membership.account_id)
    if waiting is None:
        return next_period(membership.id, plan.id)
    waiting.plan_id = plan.id
    db.session.flush()
    return waiting


def decline(application: Application, *, reason: str, by: Account) -> None:
    """M4: say no; the reason goes to the applicant."""
    application = locked(application.id)
    if application.state is ApplicationState.DECLINED and application.decided_by_id == by.id:
        return
    if application.state is not ApplicationState.IN_REVIEW:
        raise AlreadyDecided
    application.closed_at = clock.now()
    _decide(application, ApplicationState.DECLINED, reason=reason, by=by)
    publish(ApplicationDeclined(application_id=application.id, account_id=application.account_id))


def expire_admission(application: Application) -> bool:
    """M4: let an admission that was not paid in time expire; say whether it did now.

    A payment that is being processed is waited for. A bill without a number is taken back; one that was issued, for a
    transfer, stays, and still makes a member when the money comes.
    """
    application = locked(application.id)
    overdue = application.pay_before is not None and application.pay_before < clock.today()
    if application.state is not ApplicationState.ACCEPTED or not overdue:
        return False
    period = queries.open_period(application.account_id)
    bill = bills.bill_for(SUBJECT, period.id) if period else None
    if bill is not None and any(attempt.state is AttemptState.PROCESSING for attempt in bill.attempts):
        return False
    if bill is not None and bill.state is BillState.DRAFT:
        payments.void(bill, by=None)
        release_code(bill)
    membership = db.session.scalar(select(Membership).where(Membership.application_id == application.id))
    if membership is not None and not _was_ever_active(membership):
        membership.ends_on = clock.today()
    application.closed_at = clock.now()
    move(application, ApplicationState.EXPIRED, by=None, pay_before=application.pay_before)
    publish(ApplicationExpired(application_id=application.id, account_id=application.account_id))
    return True
