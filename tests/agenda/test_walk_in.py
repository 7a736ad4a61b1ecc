"""G7: who comes without a booking: looked up in the circle, let in on a free seat or on one more, and put right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.agenda import queries, services
from app.agenda.attendance.models import Way
from app.agenda.models import EntryState, WaitlistEntry
from app.audit.models import AuditEntry
from app.core.db import db

from .conftest import NOW, live, make_gathering, make_member, said, seats_add_up, stays

STARTS = datetime(2027, 1, 14, 18, 30, tzinfo=UTC)


@pytest.fixture
def evening(app):
    return make_gathering(starts_at=STARTS)


@pytest.fixture
def sanne(app):
    return make_member(given_name="Sanne", family_name="Verhoeven")


@pytest.fixture
def seat(evening, sanne):
    return services.book_seat(evening, sanne.id, by=sanne.id)


def deeds():
    wanted = select(AuditEntry.action).where(AuditEntry.action.like("attendance.%"))
    return list(db.session.scalars(wanted.order_by(AuditEntry.seq)))


def test_g7_a_member_without_a_booking_is_let_in_on_a_free_seat(client, door, evening, posted):
    walker = make_member(given_name="Wim", family_name="Loper")
    page = door.looks(evening, "/walk-in?q=loper").text
    assert "Wim Loper" in page
    door.presses(evening, f"walk-in/{walker.id}")
    booking = queries.live_booking(evening.id, walker.id)
    (stay,) = stays(booking)
    assert (stay.way, stay.seat_added) == (Way.WALK_IN, False)
    assert seats_add_up(evening)
    assert evening.capacity == 12
    assert posted(walker) == []
    assert deeds() == ["attendance.walked_in"]


def test_g7_without_room_the_bureau_decides_and_a_seat_is_added(client, door, sanne):
    full = make_gathering(starts_at=STARTS, capacity=1)
    services.book_seat(full, sanne.id, by=sanne.id)
    walker = make_member(given_name="Wim", family_name="Loper")
    assert said("Let in and add a seat") in door.looks(full, "/walk-in?q=loper").text
    page = door.presses(full, f"walk-in/{walker.id}").text
    assert said("All seats are taken by now. Press the button again if you want to add a seat.") in page
    assert (queries.live_booking(full.id, walker.id), full.capacity) == (None, 1)
    door.presses(full, f"walk-in/{walker.id}", add_seat="1")
    assert stays(queries.live_booking(full.id, walker.id))[0].seat_added
    assert (full.capacity, full.seats_taken) == (2, 2)
    assert seats_add_up(full)


def test_g7_letting_in_ends_the_place_on_the_waiting_list(door, sanne):
    full = make_gathering(starts_at=STARTS, capacity=1)
    services.book_seat(full, sanne.id, by=sanne.id)
    walker = make_member()
    entry = services.book_seat(full, walker.id, by=walker.id)
    door.presses(full, f"walk-in/{walker.id}", add_seat="1")
    entry = db.session.get(WaitlistEntry, entry.id)
    assert entry.state is EntryState.SEATED
    assert seats_add_up(full)


@pytest.mark.parametrize("added", [False, True])
def test_g7_letting_somebody_in_by_mistake_is_taken_back_with_the_seat(door, sanne, added):
    hall = make_gathering(starts_at=STARTS, capacity=1 if added else 4)
    services.book_seat(hall, sanne.id, by=sanne.id)
    before = hall.capacity
    walker = make_member()
    door.presses(hall, f"walk-in/{walker.id}", add_seat="1")
    booking = queries.live_booking(hall.id, walker.id)
    door.presses(hall, f"undo/{stays(booking)[0].id}?step=in")
    assert queries.live_booking(hall.id, walker.id) is None
    assert (hall.capacity, hall.seats_taken) == (before, 1)
    assert seats_add_up(hall)


def test_m7_who_is_no_member_on_the_day_is_not_let_in_without_a_booking(client, door, evening):
    lapsed = make_member(until=NOW.date() - timedelta(days=200), given_name="Lies", family_name="Laat")
    assert said("Not a member on this day") in door.looks(evening, "/walk-in?q=laat").text
    page = door.presses(evening, f"walk-in/{lapsed.id}").text
    told = said(
        "%(name)s is not a member on %(day)s, so there is no seat to give.", name="Lies Laat", day="14 januari 2027"
    )
    assert told in page
    assert live(evening) == []


def test_g7_letting_in_who_has_a_seat_after_all_just_checks_them_in(door, evening, seat):
    door.presses(evening, f"walk-in/{seat.account_id}")
    assert len(stays(seat)) == 1
    assert len(live(evening)) == 1


@pytest.mark.parametrize(("asked", "seen"), [("muller", True), ("WIM çel", True), ("wim@", True), ("uller", False)])
def test_g7_a_member_is_looked_up_by_the_beginnings_of_words(door, evening, asked, seen):
    make_member(given_name="Wim", family_name="Çelik-Müller", email="wim@voorbeeld.example")
    assert ("Wim Çelik-Müller" in door.looks(evening, f"/walk-in?q={asked}").text) is seen


def test_g7_without_a_name_the_list_of_members_is_empty(client, door, evening, sanne):
    page = door.looks(evening, "/walk-in").text
    assert said("Whom do you look for?") in page
    assert "Verhoeven" not in page


def test_g7_a_second_click_on_letting_in_says_what_the_first_did(door, evening):
    walker = make_member(given_name="Wim", family_name="Loper")
    pages = [door.presses(evening, f"walk-in/{walker.id}").text for _click in range(2)]
    for page in pages:
        assert "Wim Loper: " + said("Checked in at %(time)s.", time="19.04") in page
        assert said("Undo") in page
    assert len(stays(queries.live_booking(evening.id, walker.id))) == 1
