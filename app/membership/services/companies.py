"""M11: somebody's company changes: what was billed keeps the old one, what is billed next goes to the new."""

from __future__ import annotations

from app.accounts.models import Account
from app.audit import services as audit
from app.core.db import db
from app.core.errors import NotFound
from app.core.events import publish
from app.membership import queries
from app.membership.events import CompanyChanged
from app.membership.models import Company, Membership
from app.membership.services.admission import SUBJECT
from app.membership.services.applications import CompanyDetails
from app.membership.services.buying import buyer_of
from app.payments import queries as bills
from app.payments import services as payments

TOLD = ("name", "kvk", "vat_id", "address", "postcode", "city")


def change_company(details: CompanyDetails, *, by: Account) -> Company:
    """M11: bill another company from now on, also by a bill without a number; the same one changes nothing."""
    standing = queries.place_of(by.id)
    if standing is None:
        raise NotFound
    membership = db.session.get_one(Membership, standing, with_for_update=True, populate_existing=True)
    old = db.session.get_one(Company, membership.company_id)
    before = {name: getattr(old, name) for name in TOLD}
    if before == vars(details):
        return old
    company = Company(account_id=by.id, **vars(details))
    db.session.add(company)
    db.session.flush()
    membership.company_id = company.id
    waiting = queries.open_period(by.id)
    bill = bills.bill_for(SUBJECT, waiting.id) if waiting else None
    if bill is not None:
        payments.readdress(bill.id, buyer_of(company, by), by=by)
    audit.record(
        "membership.company_changed",
        by=by.id,
        on=("membership", membership.id),
        before=before,
        after=vars(details),
    )
    publish(CompanyChanged(membership_id=membership.id, account_id=by.id))
    return company
