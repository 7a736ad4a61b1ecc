"""M9: giving up a place, as easily as it was taken, and taking that back; M6: pausing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound, Refusal
from app.core.events import publish
from app.core.i18n import _, _l
from app.membership.events import MembershipChanged, MembershipResigned, ResignationUndone
from app.membership.models import Membership, MembershipPeriod, Plan, Resignation
from app.membership.queries import renewal as queries
from app.membership.services.following import bill_years, give_up_period
from app.membership.terms import next_timeline, notice_by

LONGEST_REASON = 2000


class NothingToGiveUp(Refusal):
    """M9: there is no membership that could still be given up."""

    message = _l("There is no membership to give up any more.")


class TooLateToUndo(Refusal):
    """M9: a resignation can be undone until its last day is over."""

    message = _l("Your membership has ended already. You are welcome to apply again.")


@dataclass(frozen=True)
class LastDay:
    """M9: when a membership ends if it is given up today, and what still has to be paid for that."""

    on: date
    too_late_for: date | None = None
    """The last day of notice that has passed, because of which one more year follows."""


def last_day(membership: Membership, today: date) -> LastDay:
    """M9: return the last day of whoever resigns on a day: that of the year paid for.

    In grace or after it, it is today. Where the plan has a notice date and that has passed, it is the next year's end.
    """
    dated = queries.dated_periods(membership.id)
    if not dated:
        raise NothingToGiveUp
    last = dated[-1]
    assert last.ends_on is not None
    if last.ends_on < today or last.uncovered_on is not None:
        return LastDay(today)
    plan = db.session.get_one(Plan, membership.plan_id)
    notice = notice_by(plan, last.ends_on)
    if notice is not None and notice < today:
        return LastDay(next_timeline(plan, last.ends_on).ends_on, too_late_for=notice)
    return LastDay(last.ends_on)


def resign(membership: Membership, *, reason: str, by: Account) -> Resignation:
    """M9: give up a place as of its last day. The bill of a year after that is taken back; asked twice, it is one."""
    membership = _locked(membership)
    standing = queries.resignation_of(membership.id)
    today = clock.today()
    if standing is not None and membership.ends_on is not None:
        return standing
    if membership.ends_on is not None:
        raise NothingToGiveUp
    last = last_day(membership, today)
    resignation = Resignation(
        membership_id=membership.id, ends_on=last.on, reason=reason[:LONGEST_REASON], asked_by_id=by.id
    )
    db.session.add(resignation)
    membership.ends_on = last.on
    db.session.flush()
    if last.too_late_for is None:
        for period in _waiting(membership):
            said = _("The membership was given up")
            give_up_period(period.id, cause=f"resigned:{resignation.id}", reason=said, by=by.id)
    audit.record("membership.resigned", by=by.id, on=("membership", membership.id), after={"ends_on": last.on})
    publish(
        MembershipResigned(resignation_id=resignation.id, membership_id=membership.id, account_id=membership.account_id)
    )
    _changed(membership)
    return resignation


def undo_resignation(membership: Membership, *, by: Account) -> None:
    """M9: stay after all, as if nothing had been said; the bill of the next year comes as it would have come."""
    membership = _locked(membership)
    resignation = queries.resignation_of(membership.id)
    if resignation is None:
        return
    today = clock.today()
    if resignation.ends_on < today:
        raise TooLateToUndo
    resignation.undone_at, resignation.undone_by_id = clock.now(), by.id
    membership.ends_on = None
    db.session.flush()
    audit.record(
        "membership.resignation_undone",
        by=by.id,
        on=("membership", membership.id),
        before={"ends_on": resignation.ends_on},
    )
    case = queries.case_of(membership.id)
    unbilled = case is not None and case.waiting_id is None and case.span.uncovered_on is None
    if case is not None and unbilled and case.ending.bill_on <= today <= case.span.lapses_after:
        bill_years([case], today)
    publish(
        ResignationUndone(resignation_id=resignation.id, membership_id=membership.id, account_id=membership.account_id)
    )
    _changed(membership)


def pause(membership: Membership, *, by: Account) -> None:
    """M6: want no matching and no invitations for a while; dues, sessions and everything else go on."""
    membership = _locked(membership)
    if membership.paused_on is None:
        membership.paused_on = clock.today()
        audit.record("membership.paused", by=by.id, on=("membership", membership.id))


def resume(membership: Membership, *, by: Account) -> None:
    """M6: want them again."""
    membership = _locked(membership)
    if membership.paused_on is not None:
        membership.paused_on = None
        audit.record("membership.resumed", by=by.id, on=("membership", membership.id))


def _locked(membership: Membership) -> Membership:
    found = db.session.get(Membership, membership.id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _waiting(membership: Membership) -> list[MembershipPeriod]:
    waiting = select(MembershipPeriod).where(
        MembershipPeriod.membership_id == membership.id,
        MembershipPeriod.activated_at.is_(None),
        MembershipPeriod.closed_on.is_(None),
    )
    return list(db.session.scalars(waiting))


def _changed(membership: Membership) -> None:
    db.session.flush()
    publish(MembershipChanged(membership_id=membership.id, account_id=membership.account_id))
