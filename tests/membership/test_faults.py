"""All or nothing: whichever statement fails, what a step of an application brings stands whole or not at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.accounts.models import Account
from app.core import clock
from app.core.db import atomic, db
from app.core.events import publish
from app.membership import queries, services
from app.membership.models import Application, ApplicationState, MembershipPeriod
from tests.factories import make_account
from tests.faults.plug import cut_off_everywhere

from .conftest import answers, applied, payment_for, the_plan

pytestmark = pytest.mark.committed


@pytest.fixture
def people(committed_app: Any) -> tuple[UUID, UUID]:
    with atomic():
        services.seed_reference_data()
        return make_account(given_name="Ruben").id, make_account(roles=("coordinator",)).id


def brought_to(state: ApplicationState, people: tuple[UUID, UUID]) -> UUID:
    applicant, coordinator = (db.session.get_one(Account, person) for person in people)
    with atomic():
        return applied(applicant, state, by=coordinator).id


def test_m3_sending_in_is_all_or_nothing(people):
    application_id = brought_to(ApplicationState.DRAFT, people)

    def act() -> None:
        with atomic() as session:
            services.submit(
                session.get_one(Application, application_id),
                answers(),
                consents=queries.consent_texts(clock.today()),
                by=session.get_one(Account, people[0]),
            )

    assert cut_off_everywhere(act)[0] > 8


def test_m4_admitting_is_all_or_nothing(people):
    application_id = brought_to(ApplicationState.IN_REVIEW, people)

    def act() -> None:
        with atomic() as session:
            services.admit(
                session.get_one(Application, application_id),
                plan=the_plan(),
                reason="Goede referenties.",
                by=session.get_one(Account, people[1]),
            )

    assert cut_off_everywhere(act)[0] > 10


def test_m6_activating_is_all_or_nothing(people):
    application_id = brought_to(ApplicationState.ACCEPTED, people)
    news = payment_for(queries.application(application_id))
    db.session.rollback()

    def act() -> None:
        with atomic():
            publish(news)

    assert cut_off_everywhere(act)[0] > 6
    period = db.session.scalars(select(MembershipPeriod)).one()
    assert period.activated_at is not None
    assert queries.is_member(people[0], clock.today())


def test_m4_expiring_is_all_or_nothing(people, calendar):
    application_id = brought_to(ApplicationState.ACCEPTED, people)
    calendar.shift(15 * 24 * 3600)

    def act() -> None:
        with atomic():
            services.expire_admission(queries.application(application_id))

    assert cut_off_everywhere(act)[0] > 6
