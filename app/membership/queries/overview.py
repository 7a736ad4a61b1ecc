"""What the directory and the bureau ask about many people at once."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, func, literal, or_, select, union, union_all

from app.core import clock
from app.core.db import db
from app.core.i18n import language
from app.membership.models import (
    Application,
    ApplicationTerm,
    Company,
    ConsentKind,
    ConsentText,
    DiscountCode,
    Membership,
    MembershipPeriod,
    MembershipStatus,
    Plan,
    Sponsorship,
    Term,
    TermKind,
)


class TermName(NamedTuple):
    """An entry of a list, as light as it gets: for pages that name many."""

    id: UUID
    kind: TermKind
    slug: str
    name_nl: str
    name_en: str
    active: bool

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if language() == "en" else self.name_nl


class Headcount(NamedTuple):
    """How many had paid for a day, and how many of those for their first year."""

    day: date
    members: int
    first_year: int


@dataclass(frozen=True)
class Told:
    """M3: what an application tells that a profile can begin with."""

    website: str
    levels: Mapping[UUID, int | None]


@dataclass(frozen=True)
class Place:
    """M6: somebody's place in the circle in dates; paid periods that follow without a gap count as one."""

    account_id: UUID
    plan_id: UUID
    company: str
    city: str
    joined_on: date
    starts_on: date | None
    ends_on: date | None
    grace_until: date | None
    lapses_after: date | None
    given_up_on: date | None


_TERMS = select(Term.id, Term.kind, Term.slug, Term.name_nl, Term.name_en, Term.active).order_by(
    Term.kind, Term.position, Term.slug
)
_PLANS = select(Plan.id, Plan.name_nl, Plan.name_en).order_by(Plan.slug)


def all_terms() -> list[TermName]:
    """Return every entry of every list, in order, those out of use as well."""
    return [TermName._make(row) for row in db.session.execute(_TERMS)]


def plan_names() -> dict[UUID, str]:
    """Return what each plan is called, in the reader's language, those no longer on offer as well."""
    return {row.id: row.name_en if language() == "en" else row.name_nl for row in db.session.execute(_PLANS)}


def plan_names_by_slug(slugs: Collection[str]) -> dict[str, str]:
    """Return what plans are called, in the reader's language, by the slug that the log keeps of them."""
    return {plan.slug: plan.name for plan in db.session.scalars(select(Plan).where(Plan.slug.in_(slugs)))}


def plan_names_of(ids: Collection[UUID]) -> dict[UUID, str]:
    """Return what these plans are called, in the reader's language."""
    return {plan.id: plan.name for plan in db.session.scalars(select(Plan).where(Plan.id.in_(ids)))}


def plan_names_by_id(keys: Collection[str]) -> dict[str, str]:
    """Return what plans are called by the id that the log keeps of them."""
    return {str(key): name for key, name in plan_names_of([UUID(one) for one in keys]).items()}


def code_names(ids: Collection[UUID]) -> dict[UUID, str]:
    """P10: return these discount codes."""
    rows = db.session.execute(select(DiscountCode.id, DiscountCode.code).where(DiscountCode.id.in_(ids)))
    return {row.id: row.code for row in rows}


def sponsor_names(ids: Collection[UUID]) -> dict[UUID, str]:
    """P10: return who sponsors these places."""
    rows = db.session.execute(select(Sponsorship.id, Sponsorship.name).where(Sponsorship.id.in_(ids)))
    return {row.id: row.name for row in rows}


