"""kill -9 of web and worker at any moment, under load, with real processes: nothing is lost, doubled or half.

The moments come from a seed, so that a failure can be had again: FAULT_SEED names another one.
"""

from __future__ import annotations

import email
import email.policy
import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from app import create_app
from app.agenda.models import Booking, BookingState, Gathering
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.jobs.models import Job, JobState
from app.mail.models import MailState, OutboxMail
from app.membership import queries as membership
from app.membership import services as memberships
from app.membership.models import ApplicationState
from app.payments.models import Bill, BillState, LedgerEntry, NumberCounter, TestPayCheckout
from tests.agenda.conftest import make_gathering, make_member
from tests.conftest import build_schema, fresh_database, settings
from tests.factories import make_account, sign_in
from tests.mail.conftest import Server
from tests.membership.conftest import applied

pytestmark = pytest.mark.committed

ROOT = Path(__file__).parents[2]
SEED = int(os.environ.get("FAULT_SEED", "2027"))
MEMBERS, SEATS, APPLICANTS, KILLS = 6, 4, 6, 4
PATIENCE = 60.0
REFUSED, NOT_THERE = 409, 404  # no seat is left; there is no booking to give back
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Processes:
    """A web server and a worker as processes of their own, each to be killed and started again."""

    def __init__(self, environment: dict[str, str], port: int, folder: Path) -> None:
        self.environment, self.port, self.folder = environment, port, folder
        web = ["-m", "gunicorn", "--threads", "4", "--bind", f"127.0.0.1:{port}", "wsgi:app"]
        self.commands = {"web": web, "worker": ["-m", "flask", "--app", "wsgi", "worker"]}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, which: str) -> None:
        with (self.folder / f"{which}.log").open("ab") as log:
            self.running[which] = subprocess.Popen(
                [sys.executable, *self.commands[which]],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, which: str) -> None:
        """The whole process group at once, as when the machine loses its power."""
        os.killpg(self.running[which].pid, signal.SIGKILL)
        self.running[which].wait()

    def answers(self) -> None:
        """Wait until the web server is there."""
        deadline, rest = time.monotonic() + PATIENCE, threading.Event()
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                rest.wait(0.05)
        raise AssertionError((self.folder / "web.log").read_text()[-2000:])

    def stop(self, which: str) -> None:
        self.running[which].terminate()
        self.running[which].wait(timeout=PATIENCE)

    def run(self, *command: str) -> None:
        """A command of the operator's, to its end."""
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=ROOT,
            env=self.environment,
            check=True,
            timeout=PATIENCE,
            capture_output=True,
        )


class Person:
    """Somebody with a browser that tries again until there is an answer."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie

    def post(self, page: str, to: str, **data: str) -> str:
        """Press a button of a page; return where the answer leads."""
        deadline, rest = time.monotonic() + PATIENCE, threading.Event()
        while time.monotonic() < deadline:
            try:
                token = TOKEN.search(self._ask("GET", page)[1])
                if token is None:
                    return page
                return self._ask("POST", to, {**data, "csrf_token": token[1]})[0]
            except (OSError, http.client.HTTPException):
                rest.wait(0.1)
        raise AssertionError(f"no answer from {page}")

    def _ask(self, method: str, path: str, data: dict[str, str] | None = None) -> tuple[str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"Cookie": self.cookie, "Host": f"localhost:{self.port}"}
            if data:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, urlencode(data or {}), headers)
            answer = connection.getresponse()
            body = answer.read().decode()
            assert answer.status in {200, 303, REFUSED, NOT_THERE}, (answer.status, path)
            for kept in answer.headers.get_all("Set-Cookie") or []:
                if kept.startswith("session="):
                    self.cookie = kept.partition(";")[0]
            return answer.headers.get("Location", ""), body
        finally:
            connection.close()

    def book(self, gathering: UUID) -> None:
        self.post(f"/agenda/{gathering}", f"/agenda/{gathering}/book")

    def gives_back(self, gathering: UUID) -> None:
        self.post(f"/agenda/{gathering}", f"/agenda/{gathering}/cancel")

    def pay(self, bill: UUID) -> None:
        page = urlsplit(self.post(f"/pay/{bill}", f"/pay/{bill}", method="ideal")).path
        if page.startswith("/testpay/"):
            self.post(page, page, move="pay")


class Town:
    """The portal with its people, what they are about to do, and the mail server they read their mail at."""

    def __init__(self, app: Flask, processes: Processes, peer: Server) -> None:
        self.app, self.processes, self.peer = app, processes, peer
        with atomic():
            memberships.seed_reference_data()
            colleague = make_account(roles=["coordinator"])
            members = [make_member() for _ in range(MEMBERS)]
            paying = [make_account(given_name=f"Ruben-{number}") for number in range(APPLICANTS)]
            for account in paying:
                applied(account, ApplicationState.ACCEPTED, by=colleague)
            evenings = [clock.now() + timedelta(days=20 + n) for n in range(3)]
            opened = {"members_from": clock.now() - timedelta(days=1), "capacity": SEATS}
            gatherings = [
                make_gathering(title=f"Avond {n}", starts_at=at, cancel_until=at - timedelta(days=2), **opened)
                for n, at in enumerate(evenings)
            ]
            self.gatherings = [gathering.id for gathering in gatherings]
            people = {account.id: self._person(account) for account in [*members, *paying]}
        bills = {bill.person_id: bill.id for bill in db.session.scalars(select(Bill))}
        self.paying = {account.id: (people[account.id], bills[account.id]) for account in paying}
        self.members = [people[account.id] for account in members]
        forget_reads()

    def _person(self, account: Any) -> Person:
        client = self.app.test_client()
        sign_in(client, account)
        cookie = client.get_cookie("session")
        assert cookie
        return Person(self.processes.port, f"session={cookie.value}")

    def live_while_processes_die(self) -> None:
        """Everybody does what they came for while processes are killed and started again."""
        chance, calm = random.Random(SEED), threading.Event()
        for which in ("web", "worker"):
            self.processes.start(which)
        with ThreadPoolExecutor(MEMBERS + 1) as hands:
            doing = [
                hands.submit(self._go_to_sessions, one, random.Random(chance.random()), calm) for one in self.members
            ]
            doing.append(hands.submit(self._pay_one_by_one, random.Random(chance.random())))
            for which in chance.choices(("web", "worker"), (3, 2), k=KILLS):
                self.processes.answers()
                calm.wait(chance.uniform(0.1, 1.5))
                self.processes.kill(which)
                self.processes.start(which)
            calm.set()
            for one in doing:
                one.result(timeout=PATIENCE)
        self.processes.kill("worker")
        self.processes.stop("web")

    def _go_to_sessions(self, person: Person, chance: random.Random, calm: threading.Event) -> None:
        """Book and give back until calm returns; then everybody wants a seat everywhere."""
        while not calm.is_set():
            gathering = chance.choice(self.gatherings)
            person.book(gathering)
            calm.wait(chance.uniform(0, 0.3))
            person.gives_back(gathering)
        for gathering in self.gatherings:
            person.book(gathering)

    def _pay_one_by_one(self, chance: random.Random) -> None:
        rest = threading.Event()
        for person, bill in self.paying.values():
            rest.wait(chance.uniform(0.2, 2))
            person.pay(bill)

    def finish(self) -> None:
        """The next worker does what is left; a dead one's leases end by themselves, here at once."""
        with atomic() as session:
            session.execute(update(Job).where(Job.state == JobState.RUNNING).values(leased_until=clock.now()))
            session.execute(update(Job).where(Job.state != JobState.DONE).values(run_at=clock.now()))
        for _ in range(2):
            self.processes.run("jobs", "run")
        forget_reads()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    peer = Server()
    peer.start()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    for url in fresh_database(tmp_path, "killed"):
        app = create_app(settings(url, tmp_path))
        build_schema(app)
        environment = os.environ | {
            "ENV": "development",
            "DATABASE_URL": url,
            "DATA_DIR": str(tmp_path),
            "HUEY_URL": f"sqlite:///{tmp_path}/queue.db",
            "PUBLIC_URL": f"http://localhost:{port}",
            "WORKER_INSIDE": "0",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(peer.real_port),
        }
        processes = Processes(environment, port, tmp_path)
        with app.app_context():
            yield Town(app, processes, peer)
            db.session.remove()
            db.engine.dispose()
        for process in processes.running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    peer.stop()


