"""G5, G10: one's own calendar by a secret address, the public agenda as calendar and as news."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from icalendar import Calendar
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import select

from app.agenda import services
from app.agenda.feeds.models import CalendarFeed
from app.agenda.models import GatheringKind, GatheringState, SeatMode
from app.audit.models import AuditEntry
from app.core import calendars, limits
from app.core.calendars import Entry, Party
from app.core.db import db

from .conftest import NOW, make_gathering, make_member, said
from .test_pages import statements

ADDRESS = re.compile(r"http://[^/]+(/calendar/[\w-]{20,}\.ics)")


def events(answer):
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    return {str(event["SUMMARY"]): event for event in Calendar.from_ical(answer.data).walk("VEVENT")}


@pytest.fixture
def member(client, sign_in):
    found = make_member(given_name="Sanne", family_name="Verhoeven")
    sign_in(client, found)
    return found


@pytest.fixture
def give(client):
    def given() -> str:
        found = ADDRESS.search(client.post("/account/calendar").text)
        assert found
        return found[1]

    return given


@pytest.fixture
def program(app):
    """A calendar program: no cookies, no session."""
    return app.test_client()


def test_g5_the_feed_holds_ones_seats_and_nobody_elses(member, give, program):
    mine, other = make_gathering(online_url="https://meet.example/1"), make_gathering(title="Niet van mij")
    booking = services.book_seat(mine, member.id, by=member.id, mode=SeatMode.ONLINE)
    services.book_seat(other, make_member().id, by=member.id)
    found = events(program.get(give()))
    assert list(found) == ["Veranderen zonder macht"]
    event = found["Veranderen zonder macht"]
    assert str(event["UID"]).split("@")[0] == str(booking.id)
    assert "https://meet.example/1" in event["LOCATION"]
    assert event["DTSTART"].dt == mine.starts_at


def test_g5_a_seat_given_back_leaves_the_feed_and_a_cancelled_gathering_says_so(member, give, program):
    kept, left = (
        make_gathering(title="Afgelast"),
        make_gathering(title="Teruggegeven", starts_at=NOW + timedelta(days=20)),
    )
    services.book_seat(kept, member.id, by=member.id)
    services.cancel_seat(services.book_seat(left, member.id, by=member.id), by=member.id)
    services.cancel_gathering(kept, reason="Ziek", by=member.id)
    found = events(program.get(give()))
    assert {name: str(event["STATUS"]) for name, event in found.items()} == {"Afgelast": "CANCELLED"}
    assert found["Afgelast"]["SEQUENCE"] == 1


def test_g5_other_parts_of_the_portal_join_by_a_source(member, give, program, monkeypatch):
    talk = Entry(
        uid="talk@kring.example",
        stamp=NOW,
        starts_at=NOW + timedelta(days=3),
        ends_at=NOW + timedelta(days=3, hours=1),
        title="Coachgesprek",
        organizer=Party("Coach", "coach@kring.example"),
    )
    monkeypatch.setitem(calendars._sources, "coaching", lambda account_id, _since: [talk] if account_id else [])
    assert "Coachgesprek" in events(program.get(give()))


def test_g5_who_has_it_already_gets_no_file_until_something_changes(member, give, program, calendar):
    gathering = make_gathering()
    services.book_seat(gathering, member.id, by=member.id)
    address = give()
    first = program.get(address)
    calendar.shift(timedelta(hours=3))
    again = program.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert program.get(address).data == first.data
    services.cancel_gathering(gathering, reason="Ziek", by=member.id)
    assert program.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_g5_the_feed_needs_no_session_gives_none_and_takes_three_queries_at_any_size(member, give, program):
    address = give()
    for number in range(30):
        services.book_seat(
            make_gathering(starts_at=NOW + timedelta(days=2 + number), cancel_until=NOW), member.id, by=member.id
        )
    db.session.commit()
    answers = []
    assert statements(lambda: answers.append(program.get(address))) <= 3
    assert "Set-Cookie" not in answers[0].headers
    assert "public" not in answers[0].headers["Cache-Control"]
    assert len(Calendar.from_ical(answers[0].data).walk("VEVENT")) == 30


def test_g5_the_address_is_shown_once_and_kept_as_a_hash(member, give, client):
    secret = give().removeprefix("/calendar/").removesuffix(".ics")
    assert secret not in client.get("/account/calendar").text
    (feed,) = db.session.scalars(select(CalendarFeed))
    assert secret not in feed.secret_hash
    assert "secret" not in feed.__dict__


def test_g5_a_new_address_ends_the_old_one_and_withdrawing_ends_all(member, give, client, program):
    old = give()
    new = give()
    assert (program.get(old).status_code, program.get(new).status_code) == (404, 200)
    assert client.post("/account/calendar/withdraw").status_code == 303
    assert client.post("/account/calendar/withdraw").status_code == 303
    assert program.get(new).status_code == 404
    actions = [entry.action for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    told = [action for action in actions if action.startswith("calendar.")]
    assert sorted(told) == ["calendar.address_given", "calendar.address_renewed", "calendar.address_withdrawn"]


def test_g5_whose_account_is_closed_has_no_feed(member, give, program):
    address = give()
    member.active = False
    db.session.flush()
    assert program.get(address).status_code == 404


def test_g5_an_unknown_address_is_not_there_and_guessing_is_slowed_down(program, monkeypatch):
    monkeypatch.setattr(limits.limiter, "_limiter", MovingWindowRateLimiter(MemoryStorage()))
    monkeypatch.setattr(limits.limiter, "enabled", True)
    answers = [program.get(f"/calendar/geraden-{number}.ics").status_code for number in range(32)]
    assert set(answers) == {404, 429}


def test_g5_the_account_page_leads_there(member, client):
    page = client.get("/account").text
    assert 'href="/account/calendar"' in page
    assert said("My calendar elsewhere") in page


def test_g10_the_public_calendar_holds_what_all_may_see(program):
    make_gathering(title="Hybride", online_url="https://meet.example/geheim")
    make_gathering(title="Alleen online", venue="", address="", city="", online_url="https://meet.example/geheim")
    make_gathering(title="Concept", state=GatheringState.DRAFT)
    make_gathering(title="Afgelast", state=GatheringState.CANCELLED)
    answer = program.get("/agenda/feed.ics")
    found = events(answer)
    assert set(found) == {"Hybride", "Alleen online", "Afgelast"}
    assert b"geheim" not in answer.data
    assert found["Alleen online"]["LOCATION"] == "Online"
    assert "ATTENDEE" not in found["Hybride"]
    calendar = Calendar.from_ical(answer.data)
    assert calendar["METHOD"] == "PUBLISH"
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert len(calendar.walk("VTIMEZONE")) == 1
    assert "public" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("feed", ["/agenda/feed.ics", "/agenda/feed.rss"])
def test_g10_feeds_are_narrowed_like_the_page_they_were_taken_from(client, program, feed):
    make_gathering(title="Kennis op locatie")
    make_gathering(title="Meester op locatie", kind=GatheringKind.MASTERCLASS)
    make_gathering(title="Meester hybride", kind=GatheringKind.MASTERCLASS, online_url="https://meet.example/2")
    page = client.get("/agenda?kind=masterclass&where=online&month=2027-01").text
    address = next(found for found in re.findall(r'href="http://[^/"]+([^"]+)"', page) if found.startswith(feed))
    assert "month" not in address
    answer = program.get(address.replace("&amp;", "&")).text
    assert "Meester hybride" in answer
    assert "op locatie" not in answer


def test_g10_the_news_is_valid_rss_with_the_last_announced_first(program):
    make_gathering(title="Eerder & <b>vet</b>", published_at=NOW - timedelta(days=9))
    make_gathering(title="Later\x0b]]>", published_at=NOW - timedelta(days=1))
    make_gathering(title="Voorbij", starts_at=NOW - timedelta(days=2))
    make_gathering(title="Afgelast", state=GatheringState.CANCELLED)
    answer = program.get("/agenda/feed.rss")
    assert answer.content_type == "application/rss+xml; charset=utf-8"
    channel = ET.fromstring(answer.data).find("channel")
    items = channel.findall("item")
    assert [item.findtext("title") for item in items] == ["Later ]]>", "Eerder & <b>vet</b>"]
    assert items[1].findtext("pubDate") == "Sat, 26 Dec 2026 08:00:00 +0000"
    assert items[0].findtext("guid") == items[0].findtext("link")
    assert channel.find("{http://www.w3.org/2005/Atom}link").get("href").endswith("/agenda/feed.rss")
    assert "14 januari 2027" in items[0].findtext("description")
    known = {"If-None-Match": answer.headers["ETag"]}
    assert program.get("/agenda/feed.rss", headers=known).status_code == 304


@pytest.mark.parametrize("query", ["kind=x", "where=%2e", "language=xx", "language=en", "month=2027-13"])
def test_g10_junk_in_a_feeds_address_narrows_nothing(program, query):
    make_gathering()
    for feed in ("/agenda/feed.ics", "/agenda/feed.rss"):
        assert "Veranderen zonder macht" in program.get(f"{feed}?{query}").text


def test_g10_feeds_take_two_queries_at_any_size(program):
    for number in range(40):
        make_gathering(starts_at=datetime(2027, 2, 1, 18, tzinfo=UTC) + timedelta(days=number))
    db.session.commit()
    for feed in ("/agenda/feed.ics", "/agenda/feed.rss"):
        assert statements(lambda feed=feed: program.get(feed)) <= 2
