"""Members and gatherings for the agenda's tests. The day is Monday 4 January 2027, nine o'clock in Amsterdam."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from markupsafe import escape
from sqlalchemy import select

from app.accounts.models import Account
from app.agenda.attendance.models import Attendance
from app.agenda.guests.models import Guest
from app.agenda.models import (
    Booking,
    BookingState,
    EntryState,
    Gathering,
    GatheringKind,
    GatheringState,
    SeatMode,
    Speaker,
    WaitlistEntry,
)
from app.core import clock, search
from app.core.db import db
from app.core.i18n import _, speaking
from app.jobs import services as jobs
from app.mail.models import OutboxMail
from app.membership.models import Benefit, Company, Membership, MembershipPeriod, Plan, PlanEntitlement
from tests.factories import make_account

NOW = datetime(2027, 1, 4, 8, 0, tzinfo=UTC)
AT_SEVEN = datetime(2027, 1, 14, 18, 4, tzinfo=UTC)
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def calendar() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def plan() -> Plan:
    found = db.session.scalar(select(Plan))
    if found is None:
        found = Plan(slug=f"kring-{next(_numbers)}", name_nl="Kring", name_en="Circle")
        db.session.add(found)
        db.session.flush()
        db.session.add(PlanEntitlement(plan_id=found.id, benefit=Benefit.GUESTS, quota=3))
        db.session.flush()
    return found


def make_member(until: date | None = None, **account: Any) -> Account:
    """Somebody who paid for a year from the first of last month, unless told until when."""
    person = make_account(**account)
    own = Company(
        account_id=person.id,
        name="Eigen B.V.",
        kvk="12345678",
        vat_id="",
        address="Plein 1",
        postcode="3511 AA",
        city="Utrecht",
    )
    db.session.add(own)
    db.session.flush()
    kept = Membership(account_id=person.id, plan_id=plan().id, company_id=own.id)
    db.session.add(kept)
    db.session.flush()
    ends_on = until or clock.today() + timedelta(days=330)
    db.session.add(
        MembershipPeriod(
            membership_id=kept.id,
            plan_id=kept.plan_id,
            sequence=1,
            starts_on=min(clock.today(), ends_on) - timedelta(days=34),
            ends_on=ends_on,
            grace_until=ends_on + timedelta(days=30),
            lapses_after=ends_on + timedelta(days=60),
            activated_at=clock.now(),
        )
    )
    search.remember(search.PEOPLE, person.id, person.name, person.email, own.name)
    db.session.flush()
    return person


def make_gathering(speakers: tuple[str, ...] = ("Mirjam Boogaard",), **values: Any) -> Gathering:
    """A published knowledge session in Utrecht, ten days ahead, with twelve seats."""
    starts_at = values.setdefault("starts_at", datetime(2027, 1, 14, 18, 30, tzinfo=UTC))
    defaults: dict[str, Any] = {
        "state": GatheringState.PUBLISHED,
        "kind": GatheringKind.KNOWLEDGE_SESSION,
        "title": "Veranderen zonder macht",
        "summary": "Over invloed die blijft als u weg bent.",
        "programme": "### Wat er gebeurt\n\n- Drie soorten draagvlak\n- Oefenen",
        "venue": "De Kapittelzaal",
        "address": "Achter de Dom 14",
        "city": "Utrecht",
        "ends_at": starts_at + timedelta(hours=2),
        "capacity": 12,
        "members_from": NOW - timedelta(days=7),
        "cancel_until": starts_at - timedelta(days=2),
    }
    told = defaults | values
    if told["venue"] and told.get("online_url"):
        told.setdefault("online_capacity", told["capacity"])
    gathering = Gathering(**told)
    gathering.speakers = [
        Speaker(position=n, name=name, headline="Interim-directeur") for n, name in enumerate(speakers)
    ]
    db.session.add(gathering)
    db.session.flush()
    return gathering


def said(message: str, **values: Any) -> str:
    """A text as a Dutch page shows it."""
    with speaking("nl"):
        return str(escape(_(message, **values)))


def live(gathering: Gathering) -> list[Booking]:
    """The confirmed bookings of a gathering, in order of arrival."""
    db.session.expire_all()
    wanted = select(Booking).where(Booking.gathering_id == gathering.id, Booking.state == BookingState.CONFIRMED)
    return list(db.session.scalars(wanted.order_by(Booking.seq)))


def brought(gathering: Gathering) -> list[Guest]:
    """The guests who have a seat at a gathering, in order of arrival."""
    db.session.expire_all()
    wanted = select(Guest).where(Guest.gathering_id == gathering.id, Guest.state == BookingState.CONFIRMED)
    return list(db.session.scalars(wanted.order_by(Guest.seq)))


def in_line(gathering: Gathering) -> list[WaitlistEntry]:
    """Who waits for a seat or has an offer, in order of arrival."""
    db.session.expire_all()
    wanted = select(WaitlistEntry).where(WaitlistEntry.gathering_id == gathering.id, WaitlistEntry.ended_at.is_(None))
    return list(db.session.scalars(wanted.order_by(WaitlistEntry.seq)))


def seats_add_up(gathering: Gathering) -> bool:
    """Whether the counters tell what bookings, guests and offers tell, and there is room for all of them."""
    counted = [(gathering.seats_taken, gathering.seats_held, gathering.capacity)]
    if gathering.online_capacity is not None:
        counted.append((gathering.online_taken, gathering.online_held, gathering.online_capacity))
    return all(_adds_up(gathering, pool.mode, *numbers) for pool, numbers in zip(gathering.pools, counted, strict=True))


def _adds_up(gathering: Gathering, mode: SeatMode, taken: int, held: int, capacity: int) -> bool:
    offered = [one for one in in_line(gathering) if one.state is EntryState.OFFERED and one.mode is mode]
    booked = [one for one in (*live(gathering), *brought(gathering)) if one.mode is mode]
    return (len(booked) + len(offered), len(offered)) == (taken, held) and taken <= capacity


@pytest.fixture
def posted() -> Callable[..., list[OutboxMail]]:
    def mails(to: Account | None = None) -> list[OutboxMail]:
        db.session.expire_all()
        query = select(OutboxMail).order_by(OutboxMail.created_at, OutboxMail.key)
        return [mail for mail in db.session.scalars(query) if to is None or mail.recipient == to.email]

    return mails


@pytest.fixture
def do_jobs(app: Any) -> Callable[[], int]:
    return jobs.run_due


class Door:
    """Whoever of the bureau stands at the door, from four past seven on: hands in, presses, and reads the answer."""

    def __init__(self, client, colleague, sign_in, calendar):
        self.client, self.colleague, self.sign_in, self.calendar = client, colleague, sign_in, calendar
        self.stands = False

    def at(self, moment):
        """It is this time now; who has been idle for half an hour signs in again."""
        self.calendar.move_to(moment, tick=False)
        self.sign_in(self.client, self.colleague)
        self.stands = True

    def _begin(self):
        if not self.stands:
            self.at(AT_SEVEN)

    def looks(self, gathering, path=""):
        self._begin()
        return self.client.get(f"/bureau/agenda/{gathering.id}/door{path}")

    def hands_in(self, gathering, ticket, *, step="in", **more):
        self._begin()
        path = f"/bureau/agenda/{gathering.id}/door?step={step}"
        return self.client.post(path, data={"ticket": ticket, **more}, follow_redirects=True)

    def presses(self, gathering, path, **data):
        self._begin()
        before = {"Referer": f"http://localhost/bureau/agenda/{gathering.id}/door"}
        path = f"/bureau/agenda/{gathering.id}/door/{path}"
        return self.client.post(path, data=data, headers=before, follow_redirects=True)


@pytest.fixture
def door(client, sign_in, make_account, calendar):
    return Door(client, make_account(roles=("coordinator",)), sign_in, calendar)


def stays(booking):
    db.session.expire_all()
    wanted = select(Attendance).where(Attendance.booking_id == booking.id)
    return list(db.session.scalars(wanted.order_by(Attendance.number)))
