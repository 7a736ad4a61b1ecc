"""Whom the demo's bills go to: the company somebody has (M11)."""

from __future__ import annotations

from typing import Any

from app.accounts.models import Account
from app.core.i18n import _
from app.membership.models import Company, Membership
from app.payments.services import Buyer

BUYER = (
    Membership.account_id,
    Company.name,
    Company.address,
    Company.postcode,
    Company.city,
    Company.country,
    Company.kvk,
    Company.vat_id,
    Account.given_name,
    Account.family_name,
    Account.email,
)


def buyer_in(row: Any) -> Buyer:
    """Return whom a bill goes to, from a row with the columns of BUYER."""
    return Buyer(
        name=row.name,
        lines=[_("attn. %(name)s", name=f"{row.given_name} {row.family_name}"), row.address],
        postcode=row.postcode,
        city=row.city,
        country=row.country,
        kvk=row.kvk,
        vat_id=row.vat_id,
        email=row.email,
    )
