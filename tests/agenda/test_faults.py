"""All or nothing: whichever statement fails, a booking, its counter, its audit row and its mail stand together or not at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app.agenda import queries, services
from app.core.db import atomic
from tests.faults.plug import cut_off_everywhere

from .conftest import make_gathering, make_member

pytestmark = pytest.mark.committed


@pytest.fixture
def somebody(committed_app: Any) -> tuple[UUID, UUID]:
    with atomic():
        return make_gathering(capacity=3).id, make_member().id


def test_g2_booking_is_all_or_nothing_at_every_statement(somebody):
    gathering_id, person = somebody

    def book() -> None:
        with atomic():
            services.book_seat(queries.published(gathering_id), person, by=person)

    assert cut_off_everywhere(book)[0] >= 6
    assert queries.any_gathering(gathering_id).seats_taken == 1


def test_g4_giving_back_is_all_or_nothing_at_every_statement(somebody):
    gathering_id, person = somebody
    with atomic():
        services.book_seat(queries.published(gathering_id), person, by=person)

    def give_back() -> None:
        with atomic():
            services.cancel_seat(queries.latest_booking(gathering_id, person), by=person)

    assert cut_off_everywhere(give_back)[0] >= 6
    assert queries.any_gathering(gathering_id).seats_taken == 0


def test_calling_off_is_all_or_nothing_at_every_statement(somebody):
    gathering_id, person = somebody

    def call_off() -> None:
        with atomic():
            services.cancel_gathering(queries.any_gathering(gathering_id), reason="Ziek", by=person)

    assert cut_off_everywhere(call_off)[0] >= 4
