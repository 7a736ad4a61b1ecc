"""G5: who wants no calendar files gets the same mails without them, and without a word of them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from app.agenda import services
from app.core.db import db
from app.mail import services as mail
from tests.golden import assert_mail_matches

from .conftest import make_gathering, make_member, said
from .test_mails import details

ADDRESS = "/account/mail"
OTHERS = ["reminder_week", "reminder_day", "feedback", "invitations"]


@pytest.fixture
def sanne(client, sign_in):
    return sign_in(client, make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example"))


def ticked(client: Any) -> set[str]:
    return set(re.findall(r'<input[^>]*name="wanted"[^>]*value="(\w+)"[^>]*checked', client.get(ADDRESS).text))


def test_g5_the_choice_stands_with_the_other_mails_and_is_yes_until_told_otherwise(client, sanne):
    assert "calendar_files" in ticked(client)
    assert said("Calendar files with mails about my seats") in client.get(ADDRESS).text
    assert client.post(ADDRESS, data={"wanted": OTHERS}).status_code == 303
    assert "calendar_files" not in ticked(client)


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g5_without_the_choice_no_mail_on_a_seat_has_a_file_or_speaks_of_one(client, sanne, posted, do_jobs, locale):
    assert client.post(ADDRESS, data={"wanted": OTHERS}).status_code == 303
    sanne.locale = locale
    gathering, bureau = make_gathering(capacity=1), make_member().id
    db.session.commit()
    client.post(f"/agenda/{gathering.id}/book")
    moved = {"starts_at": gathering.starts_at + timedelta(hours=1), "ends_at": gathering.ends_at + timedelta(hours=1)}
    services.revise_gathering(gathering, details(gathering, **moved), by=bureau)
    db.session.commit()
    do_jobs()
    client.post(f"/agenda/{gathering.id}/cancel")
    written = {one.template: one for one in posted(sanne)}
    assert set(written) == {"agenda/seat_booked", "agenda/gathering_moved", "agenda/seat_released"}
    for one in written.values():
        assert one.attachments == []
        assert not re.search(r"attach|bijgevoegd|bij deze mail", one.text + one.html)
    assert_mail_matches(written["agenda/seat_booked"], "agenda_seat_booked_without_file")


def test_g5_who_left_all_other_mail_still_gets_the_files_and_choosing_them_brings_nothing_else_back(client, sanne):
    mail.unsubscribe(sanne.email)
    db.session.commit()
    assert ticked(client) == {"calendar_files"}
    assert client.post(ADDRESS, data={"wanted": ["calendar_files"]}).status_code == 303
    assert mail.is_unsubscribed(sanne.email)
    assert client.post(ADDRESS, data={"wanted": ["calendar_files", "reminder_day"]}).status_code == 303
    assert not mail.is_unsubscribed(sanne.email)
