"""The day itself in a real browser: a ticket on a member's phone, a camera at the door, a phone without script, and paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.accounts import queries as accounts
from app.agenda import queries as agenda
from app.agenda import services
from app.agenda.attendance.models import Attendance
from app.agenda.models import Booking, BookingState, Gathering, GatheringKind, GatheringState, Speaker
from app.core import clock
from app.core.db import db
from tests import factories
from tests.accessibility import complaints
from tests.agenda.conftest import make_member
from tests.journeys.conftest import Portal
from tests.journeys.people import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("door")]

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
TITLE = "Veranderen zonder macht"
PDFTOTEXT = shutil.which("pdftotext")
# Chromium on Linux reads no codes and a test has no camera: the browser gets both, and the test holds up the tickets.
CAMERA = """
navigator.mediaDevices.getUserMedia = async () => Object.assign(document.createElement("canvas")).captureStream();
HTMLMediaElement.prototype.play = async () => {};
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { return window.heldUp ? [{ rawValue: window.heldUp }] : []; }
};
"""


@pytest.fixture(scope="module")
def evening(furnished_portal: Portal) -> UUID:
    """Tonight's gathering, with two members who have a seat and one who has not."""

    def make() -> UUID:
        starts_at = clock.now() + timedelta(minutes=30)
        gathering = Gathering(
            state=GatheringState.PUBLISHED,
            kind=GatheringKind.KNOWLEDGE_SESSION,
            title=TITLE,
            summary="Over invloed die blijft als u weg bent.",
            venue="De Kapittelzaal",
            city="Utrecht",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2),
            capacity=12,
            members_from=clock.now() - timedelta(days=7),
            cancel_until=starts_at - timedelta(days=2),
        )
        gathering.speakers = [Speaker(position=0, name="Mirjam Boogaard", headline="Interim-directeur")]
        db.session.add(gathering)
        db.session.flush()
        for name, booked in (("Sanne", True), ("Ada", True), ("Wim", False)):
            email = f"{name.lower()}@deur.example"
            member = make_member(given_name=name, family_name="Aan de Deur", email=email)
            if booked:
                services.book_seat(gathering, member.id, by=member.id)
        factories.make_account(email="deur@deur.example", roles=("coordinator",))
        return gathering.id

    return furnished_portal.write(make)


def cookie_of(portal: Portal, email: str) -> str:
    def sign_in() -> str:
        client = portal.app.test_client()
        account = accounts.by_email(email)
        assert account
        factories.sign_in(client, account)
        found = client.get_cookie("session")
        assert found
        return str(found.value)

    return portal.write(sign_in)


@pytest.fixture
def meet(furnished_portal: Portal, browser: Browser, browser_context_args: dict[str, Any]) -> Any:
    """Somebody who is signed in, on a phone unless told otherwise."""
    met: list[Visitor] = []

    def met_with(email: str, **options: Any) -> Visitor:
        visitor = Visitor(furnished_portal, browser, {**browser_context_args, **PHONE, **options}, email)
        cookie = {"name": "session", "value": cookie_of(furnished_portal, email), "url": furnished_portal.url}
        visitor.page.context.add_cookies([cookie])
        met.append(visitor)
        return visitor

    yield met_with
    for visitor in met:
        visitor.close_browser()


def ticket_of(portal: Portal, name: str) -> str:
    """The address that the confirmation mail leads to."""
    mail = portal.mail(f"{name}@deur.example", "seat_booked")
    found = re.search(r"https?://\S+/ticket/\S+", mail.text)
    assert found
    return found[0]


def stays(portal: Portal, gathering_id: UUID) -> list[Attendance]:
    wanted = select(Attendance).join(Booking, Booking.id == Attendance.booking_id)
    return portal.read(lambda: list(db.session.scalars(wanted.where(Booking.gathering_id == gathering_id))))


def hold_up(page: Page, what: str) -> None:
    page.evaluate("what => { window.heldUp = what; }", what)


def answer(page: Page) -> Any:
    return page.locator("[data-door-answer]")


def test_g7_a_ticket_from_a_phone_is_read_by_the_camera_at_the_door(
    furnished_portal: Portal, evening: UUID, meet: Any
) -> None:
    member, staff = meet("sanne@deur.example"), meet("deur@deur.example")
    member.goes_to(f"/agenda/{evening}")
    member.follows("Show my ticket")
    member.sees(TITLE)
    assert complaints(member.page) == []
    code = member.page.locator(".ticket-text strong").inner_text()
    assert re.fullmatch(r"\d+-[0-9A-Z]{6}", code)

    staff.page.add_init_script(CAMERA)
    staff.goes_to(f"/bureau/agenda/{evening}/door")
    staff.presses("Scan with the camera")
    hold_up(staff.page, ticket_of(furnished_portal, "sanne"))
    expect(answer(staff.page)).to_contain_text("Sanne Aan de Deur")
    expect(answer(staff.page).locator(".notice.ok")).to_be_in_viewport(ratio=1)
    expect(staff.page.locator("video")).to_be_in_viewport(ratio=0.5)
    expect(staff.page.locator("[data-door-figures]")).to_contain_text(re.compile(r"^\s*binnen\s*1", re.DOTALL))
    assert complaints(staff.page) == []

    hold_up(staff.page, "https://elders.example/menukaart")
    expect(answer(staff.page).locator(".notice.bad")).to_be_visible()
    hold_up(staff.page, ticket_of(furnished_portal, "sanne"))
    expect(answer(staff.page).locator(".notice.warn")).to_contain_text(
        re.compile(staff.says("Already in since %(time)s.", time="@").replace("@", r"\d\d\.\d\d"))
    )
    assert len(stays(furnished_portal, evening)) == 1
    hold_up(staff.page, "")

    member.goes_to(ticket_of(furnished_portal, "sanne"))
    expect(member.page.locator(".ticket .badge.ok")).to_be_visible()


