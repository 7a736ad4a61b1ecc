"""How many messages of Stripe per second are proven, kept and acknowledged, against the database's own bare commits."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from app.core import clock
from app.core.db import atomic, db
from app.payments import services
from app.payments.models import Method, ProviderEvent
from app.payments.providers import Checkout
from app.payments.providers.stripe import API_VERSION
from app.payments.services import Buyer, LineDraft
from benchmarks import databases, portal, server
from tests.factories import make_account

SECRET = "whsec_bench"
KEYS = {"STRIPE_SECRET_KEY": "sk_live_bench", "STRIPE_WEBHOOK_SECRET": SECRET}
REFERENCE = "cs_live_bench"
MOST_PER_SECOND = 3_000
WRITERS = {"sqlite": (1,), "postgresql": (1, 4)}
SCRIPT = """
local signatures, bodies, at = {}, {}, 0
for line in io.lines("%s") do
  local signature, body = line:match("^(.-)\\t(.*)$")
  signatures[#signatures + 1], bodies[#bodies + 1] = signature, body
end
function request()
  at = at + 1
  local headers = {["Stripe-Signature"] = signatures[at], ["Content-Type"] = "application/json"}
  return wrk.format("POST", "/webhooks/stripe", headers, bodies[at])
end
"""


def measured(kind: str, folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    """Send signed messages, each with an id of its own, about one open checkout."""
    with databases.empty(kind, folder) as url:
        databases.upgrade(url, folder)
        settings = portal.environment(url, folder) | KEYS
        with portal.opened(settings):
            _begin_to_pay()
            commits = max(_commits_per_second(writers, seconds / 2) for writers in WRITERS[kind])
        messages, script = folder / "messages.txt", folder / "messages.lua"
        script.write_text(SCRIPT % messages)
        with server.serving("wsgi:app", settings, log=folder / "webhooks.log") as running:
            messages.write_text("".join(_messages(int((seconds + 2) * MOST_PER_SECOND))))
            load = server.load(running, "/webhooks/stripe", "", seconds=seconds, script=script)
        with portal.opened(settings):
            kept = db.session.scalar(select(func.count()).select_from(ProviderEvent)) or 0
    yield {
        "name": "webhook_intake",
        "database": kind,
        "rps": round(load.rps, 1),
        "p50_ms": load.p50_ms,
        "p99_ms": load.p99_ms,
        "cpu_ms": round(load.cpu_ms, 2),
        "failures": load.failures,
        "kept": kept,
        "commits_per_second": round(commits, 1),
        "share_of_commits": round(load.rps / commits, 2),
    }


def _begin_to_pay() -> None:
    with atomic():
        person = make_account()
        bill = services.draw_up_bill(
            person_id=person.id,
            subject=("bench", uuid.uuid4()),
            lines=[LineDraft("Lidmaatschap", 1, 495_00, "high")],
            buyer=Buyer(name="Bench", lines=["Kade 1"], postcode="1234 AB", city="Utrecht", email=person.email),
            due_on=clock.today(),
            by=None,
        )
        attempt = services.start_attempt(bill.id, method=Method.IDEAL, by=None)
        expires_at = clock.now() + timedelta(hours=24)
        services.keep_checkout(attempt.id, Checkout(REFERENCE, "https://checkout.example/", expires_at))


def _messages(number: int) -> Iterator[str]:
    now = int(time.time())
    session = {"id": REFERENCE, "object": "checkout.session", "status": "complete", "payment_status": "paid"}
    session |= {"metadata": {"attempt": str(uuid.uuid4())}, "custom_text": "x" * 1_200}
    for n in range(number):
        event = {
            "id": f"evt_bench_{n}",
            "object": "event",
            "api_version": API_VERSION,
            "created": now,
            "data": {"object": session},
            "livemode": True,
            "type": "checkout.session.completed",
        }
        body = json.dumps(event)
        digest = hmac.new(SECRET.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
        yield f"t={now},v1={digest}\t{body}\n"


def _commits_per_second(writers: int, seconds: float) -> float:
    """Commit one row of a message's size at a time, through the driver alone."""
    engine = db.engine
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS bench_commit (id VARCHAR(40) PRIMARY KEY, note TEXT)"))
    begin, mark = ("BEGIN IMMEDIATE", "?") if engine.dialect.name == "sqlite" else ("BEGIN", "%s")
    deadline = time.monotonic() + seconds

    def write() -> int:
        connection = engine.raw_connection()
        cursor, count = connection.cursor(), 0
        while time.monotonic() < deadline:
            cursor.execute(begin)
            cursor.execute(f"INSERT INTO bench_commit VALUES ({mark}, {mark})", (str(uuid.uuid4()), "x" * 1_500))
            connection.commit()
            count += 1
        connection.close()
        return count

    with ThreadPoolExecutor(writers) as pool:
        return sum(future.result() for future in [pool.submit(write) for _ in range(writers)]) / seconds
