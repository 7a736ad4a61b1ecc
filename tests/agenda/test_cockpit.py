"""What the bureau sees of one gathering on one page: who comes, who waits, what was mailed about it, and what waits."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from app.agenda import cockpit, services
from app.agenda.attendance.models import Passage, Way
from app.agenda.attendance.services import pass_door
from app.agenda.models import Gathering, GatheringState, Wish
from app.core import panels
from app.core.db import db
from app.core.formats import moment
from app.core.i18n import speaking
from app.mail.models import MailState, OutboxMail

from .conftest import in_line, make_gathering, make_member, said
from .test_pages import statements

MAILS_FOLDER = Path(cockpit.__file__).parents[1] / "templates/agenda/mail"


@pytest.fixture
def coordinator(client, sign_in, make_account):
    return sign_in(client, make_account(roles=("coordinator",)))


def book(gathering: Gathering, *names: str) -> list:
    people = [make_member(given_name=name, family_name="Prins", password=None) for name in names]
    return [services.book_seat(gathering, person.id, by=person.id) for person in people]


def page_of(client, gathering: Gathering) -> str:
    return client.get(f"/bureau/agenda/{gathering.id}").text


def part(page: str, heading: str) -> str:
    return page.split(f'id="{heading}"')[1].split("</section>", maxsplit=1)[0]


def test_the_page_shows_who_comes_who_waits_and_how_full_it_is(client, coordinator):
    gathering = make_gathering(capacity=2)
    book(gathering, "Ada", "Bram", "Cor")
    page = page_of(client, gathering)
    assert "2 van 2" in page
    assert "Cor Prins" in part(page, "line")
    assert "Ada Prins" not in part(page, "line")
    assert "Ada Prins" in page


def test_of_a_long_line_the_page_shows_the_first_and_how_many_there_are(client, coordinator):
    gathering = make_gathering(capacity=1)
    book(gathering, *(f"Lid{letter}" for letter in "abcdefgh"))
    line = part(page_of(client, gathering), "line")
    assert line.count("Prins") == 5
    assert said("%(number)s in line", number=7) in line


def test_the_mails_about_a_gathering_are_counted_by_kind_and_what_failed_stands_out(client, coordinator):
    gathering, other = make_gathering(), make_gathering(title="Iets anders")
    booked = book(gathering, "Ada", "Bram")
    book(other, "Cor")
    services.cancel_seat(booked[1], by=booked[1].account_id)
    failed = db.session.query(OutboxMail).filter_by(key=f"seat-booked:{booked[0].id}").one()
    failed.state = MailState.FAILED
    db.session.commit()
    mails = part(page_of(client, gathering), "mails")
    assert sorted(re.findall(r'<p class="muted">(\d+)</p>', mails)) == ["1", "2"]
    assert said("Confirmation of a seat") in mails
    assert said("A seat given back") in mails
    assert 'class="badge bad"' in mails
    listed = client.get(f"/bureau/mail?about={gathering.id}&format=csv").data.decode("utf-8-sig").splitlines()
    assert len(listed) == 1 + 3


def test_mails_of_the_waiting_line_are_about_their_gathering_too(do_jobs):
    gathering = make_gathering(capacity=1)
    first, _second = book(gathering, "Ada", "Bram")
    services.cancel_seat(first, by=first.account_id)
    db.session.commit()
    do_jobs()
    db.session.expire_all()
    mails = db.session.query(OutboxMail).all()
    assert {mail.template for mail in mails} >= {"agenda/seat_booked", "agenda/waitlist_joined", "agenda/seat_promoted"}
    assert {mail.about_id for mail in mails if mail.template.startswith("agenda/")} == {gathering.id}


def test_without_bookings_line_or_mails_the_page_says_so(client, coordinator):
    page = page_of(client, make_gathering())
    for text in ("Nobody has booked yet", "Nobody waits for a seat.", "No mail has been written about it yet."):
        assert said(text) in page
    draft = page_of(client, make_gathering(state=GatheringState.DRAFT))
    assert 'id="line"' not in draft


def test_an_offer_that_runs_out_is_told_with_its_end(client, coordinator):
    gathering = make_gathering(capacity=1)
    seat, place = book(gathering, "Ada", "Bram")
    services.choose_wish(place.id, Wish.ASK)
    services.cancel_seat(seat, by=seat.account_id)
    db.session.commit()
    page = page_of(client, gathering)
    assert said("One of them is kept for an offer.") in page
    assert "Bram Prins" in part(page, "line")
    with speaking("nl"):
        assert moment(in_line(gathering)[0].offer_until) in part(page, "line")
    assert len(in_line(gathering)) == 1


def make_stuck() -> Gathering:
    """Whoever waits has a seat elsewhere at these hours, so a free seat does not go to them."""
    gathering = make_gathering(capacity=1, title="Vastgelopen")
    seat, place = book(gathering, "Ada", "Bram")
    services.book_seat(make_gathering(title="Tegelijk"), place.account_id, by=place.account_id)
    services.cancel_seat(seat, by=seat.account_id)
    db.session.commit()
    return gathering


def test_a_line_that_stands_still_beside_a_free_seat_is_told_on_its_page_and_in_the_work_queue(client, coordinator):
    gathering = make_stuck()
    make_gathering(title="Vol en goed", capacity=1)
    assert said("See the waiting list and its log") in page_of(client, gathering)
    home = client.get("/bureau").text
    assert "/bureau/agenda?stuck=1" in home
    listed = client.get("/bureau/agenda?stuck=1").text
    assert "Vastgelopen" in listed
    assert "Vol en goed" not in listed


def test_a_line_that_moves_is_in_nobodys_work_queue(client, coordinator):
    book(make_gathering(capacity=1), "Ada", "Bram")
    assert "/bureau/agenda?stuck=1" not in client.get("/bureau").text


def test_a_line_that_closed_before_its_seat_came_free_is_told_as_that(client, sign_in, make_account, calendar):
    gathering = make_gathering(capacity=1)
    seat, _place = book(gathering, "Ada", "Bram")
    calendar.move_to(gathering.starts_at - timedelta(hours=3))
    services.cancel_seat(seat, by=seat.account_id, late_agreed=True)
    db.session.commit()
    sign_in(client, make_account(roles=("coordinator",)))
    closed = "The waiting list has closed, so no seat goes to it any more. Members can still book the free seat"
    assert said(f"{closed} themselves; a call helps.") in page_of(client, gathering)


def test_who_came_is_told_from_the_moment_the_door_opens(client, sign_in, make_account, calendar):
    gathering = make_gathering()
    seats = book(gathering, "Ada", "Bram")
    calendar.move_to(gathering.starts_at - timedelta(hours=1))
    staff = sign_in(client, make_account(roles=("coordinator",)))
    assert said("Nobody was checked in yet") in page_of(client, gathering)
    pass_door(seats[0].id, gathering.id, Passage.IN, way=Way.NAME, by=staff.id)
    db.session.commit()
    assert said("Nobody was checked in yet") not in page_of(client, gathering)
    assert f"/bureau/agenda/{gathering.id}/door" in page_of(client, gathering)


def test_domains_above_put_their_part_on_the_page(client, coordinator, monkeypatch):
    gathering, asked = make_gathering(), []
    monkeypatch.setitem(panels._panels, "gathering", [])
    panels.add("gathering", "errors/404.html", asked.append)
    page_of(client, gathering)
    assert asked == [gathering.id]


def test_the_page_costs_the_same_with_a_full_hall_and_a_long_line(client, coordinator):
    gathering = make_gathering(capacity=20, speakers=("Een", "Twee"))
    book(gathering, *(f"Lid{number}" for number in range(40)))
    db.session.commit()
    assert statements(lambda: client.get(f"/bureau/agenda/{gathering.id}")) <= 8


def test_the_page_names_the_materials_and_for_whom_they_are(client, coordinator):
    gathering = make_gathering()
    assert said("There are no materials yet.") in page_of(client, gathering)
    sheets = {"title": "De sheets", "url": "https://example.org/sheets", "audience": "booked", "opens": "before"}
    assert client.post(f"/bureau/agenda/{gathering.id}/materials", data=sheets).status_code == 303
    db.session.expire_all()
    assert "De sheets" in part(page_of(client, gathering), "materials")


def test_a_mail_about_a_gathering_has_a_name_whichever_domain_wrote_it(client, coordinator):
    gathering = make_gathering(title="Wat het kost")
    (seat,) = book(gathering, "Ada")
    kept = db.session.query(OutboxMail).filter_by(key=f"seat-booked:{seat.id}").one()
    for template, name in (
        ("payments/payment_received", "Word of a payment that came in"),
        ("payments/of_tomorrow", "Another mail"),
    ):
        kept.template = template
        db.session.commit()
        assert said(name) in part(page_of(client, gathering), "mails")


def test_every_mail_of_the_agenda_has_a_name_on_the_page_of_its_gathering():
    written = {f"agenda/{path.name.removesuffix('.subject.txt')}" for path in MAILS_FOLDER.glob("*.subject.txt")}
    assert written <= set(cockpit.MAILS)
