"""The demo's contributions: a paid bill behind every membership year, an open one for whoever was just admitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update

from app.accounts.demo import KNOWN, demo_id
from app.accounts.models import Account
from app.core import clock
from app.core.db import db
from app.core.demo import DemoPlan, drawn_id
from app.core.i18n import _
from app.demo import renewals
from app.demo.buyers import BUYER, buyer_in
from app.membership import queries as membership
from app.membership.models import Application, ApplicationState, Company, Membership, MembershipPeriod, Plan
from app.membership.services import description_of
from app.membership.terms import year_from
from app.payments import services as payments
from app.payments.demo import DemoBill
from app.payments.models import Method

SUBJECT = "membership_period"
_BY_CARD, _BY_BANK = ("betwist", "gewonnen", "verloren", "dubbel"), ("handmatig",)


def billed(plan: DemoPlan) -> list[DemoBill]:
    """Return every bill: of years that were paid for, of whoever was admitted, and of years that are to follow."""
    rng = plan.chance("contributions")
    offered = membership.plan_on_offer(plan.today)
    assert offered is not None
    return [*_paid_years(rng, offered), *_admitted(plan, rng, offered), *renewals.billed(plan, offered)]


def link(bills: Sequence[DemoBill]) -> None:
    """Name behind each period the bill it was paid with, and keep the demo member's invoices on file."""
    table: Any = MembershipPeriod.__table__
    named = update(table).where(table.c.id == bindparam("period")).values(paid_bill_id=bindparam("bill"))
    paid = [{"period": one.subject[1], "bill": one.id} for one in bills if one.paid_on]
    db.session.connection().execute(named, paid)
    for one in bills:
        if one.person_id == demo_id("lid"):
            payments.keep_invoice(one.id)


def _paid_years(rng: Random, offered: Plan) -> Iterator[DemoBill]:
    found = db.session.execute(
        select(MembershipPeriod.id, MembershipPeriod.starts_on, MembershipPeriod.ends_on, *BUYER)
        .join(Membership, Membership.id == MembershipPeriod.membership_id)
        .join(Company, Company.id == Membership.company_id)
        .join(Account, Account.id == Membership.account_id)
        .where(MembershipPeriod.activated_at.is_not(None))
        .order_by(MembershipPeriod.starts_on, MembershipPeriod.id)
    )
    methods = dict.fromkeys((demo_id(known.who) for known in KNOWN), Method.IDEAL)
    methods |= dict.fromkeys(map(demo_id, _BY_CARD), Method.CARD)
    methods |= dict.fromkeys(map(demo_id, _BY_BANK), Method.TRANSFER)
    for row in found:
        yield _bill(
            rng,
            offered,
            row,
            day=row.starts_on,
            subject=row.id,
            period=(row.starts_on, row.ends_on),
            paid_on=row.starts_on,
            method=methods.get(row.account_id),
        )


def _admitted(plan: DemoPlan, rng: Random, offered: Plan) -> Iterator[DemoBill]:
    """Bill everybody who was admitted; some have chosen to transfer it."""
    found = db.session.execute(
        select(MembershipPeriod.id, Application.decided_at, *BUYER)
        .join(Membership, Membership.id == MembershipPeriod.membership_id)
        .join(Application, Application.id == Membership.application_id)
        .join(Company, Company.id == Membership.company_id)
        .join(Account, Account.id == Membership.account_id)
        .where(Application.state == ApplicationState.ACCEPTED)
        .order_by(Application.decided_at, Application.id)
    )
    for number, row in enumerate(found):
        by_transfer = number % 3 == 1
        yield _bill(
            rng,
            offered,
            row,
            day=min(clock.local(row.decided_at).date() + timedelta(days=1), plan.today),
            subject=row.id,
            issued=by_transfer,
            by_transfer=by_transfer,
            term=_("One year from the day of payment"),
        )


def _bill(rng: Random, offered: Plan, row: Any, *, day: date, subject: UUID, **rest: Any) -> DemoBill:
    price = offered.price_on(day) or offered.prices[0]
    return DemoBill(
        id=drawn_id(rng),
        person_id=row.account_id,
        subject=(SUBJECT, subject),
        description=_("Membership %(plan)s, one year", plan=offered.name),
        in_languages=description_of(offered, year_from(day)),
        net_cents=price.net_cents,
        vat_code=price.vat_code,
        buyer=buyer_in(row),
        day=day,
        **rest,
    )
