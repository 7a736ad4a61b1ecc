"""M8: what there is to pay for a membership in whatever state it is, and coming back after it lapsed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from app.accounts import queries as accounts
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound, Refusal
from app.core.i18n import _l
from app.membership import queries as membership_queries
from app.membership.models import Company, Membership, MembershipStatus
from app.membership.queries import Standing
from app.membership.queries import renewal as queries
from app.membership.queries.renewal import SUBJECT, Case
from app.membership.services.buying import bill_for_year, next_period
from app.membership.services.following import give_up_period
from app.membership.terms import Earlier, Timeline, first_timeline, timeline_if_paid
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import BillState

TO_PAY = (BillState.DRAFT, BillState.ISSUED, BillState.SHORT)


class NoWayBack(Refusal):
    """M8: the time to come back without applying again is over, or there is nothing to come back to."""

    message = _l("This can no longer be renewed here. You are welcome to apply again.")


class Offer(StrEnum):
    """What a link to renew leads to."""

    PAY = "pay"
    REVIVE = "revive"
    NOTHING_YET = "nothing_yet"
    RESIGNED = "resigned"
    ENDED = "ended"
    TOO_LATE = "too_late"


@dataclass(frozen=True)
class Renewing:
    """M8: how renewing stands for a membership on a day: what is offered, for which bill or year."""

    offer: Offer
    status: MembershipStatus
    account_id: UUID
    plan_name: str
    bill_id: UUID | None = None
    ends_on: date | None = None
    next_bill_on: date | None = None
    year: Timeline | None = None
    open_until: date | None = None


def renewing(membership_id: UUID, today: date) -> Renewing:
    """M8: say what there is to pay for a membership; asking changes nothing."""
    membership = queries.membership(membership_id)
    standing = membership_queries.standing(membership.account_id, today) if membership else None
    if membership is None or standing is None or standing.membership_id != membership_id:
        raise NotFound
    return renewing_of(membership, standing, today)


def renewing_of(membership: Membership, standing: Standing, today: date) -> Renewing:
    """M8: say the same of a membership whose standing is known already."""
    case = queries.case_of(membership.id)
    plan = case.plan if case else membership_queries.plan(membership.plan_id)
    how = Renewing(
        Offer.PAY,
        standing.status,
        membership.account_id,
        plan.name,
        ends_on=standing.ends_on,
        open_until=standing.member_until,
    )
    bill_id = _bill_to_pay(case, membership)
    if bill_id is not None:
        return replace(how, bill_id=bill_id)
    if membership.ends_on is not None:
        over = membership.ends_on < today
        return replace(how, offer=Offer.ENDED if over else Offer.RESIGNED, ends_on=membership.ends_on)
    if case is None:
        return replace(how, offer=Offer.TOO_LATE)
    if standing.status is MembershipStatus.ACTIVE:
        return replace(how, offer=Offer.NOTHING_YET, ends_on=case.span.covered_until, next_bill_on=case.ending.bill_on)
    if today <= _last_day_to_return(case):
        return replace(how, offer=Offer.REVIVE, year=_year_from_today(case, today))
    return replace(how, offer=Offer.TOO_LATE)


def _bill_to_pay(case: Case | None, membership: Membership) -> UUID | None:
    if case is not None and case.owing is not None and case.owing.state in TO_PAY:
        return case.owing.bill_id if case.stays or case.span.uncovered_on else None
    if case is not None or membership.ends_on is not None:
        return None
    first = membership_queries.open_period(membership.account_id)
    bill = bills.bill_for(SUBJECT, first.id) if first else None
    return bill.id if bill is not None and bill.state in TO_PAY else None


def _last_day_to_return(case: Case) -> date:
    return case.span.lapses_after + timedelta(days=case.plan.revival_days)


def _year_from_today(case: Case, today: date) -> Timeline:
    earlier = Earlier(case.span.covered_until, case.span.grace_until, case.span.lapses_after)
    return timeline_if_paid(case.plan, today, billed_on=today, earlier=earlier)


def revive(membership_id: UUID) -> UUID:
    """M8: return the bill with which somebody shut out comes back: the one that stands, or a new one at today's price.

    The year begins on the day it is paid. Refused after the plan's days of revival.
    """
    locked = select(Membership.id).where(Membership.id == membership_id).with_for_update()
    db.session.execute(locked)
    today = clock.today()
    how = renewing(membership_id, today)
    if how.offer is Offer.PAY and how.bill_id is not None:
        bill = bills.any_bill(how.bill_id)
        if bill.state is not BillState.DRAFT or how.status is MembershipStatus.PENDING or bill.due_on >= today:
            return how.bill_id
        give_up_period(bill.subject_id, cause="stale")
    elif how.offer is not Offer.REVIVE:
        raise NoWayBack
    return _bill_for_return(membership_id, today)


def _bill_for_return(membership_id: UUID, today: date) -> UUID:
    membership = db.session.get_one(Membership, membership_id, populate_existing=True)
    plan = membership_queries.plan(membership.plan_id)
    draft = bill_for_year(
        next_period(membership_id, plan.id),
        plan,
        first_timeline(plan, today),
        member=accounts.account(membership.account_id),
        company=db.session.get_one(Company, membership.company_id),
        due_on=today + timedelta(days=plan.payment_days),
        dated=False,
    )
    (bill,) = payments.draw_up_bills([draft], by=None)
    return bill.id
