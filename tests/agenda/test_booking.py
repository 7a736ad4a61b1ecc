"""G2, G4: one click books, one click gives back, and a refusal says why and what to do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask, url_for
from sqlalchemy import Engine, event

from app.agenda import links, services
from app.agenda.models import BookingState, GatheringState
from app.core import clock
from app.core.db import db
from app.core.formats import moment
from app.core.i18n import speaking

from .conftest import NOW, in_line, live, make_gathering, make_member, said, seats_add_up


@pytest.fixture
def member(client, sign_in):
    return sign_in(client, make_member())


def book(client, gathering, **data):
    return client.post(f"/agenda/{gathering.id}/book", data=data, follow_redirects=True)


def cancel(client, gathering, **data):
    return client.post(f"/agenda/{gathering.id}/cancel", data=data, follow_redirects=True)


def test_g2_one_click_books_a_seat_and_says_so(client, member):
    gathering = make_gathering()
    answer = book(client, gathering)
    assert answer.status_code == 200
    assert (
        said("Your seat at “%(title)s” is booked. The confirmation is on its way by mail.", title=gathering.title)
        in answer.text
    )
    assert 'role="status"' in answer.text
    assert [one.account_id for one in live(gathering)] == [member.id]
    assert gathering.seats_taken == 1


def test_g2_a_second_click_changes_nothing_and_says_the_same(client, member, posted, do_jobs):
    gathering = make_gathering()
    first, second = book(client, gathering), book(client, gathering)
    assert (first.status_code, second.status_code) == (200, 200)
    assert len(live(gathering)) == gathering.seats_taken == 1
    assert len(posted(member)) == 1


def test_g2_from_a_list_the_click_leads_back_to_the_list(client, member):
    gathering = make_gathering()
    answer = client.post(f"/agenda/{gathering.id}/book", data={"next": "/agenda?kind=masterclass#g-1"})
    assert answer.location == "/agenda?kind=masterclass#g-1"
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nSet-Cookie:x"):
        answer = client.post(f"/agenda/{gathering.id}/book", data={"next": elsewhere})
        assert answer.location == f"/agenda/{gathering.id}"


def test_g2_when_all_seats_are_taken_the_same_click_gives_the_next_place_in_line(client, member):
    gathering = make_gathering(capacity=1)
    for person in (make_member(), make_member()):
        services.book_seat(gathering, person.id, by=person.id)
    answer = book(client, gathering)
    message = "You are number %(number)s on the waiting list of “%(title)s”. We mail you as soon as it is your turn."
    assert said(message, number=2, title=gathering.title) in answer.text
    assert book(client, gathering).status_code == 200
    assert len(live(gathering)) == 1
    assert [(one.account_id, one.seq) for one in in_line(gathering)][1:] == [(member.id, 2)]


def test_g2_close_to_the_start_a_full_gathering_has_no_list_any_more(client, member):
    gathering = make_gathering(capacity=1, starts_at=NOW + timedelta(hours=5))
    other = make_member()
    services.book_seat(gathering, other.id, by=other.id)
    answer = client.post(f"/agenda/{gathering.id}/book")
    assert answer.status_code == 409
    assert "de wachtlijst is gesloten" in answer.text
    assert not in_line(gathering)


def test_g2_a_seat_at_the_same_hours_is_refused_with_the_way_to_the_other(client, member):
    here, there = make_gathering(), make_gathering(title="Iets anders")
    book(client, there)
    answer = client.post(f"/agenda/{here.id}/book")
    assert answer.status_code == 409
    assert "Iets anders" in answer.text
    assert f'href="/agenda/{there.id}"' in answer.text
    assert not live(here)


def test_g2_the_link_in_a_mail_books_with_one_click_and_looking_books_nothing(client, app):
    person, gathering = make_member(), make_gathering()
    address = links.booking_address(gathering.id, person.id)
    path = address[address.index("/agenda") :]
    page = client.get(path)
    assert page.status_code == 200
    assert (page.headers["Cache-Control"], page.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert not live(gathering)
    for _ in range(2):
        assert client.post(path, follow_redirects=True).status_code == 200
    assert [one.account_id for one in live(gathering)] == [person.id]
    assert client.get(path[:-3] + "xxx").status_code == 404


def test_g2_the_link_in_a_mail_is_over_when_it_begins(client, calendar):
    person, gathering = make_member(), make_gathering()
    address = links.booking_address(gathering.id, person.id)
    calendar.move_to(gathering.starts_at)
    path = address[address.index("/agenda") :]
    assert client.get(path).status_code == 410
    assert client.post(path).status_code == 409
    assert not live(gathering)


def test_g2_the_mail_is_written_before_the_row_is_locked(client, member, app):
    """Between taking the seat and the commit there are only the rows of mail, job and audit: nothing is read."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    gathering = make_gathering()
    client.post(f"/agenda/{gathering.id}/book")
    gathering = make_gathering(title="Nog een", starts_at=NOW + timedelta(days=20))
    db.session.commit()
    event.listen(Engine, "before_cursor_execute", note)
    try:
        client.post(f"/agenda/{gathering.id}/book")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    taken = next(n for n, statement in enumerate(seen) if "UPDATE gathering" in statement)
    written = [one for one in seen[taken + 1 :] if "booking" not in one and not one.startswith(("SAVE", "RELEASE"))]
    assert sorted(one.split("(")[0].split()[2] for one in written[:3]) == ["audit_entry", "job", "outbox_mail"]
    assert all(one.startswith("INSERT INTO") for one in written[:3])


