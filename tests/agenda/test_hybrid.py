"""G1: a hybrid gathering has a seat count, a waiting list, a link and a mail for each way to take part."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.agenda import queries, services
from app.agenda.models import EntryState, Gathering, SeatMode, WaitlistEntry, Wish
from app.agenda.services.refusals import CapacityBelowBookings, NotHeldLikeThat
from app.core.db import atomic, db
from app.core.i18n import _n as ngettext
from app.core.i18n import speaking
from tests.golden import assert_mail_matches

from .conftest import NOW, in_line, live, make_gathering, make_member, said, seats_add_up
from .test_mails import appointment
from .test_seats import crowd, found, hall, together

HALL, ONLINE = SeatMode.ON_SITE, SeatMode.ONLINE
ROOM = "https://meet.example/kring"
LONGEST = 30


@pytest.fixture
def bureau(app: Any) -> Any:
    return make_member(given_name="Bert", family_name="Bureau").id


@pytest.fixture
def coordinator(client: Any, sign_in: Any, make_account: Any) -> Any:
    return sign_in(client, make_account(roles=("coordinator",)))


def hybrid(**values: Any) -> Gathering:
    return make_gathering(**{"online_url": ROOM, "capacity": 1, "online_capacity": 2} | values)


def seat(gathering: Gathering, mode: SeatMode, person: Any = None) -> Any:
    person = person or make_member()
    return services.book_seat(gathering, person.id, by=person.id, mode=mode)


def modes(gathering: Gathering) -> list[SeatMode]:
    return [one.mode for one in live(gathering)]


def changed(gathering: Gathering, **values: Any) -> Any:
    return services.GatheringDetails(**{**vars(services.details_of(gathering)), **values})


def test_g2_each_mode_has_its_own_seats_and_its_own_line(app):
    gathering = hybrid()
    booked = [seat(gathering, mode) for mode in (HALL, ONLINE, ONLINE)]
    waits = [seat(gathering, mode) for mode in (ONLINE, HALL, HALL)]
    assert [one.mode for one in booked] == [HALL, ONLINE, ONLINE]
    assert [(type(one), one.mode) for one in waits] == [(WaitlistEntry, mode) for mode in (ONLINE, HALL, HALL)]
    assert seats_add_up(gathering)
    assert (gathering.seats_taken, gathering.online_taken, gathering.arrivals, gathering.queued) == (1, 2, 3, 3)


@pytest.mark.committed
def test_g1_who_cancels_while_the_way_to_take_part_changes_waits_for_it_and_nobody_waits_in_a_ring(committed_app):
    """The change holds the gathering and is about to move the seats; only then somebody gives one of them back."""
    gathering_id, people = hall(venue="", address="", city="", online_url=ROOM, capacity=3), crowd(2)
    for person in people:
        with atomic():
            services.book_seat(queries.published(gathering_id), person, by=person)
    moving, asking, changer = threading.Event(), threading.Event(), []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if threading.current_thread() in changer:
            if statement.startswith("UPDATE booking"):
                moving.set()
                assert asking.wait(LONGEST)
        elif moving.is_set() and re.match(
            r"BEGIN IMMEDIATE|UPDATE gathering|SELECT gathering.*FOR UPDATE", statement, re.DOTALL
        ):
            asking.set()

    def change() -> None:
        changer.append(threading.current_thread())
        with atomic():
            online = queries.any_gathering(gathering_id)
            wanted = changed(online, venue="De Remise", city="Utrecht", online_url="")
            services.revise_gathering(online, wanted, by=people[0])

    def give_back() -> None:
        assert moving.wait(LONGEST)
        with atomic():
            services.cancel_seat(queries.latest_booking(gathering_id, people[0]), by=people[0])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert together(committed_app, [change, give_back]) == [None, None]
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    gathering = found(gathering_id)
    assert [(one.account_id, one.mode) for one in live(gathering)] == [(people[1], HALL)]
    assert seats_add_up(gathering)


@pytest.mark.committed
def test_g2_of_sixty_at_once_each_mode_gives_exactly_its_seats(committed_app):
    gathering_id, people = hall(online_url=ROOM, capacity=6, online_capacity=9), crowd(40)

    def booking(number: int) -> Callable[[], object]:
        def book() -> object:
            with atomic():
                mode = (HALL, ONLINE)[number % 2]
                return services.book_seat(queries.published(gathering_id), people[number], by=people[number], mode=mode)

        return book

    together(committed_app, [booking(number) for number in range(40)])
    gathering = found(gathering_id)
    assert sorted(modes(gathering)) == [HALL] * 6 + [ONLINE] * 9
    assert sorted(one.mode for one in in_line(gathering)) == [HALL] * 14 + [ONLINE] * 11
    assert len({one.account_id for one in (*live(gathering), *in_line(gathering))}) == len(people)
    assert seats_add_up(gathering)


@pytest.mark.committed
def test_g2_one_person_asking_for_both_modes_at_once_has_one_seat(committed_app):
    gathering_id, people = hall(online_url=ROOM, capacity=9, online_capacity=9), crowd(3)

    def booking(person: Any, mode: SeatMode) -> Callable[[], object]:
        def book() -> object:
            with atomic():
                return services.book_seat(queries.published(gathering_id), person, by=person, mode=mode)

        return book

    together(committed_app, [booking(person, mode) for person in people for mode in SeatMode for _ in range(3)])
    gathering = found(gathering_id)
    assert len(live(gathering)) == len(people)
    assert seats_add_up(gathering)


def test_g3_a_seat_goes_to_the_first_in_line_for_that_mode(app):
    gathering = hybrid(online_capacity=1)
    in_hall, online = seat(gathering, HALL), seat(gathering, ONLINE)
    first, second = seat(gathering, HALL), seat(gathering, ONLINE)
    services.cancel_seat(online, by=online.account_id)
    assert (first.state, second.state) == (EntryState.WAITING, EntryState.SEATED)
    services.cancel_seat(in_hall, by=in_hall.account_id)
    assert first.state is EntryState.SEATED
    assert modes(gathering) == [ONLINE, HALL]
    assert seats_add_up(gathering)


def test_g1_from_one_mode_to_the_other_with_one_click_and_the_seat_left_goes_on(client, sign_in, app):
    gathering, member = hybrid(), make_member()
    seat(gathering, HALL, member)
    waits = seat(gathering, HALL)
    sign_in(client, member)
    assert said("Take part online instead") in client.get(f"/agenda/{gathering.id}").text
    assert said("You then give up the seat you have now.") in client.get(f"/agenda/{gathering.id}").text
    page = client.post(f"/agenda/{gathering.id}/book", data={"mode": "online"}, follow_redirects=True).text
    assert said("You take part online in “%(title)s”. The link is on its way by mail.", title=gathering.title) in page
    db.session.refresh(waits)
    assert waits.state is EntryState.SEATED
    assert modes(gathering) == [ONLINE, HALL]
    assert seats_add_up(gathering)


def test_g1_who_wants_to_come_to_a_full_hall_keeps_the_seat_online_until_there_is_one(client, sign_in, app):
    gathering, member = hybrid(online_capacity=1), make_member()
    taken = seat(gathering, HALL)
    own = seat(gathering, ONLINE, member)
    behind = seat(gathering, ONLINE)
    sign_in(client, member)
    client.post(f"/agenda/{gathering.id}/book", data={"mode": "on_site"})
    page = client.get(f"/agenda/{gathering.id}").text
    assert said("You are number %(number)s on the waiting list for the hall", number=1) in page
    assert sorted(modes(gathering)) == [HALL, ONLINE]
    services.cancel_seat(queries.booking(taken.id), by=taken.account_id)
    db.session.refresh(own)
    assert (own.mode, own.moves) == (HALL, 1)
    db.session.refresh(behind)
    assert behind.state is EntryState.SEATED
    assert seats_add_up(gathering)


def test_g1_a_seat_offered_in_the_other_mode_is_taken_in_exchange(app):
    gathering, member = hybrid(), make_member()
    services.choose_default_wish(member.id, Wish.ASK)
    taken, own = seat(gathering, HALL), seat(gathering, ONLINE, member)
    entry = seat(gathering, HALL, member)
    services.cancel_seat(taken, by=taken.account_id)
    assert (entry.state, gathering.seats_held) == (EntryState.OFFERED, 1)
    services.accept_offer(entry.id, by=member.id)
    assert (own.mode, len(live(gathering))) == (HALL, 1)
    assert (gathering.seats_taken, gathering.seats_held, gathering.online_taken) == (1, 0, 0)


def test_g3_more_seats_of_one_mode_are_for_who_waits_for_them(app, bureau):
    gathering = hybrid(online_capacity=1)
    for mode in (HALL, ONLINE, HALL, ONLINE):
        seat(gathering, mode)
    services.change_seats(gathering, 1, 2, by=bureau)
    assert sorted(modes(gathering)) == [HALL, ONLINE, ONLINE]
    with pytest.raises(CapacityBelowBookings) as refused:
        services.change_seats(gathering, 1, 1, by=bureau)
    assert refused.value.mode is ONLINE
    assert seats_add_up(gathering)


def test_g1_held_in_the_hall_only_who_was_online_comes_along_and_is_told(app, bureau, posted, do_jobs):
    gathering, sanne = hybrid(capacity=4), make_member(given_name="Sanne", family_name="Verhoeven")
    seat(gathering, HALL)
    own = seat(gathering, ONLINE, sanne)
    with pytest.raises(CapacityBelowBookings):
        services.revise_gathering(gathering, changed(gathering, online_url="", capacity=1), by=bureau)
    services.revise_gathering(gathering, changed(gathering, online_url=""), by=bureau)
    assert modes(gathering) == [HALL, HALL]
    assert (gathering.seats_taken, gathering.online_taken, gathering.online_capacity) == (2, 0, None)
    assert services.free_until(own) == gathering.starts_at
    db.session.commit()
    do_jobs()
    (mail,) = [one for one in posted() if one.template in ("agenda/seat_moved", "agenda/gathering_moved")]
    assert (mail.recipient, mail.template) == (sanne.email, "agenda/seat_moved")
    with pytest.raises(NotHeldLikeThat):
        seat(gathering, ONLINE)


def test_g1_what_becomes_hybrid_keeps_its_people_where_they_were(app, bureau):
    online = make_gathering(venue="", address="", city="", online_url=ROOM)
    seat(online, ONLINE)
    services.revise_gathering(online, changed(online, venue="De Zaal", city="Utrecht", online_capacity=5), by=bureau)
    assert (online.seats_taken, online.online_taken, modes(online)) == (0, 1, [ONLINE])
    assert seats_add_up(online)


@pytest.mark.parametrize(
    ("change", "told"), [({"online_url": "https://meet.example/2"}, ONLINE), ({"venue": "De Schouw"}, HALL)]
)
def test_g6_another_link_is_told_to_who_is_online_and_another_place_to_who_comes(
    app, bureau, posted, do_jobs, change, told
):
    gathering, people = hybrid(), {mode: make_member() for mode in SeatMode}
    for mode, person in people.items():
        seat(gathering, mode, person)
    services.revise_gathering(gathering, changed(gathering, **change), by=bureau)
    db.session.commit()
    do_jobs()
    (mail,) = [one for one in posted() if one.template == "agenda/gathering_moved"]
    assert mail.recipient == people[told].email


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_g5_the_mail_to_who_takes_part_online_has_the_link_and_no_street(app, posted, locale):
    sanne = make_member(given_name="Sanne", family_name="Verhoeven", email="sanne@voorbeeld.example", locale=locale)
    gathering = hybrid(capacity=5)
    seat(gathering, HALL, sanne)
    seat(gathering, ONLINE, sanne)
    booked, moved = sorted(posted(sanne), key=lambda mail: mail.template)
    assert_mail_matches(moved, "agenda_seat_moved")
    before, after = appointment(booked)[1], appointment(moved)[1]
    assert (before["UID"], before["SEQUENCE"] + 1, str(after["LOCATION"])) == (after["UID"], after["SEQUENCE"], ROOM)
    assert "Achter de Dom" not in moved.text


def test_g2_the_page_the_list_and_the_mail_have_a_button_for_each_mode(client, sign_in, app):
    gathering = hybrid()
    sign_in(client, make_member())
    for path in ("/agenda", f"/agenda/{gathering.id}"):
        page = client.get(path).text
        assert 'name="mode" value="on_site"' in page
        assert 'name="mode" value="online"' in page
    seat(gathering, HALL)
    page = client.get(f"/agenda/{gathering.id}").text
    assert said("Put me on the waiting list for the hall") in page
    assert said("Take part online") in page


def test_g10_search_engines_read_both_places_and_both_numbers_but_no_link(client, app):
    page = client.get(f"/agenda/{hybrid(capacity=4).id}").text
    assert "MixedEventAttendanceMode" in page
    assert '"maximumPhysicalAttendeeCapacity": 4, "maximumVirtualAttendeeCapacity": 2' in page
    assert '"VirtualLocation"' in page
    assert ROOM not in page


def test_g7_who_was_to_take_part_online_stands_on_no_door_list_and_comes_in_by_exchange(
    client, sign_in, coordinator, app
):
    gathering = hybrid(capacity=3, starts_at=NOW + timedelta(hours=2))
    seat(gathering, HALL, make_member(family_name="Zaal"))
    seat(gathering, ONLINE, person := make_member(family_name="Scherm"))
    door = f"/bureau/agenda/{gathering.id}/door"
    assert "Scherm" not in client.get(door).text + client.get(f"/bureau/agenda/{gathering.id}/list").text
    assert "Scherm" in client.get(f"{door}?mode=online").text
    assert "Scherm" in client.get(f"{door}/walk-in?q=scherm").text
    client.post(f"{door}/walk-in/{person.id}")
    assert sorted(modes(gathering)) == [HALL, HALL]
    assert "Scherm" in client.get(door).text
    assert seats_add_up(gathering)


def test_g1_the_page_for_the_number_of_seats_tells_each_mode_apart(client, coordinator):
    gathering = hybrid(capacity=3, online_capacity=8)
    for mode in (HALL, ONLINE, ONLINE):
        seat(gathering, mode)
    db.session.commit()
    page = client.get(f"/bureau/agenda/{gathering.id}/seats").text
    apart = [(said("In the hall"), 1, 3), (said("Online"), 2, 8)]
    told = [
        f"{how}: {said('%(taken)s of %(capacity)s taken', taken=taken, capacity=seats)}" for how, taken, seats in apart
    ]
    assert " · ".join(told) in page


def test_g6_calling_off_counts_each_person_once_and_writes_them_once(client, coordinator, posted, do_jobs):
    gathering = hybrid(online_capacity=1)
    seat(gathering, HALL)
    both = make_member()
    seat(gathering, ONLINE, both)
    seat(gathering, HALL, both)
    waits = make_member()
    seat(gathering, ONLINE, waits)
    db.session.commit()
    page = client.get(f"/bureau/agenda/{gathering.id}/cancel").text
    with speaking("nl"):
        seated = "%(num)s people hold a seat and get a mail that takes it out of their calendars."
        assert ngettext("One person holds a seat and gets a mail that takes it out of the calendar.", seated, 2) in page
        line = "%(num)s people stand in line and get a mail, too."
        assert ngettext("One person stands in line and gets a mail, too.", line, 1) in page
    assert client.post(f"/bureau/agenda/{gathering.id}/cancel", data={"reason": "De zaal is stuk."}).status_code == 303
    do_jobs()
    called_off = {"agenda/gathering_cancelled", "agenda/waitlist_over"}
    told = {person: [one.template for one in posted(person) if one.template in called_off] for person in (both, waits)}
    assert told == {both: ["agenda/gathering_cancelled"], waits: ["agenda/waitlist_over"]}


def test_g1_what_is_called_off_shows_nobody_the_room_any_more(client, sign_in, bureau):
    person = make_member()
    gathering = hybrid()
    booking = seat(gathering, ONLINE, person)
    sign_in(client, person)
    pages = (f"/agenda/{gathering.id}", "/agenda/mine", f"/agenda/bookings/{booking.id}.ics", "/home")
    db.session.commit()
    assert [ROOM in client.get(page).text for page in pages] == [True] * 4
    with atomic():
        services.cancel_gathering(queries.any_gathering(gathering.id), reason="De zaal is stuk.", by=bureau)
    assert [ROOM in client.get(page).text for page in pages] == [False] * 4


def test_g3_the_bureau_reads_the_places_that_the_members_read(client, coordinator):
    gathering = hybrid(online_capacity=1)
    seat(gathering, HALL)
    seat(gathering, ONLINE)
    gone = make_member()
    entry = seat(gathering, HALL, gone)
    for mode, name in ((ONLINE, "Ans"), (HALL, "Bea"), (HALL, "Cis")):
        seat(gathering, mode, make_member(given_name=name, family_name="Prins"))
    services.leave(entry.id, by=gone.id)
    db.session.commit()
    page = client.get(f"/bureau/agenda/{gathering.id}").text
    line = page[page.index('id="line"') :]
    assert re.findall(r'<p class="muted">(\d+)</p>\s*<p>(\w+) Prins', line) == [
        ("1", "Ans"),
        ("1", "Bea"),
        ("2", "Cis"),
    ]
