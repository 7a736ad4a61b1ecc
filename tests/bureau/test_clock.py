"""B9: outside production a test clock moves the whole portal through time, and nobody is locked out by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask, current_app
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.bureau import services
from app.core import clock, testclock
from app.core.db import atomic, db
from app.jobs import services as jobs
from app.jobs.models import Job, JobState, ScheduleMark
from app.jobs.registry import Schedule, schedules
from config import DEVELOPMENT, PRODUCTION
from tests.factories import make_account, sign_in

NOW = datetime(2027, 1, 4, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def calendar() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def moving(committed_app: Flask) -> Iterator[Flask]:
    """A portal that follows its test clock, as one in development does."""
    committed_app.config["TEST_CLOCK"] = True
    testclock.init_app(committed_app)
    yield committed_app
    clock.follow(None)


@pytest.fixture
def administrator(moving: Flask) -> Any:
    account = make_account(roles=("administrator",))
    client = moving.test_client()
    sign_in(client, account)
    db.session.commit()
    return client


def go(moment: datetime | None) -> None:
    with atomic():
        services.move_clock(moment, by=None, env=DEVELOPMENT)
    services.follow_at_once(current_app.extensions["test_clock"])


def test_b9_the_page_moves_the_portal_and_the_banner_says_so_on_every_page(moving, administrator):
    assert administrator.post("/bureau/clock", data={"day": "1 maart 2027"}).status_code == 303
    assert clock.today() == date(2027, 3, 1)
    for path in ("/", "/agenda", "/bureau"):
        assert "1 maart 2027" in administrator.get(path, headers={"Accept-Language": "nl"}).text
    administrator.post("/bureau/clock/step", data={"days": "7"})
    assert clock.today() == date(2027, 3, 8)
    administrator.post("/bureau/clock/reset")
    assert clock.now() == NOW
    assert "testklok staat" not in administrator.get("/").text


def test_b9_a_jump_of_a_year_leaves_people_signed_in(moving, administrator):
    administrator.post("/bureau/clock", data={"day": "1-6-2028"})
    assert administrator.get("/bureau/clock").status_code == 200
    assert clock.real_now() == NOW


@pytest.mark.parametrize("typed", ["", "morgen", "31-2-2027", "1-1-2500"])
def test_b9_a_day_that_makes_no_sense_is_refused_at_the_field(moving, administrator, typed):
    page = administrator.post("/bureau/clock", data={"day": typed})
    assert page.status_code == 422
    assert f'value="{typed}"' in page.text
    assert clock.now() == NOW


def test_b9_another_process_sees_it_within_a_second(moving, monkeypatch):
    other = testclock.Follower(moving.config["SQLALCHEMY_DATABASE_URI"])
    assert other() == timedelta()
    go(NOW + DAY)
    assert other() == timedelta()
    monkeypatch.setattr(testclock, "LOOK_AGAIN_SECONDS", 0.0)
    assert other() == DAY


def test_b9_asking_the_time_asks_the_database_at_most_once_a_second(moving, monkeypatch):
    follower, looks = testclock.Follower(moving.config["SQLALCHEMY_DATABASE_URI"]), []
    monkeypatch.setattr(follower, "_look", lambda: looks.append(1) or timedelta())
    for _time in range(1000):
        follower()
    assert len(looks) <= 2


def test_b9_after_moving_back_nothing_waits_for_a_time_that_was(moving):
    go(NOW + 400 * DAY)
    jobs.hand_out_scheduled()
    assert db.session.scalars(select(ScheduleMark.last_slot)).first() > NOW + 300 * DAY
    go(None)
    assert not list(db.session.scalars(select(Job.id).where(Job.state == JobState.QUEUED, Job.run_at > clock.now())))
    daily = next(entry for entry in schedules() if isinstance(entry, Schedule) and entry.daily_at)
    assert daily.name in jobs.hand_out_scheduled()


def test_b9_production_refuses(app):
    with pytest.raises(testclock.ClockIsReal):
        services.move_clock(NOW + DAY, by=None, env=PRODUCTION)
    assert db.session.scalar(select(testclock.ClockShift.seconds)) is None


def test_b9_the_command_line_moves_it_too_and_says_no_in_production(moving):
    run = moving.test_cli_runner().invoke
    assert "2027-03-01 09:00" in run(args=["clock", "set", "2027-03-01"]).output
    assert "2027-03-01 09:00" in run(args=["clock", "show"]).output
    assert "2027-01-04 09:00" in run(args=["clock", "reset"]).output
    moving.config["ENV"] = PRODUCTION
    refused = run(args=["clock", "set", "2027-03-01"])
    assert refused.exit_code == 1
    assert clock.now() == NOW


def test_b9_who_moved_it_stands_in_the_log(moving, administrator):
    administrator.post("/bureau/clock", data={"day": "1-3-2027"})
    told = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "clock.moved")).one()
    assert told.actor_id is not None
    assert told.after["moment"].startswith("2027-03-01")