def test_g2_a_refused_click_on_the_page_comes_back_to_the_page_with_the_reason(client, member):
    gathering = make_gathering(members_from=NOW + timedelta(days=1))
    page = f"http://localhost/agenda/{gathering.id}"
    answer = client.post(f"/agenda/{gathering.id}/book", headers={"Referer": page}, follow_redirects=True)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text


def test_g2_before_the_window_it_says_when_it_opens(client, member):
    gathering = make_gathering(members_from=datetime(2027, 1, 6, 8, 0, tzinfo=UTC))
    answer = client.post(f"/agenda/{gathering.id}/book")
    assert answer.status_code == 409
    assert "6 januari 2027" in answer.text
    assert not live(gathering)


def test_g2_what_has_begun_cannot_be_booked(client, member):
    gathering = make_gathering(starts_at=NOW - timedelta(minutes=1))
    assert client.post(f"/agenda/{gathering.id}/book").status_code == 409
    assert not live(gathering)


def test_g2_what_is_called_off_cannot_be_booked(client, member):
    gathering = make_gathering(state=GatheringState.CANCELLED)
    assert client.post(f"/agenda/{gathering.id}/book").status_code == 409
    assert not live(gathering)


def test_g1_a_draft_does_not_exist_outside_the_bureau(client, member):
    gathering = make_gathering(state=GatheringState.DRAFT)
    assert client.get(f"/agenda/{gathering.id}").status_code == 404
    assert client.post(f"/agenda/{gathering.id}/book").status_code == 404
    assert "Veranderen zonder macht" not in client.get("/agenda").text


def test_m7_whose_membership_ends_before_the_day_is_told_to_renew_first(client, sign_in):
    sign_in(client, make_member(until=date(2027, 1, 13)))
    gathering = make_gathering()
    answer = client.post(f"/agenda/{gathering.id}/book")
    assert answer.status_code == 409
    assert "/membership/mine" in answer.text
    assert not live(gathering)


def test_m7_on_the_last_day_of_the_membership_one_can_still_come(client, sign_in):
    sign_in(client, make_member(until=date(2027, 1, 14)))
    gathering = make_gathering()
    book(client, gathering)
    assert len(live(gathering)) == 1


def test_m7_who_is_no_member_is_shown_the_way_in(client, sign_in, make_account):
    sign_in(client, make_account())
    gathering = make_gathering()
    answer = client.post(f"/agenda/{gathering.id}/book")
    assert answer.status_code == 409
    assert 'href="/membership"' in answer.text


def test_a_stranger_is_sent_to_sign_in_and_nothing_is_booked(client):
    gathering = make_gathering()
    answer = client.post(f"/agenda/{gathering.id}/book")
    assert answer.status_code == 303
    assert not live(gathering)


def test_g4_one_click_gives_the_seat_back_and_offers_to_undo_it(client, member):
    gathering = make_gathering()
    book(client, gathering)
    answer = cancel(client, gathering)
    assert answer.status_code == 200
    assert f'action="/agenda/{gathering.id}/book"' in answer.text
    assert not live(gathering)
    assert gathering.seats_taken == 0
    book(client, gathering)
    assert len(live(gathering)) == gathering.seats_taken == 1


