"""The demo's contributions: a paid bill behind every membership year, an open one for whoever was just admitted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update

from app.accounts.demo import demo_id
from app.accounts.models import Account
from app.core import clock
from app.core.db import db, insert_rows
from app.core.demo import DemoPlan, drawn_id
from app.core.i18n import _
from app.membership import queries as membership
from app.membership.models import Application, ApplicationState, Company, Membership, MembershipPeriod, Plan
from app.membership.services import description_of
from app.membership.terms import year_from
from app.payments.demo import DemoBill, write_bills
from app.payments.services import Buyer

SUBJECT = "membership_period"


def seed(plan: DemoPlan) -> None:
    """Bill every membership year that was paid for, and everybody who was admitted and has still to pay."""
    rng = plan.chance("contributions")
    offered = membership.plan_on_offer(plan.today)
    assert offered is not None
    years = list(_paid_years(rng, offered))
    waiting = list(_admitted(plan, rng, offered))
    write_bills(plan, [*years, *waiting], keep_for=[demo_id("lid")])
    table: Any = MembershipPeriod.__table__
    link = update(table).where(table.c.id == bindparam("period")).values(paid_bill_id=bindparam("bill"))
    db.session.connection().execute(link, [{"period": one.subject[1], "bill": one.id} for one in years])


def _paid_years(rng: Random, offered: Plan) -> Iterator[DemoBill]:
    found = db.session.execute(
        select(
            MembershipPeriod.id,
            MembershipPeriod.starts_on,
            MembershipPeriod.ends_on,
            Membership.account_id,
            *_BUYER,
        )
        .join(Membership, Membership.id == MembershipPeriod.membership_id)
        .join(Company, Company.id == Membership.company_id)
        .join(Account, Account.id == Membership.account_id)
        .where(MembershipPeriod.activated_at.is_not(None))
        .order_by(MembershipPeriod.starts_on, MembershipPeriod.id)
    )
    for row in found:
        period = (row.starts_on, row.ends_on)
        yield _bill(rng, offered, row, day=row.starts_on, subject=row.id, person=row.account_id, period=period)


def _admitted(plan: DemoPlan, rng: Random, offered: Plan) -> Iterator[DemoBill]:
    """Give everybody who was admitted a place that waits for money; some have chosen to transfer it."""
    found = db.session.execute(
        select(Application.id, Application.account_id, Application.company_id, Application.decided_at, *_BUYER)
        .join(Company, Company.id == Application.company_id)
        .join(Account, Account.id == Application.account_id)
        .where(Application.state == ApplicationState.ACCEPTED)
        .order_by(Application.decided_at, Application.id)
    )
    memberships, periods, bills = [], [], []
    for number, row in enumerate(found):
        membership_id, period_id = drawn_id(rng), drawn_id(rng)
        values = {"id": membership_id, "account_id": row.account_id, "plan_id": offered.id}
        memberships.append(
            values | {"company_id": row.company_id, "application_id": row.id, "created_at": row.decided_at}
        )
        periods.append(
            {
                "id": period_id,
                "membership_id": membership_id,
                "plan_id": offered.id,
                "sequence": 1,
                "created_at": row.decided_at,
            }
        )
        day = min(clock.local(row.decided_at).date() + timedelta(days=1), plan.today)
        by_transfer = number % 3 == 1
        bills.append(
            _bill(
                rng,
                offered,
                row,
                day=day,
                subject=period_id,
                person=row.account_id,
                paid=False,
                by_transfer=by_transfer,
                term=_("One year from the day of payment"),
            )
        )
    insert_rows(Membership, memberships)
    insert_rows(MembershipPeriod, periods)
    yield from bills


_BUYER = (
    Company.name,
    Company.address,
    Company.postcode,
    Company.city,
    Company.kvk,
    Company.vat_id,
    Account.given_name,
    Account.family_name,
    Account.email,
)


def _bill(rng: Random, offered: Plan, row: Any, *, subject: UUID, person: UUID, **rest: Any) -> DemoBill:
    price = offered.price_on(rest["day"]) or offered.prices[0]
    return DemoBill(
        id=drawn_id(rng),
        person_id=person,
        subject=(SUBJECT, subject),
        description=_("Membership %(plan)s, one year", plan=offered.name),
        in_languages=description_of(offered, year_from(rest["day"])),
        net_cents=price.net_cents,
        vat_code=price.vat_code,
        buyer=Buyer(
            name=row.name,
            lines=[_("attn. %(name)s", name=f"{row.given_name} {row.family_name}"), row.address],
            postcode=row.postcode,
            city=row.city,
            kvk=row.kvk,
            vat_id=row.vat_id,
            email=row.email,
        ),
        **rest,
    )
