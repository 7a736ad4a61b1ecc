"""G9: guests, hosts and members at once: never one seat too many, nobody twice, and nobody left behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.agenda import queries as agenda
from app.agenda import services
from app.agenda.guests import services as guests
from app.agenda.guests.models import Guest
from app.agenda.guests.refusals import NoSeatForGuest
from app.core.db import atomic, db
from app.core.errors import Refusal

from .conftest import NOW, brought, live, seats_add_up
from .test_guests import someone
from .test_seats import booking as booking_of
from .test_seats import crowd, found, hall, together


def seats_at(gathering_id):
    """Who has which seat, for what then happens in other threads."""
    held = {one.account_id: one.id for one in live(found(gathering_id))}
    db.session.rollback()
    return held


@pytest.mark.committed
def test_g9_guests_and_members_racing_for_the_last_seats_take_exactly_those(committed_app):
    gathering_id, people = hall(capacity=12, guest_limit=2), crowd(20)
    hosts, others = people[:6], people[6:]
    for person in hosts:
        booking_of(gathering_id, person)()
    seats = seats_at(gathering_id)

    def bringing(person, number):
        def act():
            with atomic():
                return guests.add_guest(seats[person], someone(f"g{number}@elders.example"), by=person).id

        return act

    acts = [bringing(person, number) for number, person in enumerate(hosts * 2)]
    outcomes = together(committed_app, acts + [booking_of(gathering_id, person) for person in others])
    gathering = found(gathering_id)
    assert gathering.seats_taken == 12
    assert seats_add_up(gathering)
    refused = [one for one in outcomes[: len(acts)] if isinstance(one, Exception)]
    assert all(isinstance(one, NoSeatForGuest) for one in refused)
    assert len(brought(gathering)) == len(acts) - len(refused)
    numbers = [one.seq for one in (*live(gathering), *brought(gathering))]
    assert len(numbers) == len(set(numbers))


@pytest.mark.committed
def test_g9_one_host_in_many_tabs_brings_each_address_once_and_no_more_than_the_year_gives(committed_app):
    halls, (person,) = [hall(starts_at=NOW + timedelta(days=day), guest_limit=5) for day in (2, 3)], crowd(1)
    for gathering_id in halls:
        booking_of(gathering_id, person)()
    seats = [seats_at(gathering_id)[person] for gathering_id in halls]

    def bringing(seat, number):
        def act():
            with atomic():
                return guests.add_guest(seat, someone(f"g{number}@elders.example"), by=person).id

        return act

    outcomes = together(committed_app, [bringing(seat, number) for number in (1, 1, 2, 3) for seat in seats])
    assert all(seats_add_up(found(gathering_id)) for gathering_id in halls)
    assert sum(len(brought(found(gathering_id))) for gathering_id in halls) == 3
    assert all(isinstance(one, Refusal) for one in outcomes if isinstance(one, Exception))


@pytest.mark.committed
def test_g9_a_guest_added_while_the_host_leaves_is_not_left_behind(committed_app):
    gathering_id, people = hall(capacity=30), crowd(6)
    for person in people:
        booking_of(gathering_id, person)()
    seats = seats_at(gathering_id)

    def bringing(person):
        def act():
            with atomic():
                return guests.add_guest(seats[person], someone(f"{person}@elders.example"), by=person).id

        return act

    def leaving(person):
        def act():
            with atomic():
                services.cancel_seat(agenda.booking(seats[person]), by=person)

        return act

    together(committed_app, [act(person) for person in people for act in (bringing, leaving)])
    gathering = found(gathering_id)
    assert live(gathering) == brought(gathering) == []
    assert gathering.seats_taken == 0
    assert db.session.query(Guest).count() <= len(people)
