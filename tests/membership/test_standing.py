"""M6, M7: how somebody stands on a day follows from what was paid, and one question is asked everywhere."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.audit.models import AuditEntry
from app.core import clock
from app.core.db import db
from app.membership import queries, services
from app.membership.models import (
    Application,
    ApplicationState,
    Company,
    Membership,
    MembershipPeriod,
    MembershipStatus,
)
from app.membership.terms import year_from
from app.payments import queries as bills
from app.payments import services as payments
from tests.factories import make_account

from .conftest import TODAY, applied, payment_for, period_of, said, the_plan

ONE_DAY = timedelta(days=1)


@pytest.fixture
def member(applicant, coordinator):
    """Ruben, who paid today for the first time."""
    applied(applicant, ApplicationState.ACTIVE, by=coordinator)
    return applicant


@pytest.fixture
def last_day(member):
    return year_from(TODAY)


def status(account, on: date) -> MembershipStatus:
    standing = queries.standing(account.id, on)
    assert standing is not None
    return standing.status


def test_m6_a_year_runs_until_the_day_before_its_anniversary():
    assert year_from(date(2027, 1, 4)) == date(2028, 1, 3)
    assert year_from(date(2028, 2, 29)) == date(2029, 2, 28)
    assert year_from(date(2027, 3, 1)) == date(2028, 2, 29)


@given(st.dates(date(2020, 1, 1), date(2100, 12, 31)))
def test_m6_year_follows_on_year_without_gap_or_overlap(first):
    last = year_from(first)
    assert 364 <= (last - first).days <= 365
    assert first < last < year_from(last + ONE_DAY)


def test_m6_admitted_but_not_paid_is_pending(applicant, coordinator):
    applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    assert status(applicant, TODAY) is MembershipStatus.PENDING
    assert not queries.is_member(applicant.id, TODAY)


def test_m6_never_admitted_has_no_standing(applicant):
    assert queries.standing(applicant.id, TODAY) is None
    assert not queries.is_member(applicant.id, TODAY)


def test_m6_the_status_follows_from_the_days_alone(member, last_day):
    grace_until, lapses_after = last_day + 30 * ONE_DAY, last_day + 60 * ONE_DAY
    expected = {
        TODAY - ONE_DAY: MembershipStatus.PENDING,
        TODAY: MembershipStatus.ACTIVE,
        last_day: MembershipStatus.ACTIVE,
        last_day + ONE_DAY: MembershipStatus.GRACE,
        grace_until: MembershipStatus.GRACE,
        grace_until + ONE_DAY: MembershipStatus.SUSPENDED,
        lapses_after: MembershipStatus.SUSPENDED,
        lapses_after + ONE_DAY: MembershipStatus.LAPSED,
    }
    assert {day: status(member, day) for day in expected} == expected


def test_m6_given_up_means_ended_without_grace(member, last_day, calendar):
    db.session.scalars(select(Membership)).one().ends_on = last_day
    db.session.flush()
    assert status(member, last_day) is MembershipStatus.ACTIVE
    assert status(member, last_day + ONE_DAY) is MembershipStatus.ENDED
    calendar.move_to(datetime(2028, 1, 10, 12, tzinfo=UTC))
    assert not queries.is_member(member.id, last_day + ONE_DAY)


def test_m7_grace_lets_in_today_but_promises_nothing_beyond_the_end(member, last_day, calendar):
    beyond = last_day + 5 * ONE_DAY
    assert not queries.is_member(member.id, beyond)
    calendar.move_to(datetime(2028, 1, 8, 12, tzinfo=UTC))
    assert queries.is_member(member.id, beyond)
    assert not queries.is_member(member.id, last_day + 31 * ONE_DAY)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(days=st.integers(-10, 500))
def test_m7_the_question_and_the_standing_never_disagree_today(member, calendar, days):
    calendar.move_to(datetime(2027, 1, 4, 12, tzinfo=UTC) + timedelta(days=days))
    standing = queries.standing(member.id, clock.today())
    assert standing.is_member == queries.is_member(member.id, clock.today())
    (row,) = db.session.execute(queries.roll(clock.today())).all()
    assert row.status == standing.status


def test_m7_midnight_is_that_of_amsterdam(member, last_day, calendar):
    calendar.move_to(datetime(2028, 2, 2, 22, 59, tzinfo=UTC))
    assert clock.today() == last_day + 30 * ONE_DAY
    assert queries.is_member(member.id, clock.today())
    calendar.move_to(datetime(2028, 2, 2, 23, 1, tzinfo=UTC))
    assert not queries.is_member(member.id, clock.today())


def test_m6_the_same_news_five_times_makes_one_year(applicant, coordinator, posted):
    application = applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    news = payment_for(application)
    for _time in range(5):
        services.activate_after_payment(news)
    db.session.flush()
    assert [(p.starts_on, p.ends_on) for p in queries.periods_of(applicant.id)] == [(TODAY, date(2028, 1, 3))]
    welcomes = [mail for mail in posted(applicant) if mail.template == "membership/welcome"]
    assert len(welcomes) == 1
    told = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "membership.activated")).all()
    assert len(told) == 1


def test_m6_the_day_paid_counts_not_the_day_heard_of(applicant, coordinator):
    application = applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    services.activate_after_payment(payment_for(application, at=datetime(2027, 1, 1, 23, 30, tzinfo=UTC)))
    assert period_of(application).starts_on == date(2027, 1, 2)


def test_m6_news_of_another_kind_of_bill_is_none_of_ours(applicant, coordinator):
    application = applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    news = payment_for(application)
    services.activate_after_payment(type(news)(**vars(news) | {"subject_type": "something_else"}))
    assert period_of(application).activated_at is None


def test_m6_one_bill_never_pays_two_years(member):
    paid = db.session.scalars(select(MembershipPeriod)).one()
    second = MembershipPeriod(
        membership_id=paid.membership_id,
        plan_id=paid.plan_id,
        sequence=2,
        starts_on=paid.ends_on + ONE_DAY,
        ends_on=year_from(paid.ends_on + ONE_DAY),
        grace_until=year_from(paid.ends_on + ONE_DAY),
        lapses_after=year_from(paid.ends_on + ONE_DAY),
        activated_at=clock.now(),
        paid_bill_id=paid.paid_bill_id,
    )
    db.session.add(second)
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_m6_nobody_has_two_memberships_running(member):
    running = db.session.scalars(select(Membership)).one()
    db.session.add(Membership(account_id=member.id, plan_id=running.plan_id, company_id=running.company_id))
    with pytest.raises(IntegrityError):
        db.session.flush()


@pytest.mark.parametrize(
    ("days_late", "starts"),
    [(-20, date(2028, 1, 4)), (1, date(2028, 1, 4)), (30, date(2028, 1, 4)), (31, date(2028, 2, 3))],
)
def test_m6_a_next_year_follows_on_one_running_or_in_grace(member, last_day, days_late, starts):
    paid = db.session.scalars(select(MembershipPeriod)).one()
    waiting = MembershipPeriod(membership_id=paid.membership_id, plan_id=paid.plan_id, sequence=2)
    db.session.add(waiting)
    db.session.flush()
    assert queries.timeline_if_paid(waiting.id, last_day + days_late * ONE_DAY).starts_on == starts


def test_m6_a_status_is_stored_nowhere():
    names = {column.name for model in (Membership, MembershipPeriod) for column in model.__table__.columns}
    assert not names & {"status", "state", "active"}


def test_m4_who_pays_after_the_admission_expired_is_let_in_too(applicant, coordinator):
    application = applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    news = payment_for(application)
    application.pay_before = TODAY - ONE_DAY
    assert services.expire_admission(application)
    services.activate_after_payment(news)
    assert application.state is ApplicationState.ACTIVE
    assert queries.is_member(applicant.id, TODAY)


def test_m11_the_bill_goes_to_the_company_and_the_membership_to_the_person(member):
    standing = queries.standing(member.id, TODAY)
    company = db.session.get_one(Company, standing.company_id)
    application = db.session.scalars(select(Application)).one()
    assert company.name == "Hoekstra Interim B.V."
    assert period_of(application).membership_id == standing.membership_id


def test_p5_the_invoice_of_the_first_year_states_that_year(applicant, coordinator):
    news = payment_for(applied(applicant, ApplicationState.ACCEPTED, by=coordinator))
    bill = bills.any_bill(news.bill_id)
    assert bill.term == "Eén jaar vanaf de dag van betaling"
    payments.book_transfer(
        bill.id, amount_cents=bill.gross_cents, received_at=clock.now(), reference="1", by=coordinator
    )
    assert (bill.period_from, bill.period_until) == (TODAY, date(2028, 1, 3))


def test_p5_an_invoice_issued_for_a_transfer_states_the_year_in_words(applicant, coordinator):
    news = payment_for(applied(applicant, ApplicationState.ACCEPTED, by=coordinator))
    bill = payments.choose_transfer(news.bill_id, by=applicant)
    payments.book_transfer(
        bill.id, amount_cents=bill.gross_cents, received_at=clock.now(), reference="1", by=coordinator
    )
    assert queries.is_member(applicant.id, TODAY)
    assert (bill.period_from, bill.period_until) == (None, None)


def test_m7_the_door_names_the_way_in(client, sign_in, applicant, coordinator):
    sign_in(client, applicant)
    assert client.get("/directory").status_code == 403
    assert 'href="/application"' in client.get("/directory").text
    applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    page = client.get("/directory")
    assert page.status_code == 403
    assert 'href="/pay/' in page.text
    assert said("Pay your contribution first") in page.text


def test_m7_the_door_says_renew_first_when_the_year_is_over(client, sign_in, member, calendar):
    sign_in(client, member)
    assert client.get("/directory").status_code == 200
    calendar.move_to(datetime(2028, 3, 1, 12, tzinfo=UTC))
    sign_in(client, member)
    page = client.get("/directory")
    assert page.status_code == 403
    assert said("Renew first") in page.text


def test_the_roll_tells_everybody_once(applicant, coordinator):
    applied(applicant, ApplicationState.ACTIVE, by=coordinator)
    other = make_account()
    applied(other, ApplicationState.ACCEPTED, by=coordinator)
    rows = db.session.execute(queries.roll(TODAY)).all()
    assert {(row.account_id, row.status) for row in rows} == {
        (applicant.id, MembershipStatus.ACTIVE),
        (other.id, MembershipStatus.PENDING),
    }
    assert the_plan().id == rows[0].plan_id
    assert all(isinstance(row.membership_id, uuid.UUID) for row in rows)
