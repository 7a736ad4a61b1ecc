"""G5, G6, G9: what guests are written, in their language, with the same appointment throughout, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.agenda import services
from app.agenda.guests import mails
from app.agenda.guests import services as guests
from app.agenda.guests.models import Ending
from app.core.db import db
from tests.golden import assert_mail_matches

from .conftest import NOW, make_gathering, make_member
from .test_guests import someone
from .test_mails import appointment, details


@pytest.fixture
def sanne(app):
    return make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")


@pytest.fixture
def bureau(app):
    return make_member(given_name="Bert", family_name="Bureau").id


@pytest.fixture
def along(sanne):
    """Somebody whom Sanne brings, by the language they read."""

    def bring(locale="nl", **values):
        booking = services.book_seat(make_gathering(**values), sanne.id, by=sanne.id)
        return guests.add_guest(booking.id, someone(locale=locale), by=sanne.id)

    return bring


def told(posted):
    return [one for one in posted() if one.recipient == "eva@elders.example"]


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g9_the_invitation_says_who_invites_where_the_ticket_is_and_when_names_go(along, posted, locale):
    along(locale, online_url="https://meet.example/kring")
    (mail,) = told(posted)
    assert_mail_matches(mail, "agenda_guest_invited")
    method, event = appointment(mail)
    assert (method, event["SEQUENCE"], event["STATUS"]) == ("REQUEST", 0, "CONFIRMED")
    assert "eva@elders.example" in str(event["ATTENDEE"])


@pytest.mark.parametrize("locale", ["nl", "en"])
@pytest.mark.parametrize("ending", [Ending.HOST, Ending.GUEST])
def test_g9_without_a_seat_the_appointment_goes_out_of_the_calendar(along, posted, locale, ending):
    eva = along(locale)
    guests.take_away(eva.id, ending=ending, by=None)
    invited, released = sorted(told(posted), key=lambda one: one.template)
    assert_mail_matches(released, f"agenda_guest_released_by_{ending}")
    method, event = appointment(released)
    assert (method, event["STATUS"]) == ("CANCEL", "CANCELLED")
    assert event["UID"] == appointment(invited)[1]["UID"]
    assert event["SEQUENCE"] > appointment(invited)[1]["SEQUENCE"]


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g9_a_guest_whose_host_cannot_come_reads_that(along, posted, sanne, locale):
    eva = along(locale)
    services.cancel_seat(eva.booking, by=sanne.id)
    assert_mail_matches(told(posted)[-1], "agenda_guest_released_with_host")


def test_g6_g9_guests_hear_of_another_time_with_an_update_of_the_same_appointment(
    along, bureau, posted, do_jobs, calendar
):
    eva = along()
    calendar.shift(timedelta(minutes=1))
    gathering = eva.gathering
    later = {name: getattr(gathering, name) + timedelta(hours=1) for name in ("starts_at", "ends_at")}
    services.revise_gathering(gathering, details(gathering, **later), by=bureau)
    db.session.commit()
    do_jobs()
    (moved,) = [one for one in told(posted) if one.template == "agenda/gathering_moved"]
    method, event = appointment(moved)
    assert (method, event["SEQUENCE"]) == ("REQUEST", 1)
    assert f"{eva.id}@" in event["UID"]


def test_g6_g9_guests_hear_that_it_is_called_off_once(along, bureau, posted, do_jobs):
    eva = along()
    services.cancel_gathering(eva.gathering, reason="De spreker is ziek.", by=bureau)
    db.session.commit()
    do_jobs()
    (off,) = [one for one in told(posted) if one.template == "agenda/gathering_cancelled"]
    assert appointment(off)[0] == "CANCEL"
    assert "De spreker is ziek." in off.text


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g6_g9_a_guest_is_reminded_the_day_before_once(along, posted, calendar, locale):
    along(locale, starts_at=NOW + timedelta(days=3, hours=10))
    db.session.commit()
    mails.remind()
    assert len(told(posted)) == 1
    calendar.shift(timedelta(days=2))
    for _again in range(2):
        mails.remind()
    (mail,) = told(posted)[1:]
    assert_mail_matches(mail, "agenda_guest_reminder")
