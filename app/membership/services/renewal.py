"""M8: the daily work at the end of periods: bill, tell, charge, shut out, let go. Done twice, it is done once.

Nothing is remembered between runs but what happened: each run looks at how things stand, so that days of standstill are
made up by the next. Members are helped some at a time, in a transaction that reads and writes for all of them at once;
should it fail, each gets one of their own, so that who fails is told of and stops nobody else. Charges are made for one
member at a time, between two transactions.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts import queries as accounts
from app.core import clock
from app.core.bulk import answered, keep_at_hand, together
from app.core.db import atomic, db, forget_reads, in_atomic, insert_new
from app.core.events import Event, publish
from app.membership import ladder
from app.membership.events import MembershipEnded, NoticeTold
from app.membership.ladder import CHARGE_ANNOUNCED, LAPSED
from app.membership.models import Company, Membership, NoticeSent, RenewalCharge
from app.membership.queries import renewal as queries
from app.membership.queries.renewal import Case
from app.membership.services.deciding import FOLLOWED_BY_MORE, Next, Step, decide, unfinished
from app.membership.services.following import bill_years, let_go
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import AttemptState
from app.payments.services import BeingPaid, NothingToCharge, NotPayable

AT_ONCE = 25
MOST_STEPS = 6
Asked = tuple[Case, Next]
log = logging.getLogger(__name__)


@dataclass
class Report:
    """What a run did."""

    looked_at: int = 0
    helped: int = 0
    failed: int = 0


class SomeFailed(RuntimeError):  # noqa: N818  said of members, not of code
    """Some members could not be helped today; all others were. Trying again does only what is left."""


def renew_all(today: date | None = None) -> Report:
    """M8: do for everybody what the day asks for. Raises SomeFailed when somebody could not be helped."""
    if in_atomic():
        raise RuntimeError("members have transactions of their own")
    today = today or clock.today()
    report = Report()
    due = _due(today, report)
    while members := list(islice(due, AT_ONCE)):
        _help(members, today, report)
    if report.failed:
        raise SomeFailed(f"{report.failed} of {report.looked_at} members could not be helped; the others were")
    return report


def _due(today: date, report: Report) -> Iterator[UUID]:
    for cases in queries.near_the_end(today):
        for case in cases:
            report.looked_at += 1
            if decide(case, today) is not None:
                yield case.membership_id


def _help(members: list[UUID], today: date, report: Report) -> None:
    """Help some members together, and one by one those who are charged; all of them should it fail."""
    alone = members
    if len(members) > 1:
        try:
            alone = _renew_together(members, today)
        except Exception as error:  # noqa: BLE001  whatever one member meets, the others get their turn
            forget_reads()
            log.warning("renewals_failed", extra={"members": len(members), "error": type(error).__name__})
    report.helped += len(members) - len(alone)
    for membership_id in alone:
        _help_one(membership_id, today, report)


def _help_one(membership_id: UUID, today: date, report: Report) -> None:
    try:
        renew(membership_id, today)
    except Exception as error:  # noqa: BLE001  one member's trouble stops nobody else's renewal
        forget_reads()
        report.failed += 1
        log.warning("renewal_failed", extra={"membership": str(membership_id), "error": type(error).__name__})
    else:
        report.helped += 1


def _renew_together(members: Collection[UUID], today: date) -> list[UUID]:
    """Do for some members what the day asks for; return those who are to be charged."""
    with atomic(), together():
        return [case.membership_id for case in _take_steps(members, today)]


def renew(membership_id: UUID, today: date) -> None:
    """M8: do for one member what the day asks for; what is charged is charged between two transactions."""
    for _turn in range(MOST_STEPS):
        with atomic(), together():
            charges = [_claim(case, today) for case in _take_steps([membership_id], today)]
        if not any(charge is not None and _charge(charge) for charge in charges):
            return


def _take_steps(members: Collection[UUID], today: date) -> list[Case]:
    """Take every step but charging; return the cases of those who are to be charged."""
    _lock(members)
    charged: list[Case] = []
    for _turn in range(MOST_STEPS):
        following = [(case, decide(case, today)) for case in queries.cases_of(members)]
        asked = [(case, step) for case, step in following if step is not None]
        charged += [case for case, step in asked if step.step is Step.CHARGE]
        _take([(case, step) for case, step in asked if step.step is not Step.CHARGE], today)
        members = [case.membership_id for case, step in asked if step.step in FOLLOWED_BY_MORE]
        if not members:
            break
    return charged


def _lock(members: Collection[UUID]) -> None:
    """Lock these places, always in one order, and have at hand who has them and who is billed."""
    wanted = select(Membership).where(Membership.id.in_(members)).order_by(Membership.id).with_for_update()
    places = list(db.session.scalars(wanted.execution_options(populate_existing=True)))
    companies = select(Company).where(Company.id.in_({place.company_id for place in places}))
    keep_at_hand([*places, *db.session.scalars(companies), *accounts.by_ids({place.account_id for place in places})])


def _take(asked: Sequence[Asked], today: date) -> None:
    """Take these steps; bills are locked in one order before any number is taken, as wherever many are dealt with."""
    stale = [case for case, step in asked if step.step is Step.CLOSE]
    lapsed = [case for case, step in asked if step.kind == LAPSED]
    billed = [case for case, step in asked if step.step is Step.BILL]
    told = [(case, step) for case, step in asked if step.kind]
    if stale or lapsed:
        let_go(stale, lapsed)
    if billed:
        bill_years(billed, today)
    if told:
        _tell(told, today)


def _tell(asked: Sequence[Asked], today: date) -> None:
    """Log notices, each once, and tell of those that are new."""
    rows = [_notice(case, step, today) for case, step in asked]
    new = insert_new(NoticeSent, rows)
    fresh = [(case, step, row["id"]) for (case, step), row in zip(asked, rows, strict=True) if row["id"] in new]
    keep_at_hand(queries.notices(new))
    keep_at_hand(bills.by_ids({case.owing.bill_id for case, _step, _id in fresh if case.owing}))
    cases = queries.cases_of([case.membership_id for case, _step, _id in fresh])
    with answered(queries.case_of, {case.membership_id: case for case in cases}):
        for case, step, notice_id in fresh:
            publish(_news(case, step, notice_id))


def _notice(case: Case, step: Next, today: date) -> dict[str, Any]:
    announced = step.step is Step.ANNOUNCE
    return {
        "id": uuid.uuid4(),
        "period_id": case.period_id,
        "kind": step.kind,
        "reference": step.reference,
        "bill_id": case.owing.bill_id if case.owing else None,
        "amount_cents": case.left_cents or None if step.step is not Step.END else None,
        "told_on": today,
        "acts_on": ladder.charge_day(today, case.span.ends_on) if announced else None,
        "told_at": clock.now(),
    }


def _news(case: Case, step: Next, notice_id: UUID) -> Event:
    if step.step is Step.END:
        return MembershipEnded(membership_id=case.membership_id, account_id=case.account_id)
    return NoticeTold(notice_id=notice_id, membership_id=case.membership_id, account_id=case.account_id)


def _claim(case: Case, today: date) -> UUID | None:
    """Write down that a bill will now be charged, because of the notice that announced exactly this."""
    announced = case.was_told(CHARGE_ANNOUNCED, case.announcement)
    assert announced is not None
    assert case.owing is not None
    earlier = unfinished(case)
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
