"""M8: the year that follows on one that ends: its bill, and giving both up when nobody pays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from app.accounts import queries as accounts
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.events import publish
from app.core.i18n import _, speaking
from app.membership.events import MembershipChanged
from app.membership.ladder import PRE_NOTICE
from app.membership.models import Company, Membership, MembershipPeriod
from app.membership.queries.renewal import SUBJECT, Case
from app.membership.services.buying import bill_for_year, next_periods
from app.membership.services.discounts import release_code
from app.membership.terms import next_timeline
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import BillState
from app.payments.services import BillDraft


def bill_years(cases: Sequence[Case], today: date) -> None:
    """M8: draw up and issue the bills for the years that follow, each at the price of its first day, once.

    Whoever is billed late, because the portal stood still, gets the days to pay before anything is closed to them.
    """
    periods = next_periods({case.membership_id: case.plan.id for case in cases})
    drafts = [_bill(case, periods[case.membership_id], today) for case in cases]
    payments.issue_all(payments.draw_up_bills(drafts, by=None), by=None)
    for case, draft in zip(cases, drafts, strict=True):
        _give_time(case, draft.due_on)


def _bill(case: Case, period: MembershipPeriod, today: date) -> BillDraft:
    membership = db.session.get_one(Membership, case.membership_id)
    return bill_for_year(
        period,
        case.plan,
        next_timeline(case.plan, case.span.ends_on),
        member=accounts.account(case.account_id),
        company=db.session.get_one(Company, membership.company_id),
        due_on=max(case.ending.due_on, today + timedelta(days=case.plan.payment_days)),
        dated=True,
    )


def _give_time(case: Case, due_on: date) -> None:
    if due_on <= case.span.grace_until:
        return
    running = db.session.get_one(MembershipPeriod, case.period_id)
    running.grace_until = due_on
    running.lapses_after = max(running.lapses_after or due_on, due_on + PRE_NOTICE)
    publish(MembershipChanged(membership_id=case.membership_id, account_id=case.account_id))


def give_up_period(period_id: UUID, *, cause: str, reason: str = "", by: UUID | None = None) -> None:
    """Give up a period that waits for money, with its bill: credited, or taken back when it had no number."""
    period = db.session.get_one(MembershipPeriod, period_id, with_for_update=True, populate_existing=True)
    if period.activated_at is not None or period.closed_on is not None:
        return
    period.closed_on = clock.today()
    db.session.flush()
    bill = bills.bill_for(SUBJECT, period_id)
    if bill is None:
        return
    actor = accounts.account(by) if by else None
    if bill.state is BillState.DRAFT:
        payments.void(bill, by=actor)
        release_code(bill)
    elif bill.state is not BillState.CREDITED:
        with speaking(bill.locale):
            said = reason or _("The membership was not renewed")
        payments.credit(bill, gross_cents=bills.creditable(bill), cause=f"{cause}:{period_id}", reason=said, by=actor)


def let_go(stale: Sequence[Case], lapsed: Sequence[Case]) -> None:
    """M8: give up what was drawn up for coming back and never paid, and end what lapses today."""
    with payments.locked_together({case.owing.bill_id for case in (*stale, *lapsed) if case.owing}):
        for case in stale:
            assert case.waiting_id is not None
            give_up_period(case.waiting_id, cause="stale")
        for case in lapsed:
            _let_lapse(case)


def _let_lapse(case: Case) -> None:
    """M8: end what nobody paid: what waits is given up, and what is still claimed for a lost cover is let go."""
    if case.waiting_id is not None:
        give_up_period(case.waiting_id, cause="lapse")
    elif case.owing is not None and case.owing.state is BillState.SHORT:
        bill = bills.any_bill(case.owing.bill_id)
        left = min(case.left_cents, bills.creditable(bill))
        if left > 0:
            with speaking(bill.locale):
                said = _("The payment was taken back and the membership has lapsed")
            cause = f"lapse:{case.period_id}:{case.reference}"
            payments.credit(bill, gross_cents=left, cause=cause, reason=said, by=None)
    audit.record(
        "membership.lapsed",
        by=None,
        on=("membership", case.membership_id),
        after={"ends_on": case.span.covered_until, "lapsed_on": case.span.lapses_after},
    )
