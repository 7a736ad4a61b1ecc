"""G10: the agenda as a month on the wall."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.agenda import month, services
from app.agenda.models import GatheringKind, GatheringState
from app.agenda.queries import Month

from .conftest import NOW, make_gathering, make_member, said
from .test_pages import MOST_QUERIES, statements


def cells(page: str) -> dict[str, list[str]]:
    """The titles in each day's cell."""
    found = {}
    for cell in re.findall(r"<td.*?</td>", page, re.DOTALL):
        day = re.search(r'<time datetime="([\d-]+)">', cell)
        if day:
            found[day[1]] = re.findall(r'<span class="what">([^<]+)</span>', cell)
    return found


def test_g10_the_month_is_a_table_with_a_heading_for_each_weekday(client):
    make_gathering()
    page = client.get("/agenda/month?month=2027-01").text
    assert re.findall(r'<th role="columnheader" scope="col">(\w+)</th>', page) == [
        *("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
    ]
    assert "<caption>januari 2027</caption>" in page
    found = cells(page)
    assert len(found) == 31
    assert found["2027-01-14"] == ["Veranderen zonder macht"]
    assert page.count('aria-current="date"') == 1


def test_g10_a_day_is_a_day_in_amsterdam_over_the_clock_change(client):
    make_gathering(title="Zondagnacht", starts_at=datetime(2027, 3, 27, 23, 30, tzinfo=UTC))
    make_gathering(title="Zondagavond", starts_at=datetime(2027, 3, 28, 21, 59, tzinfo=UTC))
    make_gathering(title="Maandag", starts_at=datetime(2027, 3, 28, 22, tzinfo=UTC))
    found = cells(client.get("/agenda/month?month=2027-03").text)
    assert found["2027-03-28"] == ["Zondagnacht", "Zondagavond"]
    assert found["2027-03-29"] == ["Maandag"]


def test_g10_filters_stay_from_month_to_month_and_in_the_list(client):
    make_gathering(title="Kennis")
    make_gathering(title="Meester", kind=GatheringKind.MASTERCLASS)
    make_gathering(title="Eerder", starts_at=NOW - timedelta(days=40), kind=GatheringKind.MASTERCLASS)
    make_gathering(title="Later", starts_at=datetime(2027, 2, 9, 18, tzinfo=UTC), kind=GatheringKind.MASTERCLASS)
    page = client.get("/agenda/month?kind=masterclass").text
    assert cells(page)["2027-01-14"] == ["Meester"]
    links = [address.replace("&amp;", "&") for address in re.findall(r'href="(/agenda[^"]*)"', page)]
    for expected in (
        "/agenda/month?kind=masterclass&month=2026-12",
        "/agenda/month?kind=masterclass&month=2027-02",
        "/agenda?kind=masterclass&month=2027-01",
    ):
        assert expected in links
    assert 'href="/agenda/month?kind=masterclass"' in client.get("/agenda?kind=masterclass").text


def test_g10_no_link_leads_beyond_what_was_ever_planned(client):
    make_gathering()
    page = client.get("/agenda/month?month=2027-01").text
    assert 'rel="prev"' not in page
    assert 'rel="next"' not in page
    assert said("Nothing is planned in %(month)s.", month="juni 2031") in client.get("/agenda/month?month=2031-06").text


def test_g10_drafts_are_not_on_the_wall_and_what_is_cancelled_says_so(client):
    make_gathering(title="Concept", state=GatheringState.DRAFT)
    make_gathering(title="Afgelast", state=GatheringState.CANCELLED)
    page = client.get("/agenda/month?month=2027-01").text
    assert "Concept" not in page
    assert said("Cancelled") in page


@pytest.mark.parametrize("junk", ["2027-13", "0000-01", "x", "9999-12", "%00", "1900-01", "2199-12"])
def test_g10_junk_shows_this_month_and_the_ends_of_time_are_pages(client, junk):
    make_gathering()
    assert client.get(f"/agenda/month?month={junk}").status_code in (200, 400)


def test_g10_search_engines_read_each_gathering_of_the_month(client):
    make_gathering(title="Tien </script><b>", online_url="https://meet.example/geheim")
    make_gathering(title="Afgelast", state=GatheringState.CANCELLED)
    page = client.get("/agenda/month?month=2027-01").text
    (script,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    told = json.loads(script)
    assert told["@type"] == "ItemList"
    found = {entry["item"]["name"]: entry["item"] for entry in told["itemListElement"]}
    assert [entry["position"] for entry in told["itemListElement"]] == [1, 2]
    event = found["Tien </script><b>"]
    assert event["@type"] == "Event"
    assert datetime.fromisoformat(event["startDate"]) == datetime(2027, 1, 14, 18, 30, tzinfo=UTC)
    assert event["location"][0]["address"]["addressLocality"] == "Utrecht"
    assert event["eventAttendanceMode"].endswith("/MixedEventAttendanceMode")
    assert found["Afgelast"]["eventStatus"] == "https://schema.org/EventCancelled"
    assert "geheim" not in page


def test_g10_ones_own_seat_is_marked_and_a_month_takes_at_most_six_queries(client, sign_in):
    member = make_member()
    sign_in(client, member)
    services.book_seat(make_gathering(), member.id, by=member.id)
    client.get("/agenda/month?month=2027-01")
    few = statements(lambda: client.get("/agenda/month?month=2027-01"))
    for number in range(40):
        make_gathering(starts_at=datetime(2027, 1, 6, 18, tzinfo=UTC) + timedelta(hours=number * 9))
    many = statements(lambda: client.get("/agenda/month?month=2027-01"))
    assert few == many <= MOST_QUERIES
    assert said("You have a seat") in client.get("/agenda/month?month=2027-01").text


@given(st.integers(1900, 2199), st.integers(1, 12))
def test_g10_every_month_is_whole_weeks_from_monday_with_each_of_its_days_once(year, number):
    laid = month.weeks(Month(year, number), [])
    days = [day for week in laid for day in week]
    assert all(len(week) == 7 and week[0].day.weekday() == 0 for week in laid)
    within = [day.day for day in days if day.within]
    assert within[0] == date(year, number, 1)
    assert len(within) == len(set(within)) == (Month(year, number).following.first_day - within[0]).days
