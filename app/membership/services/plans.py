"""M5: the bureau draws up plans and prices them. What runs keeps its days and its benefits; what is past, its price."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound, Refusal
from app.core.i18n import _l
from app.membership.models import Benefit, Plan, PlanEntitlement, PlanPrice, YearPolicy

LONGEST_SLUG = 50


class PriceIsPast(Refusal):
    """P1: what people were billed by can't be changed afterwards."""

    message = _l("This price has begun already and stays as it is. Give the plan a new price from a later day.")


class PriceThatDay(Refusal):
    """M5: a day has one price."""

    message = _l("There is a price from this day already. Withdraw it first, or choose another day.")


@dataclass(frozen=True)
class PlanDetails:
    """M5: everything about a plan but its prices. `pro_rata` in basis points, `benefits` as quota per period."""

    name_nl: str
    name_en: str
    on_offer: bool
    policy: YearPolicy
    year_start_month: int
    pro_rata: list[int]
    notice_month: int | None
    notice_day: int | None
    payment_days: int
    bill_days_before: int
    due_days_after: int
    notice_ladder: list[int]
    grace_days: int
    lapse_days: int
    revival_days: int
    benefits: Mapping[Benefit, int]

    def columns(self) -> dict[str, object]:
        """Return what goes into the plan's own row."""
        return {name: value for name, value in asdict(self).items() if name != "benefits"}


@dataclass(frozen=True)
class PriceDetails:
    """P1: a net price in cents, from a day on."""

    valid_from: date
    net_cents: int
    vat_code: str


def details_of(plan: Plan) -> PlanDetails:
    """Return a plan as it is, for a form and for the log."""
    columns = {name: getattr(plan, name) for name in PlanDetails.__dataclass_fields__ if name != "benefits"}
    return PlanDetails(**columns, benefits={held.benefit: held.quota for held in plan.entitlements})


def plan_as(details: PlanDetails, prices: list[PriceDetails]) -> Plan:
    """Return a plan as it would be, kept nowhere: what a preview reckons with."""
    plan = Plan(slug="", **details.columns())
    plan.prices = [PlanPrice(**vars(price)) for price in sorted(prices, key=lambda price: price.valid_from)]
    return plan


def open_plan(details: PlanDetails, price: PriceDetails, *, by: Account) -> Plan:
    """M5: add a plan with its first price."""
    plan = Plan(slug=_free_slug(details.name_nl), **details.columns())
    plan.prices = [PlanPrice(**vars(price))]
    plan.entitlements = _entitlements(details.benefits)
    db.session.add(plan)
    db.session.flush()
    audit.record("plan.opened", by=by.id, on=("plan", plan.id), after=_told(details) | vars(price))
    return plan


def _free_slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    wanted = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG] or "plan"
    taken = set(db.session.scalars(select(Plan.slug).where(Plan.slug.startswith(wanted))))
    return next(slug for slug in (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)


def _entitlements(benefits: Mapping[Benefit, int]) -> list[PlanEntitlement]:
    return [
        PlanEntitlement(benefit=benefit, quota=benefits[benefit], position=position)
        for position, benefit in enumerate(Benefit, start=1)
        if benefits.get(benefit)
    ]


def _told(details: PlanDetails) -> dict[str, object]:
    """Return a plan as the log keeps it: benefits each as a field of their own."""
    return details.columns() | {benefit.value: details.benefits.get(benefit, 0) for benefit in Benefit}


def revise_plan(plan_id: UUID, details: PlanDetails, *, by: Account) -> Plan:
    """M5: change a plan for what begins or is billed from now on; running periods keep their days and benefits."""
    plan = _locked(plan_id)
    before = details_of(plan)
    if before == details:
        return plan
    for name, value in details.columns().items():
        setattr(plan, name, value)
    standing = {held.benefit: held for held in plan.entitlements}
    for benefit, held in standing.items():
        if not details.benefits.get(benefit):
            db.session.delete(held)
    for position, benefit in enumerate(Benefit, start=1):
        quota = details.benefits.get(benefit, 0)
        if quota and benefit in standing:
            standing[benefit].quota, standing[benefit].position = quota, position
        elif quota:
            db.session.add(PlanEntitlement(plan_id=plan.id, benefit=benefit, quota=quota, position=position))
    db.session.flush()
    db.session.expire(plan, ["entitlements"])
    audit.record("plan.revised", by=by.id, on=("plan", plan.id), before=_told(before), after=_told(details))
    return plan


def _locked(plan_id: UUID) -> Plan:
    plan = db.session.get(Plan, plan_id, with_for_update={"of": Plan}, populate_existing=True)
    if plan is None:
        raise NotFound
    return plan


def set_price(plan_id: UUID, price: PriceDetails, *, by: Account) -> PlanPrice:
    """M5, P1: give a plan a price from today or a later day on; the same one asked twice is set once."""
    plan = _locked(plan_id)
    same_day = next((known for known in plan.prices if known.valid_from == price.valid_from), None)
    if same_day is not None:
        if (same_day.net_cents, same_day.vat_code) == (price.net_cents, price.vat_code):
            return same_day
        raise PriceThatDay
    if price.valid_from < clock.today():
        raise PriceIsPast
    added = PlanPrice(plan_id=plan.id, **vars(price))
    db.session.add(added)
    db.session.flush()
    db.session.expire(plan, ["prices"])
    audit.record("plan.priced", by=by.id, on=("plan", plan.id), after=vars(price))
    return added


def withdraw_price(plan_id: UUID, price_id: UUID, *, by: Account) -> None:
    """M5: take back a price that has not begun; done twice it changes nothing."""
    plan = _locked(plan_id)
    price = next((known for known in plan.prices if known.id == price_id), None)
    if price is None:
        return
    if price.valid_from <= clock.today():
        raise PriceIsPast
    gone = {"valid_from": price.valid_from, "net_cents": price.net_cents, "vat_code": price.vat_code}
    audit.record("plan.price_withdrawn", by=by.id, on=("plan", plan.id), before=gone)
    db.session.delete(price)
    db.session.flush()
    db.session.expire(plan, ["prices"])
