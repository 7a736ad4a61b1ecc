from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select

from app.core import clock
from app.core.db import atomic, db
from app.jobs import broker, queries, registry, services
from app.jobs.models import Job, JobState


def ask(kind: str = "note", **options):
    with atomic():
        return services.enqueue(kind, **options)


def the_job() -> Job:
    db.session.expire_all()
    return db.session.scalars(select(Job)).one()


def test_work_asked_for_is_done_once_with_its_payload(app, done):
    ask(payload={"bill": "7"})
    assert services.run_due() == 1
    assert services.run_due() == 0
    assert done == [{"bill": "7"}]
    assert the_job().state is JobState.DONE


def test_a_key_asks_once_even_after_it_is_done(app, done):
    assert ask(key="mail:1")
    assert ask(key="mail:1") is None
    services.run_due()
    assert ask(key="mail:1") is None
    assert ask() is not None
    assert ask() is not None


def test_work_is_undone_with_what_asked_for_it(app, done):
    with pytest.raises(ZeroDivisionError), atomic():
        services.enqueue("note")
        raise ZeroDivisionError
    assert services.run_due() == 0


def test_work_for_later_waits(app, done):
    ask(run_at=clock.now() + timedelta(hours=1))
    assert services.run_due() == 0
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        assert services.run_due() == 1


def test_nobody_can_ask_for_what_nobody_does(app):
    with pytest.raises(LookupError, match="unknown"):
        ask("unknown")


def test_a_queue_that_is_down_fails_no_request(app, done):
    lost = broker.Broker("redis://127.0.0.1:1/0", print, print)
    kept, app.extensions["jobs"] = app.extensions["jobs"], lost
    try:
        ask(key="while it is down")
        assert services.sweep() == 1
    finally:
        app.extensions["jobs"] = kept
    assert services.run_due() == 1


def test_failures_wait_longer_each_time_and_end_with_a_row_that_staff_see(app):
    given_up = []
    registry.handler(
        "fail", retries=3, backoff=timedelta(minutes=1), on_failed=lambda **payload: given_up.append(payload)
    )(lambda **_payload: 1 / 0)
    waits = []
    with time_machine.travel(clock.now(), tick=False) as traveller:
        ask("fail", payload={"id": "3"})
        for _ in range(3):
            services.run_due()
            waits.append(the_job().run_at - clock.now())
            assert services.run_due() == 0
            traveller.move_to(the_job().run_at)
        services.run_due()
    assert [round(wait / timedelta(minutes=1) / 2**turn) for turn, wait in enumerate(waits)] == [1, 1, 1]
    job = the_job()
    assert (job.state, job.attempts, job.last_error) == (JobState.FAILED, 4, "ZeroDivisionError: division by zero")
    assert given_up == [{"id": "3"}]
    assert [failed.id for failed in queries.failed_jobs()] == [job.id]


def test_the_wait_is_spread_yet_the_same_when_asked_again(app):
    registry.handler("any", backoff=timedelta(seconds=100), longest_backoff=timedelta(seconds=1000))(print)
    handler = registry.handler_for("any")
    ids = [uuid4() for _ in range(50)]
    waits = [services.wait_before(job_id, 1, handler).total_seconds() for job_id in ids]
    assert waits == [services.wait_before(job_id, 1, handler).total_seconds() for job_id in ids]
    assert len(set(waits)) == 50
    assert all(80 <= wait <= 120 for wait in waits)
    assert services.wait_before(ids[0], 60, handler).total_seconds() <= 1200


def test_giving_up_fails_at_once(app):
    def hopeless() -> None:
        raise registry.GiveUp("no such address")

    registry.handler("hopeless", retries=9)(hopeless)
    ask("hopeless")
    services.run_due()
    assert (the_job().state, the_job().attempts) == (JobState.FAILED, 1)


def test_staff_give_a_failed_job_all_its_turns_back(app):
    broken = [True]

    def heal() -> None:
        if broken:
            raise OSError

    registry.handler("heal", retries=0)(heal)
    job_id = ask("heal")
    services.run_due()
    broken.clear()
    with atomic():
        assert services.retry(job_id)
        assert not services.retry(job_id)
    assert services.run_due() == 1
    assert queries.failed_count() == 0


def test_a_job_whose_worker_was_lost_is_done_by_another(app, done):
    job_id = ask()
    assert services._claim(job_id) is not None
    assert services.run_due() == 0, "its lease still runs"
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        assert services.run_due() == 1
    assert len(done) == 1


def test_a_worker_that_comes_back_after_its_lease_changes_nothing(app, done):
    job_id = ask()
    first = services._claim(job_id)
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        second = services._claim(job_id)
        assert not services._finish(first[0], first[2])
        services._put_back(*first, OSError("late"))
        assert the_job().state is JobState.RUNNING
        assert services._finish(second[0], second[2])


def test_a_job_that_kills_its_worker_each_time_ends(app, done):
    job_id = ask()
    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _ in range(3):
            assert services._claim(job_id)
            traveller.shift(timedelta(minutes=6))
        assert services._claim(job_id) is None
    assert the_job().state is JobState.FAILED
    assert "worker stopped" in the_job().last_error


def test_what_a_job_gives_rise_to_is_done_in_the_same_run(app, done):
    registry.handler("parent")(lambda: ask(payload={"from": "parent"}))
    ask("parent")
    assert services.run_due() == 2
    assert done == [{"from": "parent"}]


def test_due_work_cannot_be_done_inside_a_transaction(app):
    with pytest.raises(RuntimeError, match="open transaction"), atomic():
        services.run_due()


def test_what_is_done_is_forgotten_after_two_weeks_and_what_failed_is_not(app, done):
    registry.handler("fail", retries=0)(lambda: 1 / 0)
    ask()
    ask("fail")
    ask(key="schedule:x:1")
    services.run_due()
    with time_machine.travel(clock.now() + timedelta(days=2)):
        services.prune()
    assert {job.key for job in db.session.scalars(select(Job))} == {None}
    with time_machine.travel(clock.now() + timedelta(days=15)):
        services.prune()
    assert [job.kind for job in db.session.scalars(select(Job))] == ["fail"]


def test_a_version_that_does_not_know_a_kind_leaves_it_to_one_that_does(app, done, monkeypatch):
    ask()
    handlers = registry._handlers
    monkeypatch.setattr(registry, "_handlers", {})
    assert services.run_due() == 0
    monkeypatch.setattr(registry, "_handlers", handlers)
    assert services.run_due() == 1
