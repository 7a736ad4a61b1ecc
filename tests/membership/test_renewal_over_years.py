"""M6, M8, M9, P8 over years: whatever members, banks and standstills do, in any order, these hold."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.accounts import queries as accounts
from app.core import clock
from app.core.db import atomic, db
from app.core.errors import Refusal
from app.membership import queries, services
from app.membership.models import ApplicationState, MembershipStatus
from app.membership.queries import renewal
from app.payments import services as payments
from app.payments.models import AttemptState, BillState
from tests.factories import make_account

from .conftest import applied
from .renewing import ONE_DAY, Years, noon, pay_first

S = MembershipStatus
WORLD: dict[str, Any] = {}


class Renewals(RuleBasedStateMachine):
    """One member, some years, one daily job that may stand still."""

    @initialize()
    def joins(self) -> None:
        calendar, treasurer = WORLD["calendar"], accounts.account(WORLD["treasurer"])
        WORLD["day"] += timedelta(days=12 * 366)
        calendar.move_to(noon(WORLD["day"]))
        member = make_account()
        pay_first(applied(member, ApplicationState.ACCEPTED, by=treasurer), treasurer)
        db.session.commit()
        self.years = Years(calendar, member, treasurer)
        self.left_on: date | None = None

    @rule(days=st.sampled_from([1, 2, 5, 14, 30, 75, 150, 270]))
    def time_passes_and_the_job_runs_at_the_end(self, days: int) -> None:
        self.years.daily(clock.today() + timedelta(days=days))

    @rule(days=st.integers(1, 9))
    def the_job_runs_every_day(self, days: int) -> None:
        self.years.every_day(clock.today() + ONE_DAY, clock.today() + timedelta(days=days))

    @rule()
    def the_job_runs_again(self) -> None:
        before = self.everything()
        self.years.daily(clock.today())
        self.years.daily(clock.today())
        after = self.everything()
        self.years.daily(clock.today())
        assert self.everything() == after
        assert len(after["bills"]) - len(before["bills"]) <= 1

    def everything(self) -> dict[str, Any]:
        return {
            "told": self.years.told,
            "mails": len(self.years.mails),
            "bills": [(bill.id, bill.state) for bill in self.years.bills],
            "charges": len(self.years.charges),
        }

    @rule(play=st.sampled_from(["pay", "pending", "fail"]))
    def agrees_to_automatic_renewal(self, play: str) -> None:
        if payments.saved_method_of(self.years.member_id) is None:
            self.years.saves_method()
        self.years.next_charge(play)

    @rule()
    def withdraws_that(self) -> None:
        self.years.withdraws()

    @rule()
    def pays_by_hand_what_is_open(self) -> None:
        how = services.renewing(self.years.membership.id, clock.today())
        if how.bill_id is not None:
            tries = len(self.years.charges)
            self.years.pays(next(bill for bill in self.years.bills if bill.id == how.bill_id))
            self.years.daily(clock.today())
            assert len(self.years.charges) == tries, "paying by hand ends the tries"

    @rule()
    def comes_back(self) -> None:
        db.session.commit()
        try:
            with atomic():
                services.revive(self.years.membership.id)
        except Refusal:
            return

    @rule(play=st.sampled_from(["settle", "fail"]))
    def the_bank_decides(self, play: str) -> None:
        for bill in self.years.bills:
            for attempt in bill.attempts:
                if attempt.state is AttemptState.PROCESSING and attempt.bill_id == bill.id:
                    self.years.decided(attempt, play)

    @rule()
    def money_goes_back(self) -> None:
        paid = [bill for bill in self.years.bills if bill.state is BillState.PAID]
        if paid and payments.balance(paid[-1].id) == paid[-1].gross_cents:
            self.years.takes_back(paid[-1])

    @precondition(lambda self: self.left_on is None)
    @rule()
    def resigns(self) -> None:
        if self.years.membership.ends_on is None:
            self.years.resigns()
            self.left_on = clock.today()
            self.bills_when_left = len(self.years.bills)
            self.charges_when_left = len(self.years.charges)

    @precondition(lambda self: self.left_on is not None)
    @rule()
    def stays(self) -> None:
        try:
            self.years.stays()
        except Refusal:
            return
        self.left_on = None

    @invariant()
    def nothing_is_billed_or_charged_after_leaving(self) -> None:
        if getattr(self, "left_on", None) is not None and self.years.membership.ends_on is not None:
            assert len(self.years.bills) == self.bills_when_left
            assert len(self.years.charges) == self.charges_when_left

    @invariant()
    def years_do_not_overlap_and_each_was_paid_for(self) -> None:
        if not hasattr(self, "years"):
            return
        dated = sorted((one for one in self.years.periods if one.starts_on), key=lambda one: one.starts_on)
        for earlier, later in pairwise(dated):
            end = earlier.uncovered_on - ONE_DAY if earlier.uncovered_on else earlier.ends_on
            assert later.starts_on > end
        assert len({one.paid_bill_id for one in dated}) == len(dated)

    @invariant()
    def nobody_is_in_without_money(self) -> None:
        if not hasattr(self, "years"):
            return
        today = clock.today()
        standing = queries.standing(self.years.member_id, today)
        assert standing is not None
        assert queries.is_member(self.years.member_id, today) is standing.is_member
        if standing.status is S.ACTIVE:
            period = next(one for one in self.years.periods if one.id == standing.period_id)
            assert period.paid_bill_id is not None
            bill = next(one for one in self.years.bills if one.id == period.paid_bill_id)
            assert payments.balance(bill.id) >= bill.gross_cents
        if standing.status is S.GRACE:
            last = max(day for day in (standing.grace_until, standing.processing_until) if day)
            assert today <= last

    @invariant()
    def charges_are_announced_few_and_never_double(self) -> None:
        if not hasattr(self, "years"):
            return
        charges = self.years.charges
        for bill in self.years.bills:
            mine = [charge for charge in charges if charge.bill_id == bill.id]
            assert len(mine) <= 3
            assert payments.balance(bill.id) <= bill.gross_cents
            for charge in mine:
                notice = renewal.notice(charge.notice_id)
                assert charge.tried_on - notice.told_on >= timedelta(days=14)
                assert charge.amount_cents == notice.amount_cents
            for earlier, later in pairwise(mine):
                assert later.tried_on - earlier.tried_on >= timedelta(days=5)

    @invariant()
    def at_most_one_bill_is_open(self) -> None:
        if hasattr(self, "years"):
            assert len(self.years.unpaid()) <= 1


@pytest.fixture
def world(lists: None, coordinator: Any, calendar: Any) -> None:
    db.session.commit()
    WORLD.update(calendar=calendar, treasurer=coordinator.id, day=date(2027, 1, 4))


def test_m8_whatever_happens_over_the_years_these_rules_hold(world):
    run_state_machine_as_test(
        Renewals,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
