"""Members as tests of lists need them: written straight to the tables, standing as wanted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.models import Account
from app.core import clock
from app.core.db import db
from app.membership import services as membership
from app.membership.models import Company, Membership, MembershipPeriod, Plan, Term
from app.profiles import services
from app.profiles.models import Field, Profile
from app.profiles.queries import taxonomy
from tests.factories import make_account


def lists() -> None:
    """Have the bureau's lists and its plan."""
    membership.seed_reference_data()


def term(slug: str) -> Term:
    return db.session.scalars(select(Term).where(Term.slug == slug)).first()


def make_member(
    *, paid_until: date | None = None, given_up_on: date | None = None, paid: bool = True, **account: Any
) -> Account:
    """Somebody admitted; a member for ten more months unless told otherwise."""
    lists()
    person = make_account(**account)
    plan = db.session.scalars(select(Plan)).first()
    company = Company(
        account_id=person.id,
        name=f"{person.family_name} Interim",
        kvk="12345678",
        vat_id="NL000099998B57",
        address="Kade 1",
        postcode="1234 AB",
        city="Utrecht",
    )
    db.session.add(company)
    db.session.flush()
    place = Membership(account_id=person.id, plan_id=plan.id, company_id=company.id, ends_on=given_up_on)
    db.session.add(place)
    db.session.flush()
    period = MembershipPeriod(membership_id=place.id, plan_id=plan.id, sequence=1)
    if paid:
        last = paid_until or clock.today() + timedelta(days=300)
        period.starts_on, period.ends_on = last - timedelta(days=364), last
        period.grace_until, period.lapses_after = last + timedelta(days=30), last + timedelta(days=60)
        period.activated_at = clock.now()
    db.session.add(period)
    db.session.flush()
    services.open_profile(person.id)
    return person


def tell(
    person: Account, *slugs: str, headline: str = "", about: str = "", levels: dict[str, int] | None = None, **more: Any
) -> Profile:
    """Fill in somebody's profile."""
    profile = db.session.get_one(Profile, person.id)
    names = taxonomy()
    chosen: dict[Field, dict[Any, int | None]] = {Field.DISCIPLINES: {}, Field.SECTORS: {}, Field.REGION: {}}
    for slug in slugs:
        kind, _, name = slug.partition(":")
        found = next(one for one in names.terms.values() if one.slug == name and one.kind == kind)
        chosen[names.field_of(found.id)][found.id] = None
    services.introduce(profile, headline=headline, about=about, website=more.get("website", ""), by=person)
    services.describe_work(
        profile, terms=chosen, available_from=more.get("available_from"), days_a_week=more.get("days_a_week"), by=person
    )
    if levels:
        known = {term(slug).id: level for slug, level in levels.items()}
        services.tell_skills(profile, known, by=person)
    db.session.flush()
    return profile
