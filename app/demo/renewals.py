"""Where everybody near the end of a year stands today, as if the daily job had done its work on every day before (M8).

Whoever has an address of their own in the demo is left out: their renewals are stories, told by the job itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.accounts.demo import KNOWN, demo_id
from app.accounts.models import Account
from app.core import clock
from app.core.db import db, insert_rows
from app.core.demo import DemoPlan, drawn_id
from app.core.i18n import _
from app.core.money import vat_amount
from app.demo.buyers import BUYER, buyer_in
from app.membership import ladder
from app.membership.demo import UNDATED, period
from app.membership.ladder import ENDED, ONE_DAY, PRE_NOTICE, VALUE, Span
from app.membership.models import Company, Membership, MembershipPeriod, NoticeSent, Plan
from app.membership.queries.renewal import LOOKED_AFTER, SUBJECT
from app.membership.services import description_of
from app.membership.terms import Ending, ending, next_timeline
from app.payments import services as payments
from app.payments.demo import DemoBill

PAID_EARLY = 0.6
AT_ONCE = 5000
DAILY_AT = time(3, 40)
_DATES = ("starts_on", "ends_on", "grace_until", "lapses_after")


@dataclass
class _Renewed:
    """What the daily job left behind."""

    today: date
    plan: Plan
    rng: Random
    periods: list[dict[str, Any]] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    basis_points: dict[tuple[str, date], int] = field(default_factory=dict)

    def write(self) -> None:
        insert_rows(MembershipPeriod, self.periods)
        insert_rows(NoticeSent, self.notices)
        self.periods, self.notices = [], []

    def tell(self, row: Any, kind: str, on: date, bill: DemoBill | None = None, reference: str = "") -> None:
        self.notices.append(
            {
                "id": drawn_id(self.rng),
                "period_id": row.id,
                "kind": kind,
                "reference": reference,
                "bill_id": bill.id if bill else None,
                "amount_cents": self._gross_cents(bill) if bill else None,
                "told_on": on,
                "acts_on": None,
                "told_at": _daily(on),
            }
        )

    def follow(self, row: Any) -> DemoBill | None:
        """Do for one member what the days up to today asked for; return the bill for the next year, if it came."""
        if row.given_up_on is not None:
            self.tell(row, ENDED, row.given_up_on + ONE_DAY, reference=row.given_up_on.isoformat())
            return None
        after = ending(self.plan, row.ends_on)
        if after.bill_on - PRE_NOTICE <= self.today:
            self.tell(row, VALUE, after.bill_on - PRE_NOTICE)
        if after.bill_on > self.today:
            return None
        span = Span(row.ends_on, row.grace_until, row.lapses_after, None)
        paid_on = self._paid_on(after, row.ends_on)
        lapsed_on = row.lapses_after + ONE_DAY if row.lapses_after < self.today else None
        bill = self._bill(row, after, paid_on, lapsed_on)
        for rung in ladder.rungs(span, after.notices):
            if rung.on <= (paid_on or self.today):
                self.tell(row, rung.kind, rung.on, bill)
        return bill

    def _gross_cents(self, bill: DemoBill) -> int:
        key = (bill.vat_code, bill.day)
        if key not in self.basis_points:
            self.basis_points[key] = payments.vat_rate(*key).basis_points
        return bill.net_cents + vat_amount(bill.net_cents, self.basis_points[key])

    def _paid_on(self, after: Ending, ends_on: date) -> date | None:
        """Let most pay before the year is over, once they have had the bill for some days."""
        if ends_on < self.today or self.rng.random() >= PAID_EARLY:
            return None
        return after.bill_on + timedelta(days=self.rng.randint(0, (self.today - after.bill_on).days))

    def _bill(self, row: Any, after: Ending, paid_on: date | None, lapsed_on: date | None) -> DemoBill:
        following = next_timeline(self.plan, row.ends_on)
        period_id = drawn_id(self.rng)
        dates: dict[str, Any] = UNDATED
        if paid_on:
            held = {one.benefit.value: one.quota for one in self.plan.entitlements}
            dates = {name: getattr(following, name) for name in _DATES}
            dates |= {"activated_at": _daily(paid_on), "benefits": held}
        told = period(row.membership_id, self.plan, row.sequence + 1, period_id, _daily(after.bill_on))
        self.periods.append({**told, **dates, "closed_on": lapsed_on})
        described = description_of(self.plan, following.ends_on)
        return DemoBill(
            id=drawn_id(self.rng),
            person_id=row.account_id,
            subject=(SUBJECT, period_id),
            description=described["nl"],
            in_languages=described,
            net_cents=following.net_cents,
            vat_code=following.vat_code,
            buyer=buyer_in(row),
            day=after.bill_on,
            period=(following.starts_on, following.ends_on),
            due_on=after.due_on,
            paid_on=paid_on,
            credited_on=lapsed_on,
            cause=f"lapse:{period_id}",
            reason=_("The membership was not renewed"),
        )


def billed(plan: DemoPlan, offered: Plan) -> Iterator[DemoBill]:
    """Bring everybody near the end of a year to where they stand today; yield the bills for the years that follow."""
    renewed = _Renewed(plan.today, offered, plan.chance("renewals"))
    for row in _near_the_end(plan.today, offered):
        bill = renewed.follow(row)
        if bill:
            yield bill
        if len(renewed.notices) >= AT_ONCE:
            renewed.write()
    renewed.write()


def _near_the_end(today: date, offered: Plan) -> Any:
    later = aliased(MembershipPeriod)
    soonest = today + timedelta(days=offered.bill_days_before) + PRE_NOTICE
    period_columns = (MembershipPeriod.id, MembershipPeriod.membership_id, MembershipPeriod.sequence)
    dates = (MembershipPeriod.ends_on, MembershipPeriod.grace_until, MembershipPeriod.lapses_after)
    followed = select(later.id).where(
        later.membership_id == MembershipPeriod.membership_id, later.sequence > MembershipPeriod.sequence
    )
    return db.session.execute(
        select(*period_columns, *dates, Membership.ends_on.label("given_up_on"), *BUYER)
        .join(Membership, Membership.id == MembershipPeriod.membership_id)
        .join(Company, Company.id == Membership.company_id)
        .join(Account, Account.id == Membership.account_id)
        .where(
            MembershipPeriod.ends_on.between(today - LOOKED_AFTER - ONE_DAY, soonest),
            Membership.account_id.not_in([demo_id(known.who) for known in KNOWN]),
            ~followed.exists(),
        )
        .order_by(MembershipPeriod.ends_on, MembershipPeriod.id)
    ).all()


def _daily(on: date) -> datetime:
    return clock.at_home(datetime.combine(on, DAILY_AT))
