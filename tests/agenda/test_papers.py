"""G7: what the bureau takes along on paper."""

from __future__ import annotations

import re

import pytest

from app.agenda import services
from app.agenda.attendance.models import Attendance, Way
from app.core.db import db

from .conftest import make_gathering, make_member, said
from .test_pages import statements


@pytest.fixture
def evening(app):
    return make_gathering(speakers=("Mirjam Boogaard",))


@pytest.fixture
def coordinator(client, sign_in, make_account):
    return sign_in(client, make_account(roles=("coordinator",)))


def seat(evening, given, family):
    person = make_member(given_name=given, family_name=family)
    return services.book_seat(evening, person.id, by=person.id)


def test_g7_the_list_stands_in_the_order_of_family_names_with_room_for_more(client, coordinator, evening):
    for given, family in (("Wim", "Zijlstra"), ("Ada", "smit"), ("Bo", "Aerts")):
        seat(evening, given, family)
    gone = seat(evening, "Gé", "Gaat")
    services.cancel_seat(gone, by=gone.account_id)
    page = client.get(f"/bureau/agenda/{evening.id}/list").text
    assert re.findall(r"<strong>([^<]+)</strong>, (\w+)", page) == [
        ("Aerts", "Bo"),
        ("smit", "Ada"),
        ("Zijlstra", "Wim"),
    ]
    assert "Eigen B.V." in page
    assert 'class="on-paper"' in page


def test_g7_who_is_in_already_is_ticked_with_the_time(client, coordinator, evening):
    booking = seat(evening, "Ada", "Smit")
    db.session.add(Attendance(booking_id=booking.id, number=1, way=Way.NAME, arrived_at=evening.starts_at))
    assert ">19.30<" in client.get(f"/bureau/agenda/{evening.id}/list").text


def test_g7_everybody_has_a_badge_speakers_first(client, coordinator, evening):
    seat(evening, "Ada", "Smit")
    page = client.get(f"/bureau/agenda/{evening.id}/badges").text
    assert re.findall(r'class="who">([^<]+)<', page) == ["Mirjam Boogaard", "Ada Smit"]
    assert said("Speaker") in page
    assert "Eigen B.V." in page


def test_without_anybody_the_papers_say_why(client, coordinator):
    empty = make_gathering(speakers=())
    assert said("Nobody has a seat") in client.get(f"/bureau/agenda/{empty.id}/list").text
    assert said("No badges yet") in client.get(f"/bureau/agenda/{empty.id}/badges").text


@pytest.mark.parametrize("paper", ["list", "badges"])
def test_the_papers_take_few_queries_and_are_the_bureaus_own(
    client, sign_in, make_account, coordinator, evening, paper
):
    for number in range(9):
        seat(evening, "Ada", f"Smit{number}")
    assert statements(lambda: client.get(f"/bureau/agenda/{evening.id}/{paper}")) <= 6
    sign_in(client, make_member())
    assert client.get(f"/bureau/agenda/{evening.id}/{paper}").status_code == 404
    sign_in(client, make_account(roles=("treasurer",)))
    assert client.get(f"/bureau/agenda/{evening.id}/{paper}").status_code == 403
