"""A session from the first booking to what people thought of it, on the phones of two members and a coordinator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from app.accounts import queries as accounts
from app.agenda.attendance import services as door
from app.agenda.attendance.models import Attendance
from app.agenda.feedback import mails, queries
from app.agenda.feedback import services as feedback
from app.agenda.feedback.services import Opinion
from app.agenda.models import Gathering, GatheringKind, GatheringState
from app.core import clock
from app.core.db import db
from app.development import services as development
from tests import factories
from tests.accessibility import complaints
from tests.agenda.conftest import make_member
from tests.journeys.conftest import Portal
from tests.journeys.people import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("session")]

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
OTHERS = 5


@pytest.fixture(scope="module")
def session(furnished_portal: Portal) -> UUID:
    """One seat, tomorrow at this hour; and a coordinator."""

    def make() -> UUID:
        starts_at = clock.now() + timedelta(days=1)
        gathering = Gathering(
            state=GatheringState.PUBLISHED,
            kind=GatheringKind.KNOWLEDGE_SESSION,
            title="Landen in een week",
            summary="Zeven dagen, zes gesprekken, één plan.",
            venue="De Kapittelzaal",
            city="Utrecht",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2),
            capacity=1,
            pe_tenths=20,
            members_from=clock.now() - timedelta(days=7),
            cancel_until=starts_at - timedelta(hours=1),
        )
        db.session.add(gathering)
        db.session.flush()
        for name in ("vera", "joris", *(f"lid{number}" for number in range(OTHERS))):
            make_member(given_name=name.title(), family_name="Van de Kring", email=f"{name}@pad.example")
        factories.make_account(email="bureau@pad.example", roles=("coordinator",))
        return gathering.id

    return furnished_portal.write(make)


@pytest.fixture
def meet(furnished_portal: Portal, browser: Browser, browser_context_args: dict[str, Any]) -> Any:
    """Somebody who is signed in on a phone."""
    met: list[Visitor] = []

    def cookie_of(email: str) -> Callable[[], str]:
        def sign_in() -> str:
            client, account = furnished_portal.app.test_client(), accounts.by_email(email)
            assert account
            factories.sign_in(client, account)
            found = client.get_cookie("session")
            assert found
            return str(found.value)

        return sign_in

    def met_with(email: str) -> Visitor:
        visitor = Visitor(furnished_portal, browser, {**browser_context_args, **PHONE}, email)
        cookie = {"name": "session", "value": furnished_portal.write(cookie_of(email)), "url": furnished_portal.url}
        visitor.page.context.add_cookies([cookie])
        met.append(visitor)
        return visitor

    yield met_with
    for visitor in met:
        visitor.close_browser()


def moved(gathering: Gathering, back: timedelta) -> None:
    """Let the session come nearer, or lie behind us."""
    gathering.cancel_until, gathering.starts_at = gathering.cancel_until - back, gathering.starts_at - back
    gathering.ends_at -= back
    db.session.flush()


def it_begins(portal: Portal, session: UUID) -> None:
    """Let the session begin in a quarter of an hour."""
    portal.write(lambda: moved(db.session.get_one(Gathering, session), timedelta(hours=23, minutes=45)))


def it_is_over(portal: Portal, session: UUID) -> None:
    """Let the session have been yesterday, with more people who were there and thought something of it."""

    def make() -> None:
        gathering = db.session.get_one(Gathering, session)
        gathering.capacity = 20
        for stay in db.session.scalars(select(Attendance)):
            stay.arrived_at -= timedelta(hours=30)
        moved(gathering, timedelta(hours=30))
        staff = accounts.by_email("bureau@pad.example")
        assert staff
        for number in range(OTHERS):
            member = accounts.by_email(f"lid{number}@pad.example")
            assert member
            door.let_in(session, member.id, by=staff.id)
            values = {one.id: 4 for one in queries.questions()}
            feedback.answer(gathering, member.id, Opinion(values=values))

    portal.write(make)


def test_g2_g3_g7_g8_a_session_from_booking_to_opinions(furnished_portal: Portal, session: UUID, meet: Any) -> None:
    vera, joris, staff = meet("vera@pad.example"), meet("joris@pad.example"), meet("bureau@pad.example")
    here = f"/agenda/{session}"
    vera.goes_to(here)
    vera.presses("Book my seat")
    vera.reads(vera.says("You have a seat"))
    joris.goes_to(here)
    joris.presses("Put me on the waiting list")
    joris.reads(joris.says("You are number %(number)s on the waiting list", number=1))
    vera.presses("Give my seat back")
    joris.goes_to(here)
    joris.presses("Take the seat")
    joris.reads(joris.says("You have a seat"))
    it_begins(furnished_portal, session)
    joris.goes_to(here)
    joris.follows("Show my ticket")
    code = joris.page.locator(".ticket-text strong").inner_text()
    staff.goes_to(f"/bureau/agenda/{session}/door")
    staff.fills_in(ticket=code)
    staff.page.keyboard.press("Enter")
    expect(staff.page.locator(".notice.ok, .notice.success")).to_contain_text("Joris Van de Kring")

    it_is_over(furnished_portal, session)
    furnished_portal.write(lambda: (development.credit_all(), mails.ask()))
    joris.goes_to("/development")
    joris.reads("Landen in een week")
    joris.goes_to(here)
    joris.follows("Give your opinion")
    assert complaints(joris.page) == []
    for scale in joris.page.locator(".scale").all():
        scale.locator("label").nth(3).click()
    joris.fills_in(helped="De zes gesprekken.")
    joris.presses("Send my answer")
    joris.sees("Your answer is in")

    staff.goes_to(f"/bureau/agenda/{session}/feedback")
    staff.reads("De zes gesprekken.")
    assert staff.page.locator("figure.chart").count() == 2
    assert complaints(staff.page) == []
