"""G7: a full hall at the door: a thousand tickets, a tenth scanned twice, on two phones and on eight, over HTTP.

What must hold is asserted: everybody in once, an entry in the log for each, no error. `in_ten_minutes` is how many
people that pace lets in; three hundred on two phones is what is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import Context
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import func, select

from app.agenda import links
from app.agenda.attendance.models import Attendance
from app.agenda.models import Booking, BookingState, Gathering, GatheringKind, GatheringState
from app.audit.models import AuditEntry
from app.core import clock
from app.core.db import atomic, db, insert_rows
from benchmarks import crowd, databases, portal, server
from benchmarks.crowd import Click
from tests.factories import make_account

SEATS, TWICE = 1_000, 100
PHONES = (2, 8)
OK = 200


class Hall(NamedTuple):
    """A gathering that begins now, its tickets, and who stands at the door."""

    gathering_id: UUID
    tickets: list[str]
    phones: list[Click]

    @property
    def path(self) -> str:
        return f"/bureau/agenda/{self.gathering_id}/door"

    def scans(self) -> list[Click]:
        """Hand the tickets to the phones in turn; some are scanned again right away, by the next phone."""
        again = set(Random(1).sample(range(len(self.tickets)), TWICE))
        shown = [ticket for number, ticket in enumerate(self.tickets) for ticket in [ticket] * (1 + (number in again))]
        return self.clicks(shown)

    def clicks(self, tickets: list[str]) -> list[Click]:
        """Put each ticket before a phone."""
        return [
            Click(phone.cookie, f"{phone.body}&part=answer&ticket={ticket}")
            for phone, ticket in zip(cycle(self.phones), tickets)
        ]


def measured(kind: str, folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    """Let the hall fill, once for each number of phones."""
    del seconds
    with databases.empty(kind, folder) as url:
        databases.upgrade(url, folder)
        settings = portal.environment(url, folder)
        with portal.opened(settings) as app:
            people = _people()
            halls = {phones: _hall(app, people, phones) for phones in PHONES}
            queries = _queries(app, _hall(app, people[:2], 1))
        with server.serving("wsgi:app", settings, log=folder / "door.log") as running:
            for phones, hall in halls.items():
                scans = hall.scans()
                figures = crowd.press(running.port, hall.path, scans, at_once=phones, answer=OK)
                with portal.opened(settings):
                    _assure(hall)
                pace = len(scans) / figures.wall_s
                yield {
                    "name": "check_in",
                    "database": kind,
                    "phones": phones,
                    "per_s": round(pace, 1),
                    "in_ten_minutes": round(pace * 600),
                    **figures._asdict(),
                    "queries": queries,
                }


def _people() -> list[UUID]:
    with atomic():
        return [make_account(password=None).id for _ in range(SEATS)]


def _hall(app: Flask, people: list[UUID], phones: int) -> Hall:
    now = clock.now()
    with atomic() as session:
        gathering = Gathering(
            state=GatheringState.PUBLISHED,
            kind=GatheringKind.CHALLENGE_FINAL,
            title="De finale",
            summary="Wie wordt interim-manager van het jaar?",
            venue="De Kapittelzaal",
            city="Utrecht",
            starts_at=now,
            ends_at=now + timedelta(hours=3),
            capacity=len(people),
            seats_taken=len(people),
            arrivals=len(people),
            members_from=now - timedelta(days=30),
            cancel_until=now - timedelta(days=2),
        )
        session.add(gathering)
        session.flush()
        ids = [uuid4() for _ in people]
        same = {"gathering_id": gathering.id, "state": BookingState.CONFIRMED, "booked_at": now, "cancel_until": now}
        insert_rows(
            Booking,
            [
                {"id": booking_id, "account_id": person, "seq": seq, "terms": "", **same}
                for seq, (booking_id, person) in enumerate(zip(ids, people, strict=True), start=1)
            ],
        )
        staff = [make_account(password=None, roles=("coordinator",)) for _ in range(phones)]
        return Hall(
            gathering.id, [links.ticket_token(one) for one in ids], [crowd.browser(app, person) for person in staff]
        )


def _queries(app: Flask, hall: Hall) -> int:
    """Count the statements of one check-in, after another one has warmed everything up."""
    client = app.test_client(use_cookies=False)
    first, second = hall.clicks(hall.tickets)

    def scan(one: Click) -> int:
        headers = {**crowd.FORM, "Cookie": one.cookie}
        return client.post(hall.path, base_url="http://localhost", data=one.body, headers=headers).status_code

    assert Context().run(scan, first) == OK
    with portal.statements() as sent:
        assert Context().run(scan, second) == OK
    return len(sent)


def _assure(hall: Hall) -> None:
    """Make sure that everybody is in once, and that the log says so."""
    mine = select(Booking.id).where(Booking.gathering_id == hall.gathering_id)
    inside = select(func.count()).where(Attendance.booking_id.in_(mine))
    assert db.session.scalar(inside) == len(hall.tickets)
    deeds = select(func.count()).where(
        AuditEntry.action == "attendance.checked_in",
        AuditEntry.object_id.in_([str(booking_id) for booking_id in db.session.scalars(mine)]),
    )
    assert db.session.scalar(deeds) == len(hall.tickets)
