"""Gatherings with points and people who were at them. The day is Monday 4 January 2027, nine o'clock in Amsterdam."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.models import Account
from app.agenda import queries as agenda
from app.agenda import services as booking
from app.agenda.attendance import services as door
from app.agenda.attendance.models import Passage, Way
from app.agenda.models import Gathering
from app.core import clock
from app.core.db import db
from app.development import services
from app.development.models import AttendanceCertificate, Basis, Kind, PeEntry, PeScheme, Rounding
from app.development.services import RulesDetails, SchemeDetails
from tests.agenda.conftest import calendar, make_gathering, make_member, posted, said

__all__ = ["calendar", "make_gathering", "make_member", "posted", "said"]

STARTS = datetime(2027, 1, 14, 18, 30, tzinfo=UTC)
NEXT_DAY = datetime(2027, 1, 15, 12, 0, tzinfo=UTC)
A_PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n"
FILLED = {
    "kind": "course",
    "title": "Governance voor toezichthouders",
    "organiser": "Hogeschool voor Bestuur",
    "done_on": "12-12-2026",
    "hours": "7",
    "points": "6",
}
RULES: dict[str, Any] = {
    "valid_from": date(2020, 1, 1),
    "months": 12,
    "least_tenths": 100,
    "carry_tenths": 50,
    "basis": Basis.GIVEN,
    "tenths_per_hour": 10,
    "least_percent": 75,
    "least_minutes": 0,
    "step_tenths": 5,
    "rounding": Rounding.DOWN,
    "kinds": list(Kind),
    "own_tenths": None,
}


def with_proof(**changes: Any) -> dict[str, Any]:
    """The form of an own activity, with a proof."""
    return FILLED | {"proof": (BytesIO(A_PDF), "bewijs.pdf")} | changes


def rules(**changes: Any) -> RulesDetails:
    """Rules of a year: ten points, half points, five to take along."""
    return RulesDetails(**RULES | changes)


def make_scheme(name: str = "Register van interim-managers", **changes: Any) -> PeScheme:
    """A register that members can choose."""
    details = SchemeDetails(name_nl=name, name_en=name, body="Stichting Toetsing", website="", on_offer=True)
    staff = make_member()
    scheme = services.open_scheme(details, by=staff.id)
    services.set_rules(scheme.id, rules(**changes), by=staff.id)
    db.session.commit()
    db.session.expire_all()
    return scheme


@pytest.fixture
def bureau(make_account: Callable[..., Account]) -> Account:
    return make_account(roles=("coordinator",))


@pytest.fixture
def sanne(app: Any) -> Account:
    return make_member(given_name="Sanne", family_name="de Graaf", email="sanne@voorbeeld.example")


@pytest.fixture
def evening(app: Any) -> Gathering:
    """Two hours in Utrecht that give two points."""
    return make_gathering(starts_at=STARTS, pe_tenths=20)


@pytest.fixture
def was_there(bureau: Account, calendar: Any) -> Callable[..., None]:
    """Let somebody come in, and go when told after how many minutes; afterwards it is the next day."""

    def attend(person: Account, gathering: Gathering, *, minutes: int | None = None) -> None:
        seat = agenda.live_booking(gathering.id, person.id)
        if seat is None:
            calendar.move_to(gathering.starts_at - timedelta(days=1), tick=False)
            seat = booking.book_seat(gathering, person.id, by=person.id)
        calendar.move_to(gathering.starts_at, tick=False)
        door.pass_door(seat.id, gathering.id, Passage.IN, way=Way.TICKET, by=bureau.id)
        if minutes is not None:
            calendar.move_to(gathering.starts_at + timedelta(minutes=minutes), tick=False)
            door.pass_door(seat.id, gathering.id, Passage.OUT, way=Way.TICKET, by=bureau.id)
        db.session.commit()
        calendar.move_to(gathering.starts_at + timedelta(hours=17, minutes=30), tick=False)

    return attend


@pytest.fixture
def certified(sanne: Account, evening: Gathering, was_there: Callable[..., None]) -> AttendanceCertificate:
    """Sanne's certificate of the evening, on the day after."""
    was_there(sanne, evening)
    services.credit_all()
    return the_certificate()


def the_certificate() -> AttendanceCertificate:
    """The only certificate that stands."""
    db.session.expire_all()
    return db.session.scalars(select(AttendanceCertificate).where(AttendanceCertificate.withdrawn_at.is_(None))).one()


def entries() -> list[PeEntry]:
    """Every entry, the oldest activity first."""
    db.session.expire_all()
    return list(db.session.scalars(select(PeEntry).order_by(PeEntry.done_on, PeEntry.created_at)))


def today() -> date:
    return clock.today()
