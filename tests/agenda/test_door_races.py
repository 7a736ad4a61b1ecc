"""G7: three hundred people, two scanners: each person is in once, whatever happens at the same instant."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from app.agenda import queries, services
from app.agenda.attendance import services as door
from app.agenda.attendance.models import Attendance, Passage, Way
from app.agenda.attendance.refusals import AlreadyThere, SeatGivenBack
from app.agenda.attendance.services import Passed
from app.agenda.models import Booking, BookingState
from app.audit.models import AuditEntry
from app.core.db import atomic, db
from tests.faults.plug import cut_off_everywhere

from .conftest import NOW, live, make_gathering, make_member, seats_add_up
from .test_seats import crowd, found, hall, together

pytestmark = pytest.mark.committed

TONIGHT = NOW + timedelta(hours=10, minutes=30)


@pytest.fixture
def evening(committed_app):
    """A hall of thirty that is full, and who sits there."""
    gathering_id, people = hall(starts_at=TONIGHT, capacity=30), crowd(30)
    with atomic():
        for person in people:
            services.book_seat(queries.published(gathering_id), person, by=person)
    return gathering_id, people


def booking_of(gathering_id: UUID, person: UUID) -> UUID:
    booking = queries.live_booking(gathering_id, person)
    assert booking
    return booking.id


def passing(gathering_id: UUID, booking_id: UUID, passage: Passage = Passage.IN) -> Callable[[], Passed]:
    staff = uuid4()

    def act() -> Passed:
        with atomic():
            return door.pass_door(booking_id, gathering_id, passage, way=Way.TICKET, by=staff)

    return act


def counted(model: type) -> int:
    number = db.session.scalar(select(func.count()).select_from(model)) or 0
    db.session.rollback()
    return number


def test_g7_two_scanners_that_read_every_ticket_at_the_same_instant_check_each_person_in_once(committed_app, evening):
    gathering_id, people = evening
    bookings = [booking_of(gathering_id, person) for person in people]
    db.session.rollback()
    for booking_id in bookings:
        first, second = together(committed_app, [passing(gathering_id, booking_id)] * 2)
        assert sorted([first.repeated, second.repeated]) == [False, True]
        assert (first.stay_id, first.at) == (second.stay_id, second.at)
    assert counted(Attendance) == len(people)
    deeds = select(func.count()).where(AuditEntry.action == "attendance.checked_in")
    assert db.session.scalar(deeds) == len(people)


def test_g7_all_tickets_at_once_by_eight_scanners_each_twice(committed_app, evening):
    gathering_id, people = evening
    bookings = [booking_of(gathering_id, person) for person in people]
    db.session.rollback()
    outcomes = together(committed_app, [passing(gathering_id, one) for one in bookings[:16] for _ in range(2)])
    assert all(isinstance(one, Passed) for one in outcomes), outcomes
    assert sum(not one.repeated for one in outcomes) == 16
    assert counted(Attendance) == 16


def test_g7_two_scanners_that_check_somebody_out_at_once_do_so_once(committed_app, evening):
    gathering_id, people = evening
    booking_id = booking_of(gathering_id, people[0])
    passing(gathering_id, booking_id)()
    outcomes = together(committed_app, [passing(gathering_id, booking_id, Passage.OUT)] * 4)
    assert sorted(one.repeated for one in outcomes) == [False, True, True, True]


def test_g7_undone_at_once_by_two_is_undone_once(committed_app, evening):
    gathering_id, people = evening
    staff, stay_id = uuid4(), passing(gathering_id, booking_of(gathering_id, people[0]))().stay_id

    def undo() -> str | None:
        with atomic():
            return door.undo(stay_id, gathering_id, Passage.IN, by=staff)

    outcomes = together(committed_app, [undo] * 4)
    assert sorted(map(str, outcomes)) == ["None", "None", "None", *[one for one in map(str, outcomes) if one != "None"]]
    assert counted(Attendance) == 0


def test_g7_let_in_at_once_at_two_doors_gets_one_seat(committed_app):
    gathering_id, people, staff = hall(starts_at=TONIGHT, capacity=1), crowd(3), uuid4()
    with atomic():
        services.book_seat(queries.published(gathering_id), people[0], by=people[0])

    def letting_in(person: UUID) -> Callable[[], Passed]:
        def act() -> Passed:
            with atomic():
                return door.let_in(gathering_id, person, add_seat=True, by=staff)

        return act

    outcomes = together(committed_app, [letting_in(person) for person in people[1:] for _ in range(4)])
    assert all(isinstance(one, Passed) for one in outcomes), outcomes
    gathering = found(gathering_id)
    assert (gathering.capacity, gathering.seats_taken) == (3, 3)
    assert seats_add_up(gathering)
    assert counted(Attendance) == 2


def test_g7_a_ticket_scanned_while_its_holder_gives_the_seat_back_is_one_or_the_other(committed_app, evening):
    gathering_id, people = evening
    for person in people[:10]:
        booking_id = booking_of(gathering_id, person)
        db.session.rollback()

        def give_back(person: UUID = person) -> None:
            with atomic():
                services.cancel_seat(queries.latest_booking(gathering_id, person), late_agreed=True, by=person)

        scanned, given_back = together(committed_app, [passing(gathering_id, booking_id), give_back])
        booking = queries.booking(booking_id)
        stays = db.session.scalars(select(Attendance).where(Attendance.booking_id == booking_id)).all()
        if booking.state is BookingState.CONFIRMED:
            assert isinstance(scanned, Passed)
            assert isinstance(given_back, AlreadyThere)
            assert len(stays) == 1
        else:
            assert isinstance(scanned, SeatGivenBack)
            assert given_back is None
            assert not stays
        db.session.rollback()
    assert seats_add_up(found(gathering_id))


def test_negative_control_looking_first_and_writing_after_trips_over_the_index(committed_app, evening):
    """Without holding the row both scanners see nobody inside; the index lets one in and the other gets an error."""
    gathering_id, people = evening
    booking_id = booking_of(gathering_id, people[0])
    db.session.rollback()
    looked = threading.Barrier(2)

    def naive() -> None:
        with atomic():
            inside = db.session.scalar(select(func.count()).where(Attendance.booking_id == booking_id))
        looked.wait()
        assert not inside
        with atomic():
            values = {"number": 1, "way": Way.TICKET, "arrived_at": datetime.now(UTC)}
            db.session.execute(insert(Attendance).values(id=uuid4(), booking_id=booking_id, **values))

    outcomes = together(committed_app, [naive] * 2)
    assert sum(isinstance(one, IntegrityError) for one in outcomes) == 1


def test_g7_the_database_itself_refuses_a_second_open_stay(committed_app, evening):
    gathering_id, people = evening
    booking_id = booking_of(gathering_id, people[0])
    with atomic():
        db.session.add(Attendance(booking_id=booking_id, number=1, way=Way.NAME, arrived_at=NOW))
    with pytest.raises(IntegrityError), atomic():
        db.session.add(Attendance(booking_id=booking_id, number=2, way=Way.NAME, arrived_at=NOW))


def test_g7_a_passage_is_all_or_nothing_at_every_statement(committed_app, evening):
    gathering_id, people = evening
    booking_id = booking_of(gathering_id, people[0])
    db.session.rollback()
    assert cut_off_everywhere(passing(gathering_id, booking_id))[0] >= 4
    assert counted(Attendance) == 1


def test_g7_letting_in_is_all_or_nothing_at_every_statement(committed_app):
    with atomic():
        gathering_id, walker = make_gathering(starts_at=TONIGHT, capacity=1).id, make_member().id
        sitter = make_member().id
        services.book_seat(queries.published(gathering_id), sitter, by=sitter)
    staff = uuid4()

    def let_in() -> None:
        with atomic():
            door.let_in(gathering_id, walker, add_seat=True, by=staff)

    assert cut_off_everywhere(let_in)[0] >= 8
    assert len(live(found(gathering_id))) == 2


def test_g7_settling_is_all_or_nothing_at_every_statement(committed_app, evening, calendar):
    gathering_id, people = evening
    passing(gathering_id, booking_of(gathering_id, people[0]))()
    calendar.move_to(TONIGHT + timedelta(days=1), tick=False)

    def settle() -> None:
        with atomic():
            door.record_no_shows(gathering_id, by=None)

    assert cut_off_everywhere(settle)[0] >= 8
    assert db.session.scalar(select(func.count()).where(Booking.no_show_at.is_not(None))) == 29
