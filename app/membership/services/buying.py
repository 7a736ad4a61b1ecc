"""M11: to whom bills go."""

from __future__ import annotations

from app.accounts.models import Account
from app.core.i18n import _, speaking
from app.membership.models import Company
from app.payments.services import Buyer


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


def _attention_of(person: Account) -> str:
    with speaking(person.locale):
        return _("attn. %(name)s", name=person.name)
