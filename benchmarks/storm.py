"""G2: a thousand members book the same thirty seats at the same moment, a tenth of them twice, over HTTP.

What must hold is asserted: thirty seats, everybody else in line without a gap, nobody twice, no error. Times are told
beside those of a toy that does nothing but count and insert, in the same run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from app.agenda.models import Booking, Gathering, GatheringKind, GatheringState, WaitlistEntry
from app.audit.models import AuditEntry
from app.core import clock
from app.core.db import atomic, db
from app.mail.models import OutboxMail
from app.membership.models import Company, Membership, MembershipPeriod, Plan
from benchmarks import crowd, databases, portal, server, storm_toy
from benchmarks.crowd import Click, Figures
from tests.factories import make_account

BOOKERS, TWICE, AT_ONCE, SEATS = 1_000, 100, 64, 30
YEAR = timedelta(days=365)
SEE_OTHER = 303


def measured(kind: str, folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    """Let the storm break on the toy, and then on the portal."""
    del seconds
    toys = {}
    for how in ("bare", "whole"):
        toys[how] = _on_toy(kind, folder, how)
        yield {"name": f"booking_storm_toy_{how}", "database": kind, **toys[how]._asdict()}
    figures, found = _on_portal(kind, folder)
    times = {f"times_toy_{how}": round(figures.wall_s / toy.wall_s, 2) for how, toy in toys.items()}
    yield {"name": "booking_storm", "database": kind, **figures._asdict(), **found, **times}


def _clicks(browsers: list[Click]) -> list[Click]:
    """Put everybody in some order; a tenth click again right away."""
    rng = Random(1)
    order = rng.sample(browsers, len(browsers))
    again = set(rng.sample(range(len(order)), TWICE))
    return [click for number, one in enumerate(order) for click in ([one, one] if number in again else [one])]


def _on_toy(kind: str, folder: Path, how: str) -> Figures:
    with databases.empty(kind, folder) as url:
        os.environ["BENCH_TOY_URL"] = url
        storm_toy.fill(SEATS)
        clicks = _clicks([Click(cookie, "") for cookie in storm_toy.cookies(storm_toy.create_app(), BOOKERS)])
        with server.serving("benchmarks.storm_toy:create_app()", {}, log=folder / f"toy-{how}.log") as running:
            return crowd.press(running.port, f"/book/{how}", clicks, at_once=AT_ONCE, answer=SEE_OTHER)


def _on_portal(kind: str, folder: Path) -> tuple[Figures, dict[str, Any]]:
    with databases.empty(kind, folder) as url:
        databases.upgrade(url, folder)
        settings = portal.environment(url, folder)
        with portal.opened(settings) as app:
            gathering_id, browsers = _prepare(app)
        with server.serving("wsgi:app", settings, log=folder / "storm.log") as running:
            path = f"/agenda/{gathering_id}/book"
            figures = crowd.press(running.port, path, _clicks(browsers), at_once=AT_ONCE, answer=SEE_OTHER)
        with portal.opened(settings):
            return figures, _found(gathering_id)


def _prepare(app: Flask) -> tuple[UUID, list[Click]]:
    """Make a thousand members who are signed in, each with the page open."""
    now, today = clock.now(), clock.today()
    with atomic() as session:
        plan = Plan(slug="storm", name_nl="Kring", name_en="Circle")
        gathering = Gathering(
            state=GatheringState.PUBLISHED,
            kind=GatheringKind.KNOWLEDGE_SESSION,
            title="Veranderen zonder macht",
            summary="Over invloed die blijft als u weg bent.",
            venue="De Kapittelzaal",
            address="Achter de Dom 14",
            city="Utrecht",
            starts_at=now + timedelta(days=20),
            ends_at=now + timedelta(days=20, hours=2),
            capacity=SEATS,
            members_from=now - timedelta(days=1),
            cancel_until=now + timedelta(days=18),
        )
        session.add_all((plan, gathering))
        session.flush()
        people = [_member(plan, today) for _ in range(BOOKERS)]
        keys = [person.id for person in people]
        browsers = [crowd.browser(app, person) for person in people]
    assert len(set(keys)) == BOOKERS
    return gathering.id, browsers


def _member(plan: Plan, today: date) -> Any:
    person = make_account(password=None)
    values = {"vat_id": "", "address": "Plein 1", "postcode": "3511 AA", "city": "Utrecht"}
    company = Company(account_id=person.id, name="Eigen B.V.", kvk="12345678", **values)
    db.session.add(company)
    db.session.flush()
    kept = Membership(account_id=person.id, plan_id=plan.id, company_id=company.id)
    db.session.add(kept)
    db.session.flush()
    period = MembershipPeriod(membership_id=kept.id, plan_id=plan.id, sequence=1, activated_at=clock.now())
    period.starts_on, period.ends_on = today - timedelta(days=5), today + YEAR
    period.grace_until, period.lapses_after = today + YEAR, today + YEAR
    db.session.add(period)
    return person


def _found(gathering_id: UUID) -> dict[str, Any]:
    """Tell what the storm left, having made sure that it is right."""
    gathering = db.session.get_one(Gathering, gathering_id)
    seated = list(db.session.execute(select(Booking.account_id, Booking.seq)).tuples())
    queued = list(db.session.execute(select(WaitlistEntry.account_id, WaitlistEntry.seq)).tuples())
    mails = db.session.scalar(select(func.count()).select_from(OutboxMail)) or 0
    deeds = select(func.count()).where(AuditEntry.action.in_(("booking.made", "waitlist.joined")))
    assert len(seated) == gathering.seats_taken == SEATS
    assert sorted(seq for _person, seq in queued) == list(range(1, BOOKERS - SEATS + 1))
    assert len({person for person, _seq in (*seated, *queued)}) == BOOKERS
    assert mails == db.session.scalar(deeds) == BOOKERS
    return {"seated": len(seated), "in_line": len(queued), "mails": mails}
