"""Discount codes and sponsored places as the bureau and the payer see them (P10)."""

from __future__ import annotations

from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Select, select

from app.accounts.models import Account
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import language
from app.membership.models import DiscountCode, DiscountUse, Plan, Sponsorship


class Use(NamedTuple):
    """One use of a code: by whom, on which bill, when, and what it was worth in net cents."""

    account_id: UUID
    bill_id: UUID
    amount_cents: int
    used_at: Any


def code_named(code: str) -> DiscountCode | Sponsorship | None:
    """Return the code or the sponsored places of this name, as it is kept."""
    discount = db.session.scalar(select(DiscountCode).where(DiscountCode.code == code))
    return discount or db.session.scalar(select(Sponsorship).where(Sponsorship.code == code))


def discount_code(id: UUID) -> DiscountCode:
    """Return a discount code."""
    found = db.session.get(DiscountCode, id)
    if found is None:
        raise NotFound
    return found


def sponsorship(id: UUID) -> Sponsorship:
    """Return sponsored places."""
    found = db.session.get(Sponsorship, id)
    if found is None:
        raise NotFound
    return found


def use_on(bill_id: UUID) -> DiscountUse | None:
    """Return which code was used on a bill, if one was."""
    return db.session.scalar(select(DiscountUse).where(DiscountUse.bill_id == bill_id))


def code_on(bill_id: UUID) -> DiscountCode | Sponsorship | None:
    """Return the code that was used on a bill."""
    use = use_on(bill_id)
    if use is None:
        return None
    return db.session.get(DiscountCode, use.code_id) if use.code_id else db.session.get(Sponsorship, use.sponsorship_id)


def uses_of(code: DiscountCode | Sponsorship) -> list[Use]:
    """Return the uses of a code, the latest first."""
    column = DiscountUse.code_id if isinstance(code, DiscountCode) else DiscountUse.sponsorship_id
    wanted = select(DiscountUse.account_id, DiscountUse.bill_id, DiscountUse.amount_cents, DiscountUse.used_at)
    rows = db.session.execute(wanted.where(column == code.id).order_by(DiscountUse.used_at.desc()))
    return [Use._make(row) for row in rows]


def discount_codes() -> Select[Any]:
    """Give every discount code, to filter, sort and page further."""
    wanted = select(
        DiscountCode.id,
        DiscountCode.code,
        DiscountCode.reason,
        DiscountCode.basis_points,
        DiscountCode.amount_cents,
        DiscountCode.valid_from,
        DiscountCode.valid_until,
        DiscountCode.most,
        DiscountCode.taken,
        DiscountCode.stopped_at,
        DiscountCode.created_at,
    )
    return cast("Select[Any]", wanted)


def sponsorships() -> Select[Any]:
    """Give all sponsored places, to filter, sort and page further."""
    wanted = (
        select(
            Sponsorship.id,
            Sponsorship.name,
            Sponsorship.code,
            Sponsorship.payer,
            Sponsorship.places,
            Sponsorship.taken,
            Sponsorship.valid_until,
            Sponsorship.opened_at,
            Sponsorship.stopped_at,
            Sponsorship.created_at,
            Account.email,
            (Plan.name_en if language() == "en" else Plan.name_nl).label("plan"),
        )
        .join(Plan, Plan.id == Sponsorship.plan_id)
        .outerjoin(Account, Account.id == Sponsorship.contact_id)
    )
    return cast("Select[Any]", wanted)
