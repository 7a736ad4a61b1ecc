"""`flask demo`: believable, of any size, the same again with the same seed, and never in production."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from stdnum.nl import btw

from app.accounts.models import Account
from app.agenda.models import Booking, Gathering
from app.core.db import db
from app.core.demo import PASSWORD, DemoPlan
from app.membership.models import Application, MembershipStatus
from app.profiles import queries as profiles
from app.profiles.models import MemberCard, Profile

TODAY = date(2027, 1, 14)
WHO = ("lid", "aspirant", "coordinator", "treasurer", "returning-officer", "admin")


@pytest.fixture
def filled(committed_app):
    """A portal with the demo in it, and what the command said."""
    said = committed_app.test_cli_runner().invoke(
        args=["demo", "--members", "60", "--sessions", "12", "--bookings", "80", "--seed", "5"]
    )
    assert said.exit_code == 0, said.output
    return said.output


def counted(model) -> int:
    found = db.session.scalar(select(func.count()).select_from(model))
    db.session.rollback()
    return found


def test_it_prints_how_to_sign_in(filled):
    for who in WHO:
        assert f"{who}@demo.example" in filled
    assert filled.count(PASSWORD) == len(WHO)


def test_it_fills_every_domain_and_the_lists_agree(filled, committed_app):
    assert counted(Account) == 60 + len(WHO)
    assert counted(Gathering) == 12
    assert counted(Booking) >= 40
    assert counted(Application) > 50
    assert counted(Profile) == counted(MemberCard) > 40
    assert set(profiles.head_counts()) >= {MembershipStatus.ACTIVE, MembershipStatus.GRACE, MembershipStatus.LAPSED}
    db.session.rollback()


def test_a_second_time_needs_saying_so(filled, committed_app):
    run = committed_app.test_cli_runner().invoke
    assert run(args=["demo"]).exit_code != 0
    again = run(args=["demo", "--if-empty"])
    assert again.exit_code == 0
    assert "coordinator@demo.example" in again.output
    assert counted(Account) == 60 + len(WHO)
    replaced = run(args=["demo", "--replace", "--members", "3", "--sessions", "2", "--bookings", "2"])
    assert replaced.exit_code == 0, replaced.output
    assert counted(Account) == 3 + len(WHO)


def test_production_refuses(committed_app):
    committed_app.config["ENV"] = "production"
    said = committed_app.test_cli_runner().invoke(args=["demo", "--replace"])
    assert said.exit_code != 0
    assert "production" in said.output
    assert counted(Account) == 0


def test_the_same_seed_invents_the_same_people():
    first, same, other = (DemoPlan(200, 1, 1, seed, TODAY).people for seed in (7, 7, 8))
    assert first == same != other
    assert len({person.email for person in first}) == 200
    assert len({person.name for person in first}) > 180


def test_invented_people_pass_the_forms():
    for person in DemoPlan(200, 1, 1, 7, TODAY).people:
        assert btw.is_valid(person.vat_id)
        assert person.email.isascii()
        assert len(person.kvk) == 8
