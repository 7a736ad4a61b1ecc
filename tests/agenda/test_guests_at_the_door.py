"""G7, G9: guests at the door, on paper, and the day after."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.agenda import links, services
from app.agenda.attendance import queries as attendance
from app.agenda.attendance import services as door
from app.agenda.attendance import tickets
from app.agenda.attendance.models import Passage, Way
from app.agenda.attendance.queries import Turnout
from app.agenda.guests import services as guests
from app.core.db import db

from .conftest import brought, make_gathering, make_member, said
from .test_guests import someone
from .test_pages import statements

STARTS = datetime(2027, 1, 14, 18, 30, tzinfo=UTC)


@pytest.fixture
def sanne(app):
    return make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")


@pytest.fixture
def seat(sanne):
    return services.book_seat(make_gathering(starts_at=STARTS), sanne.id, by=sanne.id)


@pytest.fixture
def eva(seat, sanne):
    return guests.add_guest(seat.id, someone(), by=sanne.id)


@pytest.fixture
def staff(client, sign_in, make_account, eva, calendar):
    coordinator = make_account(roles=("coordinator",))
    db.session.commit()
    calendar.move_to(STARTS - timedelta(minutes=20), tick=False)
    return sign_in(client, coordinator)


def door_of(guest):
    return f"/bureau/agenda/{guest.gathering_id}/door"


def scan(client, guest, text, **more):
    return client.post(door_of(guest), data={"ticket": text, "part": "answer"} | more)


def turnout(guest):
    return attendance.turnout(guest.gathering_id)


def test_g7_g9_a_guests_ticket_opens_the_door_by_camera_by_code_and_by_name(client, staff, eva):
    address = links.ticket_address(eva.id)
    first, again = scan(client, eva, address), scan(client, eva, tickets.code_of(eva.id, eva.seq))
    assert "Eva Gast" in first.text
    assert said("Already in since %(time)s.", time="19.10") in again.text
    assert turnout(eva) == Turnout(seats=2, came=1, inside=1, no_shows=0)
    client.post(f"{door_of(eva)}/people/{eva.id}?step=out")
    assert turnout(eva).inside == 0
    client.post(f"{door_of(eva)}/people/{eva.id}")
    assert turnout(eva).inside == 1


def test_g7_g9_a_mistake_is_undone(client, staff, eva):
    client.post(f"{door_of(eva)}/people/{eva.id}")
    client.post(f"{door_of(eva)}/undo/{eva.id}")
    assert turnout(eva).came == 0
    assert brought(eva.gathering)[0].arrived_at is None


def test_g7_g9_a_guest_without_a_seat_any_more_or_elsewhere_is_not_let_through(client, staff, eva):
    other = make_gathering(starts_at=STARTS)
    refused = client.post(f"/bureau/agenda/{other.id}/door", data={"ticket": links.ticket_address(eva.id)})
    assert refused.status_code == 409
    guests.take_away(eva.id, ending=guests.Ending.BUREAU, by=None)
    assert scan(client, eva, links.ticket_address(eva.id)).status_code == 409


def test_g7_g9_who_is_inside_is_no_longer_taken_off(client, staff, eva):
    client.post(f"{door_of(eva)}/people/{eva.id}")
    page = client.post("/guest/" + links.guest_token(eva.id, eva.email))
    assert page.status_code == 409
    assert len(brought(eva.gathering)) == 1


def test_g7_g9_lists_badges_and_the_door_name_guests_with_their_host(client, staff, eva):
    host = said("Guest of %(host)s", host="Sanne Verhoeven")
    for page in (door_of(eva), f"/bureau/agenda/{eva.gathering_id}/list", f"/bureau/agenda/{eva.gathering_id}/badges"):
        text = client.get(page).text
        assert host in text
        assert re.search(r"Eva Gast|<strong>Gast</strong>, Eva", text)
    assert statements(lambda: client.get(door_of(eva))) <= 6
    assert "Eva Gast" in client.get(f"{door_of(eva)}?q=gast").text


def test_g7_g9_the_ticket_alone_tells_nobody_whose_it_is(client, eva):
    page = client.get("/ticket/" + links.ticket_token(eva.id))
    assert page.status_code == 200
    assert tickets.code_of(eva.id, eva.seq) in page.text
    assert "Eva" not in page.text
    assert "Sanne" not in page.text


def test_g7_g9_a_guest_who_did_not_come_is_written_down_and_told_nothing(seat, eva, staff, posted, calendar):
    door.pass_door(seat.id, seat.gathering_id, Passage.IN, way=Way.TICKET, by=staff.id)
    db.session.commit()
    written = len([one for one in posted() if one.recipient == eva.email])
    calendar.move_to(STARTS + timedelta(hours=17), tick=False)
    door.tell_no_shows()
    (kept,) = brought(seat.gathering)
    assert kept.no_show_at == seat.gathering.no_shows_at
    assert turnout(eva) == Turnout(seats=2, came=1, inside=1, no_shows=1)
    assert len([one for one in posted() if one.recipient == eva.email]) == written
