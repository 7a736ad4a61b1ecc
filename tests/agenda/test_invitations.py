"""G5: one booking is one evolving appointment, right over both clock changes, whatever is in its title."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from app.agenda.invitations import Appointment, calendar_file
from app.agenda.models import Booking, Gathering, GatheringKind, SeatMode
from app.core.calendars import Method, Party, amsterdam

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SPRING, AUTUMN = datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC)


def booking(mode: SeatMode = SeatMode.ON_SITE, moves: int = 0, **values: Any) -> Booking:
    starts_at = values.pop("starts_at", datetime(2027, 1, 14, 18, 30, tzinfo=UTC))
    defaults = {
        "kind": GatheringKind.KNOWLEDGE_SESSION,
        "title": "Veranderen zonder macht",
        "summary": "Over invloed.",
        "venue": "De Kapittelzaal",
        "address": "Achter de Dom 14",
        "city": "Utrecht",
        "online_url": "",
        "zone": "Europe/Amsterdam",
        "sequence": 0,
        "ends_at": starts_at + timedelta(hours=2),
    }
    return Booking(id="7c1f", mode=mode, moves=moves, gathering=Gathering(starts_at=starts_at, **(defaults | values)))


def appointment(method: Method = Method.REQUEST, sequence: int = 0, name: str = "Sanne Verhoeven") -> Appointment:
    return Appointment(
        method=method,
        sequence=sequence,
        host="kring.example",
        url="https://kring.example/agenda/1",
        organizer=Party("Het bureau", "bureau@kring.example"),
        attendee=Party(name, "sanne@voorbeeld.example"),
    )


def read(content: bytes) -> tuple[Any, Any]:
    calendar = Calendar.from_ical(content)
    events = calendar.walk("VEVENT")
    assert len(events) == 1
    return calendar, events[0]


def test_g5_the_invitation_says_who_what_when_and_where():
    calendar, event = read(calendar_file(booking(), appointment()))
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == "7c1f@kring.example"
    assert event["SEQUENCE"] == 0
    assert event["STATUS"] == "CONFIRMED"
    assert event["SUMMARY"] == "Veranderen zonder macht"
    assert event["LOCATION"] == "De Kapittelzaal, Achter de Dom 14, Utrecht"
    assert event["ORGANIZER"] == "mailto:bureau@kring.example"
    assert event["ATTENDEE"] == "mailto:sanne@voorbeeld.example"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["DTSTART"].params["TZID"] == "Europe/Amsterdam"
    assert event["DTSTART"].dt == datetime(2027, 1, 14, 19, 30, tzinfo=AMSTERDAM)


def test_g5_a_cancellation_is_the_same_appointment_with_a_higher_sequence():
    kept = booking()
    _, first = read(calendar_file(kept, appointment()))
    calendar, last = read(calendar_file(kept, appointment(Method.CANCEL, 1)))
    assert calendar["METHOD"] == last["STATUS"][:6] == "CANCEL"
    assert last["UID"] == first["UID"]
    assert last["SEQUENCE"] > first["SEQUENCE"]


def test_g5_a_downloaded_file_asks_nobody_for_an_answer():
    calendar, event = read(calendar_file(booking(), appointment(Method.PUBLISH)))
    assert calendar["METHOD"] == "PUBLISH"
    assert "ATTENDEE" not in event


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
@pytest.mark.parametrize("hours", [-3, -1, 0, 1, 3])
def test_g5_the_moment_survives_both_clock_changes(change, hours):
    starts_at = change + timedelta(hours=hours)
    _, event = read(calendar_file(booking(starts_at=starts_at), appointment()))
    assert event["DTSTART"].dt.astimezone(UTC) == starts_at
    assert event["DTEND"].dt.astimezone(UTC) == starts_at + timedelta(hours=2)


@given(
    st.sampled_from([SPRING, AUTUMN]),
    st.timedeltas(timedelta(days=-2), timedelta(days=2)),
    st.timedeltas(timedelta(minutes=5), timedelta(hours=30)),
)
def test_g5_by_its_own_zone_alone_a_calendar_finds_the_moment_over_both_clock_changes(change, apart, lasts):
    """A program without a list of zones reads wall clock times by the rules that go along."""
    starts_at = (change + apart).replace(microsecond=0)
    ends_at = starts_at + timedelta(seconds=int(lasts.total_seconds()))
    calendar, event = read(calendar_file(booking(starts_at=starts_at, ends_at=ends_at), appointment()))
    (zone,) = calendar.walk("VTIMEZONE")
    rules = zone.to_tz()
    for name, moment in (("DTSTART", starts_at), ("DTEND", ends_at)):
        told = event[name]
        wall = told.dt if told.dt.tzinfo is UTC or "TZID" not in told.params else told.dt.replace(tzinfo=rules)
        assert wall.astimezone(UTC) == moment


@given(st.datetimes(datetime(2015, 1, 1), datetime(2060, 1, 1)))
def test_g5_the_zone_that_goes_along_agrees_with_the_clock_in_amsterdam(moment):
    zone = amsterdam().to_tz()
    wall = moment.replace(tzinfo=AMSTERDAM)
    if wall.utcoffset() != wall.replace(fold=1).utcoffset():
        return
    assert moment.replace(tzinfo=zone).utcoffset() == wall.utcoffset()


def test_g5_elsewhere_the_time_is_told_in_utc():
    calendar, event = read(calendar_file(booking(zone="Europe/Lisbon"), appointment()))
    assert event["DTSTART"].dt == datetime(2027, 1, 14, 18, 30, tzinfo=UTC)
    assert not calendar.walk("VTIMEZONE")


def test_g5_online_says_where_to_click():
    only_online = {"venue": "", "address": "", "city": "", "online_url": "https://meet.example/1"}
    _, online = read(calendar_file(booking(SeatMode.ONLINE, **only_online), appointment()))
    assert online["LOCATION"] == "https://meet.example/1"


def test_g1_of_a_hybrid_gathering_the_hall_gets_the_address_and_online_the_link_and_no_street():
    _, hall = read(calendar_file(booking(online_url="https://meet.example/1"), appointment()))
    _, online = read(calendar_file(booking(SeatMode.ONLINE, online_url="https://meet.example/1"), appointment()))
    assert hall["LOCATION"] == "De Kapittelzaal, Achter de Dom 14, Utrecht"
    assert "https://meet.example/1" not in hall.to_ical().decode()
    assert online["LOCATION"] == "https://meet.example/1"
    assert "Achter de Dom" not in online.to_ical().decode()


def test_g1_another_way_to_take_part_is_the_same_appointment_with_a_higher_sequence():
    _, before = read(calendar_file(booking(), appointment(sequence=3)))
    _, after = read(calendar_file(booking(SeatMode.ONLINE, moves=1), appointment(sequence=3)))
    assert (before["UID"], before["SEQUENCE"] + 1) == (after["UID"], after["SEQUENCE"])


@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_g5_no_title_or_name_adds_a_line_or_an_event(title, name):
    content = calendar_file(booking(title=title, summary=title, venue=name), appointment(name=name))
    calendar, event = read(content)
    assert len(calendar.subcomponents) == 2
    assert "METHOD" not in event
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


@pytest.mark.parametrize(
    "text", ["Over;leven, en\\meer", "A\r\nATTENDEE:mailto:x@evil.example", 'O"Brien', "😀 feest", "BEGIN:VEVENT"]
)
def test_g5_signs_that_mean_something_in_a_calendar_stay_text(text):
    _, event = read(calendar_file(booking(title=text), appointment(name=text)))
    assert str(event["SUMMARY"]) == " ".join(text.split())
    assert str(event["ATTENDEE"]) == "mailto:sanne@voorbeeld.example"
