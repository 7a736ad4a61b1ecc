"""M6, M7: how somebody stands on a day. Derived from paid periods by one expression, here and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.db import db
from app.membership import terms
from app.membership.models import (
    Benefit,
    Company,
    Membership,
    MembershipPeriod,
    MembershipStatus,
    Plan,
    PlanEntitlement,
)
from app.membership.terms import Earlier, Timeline
from app.payments import queries as bills


@dataclass(frozen=True)
class Standing:
    """M6: somebody's membership on a day. Without a paid period (pending) the dates are missing."""

    status: MembershipStatus
    membership_id: UUID
    company_id: UUID
    plan_id: UUID
    period_id: UUID | None
    member_since: date | None
    starts_on: date | None
    ends_on: date | None
    grace_until: date | None
    lapses_after: date | None
    uncovered_on: date | None = None
    processing_until: date | None = None
    benefits: Mapping[str, int] | None = None

    @property
    def member_until(self) -> date | None:
        """The last day on which this standing opens the doors, if nothing changes."""
        return max((day for day in (self.grace_until, self.processing_until) if day), default=None)

    @property
    def is_member(self) -> bool:
        """Whether this standing opens the doors of the circle."""
        return self.status in (MembershipStatus.ACTIVE, MembershipStatus.GRACE)


Day = date | BindParameter[date]


def _covered(on: Day) -> ColumnElement[bool]:
    """Say as SQL that a period is paid for on a day: it lasts, and its money had not gone back by then."""
    period = MembershipPeriod
    return and_(period.ends_on >= on, or_(period.uncovered_on.is_(None), period.uncovered_on > on))


def _in_grace(on: Day) -> ColumnElement[bool]:
    return or_(MembershipPeriod.grace_until >= on, MembershipPeriod.processing_until >= on)


def status_on(on: Day) -> ColumnElement[str]:
    """Give the status on a day as SQL, for a membership joined to its newest period begun by then (or to none)."""
    return case(
        (Membership.ends_on < on, MembershipStatus.ENDED),
        (MembershipPeriod.id.is_(None), MembershipStatus.PENDING),
        (_covered(on), MembershipStatus.ACTIVE),
        (_in_grace(on), MembershipStatus.GRACE),
        (MembershipPeriod.lapses_after >= on, MembershipStatus.SUSPENDED),
        else_=MembershipStatus.LAPSED,
    )


def _member_since() -> ColumnElement[date | None]:
    any_period = aliased(MembershipPeriod)
    return select(func.min(any_period.starts_on)).where(any_period.membership_id == Membership.id).scalar_subquery()


def _newest_begun(on: Day) -> ColumnElement[bool]:
    later = aliased(MembershipPeriod)
    return and_(
        MembershipPeriod.membership_id == Membership.id,
        MembershipPeriod.starts_on <= on,
        ~exists().where(
            later.membership_id == Membership.id, later.starts_on <= on, later.starts_on > MembershipPeriod.starts_on
        ),
    )


def roll(on: date) -> Select[Any]:
    """Give every membership with its status on a day, one row each, as a selectable to filter, sort and page further.

    Columns: membership_id, account_id, plan_id, company_id, status, member_since, starts_on, ends_on.
    """
    wanted = select(
        Membership.id.label("membership_id"),
        Membership.account_id,
        Membership.plan_id,
        Membership.company_id,
        status_on(on).label("status"),
        _member_since().label("member_since"),
        MembershipPeriod.starts_on,
        func.coalesce(Membership.ends_on, MembershipPeriod.ends_on).label("ends_on"),
    ).outerjoin(MembershipPeriod, _newest_begun(on))
    return cast("Select[Any]", wanted)


@cache
def _standing() -> Select[Any]:
    """Give the statement behind `standing`, built once: putting it together costs more than asking it."""
    on = bindparam("on", type_=Date())
    wanted = (
        select(
            status_on(on).label("status"),
            Membership.id.label("membership_id"),
            Membership.company_id,
            Membership.plan_id,
            MembershipPeriod.id.label("period_id"),
            _member_since().label("member_since"),
            MembershipPeriod.starts_on,
            MembershipPeriod.ends_on,
            MembershipPeriod.grace_until,
            MembershipPeriod.lapses_after,
            MembershipPeriod.uncovered_on,
            MembershipPeriod.processing_until,
            MembershipPeriod.benefits,
        )
        .outerjoin(MembershipPeriod, _newest_begun(on))
        .where(Membership.account_id == bindparam("account_id", type_=Uuid()))
        .order_by(Membership.ends_on.is_not(None), Membership.created_at.desc())
        .limit(1)
    )
    return cast("Select[Any]", wanted)


def standing(account_id: UUID, on: date) -> Standing | None:
    """M6: return how somebody stands on a day; None for whoever was never admitted."""
    row = db.session.execute(_standing(), {"account_id": account_id, "on": on}).first()
    if row is None:
        return None
    values = row._asdict()
    return Standing(**values | {"status": MembershipStatus(row.status)})


@cache
def _paid_for(*, in_grace: bool) -> Select[Any]:
    """Give the statement behind `is_member`, which most pages for members ask."""
    on = bindparam("on", type_=Date())
    return (
        select(literal(1))
        .select_from(Membership)
        .join(MembershipPeriod, _newest_begun(on))
        .where(
            Membership.account_id == bindparam("account_id", type_=Uuid()),
            or_(Membership.ends_on.is_(None), Membership.ends_on >= on),
            or_(_covered(on), _in_grace(on)) if in_grace else _covered(on),
        )
        .limit(1)
    )


def is_member(account_id: UUID, on: date) -> bool:
    """M7: the one question. Grace holds for today and before; a day beyond the end date asks to renew first."""
    statement = _paid_for(in_grace=on <= clock.today())
    return db.session.scalar(statement, {"account_id": account_id, "on": on}) is not None


