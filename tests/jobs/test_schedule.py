from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.core import clock
from app.core.db import db
from app.jobs import broker, queries, registry, services


def at(text: str) -> datetime:
    """A moment on the clock in Amsterdam."""
    return clock.at_home(datetime.fromisoformat(text))


def test_daily_work_is_due_from_its_time_on_the_bureaus_clock(app, done):
    registry.schedule("renewals", handler="note", daily_at="03:30")
    with time_machine.travel(at("2027-01-14T03:29"), tick=False):
        services.hand_out_scheduled()
        services.run_due()
    assert len(done) == 1, "yesterday's, which nobody did"
    with time_machine.travel(at("2027-01-14T03:31"), tick=False):
        assert services.hand_out_scheduled() == ["renewals"]
        assert services.hand_out_scheduled() == []
        services.run_due()
    assert len(done) == 2


def test_days_of_standstill_give_one_catching_up(app, done):
    """M8: daily work looks at how things stand, so once is enough."""
    registry.schedule("renewals", handler="note", daily_at="03:30")
    for day in (1, 2, 9):
        with time_machine.travel(at(f"2027-02-{day:02}T12:00"), tick=False):
            services.hand_out_scheduled()
            services.run_due()
    assert len(done) == 3


@pytest.mark.parametrize(("day", "utc"), [("2027-03-28", "01:30"), ("2027-10-31", "00:30"), ("2027-07-01", "00:30")])
def test_a_time_that_summer_skips_or_repeats_happens_once_a_day(day, utc):
    entry = registry.Schedule("x", "note", None, datetime.fromisoformat("2000-01-01T02:30").time())
    noon = at(f"{day}T12:00")
    assert entry.latest_slot(noon).astimezone(UTC).isoformat() == f"{day}T{utc}:00+00:00"
    slots = {entry.latest_slot(noon + timedelta(minutes=minutes)) for minutes in range(-24 * 60, 24 * 60, 5)}
    assert len(slots) == 3


def test_periodic_work_comes_each_period(app, done):
    registry.schedule("sweep", handler="note", every=timedelta(minutes=10))
    start = at("2027-01-14T12:00")
    for minutes in (0, 3, 9, 10, 12, 47):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            services.hand_out_scheduled()
            services.run_due()
    assert len(done) == 3


@pytest.mark.parametrize("wrong", [{}, {"every": timedelta(days=1), "daily_at": "03:30"}, {"every": timedelta(0)}])
def test_a_schedule_says_when(wrong):
    with pytest.raises(ValueError, match="x: "):
        registry.schedule("x", handler="note", **wrong)


def test_a_worker_is_seen_for_two_minutes(app):
    assert not queries.worker_lives()
    with time_machine.travel(at("2027-01-14T12:00"), tick=False) as traveller:
        services.beat("here:1")
        services.beat("here:1")
        assert queries.worker_lives()
        traveller.shift(timedelta(minutes=2))
        db.session.expire_all()
        assert not queries.worker_lives()


def test_a_worker_that_starts_asks_for_what_finds_a_crashs_leavings(app, done):
    registry.schedule("net", handler="note", every=timedelta(minutes=10), at_start=True)
    registry.schedule("renewals", handler="note", daily_at="03:30")
    before = broker.backlog()
    services.wake_at_start()
    assert broker.backlog() == before + 1, "only what is declared so"
