"""The wire to the workers: Huey carries jobs' ids and nothing else, and may lose them without harm."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app
from huey import MemoryHuey, PostgresHuey, RedisHuey, SqliteHuey
from huey.api import Huey
from huey.registry import Message
from huey.serializer import Serializer

QUEUE = "binnenkring"
CONNECT_SECONDS = 2
ANSWER_SECONDS = 10
log = logging.getLogger(__name__)


class PlainSerializer(Serializer):
    """Writes a message as JSON: a task's name and its texts. What is in the queue can never be code (ASVS 1.5.2)."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps({"id": data.id, "name": data.name, "args": list(data.args or ())}).encode()

    def _deserialize(self, data: bytes) -> Message:
        read = json.loads(bytes(data))
        return Message(
            str(read["id"]),
            str(read["name"]),
            None,
            0,
            0,
            None,
            tuple(map(str, read["args"])),
            {},
            None,
            None,
            None,
            None,
            None,
            None,
            0,
        )


class Broker:
    """One application's connection to the queue, made when first used: the portal starts and serves without it."""

    def __init__(self, url: str, run_job: Callable[..., object], run_scheduled: Callable[[str], object]) -> None:
        self.url = url
        self._run_job, self._run_scheduled = run_job, run_scheduled
        self._huey: Huey | None = None
        self._tasks: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def huey(self) -> Huey:
        """Return the queue with both tasks registered."""
        with self._lock:
            if self._huey is None:
                huey = make_huey(self.url)
                self._tasks = {
                    "job": huey.task(name="job")(self._run_job),
                    "scheduled": huey.task(name="scheduled")(self._run_scheduled),
                }
                self._huey = huey
            return self._huey

    def send(self, task: str, *arguments: str) -> bool:
        """Wake a worker. A queue that is down costs time, never work: the sweep finds what is due."""
        try:
            assert self.huey is not None
            self._tasks[task](*arguments)
        except Exception as error:  # noqa: BLE001  three storages, each with errors of its own; none may fail a request
            log.warning("queue_unreachable", extra={"task": task, "error": type(error).__name__})
            return False
        return True

    def backlog(self) -> int:
        """Return how many messages wait for a worker; none when the queue cannot be asked."""
        try:
            return int(self.huey.pending_count())
        except Exception as error:  # noqa: BLE001  as above
            log.warning("queue_unreachable", extra={"error": type(error).__name__})
            return 0


def make_huey(url: str) -> Huey:
    """Return the queue that a HUEY_URL names."""
    scheme = urlsplit(url).scheme
    options: dict[str, Any] = {"results": False, "serializer": PlainSerializer()}
    if scheme == "memory":
        return MemoryHuey(QUEUE, **options)
    if scheme == "sqlite":
        return SqliteHuey(QUEUE, filename=url.removeprefix("sqlite:///"), **options)
    if scheme in {"redis", "rediss"}:
        return RedisHuey(QUEUE, connection_pool=_redis_pool(url), **options)
    if scheme.partition("+")[0] in {"postgresql", "postgres"}:
        dsn = "postgresql://" + url.partition("://")[2]
        return PostgresHuey(QUEUE, dsn=dsn, connect_timeout=CONNECT_SECONDS, **options)
    raise ValueError(f"HUEY_URL: {scheme}:// is not sqlite, redis, postgresql or memory")


def _redis_pool(url: str) -> Any:
    redis = import_module("redis")  # an extra: an installation without Redis does not have it
    never_again = import_module("redis.retry").Retry(import_module("redis.backoff").NoBackoff(), 0)
    return redis.ConnectionPool.from_url(
        url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS, retry=never_again
    )


def of(app: Flask) -> Broker:
    """Return an application's broker."""
    broker: Broker = app.extensions["jobs"]
    return broker


def nudge(*job_ids: str) -> bool:
    """Ask a worker to do these jobs now, one after the other."""
    return of(current_app).send("job", *job_ids)


def wake(schedule: str) -> bool:
    """Ask a worker to do a recurring task now, before its time comes."""
    return of(current_app).send("scheduled", schedule)


def backlog() -> int:
    """Return how many messages wait for a worker."""
    return of(current_app).backlog()