def applicants(application_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return whose each of these applications is."""
    rows = db.session.execute(select(Application.id, Application.account_id).where(Application.id.in_(application_ids)))
    return {row.id: row.account_id for row in rows}


def place_holders(membership_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return whose each of these memberships is."""
    rows = db.session.execute(select(Membership.id, Membership.account_id).where(Membership.id.in_(membership_ids)))
    return {row.id: row.account_id for row in rows}


def consent_versions(text_ids: Collection[UUID]) -> dict[UUID, tuple[ConsentKind, int]]:
    """L5: return of each of these texts what it asks and which version it is."""
    columns = (ConsentText.id, ConsentText.kind, ConsentText.version)
    rows = db.session.execute(select(*columns).where(ConsentText.id.in_(text_ids)))
    return {row.id: (row.kind, row.version) for row in rows}


def told_in_application(application_id: UUID) -> Told:
    """M3: return what an applicant chose from the lists, with levels, and the public page they gave."""
    website = db.session.scalar(select(Application.linkedin_url).where(Application.id == application_id)) or ""
    chosen = select(ApplicationTerm.term_id, ApplicationTerm.level)
    rows = db.session.execute(chosen.where(ApplicationTerm.application_id == application_id))
    return Told(website, {row.term_id: row.level for row in rows})


def admitted_ids() -> list[UUID]:
    """Return everybody who was ever admitted."""
    return list(db.session.scalars(select(Membership.account_id).distinct().order_by(Membership.account_id)))


def known_ids() -> list[UUID]:
    """Return everybody who was ever admitted or whose application the bureau has received."""
    received = select(Application.account_id).where(Application.submitted_at.is_not(None))
    return list(db.session.scalars(union(select(Membership.account_id), received).order_by("account_id")))


def companies_applied_with(account_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the company that each of these people named in the application that the bureau received last."""
    rows = db.session.execute(
        select(Application.account_id, Company.name)
        .join(Company, Company.id == Application.company_id)
        .where(Application.account_id.in_(account_ids), Application.submitted_at.is_not(None))
        .order_by(Application.submitted_at)
    )
    return {row.account_id: row.name for row in rows} if account_ids else {}


def received_of(account_id: UUID) -> list[Application]:
    """Return what the bureau received from somebody, the latest first."""
    received = select(Application).where(Application.account_id == account_id, Application.submitted_at.is_not(None))
    return list(db.session.scalars(received.order_by(Application.submitted_at.desc())))


def place_ids(account_id: UUID) -> list[UUID]:
    """Return the ids of somebody's memberships, for what the log tells of them."""
    return list(db.session.scalars(select(Membership.id).where(Membership.account_id == account_id)))


def paid_members_on(days: Sequence[date]) -> list[Headcount]:
    """B2: return for each of these days how many had paid for it, and how many of those for their first year.

    Counted from how many paid periods began and ended on each day, so that the size of the answer does not grow with
    the number of members.
    """
    moves = sorted((row[0] + timedelta(days=row[1]), row[2], row[3]) for row in db.session.execute(_moves()))
    moved = [day for day, _members, _first in moves]
    members = [0, *accumulate(count for _day, count, _first in moves)]
    first_year = [0, *accumulate(count for _day, _members, count in moves)]
    places = [bisect_right(moved, day) for day in days]
    return [Headcount(day, members[place], first_year[place]) for day, place in zip(days, places, strict=True)]


@cache
def _moves() -> CompoundSelect[Any]:
    """Give the statement of how many paid-up members came and went by day, each part of it out of one index.

    Somebody goes on the day after their last (`late` is 1), or on the day on which money went back. Those who gave up
    their place before are few: of them is taken back what was counted for the end of their year.
    """
    period = MembershipPeriod
    uncovered = period.uncovered_on.is_not(None)
    members, first = func.count(), func.sum(case((period.sequence == 1, 1), else_=0))
    days = (Membership.ends_on.label("left_on"), period.ends_on, period.uncovered_on)
    early = (
        select(*days, members.label("members"), first.label("first"))
        .join_from(Membership, period, period.membership_id == Membership.id)
        .where(Membership.ends_on < period.ends_on, or_(~uncovered, period.uncovered_on > Membership.ends_on))
        .group_by(*days)
        .cte("early")
    )
    return union_all(
        _on(period.starts_on, 0, members, first).group_by(period.starts_on),
        _on(period.ends_on, 1, -members, -first).where(~uncovered).group_by(period.ends_on),
        _on(period.uncovered_on, 0, -members, -first).group_by(period.uncovered_on),
        _on(early.c.left_on, 1, -early.c.members, -early.c.first),
        _on(early.c.ends_on, 1, early.c.members, early.c.first).where(early.c.uncovered_on.is_(None)),
        _on(early.c.uncovered_on, 0, early.c.members, early.c.first),
    )


def _on(day: Any, late: int, members: Any, first_year: Any) -> Select[Any]:
    return select(day, literal(late), members, first_year).where(day.is_not(None))


def places(account_ids: Collection[UUID]) -> list[Place]:
    """Return the place of each of these people who has one: the running membership, else the last."""
    membership = (Membership.id, Membership.account_id, Membership.plan_id, Membership.created_at, Membership.ends_on)
    rows = db.session.execute(
        select(*membership, Company.name, Company.city)
        .join(Company, Company.id == Membership.company_id)
        .where(Membership.account_id.in_(account_ids))
        .order_by(Membership.ends_on.is_(None), Membership.created_at)
    )
    newest = {row.account_id: row for row in rows}
    period = (
        MembershipPeriod.starts_on,
        MembershipPeriod.ends_on,
        MembershipPeriod.uncovered_on,
        MembershipPeriod.processing_until,
    )
    dated = select(
        MembershipPeriod.membership_id, *period, MembershipPeriod.grace_until, MembershipPeriod.lapses_after
    ).where(
        MembershipPeriod.membership_id.in_([row.id for row in newest.values()]), MembershipPeriod.starts_on.is_not(None)
    )
    periods: dict[UUID, list[Any]] = defaultdict(list)
    for row in db.session.execute(dated.order_by(MembershipPeriod.starts_on)):
        periods[row.membership_id].append(row)
    return [_place(row, periods[row.id]) for row in newest.values()]


def _place(membership: Any, periods: list[Any]) -> Place:
    last = periods[-1] if periods else None
    return Place(
        account_id=membership.account_id,
        plan_id=membership.plan_id,
        company=membership.name,
        city=membership.city,
        joined_on=periods[0].starts_on if periods else clock.local(membership.created_at).date(),
        starts_on=_unbroken_since(periods),
        ends_on=_covered_until(last) if last else None,
        grace_until=max(last.grace_until, last.processing_until or last.grace_until) if last else None,
        lapses_after=max(last.lapses_after, last.processing_until or last.lapses_after) if last else None,
        given_up_on=membership.ends_on,
    )


def _covered_until(period: Any) -> date:
    """Return the last day that money covers."""
    if period.uncovered_on is None or period.uncovered_on > period.ends_on:
        return cast("date", period.ends_on)
    return cast("date", period.uncovered_on - timedelta(days=1))


def _unbroken_since(periods: Iterable[Any]) -> date | None:
    since: date | None = None
    covered: date | None = None
    for period in periods:
        if covered is None or period.starts_on > covered + timedelta(days=1):
            since = period.starts_on
        covered = period.ends_on
    return since


def status_by_dates(
    on: date,
    *,
    given_up_on: Any,
    starts_on: Any,
    ends_on: Any,
    grace_until: Any,
    lapses_after: Any,
) -> ColumnElement[str]:
    """M6: give the status on a day as SQL, from the dates of a place."""
    return case(
        (given_up_on < on, MembershipStatus.ENDED),
        (or_(ends_on.is_(None), starts_on > on), MembershipStatus.PENDING),
        (ends_on >= on, MembershipStatus.ACTIVE),
        (grace_until >= on, MembershipStatus.GRACE),
        (lapses_after >= on, MembershipStatus.SUSPENDED),
        else_=MembershipStatus.LAPSED,
    )


def stands_by_dates(
    status: MembershipStatus,
    on: date,
    *,
    given_up_on: Any,
    starts_on: Any,
    ends_on: Any,
    grace_until: Any,
    lapses_after: Any,
) -> ColumnElement[bool]:
    """M6: say as SQL that a place has this status on a day, in ranges that an index can answer."""
    if status is MembershipStatus.ENDED:
        return cast("ColumnElement[bool]", given_up_on < on)
    kept = or_(given_up_on.is_(None), given_up_on >= on)
    if status is MembershipStatus.PENDING:
        return and_(or_(ends_on.is_(None), starts_on > on), kept)
    ranges = {
        MembershipStatus.ACTIVE: (ends_on >= on,),
        MembershipStatus.GRACE: (ends_on < on, grace_until >= on),
        MembershipStatus.SUSPENDED: (grace_until < on, lapses_after >= on),
        MembershipStatus.LAPSED: (lapses_after < on,),
    }
    return and_(*ranges[status], starts_on <= on, kept)


def member_by_dates(
    on: date,
    *,
    given_up_on: Any,
    starts_on: Any,
    grace_until: Any,
) -> ColumnElement[bool]:
    """M7: say as SQL that somebody is a member on a day not after today, from the dates of a place."""
    return and_(or_(given_up_on.is_(None), given_up_on >= on), starts_on <= on, grace_until >= on)