def test_nothing_is_lost_doubled_or_half_when_web_and_worker_are_killed_at_any_moment(town: Town) -> None:
    town.live_while_processes_die()
    town.finish()
    database_is_whole()
    seats_add_up(town)
    every_mail_arrived_once(town)
    ledger_equals_the_bank(town)
    town.processes.run("audit", "verify")


def database_is_whole() -> None:
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
    assert db.session.scalar(select(func.count()).where(Job.state != JobState.DONE)) == 0


def seats_add_up(town: Town) -> None:
    """G2: the counter tells what the bookings tell, and all seats that were wanted are taken."""
    for gathering_id in town.gatherings:
        gathering = db.session.get_one(Gathering, gathering_id)
        confirmed = select(func.count()).where(
            Booking.gathering_id == gathering_id, Booking.state == BookingState.CONFIRMED
        )
        assert gathering.seats_taken == db.session.scalar(confirmed)
        assert gathering.seats_taken <= SEATS
    assert db.session.get_one(Gathering, town.gatherings[1]).seats_taken == SEATS


def every_mail_arrived_once(town: Town) -> None:
    """Each fact has one mail; the server may have got it twice, but then under one Message-ID."""
    parsed = [email.message_from_bytes(one.content, policy=email.policy.default) for one in town.peer.accepted]
    arrived = {str(message["Message-ID"]) for message in parsed}
    posted = db.session.scalars(select(OutboxMail)).all()
    assert {mail.state for mail in posted} == {MailState.SENT}
    assert arrived == {mail.message_id for mail in posted}
    told = Counter(mail.template.rpartition("/")[2] for mail in posted)
    bookings = Counter(db.session.scalars(select(Booking.state)))
    assert told["seat_booked"] + told["seat_promoted"] == bookings.total()
    assert told["seat_released"] == bookings[BookingState.CANCELLED]
    assert told["welcome"] == told["payment_received"] == APPLICANTS


def ledger_equals_the_bank(town: Town) -> None:
    """P3, P5: what the bank took in stands in the ledger, each movement once; numbers have no gaps."""
    at_the_bank = {
        row.reference: row.amount_cents
        for row in db.session.scalars(select(TestPayCheckout).where(TestPayCheckout.paid_at.is_not(None)))
    }
    entries = db.session.scalars(select(LedgerEntry)).all()
    assert {entry.reference.rpartition("-")[0]: entry.amount_cents for entry in entries} == at_the_bank
    assert len(entries) == len(at_the_bank) == APPLICANTS
    assert set(db.session.scalars(select(Bill.state))) == {BillState.PAID}
    assert db.session.scalar(select(NumberCounter.n)) == APPLICANTS
    assert all(membership.is_member(person, clock.today()) for person in town.paying)
