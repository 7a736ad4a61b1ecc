"""The lists, the plan on offer and the texts in force."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.money import vat_amount
from app.membership.models import ConsentKind, ConsentText, Plan, Term, TermKind, YearPolicy
from app.membership.terms import first_timeline
from app.payments import services as payments


def terms(*kinds: TermKind, also_unused: bool = False) -> list[Term]:
    """Return the entries of one or more lists in their order; those out of use only when asked for."""
    wanted = select(Term).where(Term.kind.in_(kinds)).order_by(Term.kind, Term.position, Term.slug)
    return list(db.session.scalars(wanted if also_unused else wanted.where(Term.active)))


def terms_by_ids(ids: Collection[UUID]) -> list[Term]:
    """Return these entries in the order of their lists, in use or not."""
    if not ids:
        return []
    return list(db.session.scalars(select(Term).where(Term.id.in_(ids)).order_by(Term.kind, Term.position, Term.slug)))


def term_names(ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of these entries in the reader's language."""
    return {term.id: term.name for term in terms_by_ids(ids)}


def plans_on_offer() -> list[Plan]:
    """Return the plans that somebody can be admitted to, with prices and entitlements."""
    wanted = select(Plan).where(Plan.on_offer).order_by(Plan.slug)
    return list(db.session.scalars(wanted.options(selectinload(Plan.prices), selectinload(Plan.entitlements))))


def all_plans() -> list[Plan]:
    """Return every plan with its prices, those on offer first."""
    wanted = select(Plan).order_by(Plan.on_offer.desc(), Plan.name_nl, Plan.slug)
    return list(db.session.scalars(wanted.options(selectinload(Plan.prices))))


def plan_on_offer(day: date) -> Plan | None:
    """Return the plan to show to the public: the first on offer that has a price on that day."""
    return next((plan for plan in plans_on_offer() if plan.price_on(day)), None)


@dataclass(frozen=True)
class FirstYear:
    """M5: what somebody who joins a fixed year on a day pays for the rest of it, in cents, and when that ends."""

    joins_on: date
    net: int
    gross: int
    ends_on: date
    notice_by: date | None


@dataclass(frozen=True)
class Price:
    """What a plan costs on a day, without and with VAT, in cents; the rate in per cent.

    `first_year` is only there where the plan's year is the same fixed one for everybody.
    """

    net: int
    gross: int
    per_cent: int
    first_year: FirstYear | None


def price_on(plan: Plan | None, day: date) -> Price | None:
    """Return what a plan costs on a day, as M1 and ux 5 want it told; None without a plan or a price."""
    price = plan.price_on(day) if plan else None
    if plan is None or price is None:
        return None
    points = payments.vat_rate(price.vat_code, day).basis_points
    gross = price.net_cents + vat_amount(price.net_cents, points)
    return Price(price.net_cents, gross, points // 100, _first_year(plan, day, points))


def _first_year(plan: Plan, day: date, points: int) -> FirstYear | None:
    if plan.policy is YearPolicy.ROLLING:
        return None
    first = first_timeline(plan, day)
    gross = first.net_cents + vat_amount(first.net_cents, points)
    return FirstYear(day, first.net_cents, gross, first.ends_on, first.notice_by)


def plan(plan_id: UUID) -> Plan:
    """Return a plan with prices and entitlements."""
    wanted = select(Plan).where(Plan.id == plan_id)
    found = db.session.scalar(wanted.options(selectinload(Plan.prices), selectinload(Plan.entitlements)))
    if found is None:
        raise NotFound
    return found


def consent_texts(day: date) -> list[ConsentText]:
    """Return, for each kind of consent, the version in force on a day."""
    wanted = select(ConsentText).where(ConsentText.valid_from <= day).order_by(ConsentText.version)
    newest = {text.kind: text for text in db.session.scalars(wanted)}
    return [newest[kind] for kind in ConsentKind if kind in newest]


def invited_texts(day: date) -> list[ConsentText]:
    """Return what whoever is invited agrees to: they name no referees, so nothing about those."""
    return [text for text in consent_texts(day) if text.kind is not ConsentKind.REFERENCE_CHECK]
