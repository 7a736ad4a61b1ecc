"""G7: who kept a seat and did not come is written down once, told, and can be put right; late cancellations, too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.agenda import queries, services
from app.agenda.attendance import queries as attendance
from app.agenda.attendance import services as door
from app.agenda.attendance.models import Attendance, Passage, Way
from app.agenda.attendance.queries import Turnout
from app.agenda.models import Booking, GatheringState, SeatMode
from app.audit.models import AuditEntry
from app.core.db import db
from app.jobs.registry import schedules
from tests.golden import assert_mail_matches

from .conftest import live, make_gathering, make_member, said

STARTS = datetime(2027, 1, 14, 18, 30, tzinfo=UTC)
NEXT_NOON = datetime(2027, 1, 15, 11, 0, tzinfo=UTC)


@pytest.fixture
def bureau(make_account):
    return make_account(roles=("coordinator",))


@pytest.fixture
def evening(app):
    return make_gathering(starts_at=STARTS)


@pytest.fixture
def sanne(app):
    return make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example")


@pytest.fixture
def away(evening, sanne):
    """The seat of who does not come."""
    return services.book_seat(evening, sanne.id, by=sanne.id)


@pytest.fixture
def there(evening, away, bureau, calendar):
    """The seat of who does; the evening has been since."""
    person = make_member(given_name="Ada", family_name="Smit")
    booking = services.book_seat(evening, person.id, by=person.id)
    calendar.move_to(STARTS - timedelta(minutes=5), tick=False)
    door.pass_door(booking.id, evening.id, Passage.IN, way=Way.TICKET, by=bureau.id)
    db.session.commit()
    calendar.move_to(NEXT_NOON, tick=False)
    return booking


def no_show(booking):
    db.session.expire_all()
    return db.session.scalar(select(Booking.no_show_at).where(Booking.id == booking.id))


def test_g7_the_day_after_at_noon_who_did_not_come_is_written_down_and_told_once(evening, away, there, posted, sanne):
    for _ in range(2):
        door.tell_no_shows()
    assert no_show(away) == evening.no_shows_at == NEXT_NOON
    assert no_show(there) is None
    assert [mail.template for mail in posted(sanne)].count("agenda/no_show") == 1
    assert [entry.object_id for entry in _entries("attendance.no_show")] == [str(away.id)]
    assert attendance.turnout(evening.id) == Turnout(seats=2, came=1, inside=1, no_shows=1)


def _entries(action):
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_g7_the_job_runs_every_day_at_noon():
    (kept,) = [one for one in schedules() if one.name == "agenda.tell_no_shows"]
    assert (kept.handler, kept.daily_at.isoformat()) == ("agenda.tell_no_shows", "12:00:00")


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g7_the_mail_says_what_was_written_down_and_how_to_have_it_put_right(away, there, sanne, posted, locale):
    sanne.locale = locale
    db.session.commit()
    door.tell_no_shows()
    (mail,) = [mail for mail in posted(sanne) if mail.template == "agenda/no_show"]
    assert_mail_matches(mail, "agenda_no_show")


def test_g7_the_evening_itself_and_the_night_are_left_to_the_bureau(evening, away, there, calendar):
    for moment in (evening.ends_at - timedelta(minutes=1), evening.ends_at + timedelta(minutes=90)):
        calendar.move_to(moment, tick=False)
        door.tell_no_shows()
        assert no_show(away) is None


def test_g7_where_nobody_was_checked_in_nobody_is_blamed(evening, away, calendar, posted, sanne):
    calendar.move_to(NEXT_NOON, tick=False)
    door.tell_no_shows()
    assert no_show(away) is None
    assert evening.no_shows_at is None
    assert "agenda/no_show" not in [mail.template for mail in posted(sanne)]


@pytest.mark.parametrize("mode", SeatMode)
def test_g1_who_was_to_take_part_online_passes_no_door_and_is_not_taken_for_absent(evening, away, there, mode):
    evening.online_url, evening.online_capacity = "https://meet.example/kring", 20
    if mode is SeatMode.ONLINE:
        away.mode, evening.online_taken, evening.seats_taken = mode, 1, evening.seats_taken - 1
    db.session.commit()
    door.tell_no_shows()
    assert (no_show(away) is None) == (mode is SeatMode.ONLINE)


def test_g7_of_a_gathering_online_the_bureau_settles_it_with_a_button(client, sign_in, bureau, evening, away, there):
    for one in live(evening):
        one.mode = SeatMode.ONLINE
    evening.online_url, evening.venue = "https://meet.example/kring", ""
    db.session.commit()
    sign_in(client, bureau)
    page = client.get(f"/bureau/agenda/{evening.id}").text
    assert said("Settle who did not come") in page
    for _ in range(2):
        client.post(f"/bureau/agenda/{evening.id}/door/no-shows")
    assert no_show(away) == NEXT_NOON
    assert len(_entries("attendance.no_show")) == 1
    assert said("Settle who did not come") not in client.get(f"/bureau/agenda/{evening.id}").text


def test_g7_after_days_of_standstill_the_job_catches_up_but_not_after_two_weeks(evening, away, there, calendar):
    calendar.move_to(evening.ends_at + timedelta(days=14, hours=1), tick=False)
    door.tell_no_shows()
    assert no_show(away) is None
    calendar.move_to(evening.ends_at + timedelta(days=13), tick=False)
    door.tell_no_shows()
    assert no_show(away) is not None


def test_g7_what_was_called_off_has_no_absent(evening, away, there):
    evening.state, evening.cancelled_at = GatheringState.CANCELLED, STARTS - timedelta(hours=1)
    db.session.commit()
    door.tell_no_shows()
    assert no_show(away) is None


def test_g7_who_was_there_after_all_is_put_right_and_back(client, sign_in, bureau, evening, away, there):
    door.tell_no_shows()
    sign_in(client, bureau)
    client.post(f"/bureau/agenda/{evening.id}/door/people/{away.id}?step=in")
    assert no_show(away) is None
    (stay,) = db.session.scalars(select(Attendance).where(Attendance.booking_id == away.id))
    assert (stay.arrived_at, stay.left_at) == (evening.starts_at, evening.ends_at)
    client.post(f"/bureau/agenda/{evening.id}/door/undo/{stay.id}?step=in")
    assert no_show(away) is not None


def test_g7_the_bureau_and_the_member_see_what_became_of_each_seat(
    client, sign_in, bureau, sanne, evening, away, there
):
    door.tell_no_shows()
    sign_in(client, bureau)
    page = client.get(f"/bureau/agenda/{evening.id}").text
    assert page.count(said("Was there")) >= 1
    assert said("Did not come") in page
    only = client.get(f"/bureau/agenda/{evening.id}?outcome=no_show").text
    assert "Sanne Verhoeven" in only
    assert "Ada Smit" not in only
    file = client.get(f"/bureau/agenda/{evening.id}?format=csv").data.decode("utf-8-sig")
    assert said("Did not come") in file
    assert said("Did not come") in client.get(f"/bureau/members/{sanne.id}").text
    sign_in(client, sanne)
    assert said("You were not there") in client.get("/agenda/mine").text


def test_g7_a_seat_given_back_after_the_deadline_is_on_record_as_late(
    client, sign_in, bureau, sanne, evening, calendar
):
    in_time, late = make_member(), services.book_seat(evening, sanne.id, by=sanne.id)
    free = services.book_seat(evening, in_time.id, by=in_time.id)
    services.cancel_seat(free, by=in_time.id)
    calendar.move_to(evening.cancel_until + timedelta(minutes=1), tick=False)
    services.cancel_seat(queries.booking(late.id), late_agreed=True, by=sanne.id)
    db.session.commit()
    assert (queries.booking(free.id).cancelled_late, queries.booking(late.id).cancelled_late) == (False, True)
    sign_in(client, bureau)
    page = client.get(f"/bureau/agenda/{evening.id}?outcome=given_back_late").text
    assert "Sanne Verhoeven" in page
    assert said("Gave it back late") in page


def test_m10_what_the_contribution_brought_names_no_gathering_that_somebody_stayed_away_from(evening, away, there):
    """The seat counts as used all the same: nobody else could have it."""
    year = (STARTS.date() - timedelta(days=30), STARTS.date() + timedelta(days=30))
    assert len(queries.visits_told(away.account_id, *year)) == 1
    door.tell_no_shows()
    assert queries.visits_told(away.account_id, *year) == []
    assert queries.seats_used(away.account_id, *year) == 1
    assert len(queries.visits_told(there.account_id, *year)) == 1
