"""Many people who press a button at the same moment, each in a browser of their own, over HTTP."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import count
from statistics import quantiles
from threading import local
from typing import Any, NamedTuple

from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from tests.factories import sign_in

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Click(NamedTuple):
    """One request: whose browser, and what it sends."""

    cookie: str
    body: str


class Figures(NamedTuple):
    """What the clickers saw; times in milliseconds, the wall clock in seconds."""

    wall_s: float
    p50_ms: float
    p99_ms: float
    errors: int


def browser(app: Flask, person: Any) -> Click:
    """Sign somebody in and return what their browser sends with a button that carries nothing else."""
    client, name = app.test_client(), app.config["SESSION_COOKIE_NAME"]
    sign_in(client, person)
    key = secrets.token_hex(20)
    with client.session_transaction() as cookie:
        cookie["csrf_token"] = key
    token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(key)  # type: ignore[arg-type]
    found = client.get_cookie(name)
    assert found
    return Click(f"{name}={found.value}", f"csrf_token={token!s}")


def press(port: int, path: str, clicks: Sequence[Click], *, at_once: int, answer: int) -> Figures:
    """Send all clicks, so many at a time, each clicker with a connection of its own; any other answer is an error."""
    mine, bad = local(), count()

    def click(one: Click) -> float:
        if not hasattr(mine, "connection"):
            mine.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        begun = time.perf_counter()
        mine.connection.request("POST", path, one.body, {**FORM, "Cookie": one.cookie})
        got = mine.connection.getresponse()
        got.read()
        if got.status != answer:
            next(bad)
        return time.perf_counter() - begun

    begun = time.perf_counter()
    with ThreadPoolExecutor(at_once) as people:
        times = list(people.map(click, clicks))
    wall = time.perf_counter() - begun
    cuts = quantiles(times, n=100)
    return Figures(round(wall, 2), round(cuts[49] * 1000, 1), round(cuts[98] * 1000, 1), next(bad))
