"""G2: exactly as many seats as there are, under any concurrency; nobody twice; the counter always tells the truth."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import Account
from app.agenda import queries, services
from app.agenda.models import Booking, BookingState, Gathering, GatheringState, SeatMode
from app.agenda.services import seats
from app.agenda.services.refusals import GatheringCalledOff
from app.core.db import atomic, db
from app.core.errors import Refusal

from .conftest import NOW, in_line, live, make_gathering, make_member, seats_add_up

BOOKERS, SEATS = 50, 10


def together(app: Flask, jobs: list[Callable[[], object]]) -> list[object]:
    """Do all of this at the same time, each in a thread and a context of its own; return what came of it."""
    start = threading.Barrier(len(jobs))
    outcomes: list[object] = [None] * len(jobs)

    def run(number: int) -> None:
        with app.app_context():
            start.wait()
            try:
                outcomes[number] = jobs[number]()
            except Exception as error:  # noqa: BLE001  an outcome like any other
                outcomes[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def crowd(count: int) -> list[UUID]:
    with atomic():
        return [make_member(password=None).id for _ in range(count)]


def hall(**values: object) -> UUID:
    with atomic():
        return make_gathering(**values).id


def booking(gathering_id: UUID, person: UUID) -> Callable[[], UUID]:
    def book() -> UUID:
        with atomic():
            return services.book_seat(queries.published(gathering_id), person, by=person).id

    return book


def found(gathering_id: UUID) -> Gathering:
    db.session.expire_all()
    return queries.any_gathering(gathering_id)


@pytest.mark.committed
def test_g2_of_fifty_at_once_exactly_ten_get_the_ten_seats(committed_app):
    gathering_id, people = hall(capacity=SEATS), crowd(BOOKERS)
    outcomes = together(committed_app, [booking(gathering_id, person) for person in people])
    gathering = found(gathering_id)
    held = live(gathering)
    assert len(held) == gathering.seats_taken == SEATS
    assert len({one.account_id for one in held}) == SEATS
    assert [one.seq for one in held] == list(range(1, SEATS + 1))
    waiting = in_line(gathering)
    assert [one.seq for one in waiting] == list(range(1, BOOKERS - SEATS + 1))
    assert len({one.account_id for one in (*held, *waiting)}) == BOOKERS
    assert {one.id for one in (*held, *waiting)} == set(outcomes)


@pytest.mark.committed
def test_g2_one_person_clicking_in_eight_tabs_at_once_gets_one_seat(committed_app):
    gathering_id, people = hall(capacity=SEATS), crowd(3)
    outcomes = together(committed_app, [booking(gathering_id, person) for person in people for _ in range(8)])
    gathering = found(gathering_id)
    assert len(live(gathering)) == gathering.seats_taken == len(people)
    assert len(set(outcomes)) == len(people)


@pytest.mark.committed
def test_g3_one_person_clicking_in_eight_tabs_at_once_gets_one_place(committed_app):
    gathering_id, people = hall(capacity=1), crowd(4)
    booking(gathering_id, people[0])()
    outcomes = together(committed_app, [booking(gathering_id, person) for person in people[1:] for _ in range(8)])
    waiting = in_line(found(gathering_id))
    assert [one.seq for one in waiting] == [1, 2, 3]
    assert {one.id for one in waiting} == set(outcomes)


@pytest.mark.committed
def test_g3_freeing_and_joining_at_once_leaves_nobody_waiting_beside_a_free_seat(committed_app):
    gathering_id, people = hall(capacity=6), crowd(24)
    holders, others = people[:6], people[6:]
    for person in holders:
        booking(gathering_id, person)()

    def giving_back(person: UUID) -> Callable[[], None]:
        def give_back() -> None:
            with atomic():
                services.cancel_seat(queries.latest_booking(gathering_id, person), by=person)

        return give_back

    both = zip([giving_back(one) for one in holders] * 3, [booking(gathering_id, one) for one in others], strict=True)
    together(committed_app, [act for pair in both for act in pair])
    gathering = found(gathering_id)
    assert seats_add_up(gathering)
    assert gathering.seats_taken == 6
    assert {one.account_id for one in (*live(gathering), *in_line(gathering))} == set(others)
    assert len(in_line(gathering)) == len(others) - 6


@pytest.mark.committed
def test_g2_a_seat_given_back_eight_times_at_once_is_freed_once(committed_app):
    gathering_id, people = hall(capacity=SEATS), crowd(4)
    for person in people:
        booking(gathering_id, person)()

    def give_back() -> None:
        with atomic():
            services.cancel_seat(queries.latest_booking(gathering_id, people[0]), by=people[0])

    together(committed_app, [give_back] * 8)
    gathering = found(gathering_id)
    assert len(live(gathering)) == gathering.seats_taken == len(people) - 1


@pytest.mark.committed
def test_g2_booking_and_giving_back_at_once_never_loses_or_makes_a_seat(committed_app):
    gathering_id, people = hall(capacity=SEATS), crowd(30)
    holders, others = people[:SEATS], people[SEATS:]
    for person in holders:
        booking(gathering_id, person)()

    def giving_back(person: UUID) -> Callable[[], None]:
        def give_back() -> None:
            with atomic():
                services.cancel_seat(queries.latest_booking(gathering_id, person), by=person)

        return give_back

    together(committed_app, [giving_back(one) for one in holders] + [booking(gathering_id, one) for one in others])
    gathering = found(gathering_id)
    held = live(gathering)
    assert len(held) == gathering.seats_taken <= SEATS
    assert len({one.account_id for one in held}) == len(held)
    assert not {one.account_id for one in held} & set(holders)


@pytest.mark.committed
def test_g2_whoever_books_while_it_is_called_off_is_told_or_refused(committed_app):
    people = crowd(12)
    gathering_id = hall(capacity=len(people))

    def call_off() -> None:
        with atomic():
            services.cancel_gathering(queries.any_gathering(gathering_id), reason="Ziek", by=people[0])

    outcomes = together(committed_app, [call_off] + [booking(gathering_id, person) for person in people])
    gathering = found(gathering_id)
    assert gathering.state is GatheringState.CANCELLED
    assert outcomes[0] is None
    booked = [one for one in outcomes[1:] if isinstance(one, UUID)]
    assert len(live(gathering)) == gathering.seats_taken == len(booked)
    assert all(isinstance(one, UUID | GatheringCalledOff) for one in outcomes[1:])


@pytest.mark.committed
def test_negative_control_without_the_conditional_update_the_hall_is_oversold(committed_app):
    """Looking first and writing after, as an allocator must not: the same storm books more people than there are seats."""
    gathering_id, people = hall(capacity=SEATS), crowd(BOOKERS)
    looked = threading.Barrier(BOOKERS)

    def naive(person: UUID) -> Callable[[], None]:
        def book() -> None:
            with atomic():
                taken = db.session.scalar(select(Gathering.seats_taken).where(Gathering.id == gathering_id)) or 0
            looked.wait()
            if taken >= SEATS:
                return
            with atomic():
                db.session.execute(
                    update(Gathering)
                    .where(Gathering.id == gathering_id)
                    .values(seats_taken=taken + 1, arrivals=BOOKERS)
                )
                values = {
                    "seq": people.index(person) + 1,
                    "booked_at": datetime.now(UTC),
                    "cancel_until": datetime.now(UTC),
                }
                db.session.execute(insert(Booking).values(gathering_id=gathering_id, account_id=person, **values))

        return book

    together(committed_app, [naive(person) for person in people])
    assert len(live(found(gathering_id))) > SEATS


def test_g2_the_database_itself_refuses_one_seat_too_many_and_one_seat_too_few(app):
    gathering = make_gathering(capacity=2)
    for wrong in (3, -1):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(
                update(Gathering).where(Gathering.id == gathering.id).values(seats_taken=wrong, arrivals=9)
            )


def test_g2_the_database_itself_refuses_a_second_live_booking(app):
    gathering, member = make_gathering(), make_member()
    row = {
        "gathering_id": gathering.id,
        "account_id": member.id,
        "booked_at": gathering.starts_at,
        "cancel_until": gathering.starts_at,
    }
    db.session.add(Booking(**row, seq=1))
    db.session.flush()
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.add(Booking(**row, seq=2))
        db.session.flush()


def test_g2_earlier_bookings_stay_as_history(app):
    gathering, member = make_gathering(), make_member()
    for _ in range(3):
        booked = services.book_seat(gathering, member.id, by=member.id)
        services.cancel_seat(booked, by=member.id)
    booked = services.book_seat(gathering, member.id, by=member.id)
    assert booked.seq == 4
    states = db.session.scalars(
        select(Booking.state).where(Booking.account_id == member.id).order_by(Booking.seq)
    ).all()
    assert states == [BookingState.CANCELLED] * 3 + [BookingState.CONFIRMED]
    assert seats_add_up(gathering)
    assert gathering.seats_taken == 1


@pytest.mark.parametrize("race", ["seat", "nothing"])
def test_g2_a_seat_taken_for_somebody_who_got_one_meanwhile_goes_straight_back(app, race):
    gathering, member = make_gathering(capacity=1 if race == "nothing" else 5), make_member()
    services.book_seat(gathering, member.id, by=member.id)
    again = seats.take(
        gathering.id,
        member.id,
        SeatMode.ON_SITE,
        now=gathering.members_from,
        cancel_until=gathering.cancel_until,
        terms="",
    )
    assert again is None
    assert seats_add_up(gathering)


def test_a_refusal_leaves_no_trace(app):
    gathering, member = make_gathering(capacity=1, starts_at=NOW + timedelta(hours=3)), make_member()
    services.book_seat(gathering, member.id, by=member.id)
    before = _everything()
    with pytest.raises(Refusal), db.session.begin_nested():
        services.book_seat(gathering, make_member_quietly(before), by=member.id)
    assert _everything() == before


def make_member_quietly(before: dict[str, int]) -> UUID:
    member: Account = make_member()
    before.update(_everything())
    return member.id


def _everything() -> dict[str, int]:
    db.session.flush()
    tables = ("booking", "outbox_mail", "job", "audit_entry")
    return {table: db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables}


def test_a_seat_at_nothing_is_no_seat(app):
    agreed = {"now": datetime.now(UTC), "cancel_until": datetime.now(UTC), "terms": ""}
    for mode in SeatMode:
        assert seats.take(uuid4(), make_member().id, mode, **agreed) is None
