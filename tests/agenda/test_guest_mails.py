"""G5, G6, G9: what guests are written, in their language, with the same appointment throughout, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.agenda import services
from app.agenda.guests import mails
from app.agenda.guests import services as guests
from app.agenda.guests.models import Ending, Payer
from app.agenda.guests.unpaid import release_unpaid
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

    def bring(locale="nl", payer=Payer.HOST, **values):
        booking = services.book_seat(make_gathering(**values), sanne.id, by=sanne.id)
        return guests.add_guest(booking.id, someone(locale=locale), by=sanne.id, payer=payer)

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


@pytest.mark.parametrize("locale", ["nl", "en"])
@pytest.mark.parametrize("payer", [Payer.HOST, Payer.GUEST])
def test_p10_g9_the_invitation_says_who_pays_and_the_host_reads_what_a_guest_costs(along, posted, sanne, locale, payer):
    sanne.locale = locale
    along(locale, payer, fee_cents=95_00)
    assert_mail_matches(told(posted)[0], f"agenda_guest_invited_{payer}_pays")
    asked = [one for one in posted(sanne) if one.template == "agenda/guest_fee"]
    assert len(asked) == (payer is Payer.HOST)
    for mail in asked:
        assert_mail_matches(mail, "agenda_guest_fee")


@pytest.mark.parametrize("locale", ["nl", "en"])
@pytest.mark.parametrize("ending", [Ending.GUEST, Ending.BUREAU])
def test_g9_the_host_hears_when_a_guest_does_not_come_after_all(along, posted, sanne, locale, ending):
    sanne.locale = locale
    eva = along(locale, Payer.HOST, fee_cents=95_00)
    guests.take_away(eva.id, ending=ending, by=None)
    (mail,) = [one for one in posted(sanne) if one.template == "agenda/guest_gone"]
    assert_mail_matches(mail, f"agenda_guest_gone_by_{ending}")


def test_g9_what_the_host_did_is_not_told_to_the_host(along, posted, sanne):
    eva = along()
    guests.take_away(eva.id, ending=Ending.HOST, by=sanne.id)
    assert "agenda/guest_gone" not in {one.template for one in posted(sanne)}


@pytest.mark.parametrize("locale", ["nl", "en"])
@pytest.mark.parametrize("payer", [Payer.HOST, Payer.GUEST])
def test_p10_g9_host_and_guest_read_that_a_seat_was_not_paid_in_time(along, posted, sanne, calendar, locale, payer):
    sanne.locale = locale
    along(locale, payer, fee_cents=95_00)
    db.session.commit()
    calendar.shift(timedelta(hours=73))
    release_unpaid()
    (gone,) = [one for one in posted(sanne) if one.template == "agenda/guest_gone"]
    assert_mail_matches(gone, f"agenda_guest_gone_unpaid_by_{payer}")
    assert_mail_matches(told(posted)[-1], "agenda_guest_released_unpaid")
