"""M6: money makes membership periods; nothing else does."""

from __future__ import annotations

from sqlalchemy import exists, select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.events import publish
from app.membership import queries
from app.membership.events import MembershipActivated, MembershipRevived
from app.membership.models import Application, ApplicationState, Membership, MembershipPeriod, MembershipStatus
from app.membership.queries.renewal import dated_periods
from app.membership.services.admission import SUBJECT
from app.membership.services.transitions import locked, move
from app.payments import services as payments
from app.payments.events import BillPaid


def activate_after_payment(event: BillPaid) -> None:
    """M6: date the period that a paid bill was for, once. Whoever paid after the admission expired is let in too."""
    if event.subject_type != SUBJECT:
        return
    period = db.session.get_one(MembershipPeriod, event.subject_id, with_for_update=True, populate_existing=True)
    if period.activated_at is not None or period.closed_on is not None:
        return
    membership = db.session.get_one(Membership, period.membership_id, populate_existing=True)
    shut_out = _is_shut_out(membership)
    dated = queries.timeline_if_paid(period.id, clock.local(event.paid_at).date())
    period.starts_on, period.ends_on = dated.starts_on, dated.ends_on
    period.grace_until, period.lapses_after = dated.grace_until, dated.lapses_after
    period.activated_at, period.paid_bill_id = clock.now(), event.bill_id
    period.benefits = {held.benefit.value: held.quota for held in queries.entitlements_of(period.plan_id)}
    if membership.ends_on is not None and membership.ends_on < dated.ends_on:
        membership.ends_on = None
    for earlier in dated_periods(membership.id):
        earlier.processing_until = None
    db.session.flush()
    payments.state_period(event.bill_id, dated.starts_on, dated.ends_on)
    audit.record(
        "membership.activated",
        by=None,
        on=("membership", membership.id),
        after={"starts_on": dated.starts_on, "ends_on": dated.ends_on, "bill_id": event.bill_id},
    )
    close_application(membership)
    ids = {"membership_id": membership.id, "period_id": period.id, "account_id": membership.account_id}
    publish(MembershipActivated(**ids))
    if shut_out:
        publish(MembershipRevived(**ids))


def _is_shut_out(membership: Membership) -> bool:
    standing = queries.standing(membership.account_id, clock.today())
    return standing is not None and standing.status in (MembershipStatus.SUSPENDED, MembershipStatus.LAPSED)


def close_application(membership: Membership) -> None:
    """M4: close the application behind a membership that has begun."""
    if membership.application_id is None:
        return
    application: Application = locked(membership.application_id)
    if application.state in (ApplicationState.ACCEPTED, ApplicationState.EXPIRED):
        application.closed_at = clock.now()
        move(application, ApplicationState.ACTIVE, by=None)


def reopen_application(membership: Membership, *, by: Account) -> None:
    """M4: let an application be paid again whose membership has no period any more, because a waiver was taken back."""
    lived = exists().where(MembershipPeriod.membership_id == membership.id, MembershipPeriod.activated_at.is_not(None))
    if membership.application_id is None or db.session.scalar(select(lived)):
        return
    application = locked(membership.application_id)
    if application.state is ApplicationState.ACTIVE:
        application.closed_at = None
        move(application, ApplicationState.ACCEPTED, by=by.id, reason=application.reason)
