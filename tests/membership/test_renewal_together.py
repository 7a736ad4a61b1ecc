"""M8: the daily job helps members some at a time: what it costs, and that nobody is worse off for another's company."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import func, select

from app.accounts.models import Account
from app.audit import services as audit
from app.audit.models import AuditEntry
from app.core.db import atomic, db, forget_reads
from app.core.observability import statements_so_far
from app.jobs.models import Job
from app.mail.models import OutboxMail
from app.membership import services
from app.membership.models import ApplicationState, Membership, MembershipPeriod, NoticeSent, Plan, PlanPrice
from app.payments.models import Bill, BillState, CreditNote
from tests.factories import make_account
from tests.faults.plug import die_everywhere

from .conftest import applied
from .renewing import FIRST_DAY, LAST_DAY, ONE_DAY, noon, pay_first

FEW, MANY = 4, 8


def t(days: int) -> date:
    return LAST_DAY + timedelta(days=days)


def join(how_many: int, bureau_id: UUID) -> list[UUID]:
    """Let some people become members today; return their memberships."""
    db.session.commit()
    with atomic():
        bureau = db.session.get_one(Account, bureau_id)
        people = [make_account() for _number in range(how_many)]
        for person in people:
            pay_first(applied(person, ApplicationState.ACCEPTED, by=bureau), bureau)
        ids = [person.id for person in people]
        return list(db.session.scalars(select(Membership.id).where(Membership.account_id.in_(ids))))


def issued(membership_ids: list[UUID]) -> dict[UUID, list[str | None]]:
    """The numbers of the bills for the year that follows, by membership."""
    forget_reads()
    wanted = select(MembershipPeriod.membership_id, Bill.number).join(Bill, Bill.subject_id == MembershipPeriod.id)
    rows = db.session.execute(wanted.where(MembershipPeriod.sequence == 2, Bill.state == BillState.ISSUED))
    found: dict[UUID, list[str | None]] = {one: [] for one in membership_ids}
    for membership_id, number in rows:
        found[membership_id].append(number)
    return found


def numbers_without_gap(column: Any) -> int:
    """How many numbers were taken; in each year the first is one."""
    taken = [number.split("-") for number in db.session.scalars(select(column).where(column.is_not(None)))]
    for year, of_year in Counter(year for year, _number in taken).items():
        assert sorted(int(number) for on, number in taken if on == year) == list(range(1, of_year + 1))
    return len(taken)


@pytest.fixture
def two_years_ends(coordinator: Account, calendar: time_machine.Traveller) -> None:
    """A few members whose year ends on a day, and twice as many whose year ends on the next."""
    join(FEW, coordinator.id)
    calendar.move_to(noon(FIRST_DAY + ONE_DAY))
    join(MANY, coordinator.id)


def queries_on(calendar: time_machine.Traveller, day: date, helped: int) -> int:
    """Do the daily job; return how many queries it took."""
    calendar.move_to(noon(day))
    forget_reads()
    before = statements_so_far()
    assert services.renew_all().helped == helped
    return statements_so_far() - before


def test_m8_one_more_member_costs_a_few_queries_more(two_years_ends, calendar):
    """What a value statement and a credit note take is looked up and locked for each member; all else for many."""
    for days, each in [(-44, 4), (-30, 0), (-7, 0), (1, 0), (61, 10)]:
        if days == 61:
            queries_on(calendar, t(32), FEW + MANY)
        few, many = queries_on(calendar, t(days), FEW), queries_on(calendar, t(days + 1), MANY)
        assert few <= 60 + each * FEW, days
        assert many - few <= 3 + each * (MANY - FEW), days


def test_m8_looking_at_members_who_need_nothing_costs_the_same_for_many(coordinator, calendar):
    bureau_id = coordinator.id
    join(1, bureau_id)
    alone = queries_on(calendar, t(-35), 1), queries_on(calendar, t(-34), 0)
    calendar.move_to(noon(FIRST_DAY))
    join(MANY, bureau_id)
    assert queries_on(calendar, t(-35), MANY) > alone[1]
    assert queries_on(calendar, t(-34), 0) == alone[1] <= 12


def test_m8_of_a_batch_whoever_cannot_be_helped_fails_alone(coordinator, calendar):
    members = join(6, coordinator.id)
    bad = members[2]
    unpriced = Plan(slug="zonder-prijs", name_nl="Zonder prijs", name_en="Without a price")
    db.session.add(unpriced)
    db.session.flush()
    db.session.get_one(Membership, bad).plan_id = unpriced.id
    plan_id = unpriced.id
    db.session.commit()
    calendar.move_to(noon(t(-30)))
    with pytest.raises(services.SomeFailed, match="1 of 6"):
        services.renew_all()
    assert {one: len(got) for one, got in issued(members).items()} == {one: int(one != bad) for one in members}
    assert numbers_without_gap(Bill.number) == 11
    assert len(mailed("renewal_ahead")) == 5
    db.session.add(PlanPrice(plan_id=plan_id, valid_from=FIRST_DAY, net_cents=100_00, vat_code="high"))
    db.session.commit()
    assert services.renew_all().helped == 1
    assert all(len(got) == 1 for got in issued(members).values())
    assert numbers_without_gap(Bill.number) == 12


def test_m8_of_two_years_that_begin_on_one_day_the_later_counts(coordinator, calendar):
    """As when the money of the first went straight back: there is one bill, for the year after both."""
    members = join(2, coordinator.id)
    with atomic():
        first = db.session.scalars(select(MembershipPeriod).where(MembershipPeriod.membership_id == members[0])).one()
        again = {name: getattr(first, name) for name in ("starts_on", "ends_on", "grace_until", "lapses_after")}
        of = {"membership_id": first.membership_id, "plan_id": first.plan_id, "activated_at": first.activated_at}
        db.session.add(MembershipPeriod(sequence=2, **of, **again))
    assert queries_on(calendar, t(-30), 2)
    billed = select(MembershipPeriod.sequence).join(Bill, Bill.subject_id == MembershipPeriod.id)
    assert sorted(db.session.scalars(billed.where(Bill.issued_on == t(-30)))) == [2, 3]


def test_m8_each_member_of_a_batch_is_told_and_written_down_by_name(coordinator, calendar):
    members = join(3, coordinator.id)
    queries_on(calendar, t(-30), 3)
    of_bill = select(AuditEntry.object_id).where(
        AuditEntry.action == "payments.bill.issued",
        AuditEntry.object_id.in_(
            [str(one) for one in db.session.scalars(select(Bill.id).where(Bill.issued_on == t(-30)))]
        ),
    )
    assert sorted(Counter(db.session.scalars(of_bill)).values()) == [1, 1, 1]
    accounts = select(Membership.account_id).where(Membership.id.in_(members))
    assert {mail.account_id for mail in mailed("renewal_ahead")} == set(db.session.scalars(accounts))
    for mail in mailed("renewal_ahead"):
        bill = db.session.scalars(select(Bill).where(Bill.person_id == mail.account_id, Bill.issued_on == t(-30))).one()
        assert bill.number
        assert bill.number in mail.text


def mailed(template: str) -> list[OutboxMail]:
    forget_reads()
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.template == f"membership/{template}")))


@pytest.mark.committed
def test_m8_a_batch_that_dies_anywhere_bills_tells_and_lets_go_once(committed_app, calendar):
    """Two are billed and two lapse on one day: the job dies at each of its statements, and is begun again."""
    with atomic():
        services.seed_reference_data()
        bureau_id = make_account(roles=("coordinator", "treasurer")).id
    lapsing = join(2, bureau_id)
    calendar.move_to(noon(FIRST_DAY + 90 * ONE_DAY))
    staying = join(2, bureau_id)
    calendar.move_to(noon(t(-30)))
    services.renew_all()
    calendar.move_to(noon(t(61)))

    deaths = die_everywhere(services.renew_all, _what_was_done_is_whole)
    assert deaths >= 60
    _what_was_done_is_whole()
    assert {one: len(got) for one, got in issued(lapsing + staying).items()} == {
        **dict.fromkeys(lapsing, 0),
        **dict.fromkeys(staying, 1),
    }
    assert (count(CreditNote), len(mailed("lapsed"))) == (2, 2)
    assert services.renew_all().helped == 0
    assert audit.verify_chain().sound


def count(model: type, *conditions: object) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def _what_was_done_is_whole() -> None:
    """As many bills as notices, mails and invoices to keep; as many credit notes as lapsed: nothing half, none twice."""
    forget_reads()
    billed = count(Bill, Bill.issued_on == t(61))
    assert count(NoticeSent, NoticeSent.kind == "ahead:30") == billed + 2 == len(mailed("renewal_ahead"))
    assert count(Job, Job.kind == "payments.keep_invoice") == numbers_without_gap(Bill.number)
    lapsed = numbers_without_gap(CreditNote.number)
    assert count(NoticeSent, NoticeSent.kind == "lapsed") == lapsed == len(mailed("lapsed"))
    assert count(MembershipPeriod, MembershipPeriod.closed_on.is_not(None)) == lapsed
    assert count(AuditEntry, AuditEntry.action == "membership.lapsed") == lapsed
    db.session.rollback()
