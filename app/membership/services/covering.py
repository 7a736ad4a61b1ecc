"""M6: cover follows the money: gone when it goes back, back when it returns, held while it is on its way."""

from __future__ import annotations

import uuid
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.audit import services as audit
from app.core import clock
from app.core.db import db, insert_once
from app.core.events import publish
from app.membership.events import MembershipChanged
from app.membership.ladder import COVER_LOST, ONE_DAY
from app.membership.models import Membership, MembershipPeriod, NoticeSent, RenewalCharge
from app.membership.queries import renewal as queries
from app.membership.queries.renewal import SUBJECT
from app.payments import queries as bills
from app.payments.events import (
    BillCredited,
    BillRecovered,
    BillShort,
    ChargeFailed,
    PaymentFailed,
    PaymentProcessing,
)

SETTLES_WITHIN = timedelta(days=14)


def lose_cover(event: BillShort | BillCredited) -> None:
    """M6: take a running year's cover away because its money went back; what waited for a credited bill is given up.

    From that day on grace, suspension and lapsing run as they do at the end of a year. A year that is over stays as it
    was: nobody was in the circle for nothing after the fact.
    """
    if event.subject_type != SUBJECT:
        return
    period = _locked(event.subject_id)
    today = clock.today()
    if period.starts_on is None or period.ends_on is None:
        if isinstance(event, BillCredited) and period.closed_on is None:
            period.closed_on = today
        return
    if period.uncovered_on is not None or period.ends_on < today:
        return
    assert period.grace_until is not None
    assert period.lapses_after is not None
    lost_on = max(today, period.starts_on)
    grace, lapse = period.grace_until - period.ends_on, period.lapses_after - period.ends_on
    period.uncovered_on = lost_on
    period.grace_until, period.lapses_after = lost_on - ONE_DAY + grace, lost_on - ONE_DAY + lapse
    _changed(period, "membership.uncovered", {"uncovered_on": lost_on})
    _log_loss(period, event.bill_id)


def _log_loss(period: MembershipPeriod, bill_id: UUID) -> None:
    """Log that this is told: payments tell it in the same transaction, and nobody wants to read it twice."""
    assert period.uncovered_on is not None
    insert_once(
        NoticeSent,
        id=uuid.uuid4(),
        period_id=period.id,
        kind=COVER_LOST,
        reference=period.uncovered_on.isoformat(),
        bill_id=bill_id,
        told_on=clock.today(),
        told_at=clock.now(),
    )


def regain_cover(event: BillRecovered) -> None:
    """M6: give a year its cover back, as if it had never gone; a membership that lapsed meanwhile stays lapsed."""
    if event.subject_type != SUBJECT:
        return
    period = _locked(event.subject_id)
    if period.uncovered_on is None or period.ends_on is None:
        return
    assert period.grace_until is not None
    assert period.lapses_after is not None
    if period.lapses_after < clock.today():
        return
    covered_until = period.uncovered_on - ONE_DAY
    grace, lapse = period.grace_until - covered_until, period.lapses_after - covered_until
    period.uncovered_on = None
    period.grace_until, period.lapses_after = period.ends_on + grace, period.ends_on + lapse
    _changed(period, "membership.covered", {"ends_on": period.ends_on})


def hold_for_processing(event: PaymentProcessing) -> None:
    """M6: while a payment is on its way, for two weeks at most, it counts as grace, never as paid."""
    period = _before(event.bill_id)
    if period is not None:
        period.processing_until = clock.today() + SETTLES_WITHIN
        _changed(period, "membership.payment_under_way", {"processing_until": period.processing_until})


def stop_holding(event: PaymentFailed | ChargeFailed) -> None:
    """M6: the payment did not come: the calendar alone counts again, and a charge may be tried anew, later."""
    charge = db.session.scalar(
        select(RenewalCharge)
        .where(RenewalCharge.bill_id == event.bill_id, RenewalCharge.failed_on.is_(None))
        .order_by(RenewalCharge.seq.desc())
    )
    if charge is not None and charge.attempt_id in (None, event.attempt_id):
        charge.attempt_id, charge.failed_on = event.attempt_id, clock.today()
    period = _before(event.bill_id)
    if period is not None and period.processing_until is not None:
        period.processing_until = None
        _changed(period, "membership.payment_failed", {"bill_id": event.bill_id})


def _before(bill_id: UUID) -> MembershipPeriod | None:
    """Return the dated period that a bill's payment would follow on, or restore; None for another kind of bill."""
    bill = bills.any_bill(bill_id)
    if bill.subject_type != SUBJECT:
        return None
    paid_for = db.session.get(MembershipPeriod, bill.subject_id)
    dated = queries.dated_periods(paid_for.membership_id) if paid_for else ()
    return _locked(dated[-1].id) if dated else None


def _locked(period_id: UUID) -> MembershipPeriod:
    return db.session.get_one(MembershipPeriod, period_id, with_for_update=True, populate_existing=True)


def _changed(period: MembershipPeriod, action: str, after: dict[str, object]) -> None:
    membership = db.session.get_one(Membership, period.membership_id)
    db.session.flush()
    audit.record(action, by=None, on=("membership", membership.id), after=after)
    publish(MembershipChanged(membership_id=membership.id, account_id=membership.account_id))
