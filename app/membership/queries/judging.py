"""M4, M6: who has an application in hand, what referees told, and which periods were given without money."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select

from app.core.db import db
from app.core.errors import NotFound
from app.membership.models import (
    ApplicationReference,
    ApplicationReviewer,
    Membership,
    MembershipPeriod,
    PeriodWaiver,
    ReferenceCheck,
)


def reviewer_of(application_id: UUID) -> UUID | None:
    """Return which colleague has an application in hand."""
    return db.session.scalar(
        select(ApplicationReviewer.account_id).where(ApplicationReviewer.application_id == application_id)
    )


def checks_of(application_id: UUID) -> dict[UUID, list[ReferenceCheck]]:
    """Return the calls to each referee of an application, in order."""
    found: dict[UUID, list[ReferenceCheck]] = defaultdict(list)
    wanted = select(ReferenceCheck).join(ApplicationReference, ApplicationReference.id == ReferenceCheck.reference_id)
    calls = wanted.where(ApplicationReference.application_id == application_id)
    for check in db.session.scalars(calls.order_by(ReferenceCheck.called_on, ReferenceCheck.kept_at)):
        found[check.reference_id].append(check)
    return found


def membership_for_staff(membership_id: UUID) -> Membership:
    """Return a membership, for staff."""
    found = db.session.get(Membership, membership_id)
    if found is None:
        raise NotFound
    return found


def holder_of_period(period_id: UUID) -> UUID:
    """Return whose a period is."""
    wanted = select(Membership.account_id).join(MembershipPeriod, MembershipPeriod.membership_id == Membership.id)
    found = db.session.scalar(wanted.where(MembershipPeriod.id == period_id))
    if found is None:
        raise NotFound
    return found


def newest_sequence(membership_id: UUID) -> int:
    """Return the number of the period that would be given next: the one that waits, else one more than the last."""
    wanted = select(MembershipPeriod).where(MembershipPeriod.membership_id == membership_id)
    last = db.session.scalar(wanted.order_by(MembershipPeriod.sequence.desc()).limit(1))
    if last is None:
        return 1
    return last.sequence if last.activated_at is None else last.sequence + 1


def period_waived_as(membership_id: UUID, sequence: int) -> MembershipPeriod | None:
    """Return the period of this number, or a later one, if it was given without money already."""
    return db.session.scalar(
        select(MembershipPeriod)
        .join(PeriodWaiver, PeriodWaiver.period_id == MembershipPeriod.id)
        .where(MembershipPeriod.membership_id == membership_id, MembershipPeriod.sequence >= sequence)
        .limit(1)
    )


def periods_with_waivers(account_id: UUID) -> tuple[list[MembershipPeriod], dict[UUID, PeriodWaiver]]:
    """M6: return all periods of somebody, the newest first, and the waivers of those given without money."""
    rows = db.session.execute(
        select(MembershipPeriod, PeriodWaiver)
        .join(Membership, Membership.id == MembershipPeriod.membership_id)
        .outerjoin(PeriodWaiver, PeriodWaiver.period_id == MembershipPeriod.id)
        .where(Membership.account_id == account_id)
        .order_by(Membership.created_at.desc(), MembershipPeriod.sequence.desc())
    ).all()
    return [period for period, _waiver in rows], {waiver.period_id: waiver for _period, waiver in rows if waiver}
