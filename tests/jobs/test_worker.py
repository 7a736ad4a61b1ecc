"""Workers as processes: killed, stopped, several at a time, on each storage that is at hand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import atomic, db, forget_reads
from app.jobs import broker, queries, registry, services
from app.jobs.models import Job, JobState
from tests.jobs.worker_process import effects

pytestmark = pytest.mark.committed

ROOT = Path(__file__).parents[2]
STORAGES = ["sqlite"]
if os.environ.get("TEST_REDIS_URL"):
    STORAGES.append("redis")
if os.environ.get("TEST_DATABASE_URL", "").startswith("postgresql"):
    STORAGES.append("postgresql")


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


class Bench:
    """A database, a queue, and workers on both."""

    def __init__(self, app: Any, folder: Path, storage: str) -> None:
        self.app, self.folder = app, folder
        self.database_url = app.config["SQLALCHEMY_DATABASE_URI"]
        self.queue_url = {
            "sqlite": f"sqlite:///{folder}/queue.db",
            "redis": os.environ.get("TEST_REDIS_URL", ""),
            "postgresql": self.database_url.replace("+psycopg", ""),
        }[storage]
        self.workers: list[subprocess.Popen[bytes]] = []
        app.extensions["jobs"] = broker.Broker(self.queue_url, print, print)

    def start_worker(self) -> subprocess.Popen[bytes]:
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        command = [
            sys.executable,
            "-m",
            "tests.jobs.worker_process",
            self.database_url,
            self.queue_url,
            str(self.folder),
        ]
        with (self.folder / "log").open("ab") as log:
            worker = subprocess.Popen(command, cwd=ROOT, stderr=log)
        self.workers.append(worker)
        until(ready.exists)
        return worker

    def ask(self, *keys: str) -> None:
        for key in keys:
            with atomic():
                services.enqueue("effect", key=key, payload={"key": key})

    def starts(self) -> list[str]:
        file = self.folder / "starts"
        return file.read_text().split() if file.exists() else []

    def effects(self) -> list[str]:
        found = list(db.session.scalars(select(effects.c.key).order_by(effects.c.key)))
        forget_reads()
        return found

    def all_done(self) -> bool:
        states = set(db.session.scalars(select(Job.state).where(Job.kind == "effect")))
        forget_reads()
        return states == {JobState.DONE}


@pytest.fixture
def bench(committed_app: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    effects.create(db.engine)
    registry.handler("effect")(print)
    made = Bench(committed_app, tmp_path, getattr(request, "param", "sqlite"))
    queue = broker.of(committed_app)
    yield made
    queue.huey.storage.close()
    for worker in made.workers:
        if worker.poll() is None:
            worker.kill()
        worker.wait()


@pytest.mark.parametrize("bench", STORAGES, indirect=True)
def test_a_killed_worker_leaves_work_that_another_does_with_one_effect(bench):
    (bench.folder / "hold").touch()
    first = bench.start_worker()
    bench.ask("a", "b")
    until(lambda: len(bench.starts()) == 2)
    first.kill()
    first.wait()
    assert bench.effects() == []
    (bench.folder / "hold").unlink()
    bench.start_worker()
    until(bench.all_done)
    assert sorted(bench.starts()) == ["a", "a", "b", "b"]
    assert bench.effects() == ["a", "b"]
    assert queries.worker_lives()


def test_a_stopped_worker_finishes_what_it_has_in_hand(bench):
    (bench.folder / "hold").touch()
    worker = bench.start_worker()
    bench.ask("a")
    until(lambda: bench.starts() == ["a"])
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert worker.poll() is None
    (bench.folder / "hold").unlink()
    assert worker.wait(timeout=20) == 0
    assert bench.all_done()
    assert bench.starts() == ["a"]


def test_work_whose_nudge_was_lost_is_found_by_the_sweep_whatever_else_is_in_the_queue(bench):
    broker.of(bench.app).send("job", "'; drop table job")
    broker.of(bench.app).huey.storage.enqueue(b"no json")
    bench.app.extensions["jobs"] = broker.Broker("redis://127.0.0.1:1/0", print, print)
    bench.ask("a")
    bench.start_worker()
    until(bench.all_done)
    assert bench.effects() == ["a"]


def test_two_workers_share_the_work_and_do_none_of_it_twice(bench):
    keys = [f"{number:02}" for number in range(20)]
    bench.ask(*keys)
    for _ in range(2):
        bench.start_worker()
    until(bench.all_done)
    assert sorted(bench.starts()) == keys


def race(app: Any, contenders: int, act: Callable[[], Any]) -> list[Any]:
    """Let threads act at the same moment and return what each got."""
    results: list[Any] = []
    barrier = threading.Barrier(contenders)

    def run() -> None:
        with app.app_context():
            barrier.wait()
            results.append(act())

    threads = [threading.Thread(target=run) for _ in range(contenders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_that_claim_a_job_one_gets_it(committed_app):
    registry.handler("note")(print)
    with atomic():
        job_id = services.enqueue("note")
    claims = race(committed_app, 8, lambda: services._claim(job_id))
    assert sum(claim is not None for claim in claims) == 1


def test_of_many_workers_one_hands_out_what_recurs(committed_app):
    registry.handler("note")(print)
    registry._schedules.clear()
    registry.schedule("daily", handler="note", daily_at="03:30")
    handed = race(committed_app, 8, services.hand_out_scheduled)
    assert sorted(handed) == [[]] * 7 + [["daily"]]
    assert len(services.due_jobs()) == 1


def test_of_many_that_ask_with_one_key_one_asks(committed_app):
    registry.handler("note")(print)

    def ask() -> Any:
        with atomic():
            return services.enqueue("note", key="same")

    assert sum(asked is not None for asked in race(committed_app, 8, ask)) == 1
