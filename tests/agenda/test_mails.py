"""G5, G6: what the agenda writes, to whom, exactly once, and what calendars make of it."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from app.agenda import queries, services
from app.agenda.services import GatheringDetails, SpeakerDetails
from app.audit.models import AuditEntry
from app.core.db import db
from app.mail.smtp import as_parsed
from tests.golden import assert_mail_matches

from .conftest import live, make_gathering, make_member


def appointment(mail: Any) -> tuple[str, Any]:
    (kept,) = mail.attachments
    calendar = Calendar.from_ical(base64.b64decode(kept["content"]))
    (event,) = calendar.walk("VEVENT")
    assert f"method={calendar['METHOD']}" in kept["content_type"]
    return str(calendar["METHOD"]), event


def details(gathering: Any, **changes: Any) -> GatheringDetails:
    names = [name for name in GatheringDetails.__dataclass_fields__ if name != "speakers"]
    kept = {name: getattr(gathering, name) for name in names}
    speakers = [SpeakerDetails(name=one.name, headline=one.headline, bio=one.bio) for one in gathering.speakers]
    return GatheringDetails(**kept | {"speakers": speakers} | changes)


@pytest.fixture
def sanne(app: Any) -> Any:
    return make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")


@pytest.fixture
def bureau(app: Any) -> Any:
    return make_member(given_name="Bert", family_name="Bureau").id


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g5_the_confirmation_reads_as_it_should(sanne, posted, locale):
    sanne.locale = locale
    services.book_seat(make_gathering(online_url="https://meet.example/kring"), sanne.id, by=sanne.id)
    (mail,) = posted(sanne)
    assert_mail_matches(mail, "agenda_seat_booked")
    method, event = appointment(mail)
    assert (method, event["SEQUENCE"], event["STATUS"]) == ("REQUEST", 0, "CONFIRMED")


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g5_giving_back_takes_the_same_appointment_out_of_the_calendar(sanne, posted, locale):
    sanne.locale = locale
    booking = services.book_seat(make_gathering(), sanne.id, by=sanne.id)
    services.cancel_seat(booking, by=sanne.id)
    invited, released = sorted(posted(sanne), key=lambda mail: mail.template)
    assert_mail_matches(released, "agenda_seat_released")
    method, event = appointment(released)
    assert (method, event["STATUS"]) == ("CANCEL", "CANCELLED")
    assert event["UID"] == appointment(invited)[1]["UID"]
    assert event["SEQUENCE"] > appointment(invited)[1]["SEQUENCE"]


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g6_another_time_is_told_to_who_holds_a_seat_with_an_update_of_the_same_appointment(
    sanne, bureau, posted, do_jobs, calendar, locale
):
    sanne.locale = locale
    gathering, gone, late = make_gathering(), make_member(), make_member()
    services.book_seat(gathering, sanne.id, by=sanne.id)
    services.cancel_seat(services.book_seat(gathering, gone.id, by=gone.id), by=gone.id)
    calendar.shift(timedelta(minutes=1))
    moved = gathering.starts_at + timedelta(hours=1)
    services.revise_gathering(
        gathering, details(gathering, starts_at=moved, ends_at=moved + timedelta(hours=2)), by=bureau
    )
    calendar.shift(timedelta(minutes=1))
    services.book_seat(gathering, late.id, by=late.id)
    db.session.commit()
    do_jobs()
    do_jobs()
    assert [mail.template for mail in posted(gone)].count("agenda/gathering_moved") == 0
    assert [mail.template for mail in posted(late)] == ["agenda/seat_booked"]
    (mail,) = [mail for mail in posted(sanne) if mail.template == "agenda/gathering_moved"]
    assert_mail_matches(mail, "agenda_gathering_moved")
    method, event = appointment(mail)
    assert (method, event["SEQUENCE"]) == ("REQUEST", 1)
    assert event["DTSTART"].dt == moved
    assert appointment(posted(late)[0])[1]["SEQUENCE"] == 1


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g6_another_title_is_told_and_changes_the_same_appointment(sanne, bureau, posted, do_jobs, locale):
    sanne.locale = locale
    gathering = make_gathering()
    services.book_seat(gathering, sanne.id, by=sanne.id)
    services.revise_gathering(gathering, details(gathering, title="Leiden zonder positie"), by=bureau)
    db.session.commit()
    do_jobs()
    (mail,) = [mail for mail in posted(sanne) if mail.template == "agenda/gathering_moved"]
    assert_mail_matches(mail, "agenda_gathering_renamed")
    method, event = appointment(mail)
    assert (method, event["SEQUENCE"], event["SUMMARY"]) == ("REQUEST", 1, "Leiden zonder positie")


def test_g6_more_seats_or_another_text_bother_nobody(sanne, bureau, posted, do_jobs):
    gathering = make_gathering()
    services.book_seat(gathering, sanne.id, by=sanne.id)
    services.revise_gathering(gathering, details(gathering, summary="Anders verteld.", capacity=40), by=bureau)
    db.session.commit()
    do_jobs()
    assert [mail.template for mail in posted(sanne)] == ["agenda/seat_booked"]


def test_g6_two_changes_before_anybody_was_written_to_are_told_in_one_mail(sanne, bureau, posted, do_jobs):
    gathering = make_gathering()
    services.book_seat(gathering, sanne.id, by=sanne.id)
    moved = gathering.starts_at + timedelta(days=1)
    services.revise_gathering(
        gathering, details(gathering, starts_at=moved, ends_at=moved + timedelta(hours=2)), by=bureau
    )
    services.revise_gathering(gathering, details(gathering, title="Leiden zonder positie"), by=bureau)
    db.session.commit()
    do_jobs()
    do_jobs()
    (mail,) = [mail for mail in posted(sanne) if mail.template == "agenda/gathering_moved"]
    for former in ("Veranderen zonder macht", "14 januari 2027", "15 januari 2027", "Leiden zonder positie"):
        assert former in mail.text
    assert appointment(mail)[1]["SEQUENCE"] == 2


def test_g6_a_change_and_its_taking_back_are_two_versions_each_told_once(sanne, bureau, posted, do_jobs):
    gathering = make_gathering()
    services.book_seat(gathering, sanne.id, by=sanne.id)
    was = details(gathering)
    services.revise_gathering(gathering, details(gathering, venue="De Remise"), by=bureau)
    db.session.commit()
    do_jobs()
    services.revise_gathering(gathering, was, by=bureau)
    db.session.commit()
    do_jobs()
    told = [mail for mail in posted(sanne) if mail.template == "agenda/gathering_moved"]
    assert sorted(appointment(mail)[1]["SEQUENCE"] for mail in told) == [1, 2]


def test_g5_calendar_programs_get_the_invitation_as_the_last_alternative_and_as_a_file(sanne, posted):
    """Outlook looks in the alternatives only, others in the attachments only; both name the method they carry."""
    services.book_seat(make_gathering(), sanne.id, by=sanne.id)
    message = as_parsed(posted(sanne)[0])
    body, file = message.iter_parts()
    told = list(body.iter_parts())
    assert [part.get_content_type() for part in told] == ["text/plain", "text/html", "text/calendar"]
    for part in (told[-1], file):
        assert part.get_content_type() == "text/calendar"
        assert part["Content-Type"].params["method"] == "REQUEST"
        assert part["Content-Type"].params["charset"].lower() == "utf-8"
        calendar = Calendar.from_ical(part.get_payload(decode=True))
        assert calendar["METHOD"] == "REQUEST"
    assert not told[-1].is_attachment()
    assert file.is_attachment()
    (event,) = calendar.walk("VEVENT")
    assert event["ATTENDEE"] == f"mailto:{message['To'].addresses[0].addr_spec}"
    assert event["ORGANIZER"] == f"mailto:{message['Reply-To'].addresses[0].addr_spec}"


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g6_a_cancellation_is_told_once_to_everybody_who_holds_a_seat(sanne, bureau, posted, do_jobs, locale):
    sanne.locale = locale
    gathering = make_gathering(capacity=70)
    others = [make_member(password=None) for _ in range(60)]
    for person in (sanne, *others):
        services.book_seat(gathering, person.id, by=person.id)
    services.cancel_gathering(gathering, reason="De spreker is ziek geworden.", by=bureau)
    db.session.commit()
    do_jobs()
    do_jobs()
    told = [mail for mail in posted() if mail.template == "agenda/gathering_cancelled"]
    assert len(told) == len({mail.recipient for mail in told}) == 61
    mail = next(mail for mail in told if mail.recipient == sanne.email)
    assert_mail_matches(mail, "agenda_gathering_cancelled")
    method, event = appointment(mail)
    assert (method, event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert len(live(gathering)) == gathering.seats_taken == 61


def test_each_fact_stands_in_the_log(sanne, bureau):
    gathering = make_gathering()
    booking = services.book_seat(gathering, sanne.id, by=sanne.id)
    services.cancel_seat(booking, by=sanne.id)
    services.revise_gathering(gathering, details(gathering, capacity=30), by=bureau)
    services.cancel_gathering(gathering, reason="Ziek", by=bureau)
    db.session.flush()
    entries = {entry.action: entry for entry in db.session.query(AuditEntry)}
    assert set(entries) == {"booking.made", "booking.cancelled", "gathering.revised", "gathering.cancelled"}
    assert entries["booking.made"].actor_id == sanne.id
    assert (entries["gathering.revised"].before, entries["gathering.revised"].after["capacity"]) == (
        {"capacity": 12},
        30,
    )
    assert entries["gathering.cancelled"].after["reason"] == "Ziek"


def test_a_mail_with_a_title_in_two_lines_stays_one_mail(sanne, posted):
    gathering = make_gathering(title="Regel een\r\nBcc: iedereen@evil.example")
    services.book_seat(gathering, sanne.id, by=sanne.id)
    (mail,) = posted(sanne)
    assert "\n" not in mail.subject
    assert queries.live_booking(gathering.id, sanne.id)
