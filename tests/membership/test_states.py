"""M4: an application only takes the steps of the table, whoever does what in whichever order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.core import clock
from app.core.db import db
from app.core.errors import IllegalTransition, Refusal
from app.membership import queries, services
from app.membership.models import NEXT, Application, ApplicationState
from app.membership.services.transitions import move
from tests.factories import make_account

from .conftest import answers, applied, payment_for, the_plan

REASON = "Uw ervaring ligt vooral in advies, niet in leiding."


def overdue(application: Application) -> None:
    if application.state is ApplicationState.ACCEPTED:
        application.pay_before = clock.today() - timedelta(days=1)
        db.session.flush()
    services.expire_admission(application)


def pay(application: Application) -> None:
    try:
        news = payment_for(application)
    except (AssertionError, AttributeError):
        return
    services.activate_after_payment(news)


@pytest.fixture
def verbs(applicant, coordinator):
    """Everything that anybody can do with an application."""
    return {
        "submit": lambda a: services.submit(a, answers(), consents=queries.consent_texts(clock.today()), by=applicant),
        "withdraw": lambda a: services.withdraw(a, by=applicant),
        "review": lambda a: services.take_into_review(a, by=coordinator),
        "report": lambda a: services.keep_intake_report(a, "Goed gesprek.", by=coordinator),
        "admit": lambda a: services.admit(a, plan=the_plan(), reason="Goed.", by=coordinator),
        "decline": lambda a: services.decline(a, reason=REASON, by=coordinator),
        "pay": pay,
        "expire": overdue,
    }


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(
    done=st.lists(
        st.sampled_from(["submit", "withdraw", "review", "report", "admit", "decline", "pay", "expire"]), max_size=9
    )
)
def test_m4_no_order_of_acts_leaves_the_table(app, verbs, applicant, done):
    """Each example ends all that is open, so that the next starts anew for the same person."""
    with db.session.begin_nested() as example:
        application = services.start_application(by=applicant)
        seen = [application.state]
        for verb in done:
            try:
                verbs[verb](application)
            except Refusal:
                assert application.state is seen[-1], f"{verb} refused, yet changed something"
            db.session.flush()
            if application.state is not seen[-1]:
                assert application.state in NEXT[seen[-1]]
                seen.append(application.state)
        moved = db.session.scalars(
            select(AuditEntry.action).where(
                AuditEntry.object_id == str(application.id),
                AuditEntry.action.in_([f"application.{state}" for state in ApplicationState]),
            )
        ).all()
        assert sorted(moved) == sorted(f"application.{state}" for state in seen[1:]), "every change is audited, once"
        assert queries.is_member(applicant.id, clock.today()) == (application.state is ApplicationState.ACTIVE)
        example.rollback()
    db.session.expire_all()


def test_m4_every_state_is_in_the_table():
    assert set(NEXT) == set(ApplicationState)


@pytest.mark.parametrize("state", list(ApplicationState))
def test_m4_the_one_door_refuses_what_the_table_does_not_have(applicant, coordinator, state):
    application = applied(applicant, state, by=coordinator)
    for wanted in set(ApplicationState) - NEXT[state]:
        with pytest.raises(IllegalTransition):
            move(application, wanted, by=coordinator.id)
        assert application.state is state


@pytest.mark.parametrize("state", list(ApplicationState))
def test_m4_the_applicant_sees_where_it_stands(client, sign_in, applicant, coordinator, state):
    applied(applicant, state, by=coordinator)
    sign_in(client, applicant)
    for path in ("/application", "/home", "/membership/mine"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("state", [ApplicationState.DECLINED, ApplicationState.WITHDRAWN, ApplicationState.EXPIRED])
def test_m4_after_a_no_one_may_apply_again(applicant, coordinator, state):
    first = applied(applicant, state, by=coordinator)
    again = services.start_application(by=applicant)
    assert again.id != first.id
    assert again.state is ApplicationState.DRAFT


def test_m4_who_is_admitted_again_keeps_one_membership_and_one_bill(applicant, coordinator):
    applied(applicant, ApplicationState.EXPIRED, by=coordinator)
    again = applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    services.activate_after_payment(payment_for(again))
    assert len(queries.periods_of(applicant.id)) == 1
    assert queries.is_member(applicant.id, clock.today())


def test_m4_an_admission_expires_only_when_its_days_are_over(applicant, coordinator, calendar):
    application = applied(applicant, ApplicationState.ACCEPTED, by=coordinator)
    calendar.shift(timedelta(days=14))
    assert not services.expire_admission(application)
    assert queries.overdue_admissions() == []
    calendar.shift(timedelta(days=1))
    assert queries.overdue_admissions() == [application.id]
    assert services.expire_admission(application)
    assert not services.expire_admission(application)


def test_m4_a_member_does_not_apply(applicant, coordinator):
    applied(applicant, ApplicationState.ACTIVE, by=coordinator)
    with pytest.raises(services.AlreadyMember):
        services.start_application(by=applicant)


def test_m4_two_people_have_applications_of_their_own(coordinator):
    one, other = (applied(make_account(), by=coordinator) for _number in range(2))
    assert one.id != other.id