def periods_of(account_id: UUID) -> list[MembershipPeriod]:
    """Return all periods of somebody, the newest first."""
    wanted = select(MembershipPeriod).join(Membership, Membership.id == MembershipPeriod.membership_id)
    return list(
        db.session.scalars(
            wanted.where(Membership.account_id == account_id).order_by(
                Membership.created_at.desc(), MembershipPeriod.sequence.desc()
            )
        )
    )


def open_period(account_id: UUID) -> MembershipPeriod | None:
    """Return the period that waits to be paid, if there is one and the place was not given up before it."""
    return db.session.scalar(
        select(MembershipPeriod)
        .join(Membership, Membership.id == MembershipPeriod.membership_id)
        .where(
            Membership.account_id == account_id,
            or_(Membership.ends_on.is_(None), Membership.ends_on > clock.today()),
            MembershipPeriod.activated_at.is_(None),
            MembershipPeriod.closed_on.is_(None),
        )
        .order_by(MembershipPeriod.sequence)
        .limit(1)
    )


def members_by_plan(on: date) -> dict[UUID, int]:
    """Return how many people are members on a day, by plan."""
    dated = roll(on).subquery()
    statuses = (MembershipStatus.ACTIVE, MembershipStatus.GRACE)
    rows = db.session.execute(
        select(dated.c.plan_id, func.count().label("members"))
        .where(dated.c.status.in_(statuses))
        .group_by(dated.c.plan_id)
    )
    return {row.plan_id: row.members for row in rows}


def place_of(account_id: UUID) -> UUID | None:
    """Return the membership of somebody: the running one, else the latest."""
    return db.session.scalar(
        select(Membership.id)
        .where(Membership.account_id == account_id)
        .order_by(Membership.ends_on.is_not(None), Membership.created_at.desc())
        .limit(1)
    )


def company_of(company_id: UUID) -> Company | None:
    """Return the company that bills go to."""
    return db.session.get(Company, company_id)


def share_company(these: Collection[UUID], others: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """V4: return who of some has a membership on the same company, by its number, as whom of others."""
    one, other = aliased(Membership), aliased(Membership)
    own, same = aliased(Company), aliased(Company)
    wanted = (
        select(one.account_id, other.account_id)
        .join(own, own.id == one.company_id)
        .join(same, (same.kvk == own.kvk) & (same.kvk != ""))
        .join(other, other.company_id == same.id)
        .where(one.account_id.in_(these), other.account_id.in_(others), one.account_id != other.account_id)
        .distinct()
    )
    return [(row[0], row[1]) for row in db.session.execute(wanted)]


_ENTITLEMENTS = (
    select(PlanEntitlement)
    .where(PlanEntitlement.plan_id == bindparam("plan_id", type_=Uuid()))
    .order_by(PlanEntitlement.position)
)


def entitlements_of(plan_id: UUID) -> list[PlanEntitlement]:
    """M5: return what a plan gives per period, in the plan's order."""
    return list(db.session.scalars(_ENTITLEMENTS, {"plan_id": plan_id}))


class Held(NamedTuple):
    """M5: how much of a benefit came with a period."""

    benefit: Benefit
    quota: int


def entitlements_held(standing: Standing) -> list[Held]:
    """M5: return what somebody's period came with, as the plan was when it began; before that, what the plan gives."""
    return _held(standing.benefits, standing.plan_id)


def held_in(period: MembershipPeriod) -> list[Held]:
    """M5: return what a period came with; what the plan gives, as long as it has not begun."""
    return _held(period.benefits, period.plan_id)


def _held(benefits: Mapping[str, int] | None, plan_id: UUID) -> list[Held]:
    if benefits is None:
        return [Held(held.benefit, held.quota) for held in entitlements_of(plan_id)]
    return [Held(benefit, benefits[benefit]) for benefit in Benefit if benefits.get(benefit)]


def renewed_until(period_id: UUID) -> date | None:
    """M8: return the last day of a paid year that follows on another; None for a first year, or one not begun."""
    period = db.session.get_one(MembershipPeriod, period_id)
    return period.ends_on if period.sequence > 1 else None


def timeline_if_paid(period_id: UUID, paid_on: date) -> Timeline:
    """M6: return the days of a waiting period if it is paid on a day, at the price of the day it was billed.

    An issued bill that states its days is for those days, also when it is paid late: an invoice is never changed, and
    waiting gains nobody a day.
    """
    period = db.session.get_one(MembershipPeriod, period_id)
    bill = bills.bill_for("membership_period", period_id)
    if bill is not None and bill.period_from is not None and bill.period_until is not None:
        return terms.stated_timeline(db.session.get_one(Plan, period.plan_id), bill.period_from, bill.period_until)
    drawn_up = bill.created_at if bill else period.created_at
    return terms.timeline_if_paid(
        db.session.get_one(Plan, period.plan_id),
        paid_on,
        billed_on=clock.local(drawn_up).date(),
        earlier=_earlier(period),
    )


def _earlier(period: MembershipPeriod) -> Earlier | None:
    row = db.session.execute(
        select(
            MembershipPeriod.ends_on,
            MembershipPeriod.grace_until,
            MembershipPeriod.lapses_after,
            MembershipPeriod.uncovered_on,
        )
        .where(MembershipPeriod.membership_id == period.membership_id, MembershipPeriod.ends_on.is_not(None))
        .order_by(MembershipPeriod.ends_on.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    covered_until = row.uncovered_on - timedelta(days=1) if row.uncovered_on else row.ends_on
    return Earlier(covered_until, row.grace_until, row.lapses_after)
