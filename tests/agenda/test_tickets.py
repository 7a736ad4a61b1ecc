"""G7: the ticket: what it shows to whom, that nobody can make one up, and that it tells nothing about a person."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from app.agenda import links, services
from app.agenda.attendance import tickets
from app.agenda.attendance.tickets import Code
from app.core.db import db

from .conftest import make_gathering, make_member, said
from .test_pages import statements


@pytest.fixture
def sanne(app):
    return make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")


@pytest.fixture
def seat(sanne):
    return services.book_seat(make_gathering(), sanne.id, by=sanne.id)


def address(booking):
    return "/ticket/" + links.ticket_token(booking.id)


def test_g7_the_confirmation_leads_to_a_ticket_that_shows_itself_without_signing_in(client, seat, sanne, posted):
    (mail,) = posted(sanne)
    found = re.search(r"https?://[^/]+(/ticket/\S+)", mail.text)
    page = client.get(found[1])
    assert page.status_code == 200
    assert "<svg" in page.text
    assert tickets.code_of(seat.id, seat.seq) in page.text
    assert seat.gathering.title in page.text
    assert "Verhoeven" not in page.text


def test_g7_the_ticket_link_is_kept_to_whoever_has_it(client, seat):
    headers = client.get(address(seat)).headers
    assert (headers["Cache-Control"], headers["X-Robots-Tag"]) == ("no-store", "noindex")


def test_g7_the_holder_finds_the_ticket_on_the_page_and_among_ones_seats_and_sees_the_own_name(
    client, sign_in, seat, sanne
):
    sign_in(client, sanne)
    for page in (f"/agenda/{seat.gathering_id}", "/agenda/mine", "/home"):
        assert f'href="{address(seat)}"' in client.get(page).text
    assert "Sanne Verhoeven" in client.get(address(seat)).text


def test_g7_what_is_only_online_has_no_ticket(client, sign_in, sanne, posted):
    gathering = make_gathering(venue="", address="", city="", online_url="https://meet.example/1")
    services.book_seat(gathering, sanne.id, by=sanne.id)
    sign_in(client, sanne)
    assert "/ticket/" not in client.get(f"/agenda/{gathering.id}").text + client.get("/agenda/mine").text
    assert "/ticket/" not in posted(sanne)[0].text


@pytest.mark.parametrize("token", ["x", "IjEyMyI.abc", "%00", "a" * 500])
def test_g7_a_ticket_that_was_made_up_is_no_page(client, token):
    assert client.get(f"/ticket/{token}").status_code in {400, 404}


def test_g7_a_ticket_with_one_sign_changed_or_signed_for_something_else_is_no_ticket(client, seat):
    token = links.ticket_token(seat.id)
    for place in (0, 10, len(token) - 3):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert client.get(f"/ticket/{changed}").status_code == 404
    assert client.get(f"/ticket/{links.place_token(seat.id)}").status_code == 404


def test_g7_the_code_holds_no_personal_datum_and_only_the_portal_can_compute_it(app, seat, sanne):
    token, code = links.ticket_token(seat.id), tickets.code_of(seat.id, seat.seq)
    for told in (token, code, links.ticket_address(seat.id)):
        assert "verhoeven" not in told.lower()
        assert str(sanne.id) not in told
        assert sanne.id.hex not in told
    other = tickets.code_of(uuid4(), seat.seq)
    assert re.fullmatch(r"1-[0-9A-HJKMNP-TV-Z]{6}", code)
    assert other != code


def test_g7_tickets_stay_good_when_the_key_is_changed_and_the_old_one_is_kept(app, seat, monkeypatch):
    token, code = links.ticket_token(seat.id), tickets.code_of(seat.id, seat.seq)
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [app.config["SECRET_KEY"]])
    monkeypatch.setitem(app.config, "SECRET_KEY", "another-key-of-enough-length-for-a-test")
    assert tickets.read(token) == seat.id
    assert tickets.named_by(tickets.read(code), [seat.id]) == seat.id
    assert tickets.code_of(seat.id, seat.seq) != code
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [])
    assert tickets.read(token) is None
    assert tickets.named_by(tickets.read(code), [seat.id]) is None


@pytest.mark.parametrize("typed", ["12-K7QM4T", " 12 k7q m4t ", "12k7qm4t", "12 – K7QM4T", "l2-K7QM4T"])
def test_g7_a_code_is_read_as_people_type_it(app, typed):
    assert tickets.read(typed) == Code(12, "K7QM4T")


def test_g7_letters_that_look_like_figures_are_read_as_such(app):
    assert tickets.read("3-O0I1L1") == Code(3, "001111")


@pytest.mark.parametrize(
    "text",
    ["", "12", "-", "1234567-K7QM4T", "https://elders.example/12-K7QM4T", "K7QM4T", "12-K7QM4U", "é" * 9, "\x00"],
)
def test_g7_what_is_no_code_is_read_as_nothing(app, text):
    assert tickets.read(text) is None


def test_g7_the_whole_address_is_read_wherever_the_portal_stood_when_it_was_printed(app, seat):
    token = links.ticket_token(seat.id)
    for host in ("https://portal.example", "http://localhost:5000", ""):
        assert tickets.read(f"{host}/ticket/{token}") == seat.id
    assert tickets.read(f"https://portal.example/ticket/{token}?utm_source=mail#top") == seat.id


def test_g7_a_ticket_says_in_words_that_the_seat_was_given_back_and_shows_no_code(client, seat, sanne):
    services.cancel_seat(seat, by=sanne.id)
    page = client.get(address(seat)).text
    assert said("This ticket is no longer valid") in page
    assert tickets.code_of(seat.id, seat.seq) not in page


def test_g7_a_ticket_of_what_is_called_off_or_over_says_so(client, seat, sanne, calendar):
    calendar.move_to(seat.gathering.ends_at + timedelta(minutes=1), tick=False)
    assert said("This gathering has been.") in client.get(address(seat)).text
    calendar.move_to(seat.gathering.starts_at - timedelta(days=1), tick=False)
    services.cancel_gathering(seat.gathering, reason="Ziek", by=sanne.id)
    db.session.commit()
    assert said("This gathering is cancelled, so you do not need this ticket.") in client.get(address(seat)).text


def test_g7_the_ticket_page_takes_few_queries(client, seat):
    assert statements(lambda: client.get(address(seat))) <= 3