def test_g4_giving_back_twice_frees_one_seat(client, member, sign_in):
    gathering = make_gathering()
    book(client, gathering)
    assert [cancel(client, gathering).status_code for _ in range(2)] == [200, 200]
    assert gathering.seats_taken == 0
    assert seats_add_up(gathering)


def test_g4_one_cannot_give_back_what_one_never_had(client, member):
    assert client.post(f"/agenda/{make_gathering().id}/cancel").status_code == 404


def test_g4_after_the_deadline_the_terms_of_the_booking_are_shown_and_have_to_be_agreed_to(client, member, calendar):
    gathering = make_gathering(cancel_until=NOW + timedelta(hours=1))
    book(client, gathering)
    calendar.move_to(NOW + timedelta(hours=2))
    shown = cancel(client, gathering)
    assert shown.request.path == f"/agenda/{gathering.id}/cancel-late"
    assert live(gathering)[0].terms in shown.text
    refused = client.post(f"/agenda/{gathering.id}/cancel-late", data={})
    assert refused.status_code == 422
    assert live(gathering)
    agreed = client.post(f"/agenda/{gathering.id}/cancel-late", data={"agreed": "1"}, follow_redirects=True)
    assert agreed.status_code == 200
    assert not live(gathering)


def test_g4_a_seat_that_is_still_free_to_give_back_asks_for_no_consent(client, member):
    gathering = make_gathering()
    services.book_seat(gathering, member.id, by=member.id)
    db.session.commit()
    answer = client.get(f"/agenda/{gathering.id}/cancel-late", follow_redirects=True)
    assert answer.request.path == f"/agenda/{gathering.id}"
    with speaking("nl"):
        until = moment(gathering.cancel_until)
    assert said("Cancelling is free until %(moment)s: you can simply give your seat back.", moment=until) in answer.text
    client.post(f"/agenda/{gathering.id}/cancel")
    assert client.get(f"/agenda/{gathering.id}/cancel-late").status_code == 303


def test_g4_a_deadline_moved_forward_does_not_bind_who_booked_before(client, member, calendar):
    gathering = make_gathering(cancel_until=NOW + timedelta(days=3))
    book(client, gathering)
    gathering.cancel_until = NOW + timedelta(hours=1)
    db.session.flush()
    calendar.move_to(NOW + timedelta(days=2))
    cancel(client, gathering)
    assert not live(gathering)


def test_g4_once_it_has_begun_a_seat_stays_taken(client, member, calendar):
    gathering = make_gathering()
    book(client, gathering)
    calendar.move_to(gathering.starts_at + timedelta(minutes=5))
    client.post(f"/agenda/{gathering.id}/cancel-late", data={"agreed": "1"})
    assert len(live(gathering)) == 1


def test_a_booking_is_its_owners_own(client, member, sign_in, app: Flask):
    gathering = make_gathering()
    book(client, gathering)
    mine = live(gathering)[0]
    address = f"/agenda/bookings/{mine.id}.ics"
    assert client.get(address).status_code == 200
    other = app.test_client()
    sign_in(other, make_member())
    assert other.get(address).status_code == 404
    assert other.post(f"/agenda/{gathering.id}/cancel").status_code == 404
    assert mine.state is BookingState.CONFIRMED


def test_g1_the_online_address_is_for_who_takes_part_online(client, member):
    gathering = make_gathering(online_url="https://meet.example/geheim")
    assert "meet.example" not in client.get(f"/agenda/{gathering.id}").text
    client.post(f"/agenda/{gathering.id}/book", data={"mode": "on_site"})
    assert "meet.example" not in client.get(f"/agenda/{gathering.id}").text + client.get("/agenda/mine").text
    client.post(f"/agenda/{gathering.id}/book", data={"mode": "online"})
    assert "meet.example" in client.get("/agenda/mine").text
    assert "meet.example" in client.get(f"/agenda/{gathering.id}").text


def test_a_free_day_in_amsterdam_decides_not_one_in_greenwich(client, sign_in, calendar):
    late = datetime(2027, 6, 30, 22, 30, tzinfo=UTC)
    sign_in(client, make_member(until=date(2027, 6, 30)))
    gathering = make_gathering(starts_at=late)
    assert clock.local(late).date() == date(2027, 7, 1)
    assert client.post(f"/agenda/{gathering.id}/book").status_code == 409
    assert not live(gathering)


def test_a_page_can_be_found_by_its_name(app: Flask):
    with app.test_request_context():
        assert url_for("agenda.index") == "/agenda"
        assert url_for("agenda.mine") == "/agenda/mine"
