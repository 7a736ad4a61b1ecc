"""G2, G3: whatever is done in whatever order, seats, offers and the line agree with each other."""

from __future__ import annotations

import itertools
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from app.agenda import queries, services
from app.agenda.models import Booking, BookingState, EntryState, Gathering, Promotion, Step, WaitlistEntry, Wish
from app.core.db import db
from app.core.errors import NotFound, Refusal

from .conftest import NOW, make_gathering, make_member

PEOPLE = 7
WHO = st.integers(0, PEOPLE - 1)
_days = itertools.count(20)


class Line(RuleBasedStateMachine):
    """One gathering of three seats and seven people who book, cancel, leave, answer and dawdle."""

    people: list[UUID]
    clock: Any

    @initialize()
    def open_the_hall(self) -> None:
        self.clock.move_to(NOW)
        starts_at = NOW + timedelta(days=next(_days), hours=1)
        self.gathering_id = make_gathering(capacity=3, starts_at=starts_at).id

    @property
    def gathering(self) -> Gathering:
        return db.session.get_one(Gathering, self.gathering_id)

    @rule(who=WHO, wish=st.sampled_from(list(Wish)))
    def book(self, who: int, wish: Wish) -> None:
        with suppress(Refusal):
            services.choose_default_wish(self.people[who], wish)
            services.book_seat(self.gathering, self.people[who], by=self.people[who])

    @rule(who=WHO)
    def cancel(self, who: int) -> None:
        before = self._steps()
        with suppress(Refusal, NotFound):
            booking = queries.latest_booking(self.gathering_id, self.people[who])
            services.cancel_seat(booking, late_agreed=True, by=self.people[who])
        given = [one for one in self._steps()[len(before) :] if one.step in (Step.SEATED, Step.OFFERED)]
        assert self.people[who] not in {one.account_id for one in given}, "a freed seat went back to who freed it"

    @rule(who=WHO, accepts=st.booleans())
    def answer(self, who: int, accepts: bool) -> None:  # noqa: FBT001  drawn by hypothesis
        entry = self._latest(who)
        if entry is None:
            return
        with suppress(Refusal):
            if accepts:
                services.accept_offer(entry.id, by=entry.account_id)
            else:
                services.leave(entry.id, by=entry.account_id)

    @rule(capacity=st.integers(1, 6))
    def change_seats(self, capacity: int) -> None:
        with suppress(Refusal):
            services.change_seats(self.gathering, capacity, by=self.people[0])

    @rule(hours=st.sampled_from([1, 7, 25, 24 * 9]))
    def let_time_pass(self, hours: int) -> None:
        self.clock.shift(timedelta(hours=hours))
        db.session.commit()
        services.expire_offers()

    @invariant()
    def everything_agrees(self) -> None:
        if not hasattr(self, "gathering_id"):
            return
        db.session.flush()
        db.session.expire_all()
        gathering = self.gathering
        seated = list(
            db.session.scalars(
                select(Booking.account_id).where(
                    Booking.gathering_id == gathering.id, Booking.state == BookingState.CONFIRMED
                )
            )
        )
        entries = list(
            db.session.scalars(
                select(WaitlistEntry).where(WaitlistEntry.gathering_id == gathering.id).order_by(WaitlistEntry.seq)
            )
        )
        offered = [one.account_id for one in entries if one.state is EntryState.OFFERED]
        waiting = [one.account_id for one in entries if one.state is EntryState.WAITING]
        assert gathering.seats_taken == len(seated) + len(offered) <= gathering.capacity
        assert gathering.seats_held == len(offered)
        assert len({*seated, *offered, *waiting}) == len(seated) + len(offered) + len(waiting), "somebody twice"
        assert [one.seq for one in entries] == list(range(1, gathering.queued + 1)), "the line has a gap"

    def _latest(self, who: int) -> WaitlistEntry | None:
        wanted = select(WaitlistEntry).where(
            WaitlistEntry.gathering_id == self.gathering_id, WaitlistEntry.account_id == self.people[who]
        )
        return db.session.scalar(wanted.order_by(WaitlistEntry.seq.desc()).limit(1))

    def _steps(self) -> list[Promotion]:
        db.session.flush()
        wanted = select(Promotion).where(Promotion.gathering_id == self.gathering_id)
        known: dict[UUID, Promotion] = getattr(self, "known", {})
        for one in db.session.scalars(wanted):
            known.setdefault(one.id, one)
        self.known = known
        return list(known.values())


@pytest.mark.usefixtures("app")
def test_g3_seats_offers_and_the_line_agree_after_anything_in_any_order(calendar: time_machine.Traveller) -> None:
    Line.people, Line.clock = [make_member().id for _ in range(PEOPLE)], calendar
    run_state_machine_as_test(
        Line,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