def test_g7_a_mistake_is_taken_back_where_it_is_told_while_the_camera_runs(
    furnished_portal: Portal, evening: UUID, meet: Any
) -> None:
    staff = meet("deur@deur.example")
    staff.page.add_init_script(CAMERA)
    staff.goes_to(f"/bureau/agenda/{evening}/door")
    staff.presses("Scan with the camera")
    hold_up(staff.page, ticket_of(furnished_portal, "ada"))
    expect(answer(staff.page).locator(".notice.ok")).to_contain_text("Ada Aan de Deur")
    hold_up(staff.page, "")
    answer(staff.page).get_by_role("button", name=staff.says("Undo")).click()
    expect(answer(staff.page)).to_contain_text(staff.says("Taken back."))
    expect(staff.page.locator("video")).to_be_visible()
    staff.presses("Stop the camera")
    expect(staff.page.locator("video")).not_to_be_visible()


def test_g7_without_script_a_code_a_name_and_letting_in_do_the_same(
    furnished_portal: Portal, evening: UUID, meet: Any
) -> None:
    member = meet("ada@deur.example", java_script_enabled=False)
    member.goes_to(ticket_of(furnished_portal, "ada"))
    code = member.page.locator(".ticket-text strong").inner_text()

    staff = meet("deur@deur.example", java_script_enabled=False)
    staff.goes_to(f"/bureau/agenda/{evening}/door")
    expect(staff.page.locator("[data-door-camera]")).not_to_be_visible()
    staff.fills_in(ticket=code.lower())
    staff.presses("Check in")
    expect(staff.page.locator(".notice.success")).to_contain_text("Ada Aan de Deur")
    staff.fills_in(ticket=code)
    staff.presses("Check in")
    expect(staff.page.locator(".notice.warning")).to_contain_text("Ada Aan de Deur")

    staff.page.locator("#listing-search").fill("ada")
    staff.presses("Search")
    staff.page.locator(".door-list").get_by_role("button", name=staff.says("Check out")).click()
    expect(staff.page.locator(".notice.success")).to_contain_text("Ada Aan de Deur")
    expect(staff.page).to_have_url(re.compile(r"/door\?.*q=ada"))

    staff.follows("Let in without a booking")
    staff.page.locator("#listing-search").fill("wim")
    staff.presses("Search")
    staff.page.locator("main").get_by_role("button", name=f"{staff.says('Let in')} Wim Aan de Deur").click()
    expect(staff.page.locator(".notice.success")).to_contain_text("Wim Aan de Deur")
    wim = furnished_portal.read(lambda: accounts.by_email("wim@deur.example"))
    booking = furnished_portal.read(lambda: agenda.live_booking(evening, wim.id))
    assert booking.state is BookingState.CONFIRMED


def test_g7_the_phones_own_camera_leads_staff_from_the_ticket_to_the_button(
    furnished_portal: Portal, evening: UUID, meet: Any
) -> None:
    staff = meet("deur@deur.example", java_script_enabled=False)
    staff.goes_to(ticket_of(furnished_portal, "ada"))
    staff.presses("Check in")
    staff.sees("At the door")
    expect(staff.page.locator(".notice.success, .notice.warning")).to_contain_text("Ada Aan de Deur")


@pytest.mark.parametrize(("paper", "sheets"), [("list", 1), ("badges", 1)])
def test_ux_50_list_and_badges_print_on_a4_without_the_furniture_of_the_site(
    evening: UUID, meet: Any, tmp_path: Path, paper: str, sheets: int
) -> None:
    staff = meet("deur@deur.example")
    staff.goes_to(f"/bureau/agenda/{evening}/{paper}")
    assert complaints(staff.page) == []
    file = tmp_path / "paper.pdf"
    staff.page.pdf(path=file, format="A4", prefer_css_page_size=True)
    assert re.findall(rb"/Count (\d+)", file.read_bytes()) == [str(sheets).encode()]
    if not PDFTOTEXT:
        return
    text = subprocess.run([PDFTOTEXT, "-layout", str(file), "-"], check=True, capture_output=True, text=True).stdout
    assert "Aan de Deur" in text
    assert staff.says("Sign out") not in text
    assert staff.says("Help and contact") not in text
    if paper == "badges":
        assert "Mirjam Boogaard" in text
        assert staff.says("Name badges") not in text
