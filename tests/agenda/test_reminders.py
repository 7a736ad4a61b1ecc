"""G6: a word a week and a day before, once, to whoever holds a seat and wants it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from app.agenda import queries, reminders, services
from app.core.db import db
from app.jobs.services import run_due
from app.mail.models import MailState
from tests.golden import assert_mail_matches

from .conftest import make_gathering, make_member, said

TWO_WEEKS_AHEAD = datetime(2027, 1, 20, 18, 30, tzinfo=UTC)


@pytest.fixture
def seat(app):
    """A seat at something sixteen days ahead."""
    person = make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")
    gathering = make_gathering(starts_at=TWO_WEEKS_AHEAD)
    services.book_seat(gathering, person.id, by=person.id)
    db.session.commit()
    return person, gathering


@pytest.fixture
def told(posted):
    def of(person):
        return sorted(mail.key.split(":")[0] for mail in posted(person) if mail.template == "agenda/reminder")

    return of


def on(calendar, day, hour=8):
    calendar.move_to(datetime(2027, 1, day, hour, tzinfo=UTC), tick=False)
    reminders.remind()


def test_g6_each_reminder_comes_once_a_week_and_a_day_before(seat, told, calendar):
    person, _gathering = seat
    on(calendar, 12)
    assert told(person) == []
    on(calendar, 13)
    on(calendar, 13, 9)
    on(calendar, 14)
    assert told(person) == ["reminder_week"]
    on(calendar, 19)
    on(calendar, 19, 9)
    on(calendar, 20)
    assert told(person) == ["reminder_day", "reminder_week"]


@pytest.mark.parametrize(("day", "expected"), [(17, ["reminder_week"]), (20, ["reminder_day"]), (21, [])])
def test_g6_after_a_standstill_only_what_is_still_of_use_is_said(seat, told, calendar, day, expected):
    on(calendar, day)
    assert told(seat[0]) == expected


def test_g6_who_booked_since_it_was_due_or_gave_the_seat_back_hears_nothing(seat, told, calendar):
    person, gathering = seat
    late = make_member()
    db.session.commit()
    calendar.move_to(datetime(2027, 1, 15, 8, tzinfo=UTC), tick=False)
    services.book_seat(gathering, late.id, by=late.id)
    services.cancel_seat(queries.latest_booking(gathering.id, person.id), by=person.id)
    db.session.commit()
    reminders.remind()
    assert told(late) == told(person) == []
    on(calendar, 19)
    assert told(late) == ["reminder_day"]


def test_g6_of_what_is_cancelled_nobody_is_reminded(seat, told, calendar):
    person, gathering = seat
    services.cancel_gathering(gathering, reason="Ziek", by=person.id)
    db.session.commit()
    on(calendar, 13)
    assert told(person) == []


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g6_the_reminder_reads_as_it_should(seat, posted, calendar, locale):
    person, _gathering = seat
    person.locale = locale
    db.session.commit()
    on(calendar, 19)
    (mail,) = [mail for mail in posted(person) if mail.template == "agenda/reminder"]
    assert_mail_matches(mail, "agenda_reminder")
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_g6_one_click_leaves_one_kind_and_the_page_shows_it(seat, posted, calendar, client, sign_in):
    person, _gathering = seat
    on(calendar, 13)
    (mail,) = [mail for mail in posted(person) if mail.template == "agenda/reminder"]
    address = re.search(r"(/unsubscribe/[^>]+)>", mail.headers["List-Unsubscribe"])[1]
    assert said("A reminder a week before") in client.get(address).text
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    on(calendar, 19)
    states = {mail.topic: mail.state for mail in posted(person) if mail.template == "agenda/reminder"}
    assert states == {"reminder_week": MailState.QUEUED, "reminder_day": MailState.QUEUED}
    run_due()
    states = {mail.topic: mail.state for mail in posted(person) if mail.template == "agenda/reminder"}
    assert states == {"reminder_week": MailState.HELD, "reminder_day": MailState.SENT}
    sign_in(client, person)
    page = client.get("/account/mail").text
    assert re.search(r'value="reminder_day"[^>]*checked', page)
    assert not re.search(r'value="reminder_week"[^>]*checked', page)


def test_g6_who_does_not_want_a_reminder_gets_none_and_can_change_that(seat, posted, calendar, client, sign_in):
    person, _gathering = seat
    sign_in(client, person)
    assert client.post("/account/mail", data={"wanted": ["reminder_week", "invitations"]}).status_code == 303
    on(calendar, 13)
    on(calendar, 19)
    states = {mail.topic: mail.state for mail in posted(person) if mail.template == "agenda/reminder"}
    assert states == {"reminder_week": MailState.QUEUED, "reminder_day": MailState.HELD}
    sign_in(client, person)
    assert client.post("/account/mail", data={"wanted": ""}).status_code == 303
    page = client.get("/account/mail").text
    assert len(re.findall(r'<input[^>]*name="wanted"', page)) == 5
    assert not re.search(r'<input[^>]*name="wanted"[^>]*checked', page)


def test_g6_many_seats_are_each_reminded_once(app, posted, calendar):
    gathering = make_gathering(starts_at=TWO_WEEKS_AHEAD, capacity=70)
    for _number in range(60):
        person = make_member(password=None)
        services.book_seat(gathering, person.id, by=person.id)
    db.session.commit()
    on(calendar, 13)
    on(calendar, 13)
    mails = [mail for mail in posted() if mail.template == "agenda/reminder"]
    assert len(mails) == len({mail.recipient for mail in mails}) == 60
