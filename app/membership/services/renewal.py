"""M8: the daily work at the end of periods: bill, tell, charge, shut out, let go. Done twice, it is done once.

Nothing is remembered between runs but what happened: each run looks at how things stand, so that days of standstill are
made up by the next. Each member has a transaction of their own; who fails is told of and stops nobody else.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.audit import services as audit
from app.core import clock
from app.core.db import atomic, db, forget_reads, in_atomic, insert_once
from app.core.events import publish
from app.core.i18n import _, speaking
from app.membership import ladder
from app.membership.events import MembershipChanged, MembershipEnded, NoticeTold
from app.membership.ladder import CHARGE_ANNOUNCED, ENDED, LAPSED, PRE_NOTICE, VALUE
from app.membership.models import Company, Membership, MembershipPeriod, NoticeSent, RenewalCharge
from app.membership.queries import renewal as queries
from app.membership.queries.renewal import SUBJECT, Case, Try
from app.membership.services.admission import description_of
from app.membership.services.buying import buyer_of
from app.membership.services.discounts import release_code
from app.membership.terms import next_timeline
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import AttemptState, BillState
from app.payments.services import BeingPaid, LineDraft, NothingToCharge, NotPayable

MOST_STEPS = 6
REVIVAL_BILL_LASTS = timedelta(days=14)
PAYABLE = (BillState.ISSUED, BillState.SHORT)
log = logging.getLogger(__name__)


class Step(StrEnum):
    """What a day can ask for."""

    BILL = "bill"
    TELL = "tell"
    ANNOUNCE = "announce"
    CHARGE = "charge"
    CLOSE = "close"
    END = "end"


FOLLOWED_BY_MORE = (Step.BILL, Step.CLOSE)


@dataclass(frozen=True)
class Next:
    """A step, and for telling, what and about which occasion."""

    step: Step
    kind: str = ""
    reference: str = ""


@dataclass
class Report:
    """What a run did."""

    looked_at: int = 0
    helped: int = 0
    failed: int = 0


class SomeFailed(RuntimeError):  # noqa: N818  said of members, not of code
    """Some members could not be helped today; all others were. Trying again does only what is left."""


def decide(case: Case, today: date) -> Next | None:
    """M8: return the next thing that a day asks for at the end of a period; None when nothing is left to do. Pure."""
    if case.given_up_on is not None and case.given_up_on < today:
        reference = case.given_up_on.isoformat()
        return None if case.was_told(ENDED, reference) else Next(Step.END, ENDED, reference)
    if not case.stays:
        return None
    if case.span.uncovered_on is None:
        return _before_or_after_the_end(case, today)
    return _rung(case, today) if today >= case.span.uncovered_on else None


def _before_or_after_the_end(case: Case, today: date) -> Next | None:
    if not case.followed:
        return _not_billed(case, today)
    if case.owing is None or case.owing.state not in PAYABLE or case.waiting_id is None:
        return _stale(case, today)
    if case.processing_until is not None and case.processing_until >= today:
        return None
    charging, pending = _charging(case, today)
    if charging is not None:
        return charging
    rung = _rung(case, today)
    ahead = rung is not None and rung.kind.startswith("ahead")
    return None if pending and ahead else rung or _stale(case, today)


def _not_billed(case: Case, today: date) -> Next | None:
    if case.ending.bill_on <= today <= case.span.lapses_after:
        return Next(Step.BILL)
    told_from = case.ending.bill_on - PRE_NOTICE
    due = told_from <= today < case.ending.bill_on and not case.was_told(VALUE)
    return Next(Step.TELL, VALUE) if due else None


def _stale(case: Case, today: date) -> Next | None:
    """Let go of a bill that was drawn up to revive a lapsed membership and never paid."""
    if case.waiting_id is None or case.owing is None or not case.was_told(LAPSED, case.reference):
        return None
    return Next(Step.CLOSE) if case.owing.due_on + REVIVAL_BILL_LASTS < today else None


def _rung(case: Case, today: date) -> Next | None:
    told = {one.kind for one in case.told if one.reference == case.reference}
    rung = ladder.due(case.rungs, today, told)
    if rung is not None and rung.kind.startswith("ahead") and _was_announced_since(case, rung.on):
        return None
    return Next(Step.TELL, rung.kind, case.reference) if rung else None


def _was_announced_since(case: Case, day: date) -> bool:
    """Say whether a charge was announced since a day: that told of the end of the year, too."""
    return any(one.kind == CHARGE_ANNOUNCED and one.told_on >= day for one in case.told)


def _charging(case: Case, today: date) -> tuple[Next | None, bool]:
    """P8: return what automatic renewal asks for today, and whether a charge is still to come or under way."""
    if case.method is None or case.left_cents <= 0:
        return None, False
    announced = case.was_told(CHARGE_ANNOUNCED, case.announcement)
    if announced is None or announced.acts_on is None:
        in_time = ladder.charge_day(today, case.span.ends_on) <= case.span.grace_until
        possible = in_time and len(case.tries) < ladder.MOST_TRIES
        return (Next(Step.ANNOUNCE, CHARGE_ANNOUNCED, case.announcement), True) if possible else (None, False)
    if _unfinished(case) is not None:
        return Next(Step.CHARGE), True
    when = ladder.next_try(announced.acts_on, [(one.tried_on, one.failed_on) for one in case.tries])
    if when is None or when > case.span.lapses_after:
        under_way = bool(case.tries) and case.tries[-1].failed_on is None
        return None, under_way
    return (Next(Step.CHARGE) if when <= today else None), True


def _unfinished(case: Case) -> Try | None:
    """Return the try that was written down but of which no attempt is known: a crash came in between."""
    if not case.tries or case.tries[-1].attempt_id is not None or case.tries[-1].failed_on is not None:
        return None
    return case.tries[-1]


def renew_all(today: date | None = None) -> Report:
    """M8: do for everybody what the day asks for. Raises SomeFailed when somebody could not be helped."""
    if in_atomic():
        raise RuntimeError("each member has a transaction of their own")
    today = today or clock.today()
    report = Report()
    for cases in queries.near_the_end(today):
        for case in cases:
            report.looked_at += 1
            if decide(case, today) is not None:
                _help(case, today, report)
    if report.failed:
        raise SomeFailed(f"{report.failed} of {report.looked_at} members could not be helped; the others were")
    return report


def _help(case: Case, today: date, report: Report) -> None:
    try:
        renew(case.membership_id, today)
    except Exception as error:  # noqa: BLE001  one member's trouble stops nobody else's renewal
        forget_reads()
        report.failed += 1
        log.warning("renewal_failed", extra={"membership": str(case.membership_id), "error": type(error).__name__})
    else:
        report.helped += 1


def renew(membership_id: UUID, today: date) -> None:
    """M8: do for one member what the day asks for; what is charged is charged between two transactions."""
    for _turn in range(MOST_STEPS):
        with atomic():
            charge = _take_steps(membership_id, today)
        if charge is None:
            return
        if not _charge(charge):
            return


def _take_steps(membership_id: UUID, today: date) -> UUID | None:
    """Take every step but charging; return the try to charge, which is written down before it is made."""
    locked = select(Membership.id).where(Membership.id == membership_id).with_for_update()
    db.session.execute(locked)
    for _turn in range(MOST_STEPS):
        case = queries.case_of(membership_id)
        following = decide(case, today) if case else None
        if case is None or following is None:
            return None
        if following.step is Step.CHARGE:
            return _claim(case, today)
        _take(case, following, today)
        db.session.flush()
        if following.step not in FOLLOWED_BY_MORE:
            return None
    return None


def _take(case: Case, following: Next, today: date) -> None:
    if following.step is Step.BILL:
        bill_next(case, today)
    elif following.step is Step.CLOSE:
        assert case.waiting_id is not None
        give_up_period(case.waiting_id, cause="stale")
    elif following.step is Step.ANNOUNCE:
        when = ladder.charge_day(today, case.span.ends_on)
        _tell(case, following, today, acts_on=when, amount_cents=case.left_cents)
    elif following.step is Step.END:
        if _log_notice(case, following, today) is not None:
            publish(MembershipEnded(membership_id=case.membership_id, account_id=case.account_id))
    else:
        if following.kind == LAPSED:
            _let_lapse(case)
        _tell(case, following, today, amount_cents=case.left_cents or None)


def _tell(
    case: Case, following: Next, today: date, *, acts_on: date | None = None, amount_cents: int | None = None
) -> None:
    notice_id = _log_notice(case, following, today, acts_on=acts_on, amount_cents=amount_cents)
    if notice_id is not None:
        publish(NoticeTold(notice_id=notice_id, membership_id=case.membership_id, account_id=case.account_id))


def _log_notice(
    case: Case, following: Next, today: date, *, acts_on: date | None = None, amount_cents: int | None = None
) -> UUID | None:
    """Write a notice down, once; None when it is there already."""
    notice_id = uuid.uuid4()
    new = insert_once(
        NoticeSent,
        id=notice_id,
        period_id=case.period_id,
        kind=following.kind,
        reference=following.reference,
        bill_id=case.owing.bill_id if case.owing else None,
        amount_cents=amount_cents,
        told_on=today,
        acts_on=acts_on,
        told_at=clock.now(),
    )
    return notice_id if new else None


def bill_next(case: Case, today: date) -> UUID:
    """M8: draw up and issue the bill for the year that follows, at the price of its first day, once.

    Whoever is billed late, because the portal stood still, gets the days to pay before anything is closed to them.
    """
    membership = db.session.get_one(Membership, case.membership_id)
    following = next_timeline(case.plan, case.span.ends_on)
    sequence = select(func.max(MembershipPeriod.sequence)).where(MembershipPeriod.membership_id == membership.id)
    period = MembershipPeriod(
        membership_id=membership.id, plan_id=case.plan.id, sequence=(db.session.scalar(sequence) or 0) + 1
    )
    db.session.add(period)
    db.session.flush()
    member = accounts.account(case.account_id)
    described = description_of(case.plan, following.ends_on)
    due_on = max(case.ending.due_on, today + timedelta(days=case.plan.payment_days))
    bill = payments.draw_up_bill(
        person_id=member.id,
        subject=(SUBJECT, period.id),
        lines=[
            LineDraft(
                description=described[member.locale],
                quantity=1,
                net_cents=following.net_cents,
                vat_code=following.vat_code,
                in_languages=described,
            )
        ],
        buyer=buyer_of(db.session.get_one(Company, membership.company_id), member),
        due_on=due_on,
        by=None,
        period=(following.starts_on, following.ends_on),
        locale=member.locale,
    )
    payments.issue(bill, by=None)
    _give_time(case, due_on)
    return bill.id


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


def _claim(case: Case, today: date) -> UUID | None:
    """Write down that a bill will now be charged, because of the notice that announced exactly this."""
    announced = case.was_told(CHARGE_ANNOUNCED, case.announcement)
    assert announced is not None
    assert case.owing is not None
    earlier = _unfinished(case)
    if earlier is not None and earlier.notice_id == announced.id:
        return earlier.id
    if earlier is not None:
        _close_try(earlier.id, failed_on=today)
        return None
    charge = RenewalCharge(
        bill_id=case.owing.bill_id,
        notice_id=announced.id,
        seq=len(case.tries) + 1,
        amount_cents=case.left_cents,
        tried_on=today,
    )
    db.session.add(charge)
    db.session.flush()
    return charge.id


def _charge(charge_id: UUID) -> bool:
    """Charge what was claimed, outside of any transaction; say whether the day may ask for more."""
    claimed = db.session.get_one(RenewalCharge, charge_id)
    bill_id, notice_id = claimed.bill_id, claimed.notice_id
    forget_reads()
    try:
        attempt = payments.charge_saved(bill_id, notice_id=notice_id)
    except BeingPaid:
        return False
    except (NothingToCharge, NotPayable):
        with atomic():
            _close_try(charge_id, failed_on=clock.today())
        return True
    failed = attempt.state in (AttemptState.FAILED, AttemptState.EXPIRED)
    with atomic():
        _close_try(charge_id, failed_on=clock.today() if failed else None, attempt_id=attempt.id)
    return failed


def _close_try(charge_id: UUID, *, failed_on: date | None, attempt_id: UUID | None = None) -> None:
    charge = db.session.get_one(RenewalCharge, charge_id, with_for_update=True, populate_existing=True)
    charge.attempt_id = attempt_id or charge.attempt_id
    charge.failed_on = charge.failed_on or failed_on
