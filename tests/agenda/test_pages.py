"""G10: the public agenda, the session page and one's own seats: what they show, to whom, and at what cost."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as how
from hypothesis import strategies as st
from icalendar import Calendar
from sqlalchemy import Engine, event

from app.agenda import queries, services
from app.agenda.models import GatheringKind, GatheringState, Wish
from app.agenda.queries import Month, Wanted, Where
from app.core.db import db

from .conftest import NOW, make_gathering, make_member, said

MOST_QUERIES = 6
MOST_TO_BOOK = 12
MOST_QUERIES_AT_HOME = 25


def statements(act):
    """How many statements an act sends."""
    sent = []

    def count(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return len(sent)


def titles(text: str) -> list[str]:
    return re.findall(r'<h3>\s*<a href="/agenda/[0-9a-f-]{36}">([^<]+)</a>', text)


def some(**values):
    return make_gathering(**values)


def test_g10_the_next_one_comes_first_under_its_month(client):
    some(title="Later", starts_at=datetime(2027, 2, 3, 18, tzinfo=UTC))
    some(title="Eerst", starts_at=datetime(2027, 1, 5, 18, tzinfo=UTC))
    some(title="Daarna", starts_at=datetime(2027, 1, 20, 18, tzinfo=UTC))
    page = client.get("/agenda").text
    assert titles(page) == ["Eerst", "Daarna", "Later"]
    assert (
        page.index("januari 2027</h2>")
        < page.index(">Eerst<")
        < page.index("februari 2027</h2>")
        < page.index(">Later<")
    )


def test_g10_what_is_over_and_what_is_a_draft_is_not_in_it(client):
    some(title="Voorbij", starts_at=NOW - timedelta(days=2))
    some(title="Concept", state=GatheringState.DRAFT)
    some(title="Bezig", starts_at=NOW - timedelta(minutes=30))
    some(title="Afgelast", state=GatheringState.CANCELLED)
    assert titles(client.get("/agenda").text) == ["Bezig", "Afgelast"]
    assert titles(client.get("/agenda?past=1").text) == ["Voorbij"]


def test_g10_filters_stand_in_the_address_and_work_together(client):
    some(title="Kennis in Utrecht")
    some(
        title="Meester online",
        kind=GatheringKind.MASTERCLASS,
        venue="",
        address="",
        city="",
        online_url="https://meet.example/1",
    )
    some(title="Meester hybride", kind=GatheringKind.MASTERCLASS, online_url="https://meet.example/2")
    some(title="Kennis in maart", starts_at=datetime(2027, 3, 9, 18, tzinfo=UTC))
    shown = lambda query: titles(client.get(f"/agenda?{query}").text)  # noqa: E731
    assert set(shown("kind=masterclass")) == {"Meester online", "Meester hybride"}
    assert set(shown("where=online")) == {"Meester online", "Meester hybride"}
    assert set(shown("where=on_site&kind=masterclass")) == {"Meester hybride"}
    assert shown("month=2027-03") == ["Kennis in maart"]
    assert shown("month=2027-03&kind=masterclass") == []


def test_g10_a_month_is_a_month_in_amsterdam(client):
    some(title="Nog februari", starts_at=datetime(2027, 2, 28, 22, 59, tzinfo=UTC))
    some(title="Al maart", starts_at=datetime(2027, 2, 28, 23, 0, tzinfo=UTC))
    assert titles(client.get("/agenda?month=2027-02").text) == ["Nog februari"]
    assert titles(client.get("/agenda?month=2027-03").text) == ["Al maart"]


@pytest.mark.parametrize(
    "junk",
    [
        "kind=x",
        "month=2027-13",
        "month=0000-01",
        "month=٢٠٢٧-٠١",
        "where=%00",
        "after=x~y",
        "past=2",
        "month=9999-12",
        "after=~",
    ],
)
def test_g10_junk_in_the_address_narrows_nothing_or_is_refused(client, junk):
    some(title="Staat er")
    answer = client.get(f"/agenda?{junk}")
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize("past", [False, True])
def test_g10_paging_shows_each_gathering_once_also_when_many_begin_at_once(app, past):
    moment = NOW + timedelta(days=-9 if past else 9)
    made = {some(starts_at=moment + timedelta(days=n % 3)).id for n in range(23)}
    seen, wanted = [], Wanted(past=past)
    while wanted:
        page = queries.agenda(wanted, size=5)
        seen += [gathering.id for gathering in page.gatherings]
        wanted = page.following and Wanted.read(page.following.as_query())
    assert len(seen) == len(made)
    assert set(seen) == made


@given(
    st.builds(
        Wanted,
        kind=st.none() | st.sampled_from(GatheringKind),
        month=st.none() | st.builds(Month, st.integers(1900, 2199), st.integers(1, 12)),
        where=st.none() | st.sampled_from(Where),
        past=st.booleans(),
        after=st.none()
        | st.tuples(st.datetimes(timezones=st.just(UTC)).map(lambda m: m.replace(microsecond=0)), st.uuids()),
    )
)
def test_g10_a_search_survives_its_way_through_the_address(wanted):
    assume(wanted.after is None or wanted.after[0].year >= 1000)
    assert Wanted.read(wanted.as_query()) == wanted


@given(st.dictionaries(st.sampled_from(["kind", "month", "where", "past", "after"]), st.text(max_size=30)))
@how(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_g10_no_query_breaks_the_search(values):
    understood = Wanted.read(values)
    assert understood.kind in {None, *GatheringKind}
    assert understood.where in {None, *Where}
    assert understood.month is None or 1 <= understood.month.month <= 12
    assert understood.past is (values.get("past") == "1")
    assert set(understood.as_query()) <= set(values)


def test_g10_the_public_agenda_has_no_form_sets_no_cookie_and_may_be_cached(client):
    gathering = some()
    for address in ("/agenda", f"/agenda/{gathering.id}"):
        answer = client.get(address)
        assert "<form" not in answer.text
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"].startswith("public")
        assert "Cookie" in answer.headers["Vary"]


def test_what_a_member_sees_is_kept_by_no_cache(client, sign_in):
    sign_in(client, make_member())
    assert client.get("/agenda").headers["Cache-Control"] == "no-store"


def test_g10_the_page_sells_the_session_in_words_and_for_machines(client):
    gathering = some(
        title='Sturen </script><svg onload="alert(1)"> & meer', speakers=("Mirjam Boogaard", "Teun <b>Vos</b>")
    )
    page = client.get(f"/agenda/{gathering.id}").text
    assert "donderdag 14 januari 2027, 19.30–21.30" in re.sub(r"<[^>]+>", "", page)
    assert "De Kapittelzaal" in page
    assert "<svg onload" not in page
    assert "<b>Vos" not in page
    data = json.loads(re.search(r'<script type="application/ld\+json">\s*(.*?)\s*</script>', page, re.DOTALL)[1])
    assert data["@type"] == "Event"
    assert data["name"] == gathering.title
    assert data["startDate"] == "2027-01-14T19:30:00+01:00"
    assert data["location"][0]["address"]["addressLocality"] == "Utrecht"
    assert data["remainingAttendeeCapacity"] == 12
    assert [one["name"] for one in data["performer"]] == ["Mirjam Boogaard", "Teun <b>Vos</b>"]


def test_the_programme_may_be_marked_up_and_carries_no_script(client):
    gathering = some(
        programme="### Kop\n\n- een\n\n<script>alert(1)</script> [klik](javascript:alert(1)) <img src=x onerror=y>"
    )
    page = client.get(f"/agenda/{gathering.id}").text
    assert "<h3>Kop</h3>" in page
    assert "alert(1)</script>" not in page
    assert "javascript:" not in page
    assert "onerror" not in page


def test_an_unknown_gathering_is_not_found(client):
    assert client.get(f"/agenda/{uuid4()}").status_code == 404
    assert client.get("/agenda/7").status_code == 404


def test_each_card_shows_how_i_stand(client, sign_in):
    member = sign_in(client, make_member())
    booked, free, full = (
        some(title="Erbij"),
        some(title="Vrij"),
        some(title="Vol", capacity=1, starts_at=NOW + timedelta(days=30)),
    )
    services.book_seat(booked, member.id, by=member.id)
    other = make_member()
    services.book_seat(full, other.id, by=other.id)
    page = client.get("/agenda").text
    actions = re.findall(r'action="/agenda/([0-9a-f-]{36})/book"', page)
    assert actions == [str(free.id), str(full.id)]
    services.book_seat(full, member.id, by=member.id)
    page = client.get("/agenda").text
    assert re.findall(r'action="/agenda/([0-9a-f-]{36})/book"', page) == [str(free.id)]
    assert said("On the waiting list") in page


def test_my_seats_are_mine_the_next_one_first(client, sign_in):
    member, other = make_member(), make_member()
    later, sooner, theirs = (
        some(title="Later", starts_at=NOW + timedelta(days=40)),
        some(title="Eerder"),
        some(title="Van een ander"),
    )
    for gathering in (later, sooner):
        services.book_seat(gathering, member.id, by=member.id)
    services.book_seat(theirs, other.id, by=other.id)
    sign_in(client, member)
    assert titles(client.get("/agenda/mine").text) == ["Eerder", "Later"]


def test_my_seats_keep_what_has_been(client, sign_in, calendar):
    member = make_member()
    services.book_seat(some(title="Geweest"), member.id, by=member.id)
    calendar.move_to(NOW + timedelta(days=11))
    sign_in(client, member)
    assert titles(client.get("/agenda/mine").text) == ["Geweest"]


def test_g5_the_calendar_file_can_be_fetched_again(client, sign_in):
    member = sign_in(client, make_member())
    booking = services.book_seat(some(), member.id, by=member.id)
    answer = client.get(f"/agenda/bookings/{booking.id}.ics")
    assert answer.content_type == "text/calendar; charset=utf-8; method=PUBLISH"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(Calendar.from_ical(answer.data).walk("VEVENT")) == 1


def fill(member, count: int, *, first: int = 0) -> None:
    other = make_member()
    for n in range(first, first + count):
        starts_at = NOW + timedelta(days=3 + n // 4, hours=3 * (n % 4))
        gathering = some(title=f"Sessie {n}", starts_at=starts_at, speakers=("A B", "C D"), capacity=1)
        if n % 4 == 2:
            services.book_seat(gathering, other.id, by=other.id)
        if n % 2 or n % 4 == 2:
            services.book_seat(gathering, member.id, by=member.id)


@pytest.mark.parametrize(
    ("address", "most"),
    [("/agenda", 6), ("/agenda?kind=masterclass", 6), ("/agenda/mine", 6), ("/agenda?past=1", 6), ("/home", 8)],
)
def test_a_page_takes_the_same_few_queries_at_any_size(client, sign_in, address, most):
    """Six for a page of the agenda; eight at home, where the use of each benefit is told too."""
    member = make_member()
    sign_in(client, member)
    fill(member, 3)
    few = statements(lambda: client.get(address))
    fill(member, 40, first=4)
    many = statements(lambda: client.get(address))
    assert few == many <= most


def test_the_session_page_takes_at_most_six_queries(client, sign_in):
    member = sign_in(client, make_member())
    gathering = some(speakers=("A B", "C D"))
    services.book_seat(gathering, member.id, by=member.id)
    assert statements(lambda: client.get(f"/agenda/{gathering.id}")) <= MOST_QUERIES
    full, others = some(capacity=1, starts_at=NOW + timedelta(days=9)), [make_member() for _ in range(3)]
    for person in others:
        services.book_seat(full, person.id, by=person.id)
    assert statements(lambda: client.get(f"/agenda/{full.id}")) <= MOST_QUERIES
    services.book_seat(full, member.id, by=member.id)
    assert statements(lambda: client.get(f"/agenda/{full.id}")) <= MOST_QUERIES


def test_a_visitor_costs_one_query(client):
    page = f"/agenda/{some().id}"
    assert statements(lambda: client.get("/agenda")) == 1
    assert statements(lambda: client.get(page)) == 1


def test_the_home_pages_show_what_is_next(client, sign_in):
    member = make_member()
    booked, free = some(title="Geboekt"), some(title="Nog vrij")
    services.book_seat(booked, member.id, by=member.id)
    db.session.flush()
    assert {"Geboekt", "Nog vrij"} <= set(titles(client.get("/").text))
    sign_in(client, member)
    home = client.get("/home").text
    assert titles(home) == ["Geboekt", "Nog vrij"]
    assert f'action="/agenda/{free.id}/book"' in home


def test_g3_p10_a_seat_that_is_offered_and_one_to_pay_wait_on_the_home(client, sign_in):
    member, other = sign_in(client, make_member()), make_member()
    assert said("Nothing waits for you. A good moment to look at the agenda.") in client.get("/home").text
    asked = some(title="Aangeboden", capacity=1)
    for person in (other, member):
        services.book_seat(asked, person.id, by=person.id)
    client.post(f"/agenda/{asked.id}/waitlist/wish", data={"wish": Wish.ASK})
    services.cancel_seat(queries.latest_booking(asked.id, other.id), by=other.id)
    paid = some(title="Te betalen", starts_at=NOW + timedelta(days=9), fee_cents=9500)
    booking = services.book_seat(paid, member.id, by=member.id)
    db.session.flush()
    home = client.get("/home").text
    next_things = home[home.index('id="next"') : home.index("</section>")]
    assert next_things.count('<li class="due">') == 2
    assert next_things.index("Aangeboden") < next_things.index("Te betalen")
    assert f'href="/agenda/{asked.id}"' in next_things
    assert f'href="/agenda/bookings/{booking.id}/pay"' in next_things
    assert statements(lambda: client.get("/home")) <= MOST_QUERIES_AT_HOME


def test_g2_one_click_asks_little_whether_it_brings_a_seat_or_a_place_in_line(client, sign_in):
    free, full = make_gathering(), make_gathering(title="Vol", capacity=1, starts_at=NOW + timedelta(days=20))
    other = make_member()
    services.book_seat(full, other.id, by=other.id)
    sign_in(client, make_member())
    db.session.commit()
    for gathering_id in (free.id, full.id):
        db.session.expire_all()
        assert statements(lambda one=gathering_id: client.post(f"/agenda/{one}/book")) <= MOST_TO_BOOK
