"""M6, M8, M11: what a year is bought with: a period that waits for money, and a bill, what it says and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.models import Account
from app.core.db import db
from app.core.formats import short_date
from app.core.i18n import _, in_each_language, speaking
from app.membership import queries
from app.membership.models import Company, Membership, MembershipPeriod, Plan, YearPolicy
from app.membership.queries.renewal import SUBJECT
from app.membership.terms import Timeline
from app.payments.services import BillDraft, Buyer, LineDraft


def next_period(membership_id: UUID, plan_id: UUID) -> MembershipPeriod:
    """M6: return a new period of a membership, the next in order; it waits for money, or for whoever waives that."""
    return next_periods({membership_id: plan_id})[membership_id]


def next_periods(plans: Mapping[UUID, UUID]) -> dict[UUID, MembershipPeriod]:
    """M6: return a new period of each of these memberships, under this plan."""
    latest = select(MembershipPeriod.membership_id, func.max(MembershipPeriod.sequence))
    latest = latest.where(MembershipPeriod.membership_id.in_(plans)).group_by(MembershipPeriod.membership_id)
    sequences = {row[0]: row[1] for row in db.session.execute(latest)}
    periods = {
        membership_id: MembershipPeriod(
            membership_id=membership_id, plan_id=plan_id, sequence=sequences.get(membership_id, 0) + 1
        )
        for membership_id, plan_id in plans.items()
    }
    db.session.add_all(periods.values())
    db.session.flush()
    return periods


def bill_for_year(
    period: MembershipPeriod,
    plan: Plan,
    year: Timeline,
    *,
    member: Account,
    company: Company,
    due_on: date,
    dated: bool,
) -> BillDraft:
    """M6, M8: return the bill for a year of a plan: it states its days, or that they follow from the payment."""
    described = description_of(plan, year.ends_on)
    return BillDraft(
        person_id=member.id,
        subject=(SUBJECT, period.id),
        lines=[
            LineDraft(
                description=described[member.locale],
                quantity=1,
                net_cents=year.net_cents,
                vat_code=year.vat_code,
                in_languages=described,
            )
        ],
        buyer=buyer_of(company, member),
        due_on=due_on,
        period=(year.starts_on, year.ends_on) if dated else None,
        term="" if dated else _term_of(plan, year, member),
        locale=member.locale,
    )


def description_of(plan: Plan, ends_on: date) -> dict[str, str]:
    """Return what a period of a plan is called on its bill, by language."""
    if plan.policy is YearPolicy.ROLLING:
        return in_each_language(lambda: _("Membership %(plan)s, one year", plan=plan.name))
    return in_each_language(lambda: _("Membership %(plan)s, until %(last)s", plan=plan.name, last=short_date(ends_on)))


def _term_of(plan: Plan, year: Timeline, member: Account) -> str:
    with speaking(member.locale):
        if plan.policy is YearPolicy.ROLLING:
            return _("One year from the day of payment")
        return _("From the day of payment until %(last)s", last=short_date(year.ends_on))


def buyer_of(company: Company, person: Account) -> Buyer:
    """M11: the invoice goes to the company, in the care of the person."""
    return Buyer(
        name=company.name,
        lines=[_attention_of(person), company.address],
        postcode=company.postcode,
        city=company.city,
        country=company.country,
        kvk=company.kvk,
        vat_id=company.vat_id,
        email=person.email,
    )


def buyer_for(person: Account) -> Buyer | None:
    """M11: to whom a bill of this person goes; None as long as no company with a whole address is known."""
    place = queries.place_of(person.id)
    membership = db.session.get(Membership, place) if place else None
    company = db.session.get(Company, membership.company_id) if membership else None
    whole = company is not None and all((company.name, company.address, company.postcode, company.city))
    return buyer_of(company, person) if company is not None and whole else None


def _attention_of(person: Account) -> str:
    with speaking(person.locale):
        return _("attn. %(name)s", name=person.name)
