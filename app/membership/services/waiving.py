"""M6: a period without money, given by a person of the bureau who says why, and taken back while that is fresh (B8)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound, Refusal
from app.core.events import publish
from app.core.formats import short_date
from app.core.i18n import _l
from app.membership import queries
from app.membership.events import MembershipActivated, WaiverUndone
from app.membership.models import Membership, MembershipPeriod, PeriodWaiver
from app.membership.services.admission import SUBJECT, AdmissionNeedsPrice
from app.membership.services.buying import next_period
from app.membership.services.discounts import release_code
from app.membership.services.periods import close_application, reopen_application
from app.membership.terms import NoPriceError
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import Bill, BillState
from app.payments.services import Buyer, LineDraft

UNDO_MINUTES = 30


class MembershipIsOver(Refusal):
    """M9: what was given up gets no further period."""

    message = _l("This membership has ended. Admit the person again first.")


class GivenUpBefore(Refusal):
    """M9: whoever goes gets no year after that."""

    message = _l("The membership was given up before this period begins. Take that back first.")


class WaiverStands(Refusal):
    """B8: after a while others have gone on from it; money is put right by counter-booking only."""

    message = _l("This can no longer be undone: it is too long ago, or an invoice was credited for it.")


def waive_period(membership_id: UUID, *, reason: str, by: Account, sequence: int | None = None) -> MembershipPeriod:
    """M6: give the period that waits for money, or the next one, without money.

    A bill without a number is taken back and one with a number credited. `sequence` is the period that was meant, so
    that a second click gives no second one.
    """
    membership = db.session.get(Membership, membership_id, with_for_update=True, populate_existing=True)
    if membership is None:
        raise NotFound
    if membership.ends_on is not None and membership.ends_on < clock.today():
        raise MembershipIsOver
    meant = queries.period_waived_as(membership_id, sequence) if sequence is not None else None
    if meant is not None:
        return meant
    waiting = queries.open_period(membership.account_id)
    bill = bills.bill_for(SUBJECT, waiting.id) if waiting else None
    credited = bill is not None and _put_aside(bill, waiting_id=waiting.id if waiting else membership_id, by=by)
    period = waiting if waiting is not None and not credited else next_period(membership.id, membership.plan_id)
    _date(period)
    if membership.ends_on is not None and period.starts_on is not None and period.starts_on > membership.ends_on:
        raise GivenUpBefore(_l("The membership was given up as of %(day)s.", day=short_date(membership.ends_on)))
    waiver = PeriodWaiver(
        period_id=period.id,
        reason=reason,
        by_id=by.id,
        at=clock.now(),
        stood_before=period is waiting,
        void_bill_id=bill.id if bill is not None and not credited else None,
        credited=credited,
    )
    db.session.add(waiver)
    db.session.flush()
    audit.record(
        "membership.waived",
        by=by.id,
        on=("membership", membership.id),
        after={"starts_on": period.starts_on, "ends_on": period.ends_on, "reason": reason},
    )
    close_application(membership)
    publish(MembershipActivated(membership_id=membership.id, period_id=period.id, account_id=membership.account_id))
    return period


def _put_aside(bill: Bill, *, waiting_id: UUID, by: Account) -> bool:
    """Take a bill back that nobody has to pay any more; say whether that took a credit note."""
    if payments.is_being_paid(bill):
        raise payments.BeingPaid
    if bill.state is BillState.DRAFT:
        payments.void(bill, by=by)
        release_code(bill)
        return False
    left = bills.creditable(bill)
    if left:
        payments.credit(bill, gross_cents=left, cause=f"waiver:{waiting_id}", reason=str(WAIVED), by=by)
    return True


WAIVED = _l("The bureau gives this period without payment")


def _date(period: MembershipPeriod) -> None:
    try:
        dated = queries.timeline_if_paid(period.id, clock.today())
    except NoPriceError:
        raise AdmissionNeedsPrice from None
    period.starts_on, period.ends_on = dated.starts_on, dated.ends_on
    period.grace_until, period.lapses_after = dated.grace_until, dated.lapses_after
    period.activated_at = clock.now()
    period.benefits = {held.benefit.value: held.quota for held in queries.entitlements_of(period.plan_id)}
    db.session.flush()


def may_undo(waiver: PeriodWaiver) -> bool:
    """B8: say whether a waiver is fresh, and has not moved anything in the books."""
    return not waiver.credited and clock.now() - waiver.at <= timedelta(minutes=UNDO_MINUTES)


def undo_waiver(period_id: UUID, *, by: Account) -> None:
    """B8: take a fresh waiver back, once; a period that waited waits again, with a bill."""
    waiver = db.session.get(PeriodWaiver, period_id, with_for_update=True, populate_existing=True)
    if waiver is None:
        return
    if not may_undo(waiver):
        raise WaiverStands
    period = db.session.get_one(MembershipPeriod, period_id, with_for_update=True, populate_existing=True)
    membership = db.session.get_one(Membership, period.membership_id)
    gone = {"starts_on": period.starts_on, "ends_on": period.ends_on, "reason": waiver.reason}
    void_bill_id, stood_before = waiver.void_bill_id, waiver.stood_before
    db.session.delete(waiver)
    period.starts_on = period.ends_on = period.grace_until = period.lapses_after = None
    period.activated_at = period.benefits = None
    db.session.flush()
    if not stood_before:
        db.session.delete(period)
    elif void_bill_id is not None:
        _draw_up_again(bills.any_bill(void_bill_id), by=by)
    audit.record("membership.waiver_undone", by=by.id, on=("membership", membership.id), before=gone)
    reopen_application(membership, by=by)
    publish(WaiverUndone(membership_id=membership.id, account_id=membership.account_id))


def _draw_up_again(bill: Bill, *, by: Account) -> Bill:
    """Draw a bill up as one that was taken back said, without what a code took off: that use has been given back."""
    lines = [
        LineDraft(line.description, line.quantity, line.unit_net_cents, line.vat_code, line.in_languages)
        for line in bill.lines
        if line.quantity > 0
    ]
    return payments.draw_up_bill(
        person_id=bill.person_id,
        subject=(bill.subject_type, bill.subject_id),
        lines=lines,
        buyer=Buyer(**bill.buyer),
        due_on=max(bill.due_on, clock.today()),
        by=by,
        period=(bill.period_from, bill.period_until) if bill.period_from and bill.period_until else None,
        term=bill.term,
        locale=bill.locale,
    )
