"""G6: another time or place is told to everybody whom it concerns, those in line included, once, and to nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.accounts.models import Account
from app.agenda import services
from app.agenda.models import EntryState, Gathering, Wish
from app.core import clock
from app.core.db import db
from tests.golden import assert_mail_matches

from .conftest import NOW, in_line, make_gathering, make_member
from .test_mails import details

MOVED_IN_LINE = "agenda/waitlist_moved"


@pytest.fixture
def bureau(app: Any) -> Any:
    return make_member(given_name="Bert", family_name="Bureau").id


@pytest.fixture
def sanne(app: Any) -> Account:
    return make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")


def full_with(*waiting: Account, **values: Any) -> Gathering:
    """A gathering with one seat, taken by somebody, and these people in line."""
    gathering, holder = make_gathering(capacity=1, **values), make_member()
    for person in (holder, *waiting):
        services.book_seat(gathering, person.id, by=person.id)
    return gathering


def told(mails: list[Any]) -> list[Any]:
    return [mail for mail in mails if mail.template == MOVED_IN_LINE]


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g6_another_time_and_place_are_told_to_who_stands_in_line(sanne, bureau, posted, do_jobs, calendar, locale):
    sanne.locale = locale
    gone, gathering = make_member(), full_with(sanne)
    services.leave(services.book_seat(gathering, gone.id, by=gone.id).id, by=gone.id)
    calendar.shift(timedelta(minutes=1))
    moved = gathering.starts_at + timedelta(hours=1)
    new = {"starts_at": moved, "ends_at": moved + timedelta(hours=2), "venue": "De Remise"}
    services.revise_gathering(gathering, details(gathering, **new), by=bureau)
    calendar.shift(timedelta(minutes=1))
    late = make_member()
    services.book_seat(gathering, late.id, by=late.id)
    db.session.commit()
    do_jobs()
    do_jobs()
    (mail,) = told(posted(sanne))
    assert_mail_matches(mail, "agenda_waitlist_moved")
    assert told(posted(gone)) == told(posted(late)) == []
    assert mail.attachments == []


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g6_another_title_is_told_in_line_as_just_that(sanne, bureau, posted, do_jobs, locale):
    sanne.locale = locale
    gathering = full_with(sanne)
    services.revise_gathering(gathering, details(gathering, title="Leiden zonder positie"), by=bureau)
    db.session.commit()
    do_jobs()
    (mail,) = told(posted(sanne))
    assert_mail_matches(mail, "agenda_waitlist_renamed")


def test_g6_that_one_can_now_also_come_online_is_told_in_line_but_never_the_address(sanne, bureau, posted, do_jobs):
    gathering = full_with(sanne)
    services.revise_gathering(gathering, details(gathering, online_url="https://meet.example/kring"), by=bureau)
    db.session.commit()
    do_jobs()
    (mail,) = told(posted(sanne))
    assert "kan ook" in mail.text
    assert "meet.example" not in mail.text + mail.html
    services.revise_gathering(gathering, details(gathering, online_url="https://meet.example/anders"), by=bureau)
    db.session.commit()
    do_jobs()
    assert len(told(posted(sanne))) == 1
    assert [mail.template for mail in posted()].count("agenda/gathering_moved") == 0


def test_g6_another_text_or_more_seats_are_not_told_in_line(sanne, bureau, posted, do_jobs):
    gathering = full_with(sanne, starts_at=NOW + timedelta(days=20))
    services.choose_wish(in_line(gathering)[0].id, Wish.ASK)
    services.revise_gathering(gathering, details(gathering, summary="Anders verteld.", capacity=2), by=bureau)
    db.session.commit()
    do_jobs()
    assert {mail.template for mail in posted(sanne)} == {"agenda/waitlist_joined", "agenda/seat_offered"}


def test_g3_an_offer_never_outlasts_the_cutoff_of_a_gathering_that_moves_to_an_earlier_moment(
    sanne, bureau, posted, do_jobs
):
    gathering = full_with(sanne, starts_at=NOW + timedelta(days=20))
    services.choose_wish(in_line(gathering)[0].id, Wish.ASK)
    services.change_seats(gathering, 2, by=bureau)
    (entry,) = in_line(gathering)
    assert (entry.state, entry.offer_until) == (EntryState.OFFERED, NOW + timedelta(hours=24))
    soon = clock.now() + timedelta(hours=12)
    earlier = {"starts_at": soon, "ends_at": soon + timedelta(hours=2), "cancel_until": soon - timedelta(hours=1)}
    services.revise_gathering(gathering, details(gathering, **earlier), by=bureau)
    db.session.commit()
    do_jobs()
    (entry,) = in_line(gathering)
    assert entry.offer_until == soon - timedelta(hours=6)
    (mail,) = told(posted(sanne))
    assert "15.00 uur" in mail.text


def test_g1_the_bureau_reads_how_many_a_change_or_a_calling_off_is_mailed_to(client, sign_in, make_account, sanne):
    sign_in(client, make_account(roles=("coordinator",)))
    gathering = full_with(sanne)
    assert (
        "2 mensen hebben een plaats of staan op de wachtlijst" in client.get(f"/bureau/agenda/{gathering.id}/edit").text
    )
    page = client.get(f"/bureau/agenda/{gathering.id}/cancel").text
    assert "Eén persoon heeft een plaats" in page
    assert "Eén persoon staat op de wachtlijst" in page
