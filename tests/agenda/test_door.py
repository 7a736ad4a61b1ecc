"""G7: at the door: by ticket, code or name, in and out, twice, by mistake, with the wrong ticket."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.agenda import links, services
from app.agenda.attendance import queries as attendance
from app.agenda.attendance import tickets
from app.agenda.attendance.models import Way
from app.agenda.models import BookingState, Gathering, GatheringState
from app.audit.models import AuditEntry
from app.core.db import db

from .conftest import AT_SEVEN, live, make_gathering, make_member, said, seats_add_up, stays
from .test_pages import statements

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


def ticket(booking):
    return links.ticket_address(booking.id)


def test_g7_a_ticket_checks_its_holder_in_at_that_moment(door, evening, seat):
    page = door.hands_in(evening, ticket(seat)).text
    assert "Sanne Verhoeven: " + said("Checked in at %(time)s.", time="19.04") in page
    (stay,) = stays(seat)
    assert (stay.arrived_at, stay.left_at, stay.way) == (AT_SEVEN, None, Way.TICKET)
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "attendance.checked_in"))
    assert (entry.actor_id, entry.object_id) == (door.colleague.id, str(seat.id))


def test_g7_a_second_scan_tells_since_when_and_does_nothing(door, evening, seat, calendar):
    door.hands_in(evening, ticket(seat))
    calendar.shift(timedelta(minutes=20))
    page = door.hands_in(evening, ticket(seat)).text
    assert said("Already in since %(time)s.", time="19.04") in page
    assert len(stays(seat)) == 1
    assert deeds() == ["attendance.checked_in"]


def test_g7_a_typed_code_does_the_same_without_camera_or_script(door, evening, seat):
    page = door.hands_in(evening, f" {tickets.code_of(seat.id, seat.seq).lower().replace('-', ' ')} ").text
    assert said("Checked in at %(time)s.", time="19.04") in page
    assert stays(seat)[0].way is Way.CODE


def test_g7_somebody_is_found_by_name_and_checked_in_with_one_press(client, door, evening, seat):
    other = make_member(given_name="Ada", family_name="Smit")
    services.book_seat(evening, other.id, by=other.id)
    page = door.looks(evening, "?q=verh").text
    assert "Sanne Verhoeven" in page
    assert "Ada Smit" not in page
    assert f'action="/bureau/agenda/{evening.id}/door/people/{seat.id}?step=in"' in page
    back = f"/bureau/agenda/{evening.id}/door?q=verh"
    page = door.presses(evening, f"people/{seat.id}?step=in", next=back)
    assert page.request.full_path == back
    assert stays(seat)[0].way is Way.NAME


def test_g7_going_out_and_coming_back_are_two_stays(door, evening, seat, calendar):
    door.hands_in(evening, ticket(seat))
    door.at(STARTS + timedelta(minutes=40))
    assert said("Checked out at %(time)s.", time="20.10") in door.hands_in(evening, ticket(seat), step="out").text
    calendar.shift(timedelta(minutes=5))
    assert said("Already out since %(time)s.", time="20.10") in door.hands_in(evening, ticket(seat), step="out").text
    assert said("Checked in at %(time)s.", time="20.15") in door.hands_in(evening, ticket(seat)).text
    first, second = stays(seat)
    assert (first.number, second.number) == (1, 2)
    assert second.left_at is None


def test_g7_who_was_never_in_cannot_go_out(door, evening, seat):
    answer = door.hands_in(evening, ticket(seat), step="out")
    assert answer.status_code == 409
    told = said("%(name)s was not checked in, so there is nothing to check out.", name="Sanne Verhoeven")
    assert told in answer.text
    assert stays(seat) == []


def test_g7_a_mistaken_check_in_is_taken_back_with_one_press_and_twice_is_once(door, evening, seat):
    page = door.hands_in(evening, ticket(seat)).text
    (undo,) = re.findall(r'action="/bureau/agenda/[^/]+/door/(undo/[^"]+)"', page)[:1]
    assert said("Taken back.") in door.presses(evening, undo).text
    assert stays(seat) == []
    assert said("There was nothing to take back any more.") in door.presses(evening, undo).text
    assert deeds() == ["attendance.checked_in", "attendance.check_in_undone"]
    assert said("Checked in at %(time)s.", time="19.04") in door.hands_in(evening, ticket(seat)).text


def test_g7_a_mistaken_check_out_is_taken_back(door, evening, seat):
    door.hands_in(evening, ticket(seat))
    door.hands_in(evening, ticket(seat), step="out")
    (stay,) = stays(seat)
    door.presses(evening, f"undo/{stay.id}?step=out")
    (stay,) = stays(seat)
    assert stay.left_at is None
    assert deeds()[-1] == "attendance.check_out_undone"


def test_g7_an_old_undo_of_a_stay_that_was_followed_by_another_changes_nothing(door, evening, seat, calendar):
    door.hands_in(evening, ticket(seat))
    (first,) = stays(seat)
    door.hands_in(evening, ticket(seat), step="out")
    calendar.shift(timedelta(minutes=5))
    door.hands_in(evening, ticket(seat))
    door.presses(evening, f"undo/{first.id}?step=in")
    assert len(stays(seat)) == 2


def test_g7_a_ticket_of_another_gathering_says_of_which_and_leads_to_its_door(door, evening, sanne):
    elsewhere = make_gathering(title="Diner van de kring", starts_at=STARTS + timedelta(days=1))
    theirs = services.book_seat(elsewhere, sanne.id, by=sanne.id)
    for handed_in in (ticket(theirs), tickets.code_of(theirs.id, theirs.seq)):
        answer = door.hands_in(evening, handed_in)
        assert answer.status_code == 409
        told = said("This ticket is for “%(title)s” on %(day)s.", title="Diner van de kring", day="15 januari 2027")
        assert told in answer.text
        assert f'href="/bureau/agenda/{elsewhere.id}/door"' in answer.text
    assert stays(theirs) == []


def test_g7_the_wrong_ticket_of_who_has_a_seat_here_too_leads_to_the_name_in_the_list(door, evening, seat, sanne):
    elsewhere = make_gathering(title="Diner van de kring", starts_at=STARTS + timedelta(days=1))
    theirs = services.book_seat(elsewhere, sanne.id, by=sanne.id)
    answer = door.hands_in(evening, ticket(theirs))
    assert said("Find %(name)s in the list", name="Sanne Verhoeven") in answer.text
    assert f"/bureau/agenda/{evening.id}/door?q=Sanne+Verhoeven" in answer.text
    assert stays(seat) == []


def test_g7_a_ticket_of_a_seat_given_back_says_when_and_leads_to_letting_in_without_a_booking(door, evening, seat):
    services.cancel_seat(seat, by=seat.account_id)
    answer = door.hands_in(evening, ticket(seat))
    told = said("%(name)s gave this seat back on %(day)s.", name="Sanne Verhoeven", day="4 januari 2027")
    assert told in answer.text
    assert f"/bureau/agenda/{evening.id}/door/walk-in?q=Sanne+Verhoeven" in answer.text
    assert stays(seat) == []


def test_g7_the_old_ticket_of_who_booked_again_is_good(door, evening, seat, sanne):
    services.cancel_seat(seat, by=sanne.id)
    again = services.book_seat(evening, sanne.id, by=sanne.id)
    door.hands_in(evening, ticket(seat))
    assert stays(seat) == []
    assert len(stays(again)) == 1


def test_g7_who_gave_the_seat_back_and_waits_is_told_as_waiting(door, sanne):
    full = make_gathering(starts_at=STARTS, capacity=1)
    old = services.book_seat(full, sanne.id, by=sanne.id)
    services.cancel_seat(old, by=sanne.id)
    other = make_member()
    services.book_seat(full, other.id, by=other.id)
    services.book_seat(full, sanne.id, by=sanne.id)
    answer = door.hands_in(full, ticket(old))
    told = said(
        "%(name)s gave this seat back and is number %(number)s on the waiting list now.",
        name="Sanne Verhoeven",
        number=1,
    )
    assert told in answer.text
    assert said("Let in without a booking") in answer.text


@pytest.mark.parametrize("handed_in", ["niets", "12-AAAAAA", "https://elders.example/ticket/x", "1-000000", "' OR 1=1"])
def test_g7_what_is_no_ticket_of_ours_says_what_to_do_instead(door, evening, seat, handed_in):
    answer = door.hands_in(evening, handed_in)
    assert answer.status_code == 409
    told = said(
        "This is no ticket of ours. Type the code that stands under the QR code, or look the person up by name."
    )
    assert told in answer.text


def test_g7_an_empty_field_is_told_by_the_field_and_in_the_summary(door, evening):
    answer = door.hands_in(evening, "  ")
    assert answer.status_code == 422
    assert '<a href="#ticket">' in answer.text


def test_g7_the_door_is_shut_before_the_day_after_two_weeks_and_for_what_is_called_off(door, evening, seat):
    door.at(datetime(2027, 1, 13, 22, 59, tzinfo=UTC))
    told = said("The door opens on %(day)s. Until then nobody can be checked in.", day="14 januari 2027")
    assert told in door.hands_in(evening, ticket(seat)).text
    door.at(datetime(2027, 1, 13, 23, 1, tzinfo=UTC))
    assert door.hands_in(evening, "niets").status_code == 409
    door.at(evening.ends_at + timedelta(days=14, minutes=1))
    told = said("This gathering was more than two weeks ago, so who was there can no longer be changed.")
    assert told in door.hands_in(evening, ticket(seat)).text
    door.at(AT_SEVEN)
    services.cancel_gathering(evening, reason="Ziek", by=seat.account_id)
    told = said("This gathering is cancelled or not published, so nobody can be checked in.")
    assert told in door.hands_in(evening, ticket(seat)).text
    assert stays(seat) == []


def test_g7_who_was_forgotten_is_put_right_afterwards_as_present_from_beginning_to_end(door, evening, seat):
    door.at(evening.ends_at + timedelta(hours=2))
    door.presses(evening, f"people/{seat.id}?step=in")
    (stay,) = stays(seat)
    assert (stay.arrived_at, stay.left_at) == (evening.starts_at, evening.ends_at)
    door.presses(evening, f"people/{seat.id}?step=in")
    assert len(stays(seat)) == 1
    assert attendance.presences(evening.id)[0].minutes == 120


def test_g4_who_is_checked_in_cannot_give_the_seat_back(client, sign_in, door, evening, seat, sanne):
    door.hands_in(evening, ticket(seat))
    sign_in(client, sanne)
    client.post(f"/agenda/{evening.id}/cancel-late", data={"agreed": "1"})
    assert db.session.get(type(seat), seat.id).state is BookingState.CONFIRMED
    assert seats_add_up(evening)


def test_g7_the_script_of_the_camera_gets_only_what_changes(client, door, evening, seat):
    answer = door.hands_in(evening, ticket(seat), part="answer")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "Sanne Verhoeven" in answer.text
    assert "data-door-figures" in answer.text
    refused = door.hands_in(evening, "niets", part="answer")
    assert refused.status_code == 409
    assert "<html" not in refused.text


def test_g7_a_phone_camera_of_the_bureau_opens_the_ticket_with_the_button_to_check_in(client, door, evening, seat):
    door.at(AT_SEVEN)
    page = client.get(f"/ticket/{links.ticket_token(seat.id)}").text
    assert "Sanne Verhoeven" in page
    assert f'action="/bureau/agenda/{evening.id}/door"' in page
    assert stays(seat) == []


@pytest.mark.parametrize("path", ["", "/walk-in"])
def test_only_who_keeps_the_door_gets_there(client, sign_in, make_account, evening, path):
    path = f"/bureau/agenda/{evening.id}/door{path}"
    assert client.get(path).status_code == 303
    sign_in(client, make_member())
    assert client.get(path).status_code == 404
    sign_in(client, make_account(roles=("treasurer",)))
    assert client.get(path).status_code == 403


def test_a_speaker_of_the_evening_has_no_rights_at_the_door(client, sign_in, evening, seat):
    speaker = make_member()
    evening.speakers[0].account_id = speaker.id
    sign_in(client, speaker)
    assert client.get(f"/bureau/agenda/{evening.id}/door").status_code == 404
    assert "Verhoeven" not in client.get(f"/ticket/{links.ticket_token(seat.id)}").text


@pytest.mark.parametrize("path", ["", "people/{other}", "undo/{other}", "walk-in/{other}", "no-shows"])
def test_what_does_not_exist_is_not_found(client, door, seat, path):
    door.at(AT_SEVEN)
    wrong = f"/bureau/agenda/{uuid4()}/door/{path.format(other=uuid4())}".rstrip("/")
    assert client.post(wrong, data={"ticket": ticket(seat)}).status_code in {303, 404}
    right = f"/bureau/agenda/{seat.gathering_id}/door/people/{uuid4()}"
    assert client.post(right).status_code == 404
    assert stays(seat) == []


def test_a_stay_of_another_gathering_cannot_be_undone_here(door, evening, seat):
    door.hands_in(evening, ticket(seat))
    other = make_gathering(title="Anders", starts_at=STARTS + timedelta(days=3))
    assert door.presses(other, f"undo/{stays(seat)[0].id}").status_code == 404
    assert len(stays(seat)) == 1


def test_each_passage_reads_as_a_sentence_in_the_log(client, sign_in, make_account, door, evening, seat):
    door.hands_in(evening, ticket(seat))
    door.hands_in(evening, ticket(seat), step="out")
    sign_in(client, make_account(given_name="Ed", family_name="Admin", roles=("administrator",)))
    log = client.get("/bureau/audit").text
    assert f"{said('Checked out')}" in log
    assert "heeft Sanne Verhoeven ingecheckt bij “Veranderen zonder macht”" in log


def test_the_door_stays_within_its_queries_at_any_size(client, door, sign_in, make_account):
    hall = make_gathering(starts_at=STARTS, capacity=80)
    for _ in range(60):
        person = make_member(password=None)
        services.book_seat(hall, person.id, by=person.id)
    held = live(hall)
    for one in held[:30]:
        door.hands_in(hall, ticket(one))
    path = f"/bureau/agenda/{hall.id}/door"
    assert statements(lambda: client.get(path)) <= 6
    assert statements(lambda: client.get(f"{path}/walk-in?q=verhoeven")) <= 6
    assert statements(lambda: client.post(path, data={"ticket": ticket(held[40]), "part": "answer"})) <= 8


def test_g7_minutes_count_within_the_hours_of_the_gathering_over_all_stays(door, evening, seat):
    """G8: what points are computed from: early arrivals and late talkers add nothing, being away takes off."""
    door.hands_in(evening, ticket(seat))
    for minutes, step in ((30, "out"), (45, "in"), (140, "out")):
        door.at(STARTS + timedelta(minutes=minutes))
        door.hands_in(evening, ticket(seat), step=step)
    (presence,) = attendance.presences(evening.id)
    assert presence.minutes == 30 + 75
    assert (presence.first_in, presence.last_out) == (AT_SEVEN, STARTS + timedelta(minutes=140))
    assert attendance.presences_of(seat.account_id) == [presence]


def test_g7_who_was_not_checked_out_stayed_till_the_end(door, evening, seat):
    door.at(STARTS + timedelta(minutes=15))
    door.hands_in(evening, ticket(seat))
    (presence,) = attendance.presences(evening.id)
    assert (presence.minutes, presence.last_out) == (105, evening.ends_at)


def test_a_draft_has_no_door(client, door):
    draft = make_gathering(state=GatheringState.DRAFT, starts_at=STARTS)
    page = door.looks(draft).text
    assert said("This gathering is cancelled or not published, so nobody can be checked in.") in page
    assert db.session.scalar(select(Gathering.state).where(Gathering.id == draft.id)) is GatheringState.DRAFT
