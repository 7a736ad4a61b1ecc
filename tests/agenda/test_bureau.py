"""G1: what the bureau does with a gathering, and what bad input gets."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.agenda import services
from app.agenda.models import Gathering, GatheringKind, GatheringState
from app.core.db import db

from .conftest import NOW, live, make_gathering, make_member
from .test_pages import statements

FILLED = {
    "kind": "masterclass",
    "title": "Lezen als een curator",
    "summary": "In drie uur door een jaarrekening waar iets niet klopt.",
    "programme": "- Waar kijkt een curator het eerst?",
    "day": "14 januari 2027",
    "starts": "19u30",
    "ends": "21.30",
    "venue": "De Kapittelzaal",
    "address": "Achter de Dom 14",
    "city": "Utrecht",
    "online_url": "",
    "capacity": "18",
    "members_day": "4-1-2027",
    "members_time": "9.00",
    "guests_day": "",
    "cancel_day": "12-1-2027",
    "cancel_time": "12.00",
    "pe_points": "2,5",
    "speakers-0-name": "Mirjam Boogaard",
    "speakers-0-headline": "Oud-curator",
    "speakers-0-bio": "",
}


@pytest.fixture
def coordinator(client, sign_in, make_account):
    return sign_in(client, make_account(roles=("coordinator",)))


def only() -> Gathering:
    db.session.expire_all()
    return db.session.scalars(select(Gathering)).one()


def test_g1_a_gathering_is_drafted_published_and_then_stands_in_the_agenda(client, coordinator):
    answer = client.post("/bureau/agenda/new", data=FILLED, follow_redirects=True)
    assert answer.status_code == 200
    gathering = only()
    assert gathering.state is GatheringState.DRAFT
    assert gathering.kind is GatheringKind.MASTERCLASS
    assert gathering.starts_at == datetime(2027, 1, 14, 18, 30, tzinfo=UTC)
    assert gathering.cancel_until == datetime(2027, 1, 12, 11, 0, tzinfo=UTC)
    assert gathering.pe_tenths == 25
    assert [speaker.name for speaker in gathering.speakers] == ["Mirjam Boogaard"]
    assert gathering.title not in client.get("/agenda").text
    client.post(f"/bureau/agenda/{gathering.id}/publish")
    assert only().state is GatheringState.PUBLISHED
    assert gathering.title in client.get("/agenda").text


def test_g1_a_summer_evening_is_at_summer_time(client, coordinator):
    client.post("/bureau/agenda/new", data=FILLED | {"day": "1-7-2027", "cancel_day": "29-6-2027"})
    assert only().starts_at == datetime(2027, 7, 1, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"summary": "x" * 401}, "summary"),
        ({"kind": "feest"}, "kind"),
        ({"day": "31-2-2027"}, "day"),
        ({"starts": "25.00"}, "starts"),
        ({"ends": "19.30"}, "ends"),
        ({"ends": "18.00"}, "ends"),
        ({"venue": "", "city": ""}, "venue"),
        ({"city": ""}, "city"),
        ({"online_url": "javascript:alert(1)"}, "online_url"),
        ({"capacity": "0"}, "capacity"),
        ({"capacity": "veel"}, "capacity"),
        ({"capacity": "999999999999"}, "capacity"),
        ({"members_day": "14-1-2027", "members_time": "19.30"}, "members_day"),
        ({"cancel_day": "15-1-2027"}, "cancel_day"),
        ({"guests_day": "3-1-2027"}, "guests_day"),
        ({"pe_points": "-1"}, "pe_points"),
        ({"speakers-1-bio": "Iemand zonder naam"}, "speakers-1-name"),
        ({"programme": "a\x01b"}, "programme"),
    ],
)
def test_g1_what_cannot_be_is_told_by_the_field_and_what_was_typed_is_kept(client, coordinator, changes, field):
    answer = client.post("/bureau/agenda/new", data=FILLED | changes)
    assert answer.status_code == 422
    assert re.search(rf'<a href="#{field}(-0)?">', answer.text)
    if field != "title":
        assert 'value="Lezen als een curator"' in answer.text
    assert db.session.scalars(select(Gathering)).first() is None


def test_g1_an_empty_form_is_refused_whole_and_nothing_breaks(client, coordinator):
    assert client.post("/bureau/agenda/new", data={}).status_code == 422


def test_g1_a_change_keeps_who_speaks_and_who_comes(client, coordinator):
    gathering, member = make_gathering(speakers=("Een", "Twee")), make_member()
    services.book_seat(gathering, member.id, by=member.id)
    shown = client.get(f"/bureau/agenda/{gathering.id}/edit")
    assert 'value="19.30"' in shown.text
    answer = client.post(f"/bureau/agenda/{gathering.id}/edit", data=FILLED | {"speakers-1-name": "Drie"})
    assert answer.status_code == 303
    assert [speaker.name for speaker in only().speakers] == ["Mirjam Boogaard", "Drie"]
    client.post(f"/bureau/agenda/{gathering.id}/edit", data=FILLED)
    assert [speaker.name for speaker in only().speakers] == ["Mirjam Boogaard"]
    assert len(live(gathering)) == gathering.seats_taken == 1


def test_g2_seats_cannot_drop_below_those_taken(client, coordinator):
    gathering = make_gathering()
    for person in (make_member(), make_member(), make_member()):
        services.book_seat(gathering, person.id, by=person.id)
    answer = client.post(f"/bureau/agenda/{gathering.id}/edit", data=FILLED | {"capacity": "2"})
    assert answer.status_code == 422
    assert '<a href="#capacity">' in answer.text
    assert only().capacity == 12
    client.post(f"/bureau/agenda/{gathering.id}/edit", data=FILLED | {"capacity": "3"})
    assert only().capacity == 3


def test_g1_publishing_twice_and_cancelling_twice_do_it_once(client, coordinator):
    gathering = make_gathering(state=GatheringState.DRAFT)
    answers = [client.post(f"/bureau/agenda/{gathering.id}/publish").status_code for _ in range(2)]
    assert answers == [303, 409]
    answers = [
        client.post(f"/bureau/agenda/{gathering.id}/cancel", data={"reason": "Ziek"}).status_code for _ in range(2)
    ]
    assert answers == [303, 409]
    assert only().sequence == 1


def test_g1_a_draft_in_the_past_or_without_a_place_is_not_published(client, coordinator):
    past = make_gathering(state=GatheringState.DRAFT, starts_at=NOW - timedelta(days=1))
    nowhere = make_gathering(state=GatheringState.DRAFT, venue="", city="")
    for gathering in (past, nowhere):
        assert client.post(f"/bureau/agenda/{gathering.id}/publish").status_code == 409


def test_g1_calling_off_asks_for_a_reason_and_tells_how_many_it_concerns(client, coordinator):
    gathering, member = make_gathering(), make_member()
    services.book_seat(gathering, member.id, by=member.id)
    assert client.get(f"/bureau/agenda/{gathering.id}/cancel").status_code == 200
    assert client.post(f"/bureau/agenda/{gathering.id}/cancel", data={"reason": " "}).status_code == 422
    assert only().state is GatheringState.PUBLISHED


def test_the_list_shows_how_full_each_one_is_and_finds_by_title_and_town(client, coordinator):
    make_gathering(title="Verzuim", city="Zwolle", capacity=4)
    make_gathering(title="Fusie", city="Leiden", state=GatheringState.DRAFT)
    assert "Verzuim" in client.get("/bureau/agenda").text
    found = client.get("/bureau/agenda?q=zwol").text
    assert "Verzuim" in found
    assert "Fusie" not in found
    assert "Fusie" in client.get("/bureau/agenda?state=draft").text
    assert client.get("/bureau/agenda?format=csv").data.decode("utf-8-sig").count("\r\n") == 3


def test_who_comes_can_be_searched_and_taken_along_as_a_file(client, coordinator):
    gathering = make_gathering()
    for name in ("Ada", "=1+1"):
        person = make_member(given_name=name, family_name="Smit")
        services.book_seat(gathering, person.id, by=person.id)
    page = client.get(f"/bureau/agenda/{gathering.id}").text
    assert "Ada Smit" in page
    assert "Ada Smit" not in client.get(f"/bureau/agenda/{gathering.id}?q=%25").text
    lines = client.get(f"/bureau/agenda/{gathering.id}?format=csv").data.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert any("'=1+1 Smit" in line for line in lines)


@pytest.mark.parametrize("path", ["", "/new", "/{id}", "/{id}/edit", "/{id}/cancel"])
def test_only_who_keeps_the_agenda_gets_in(client, sign_in, make_account, path):
    path = f"/bureau/agenda{path}".format(id=make_gathering().id)
    assert client.get(path).status_code == 303
    sign_in(client, make_member())
    assert client.get(path).status_code == 404
    sign_in(client, make_account(roles=("treasurer",)))
    assert client.get(path).status_code == 403


def test_the_bureau_pages_stay_within_eight_queries(client, coordinator):
    gathering = make_gathering(speakers=("Een", "Twee"))
    for _ in range(30):
        person = make_member(password=None)
        if gathering.seats_left:
            services.book_seat(gathering, person.id, by=person.id)
    page: Any = f"/bureau/agenda/{gathering.id}"
    assert statements(lambda: client.get("/bureau/agenda")) <= 6
    assert statements(lambda: client.get(page)) <= 6
