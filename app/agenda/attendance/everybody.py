"""Everybody who has or had a seat at a gathering, members and guests alike, as the bureau's list (G7, G9)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, case, null, select, type_coerce, union_all
from sqlalchemy import cast as sql_cast

from app.agenda.attendance.queries import Outcome, outcome
from app.agenda.guests import queries as guests
from app.agenda.guests.models import Guest
from app.agenda.models import Booking, BookingState
from app.agenda.queries import payment_of_seat
from app.core.db import Base


def everybody_for_bureau(gathering_id: UUID) -> Select[Any]:
    """Give everybody who holds or gave back a seat, guests with their host, as a list to search, filter and sort."""
    person = Base.metadata.tables["account"].c
    members = (
        select(
            Booking.id,
            Booking.seq,
            Booking.state,
            Booking.mode,
            Booking.booked_at,
            Booking.cancelled_at,
            Booking.account_id,
            (person.given_name + " " + person.family_name).label("name"),
            person.family_name,
            person.email,
            Booking.fee_cents,
            Booking.pay_by,
            Booking.paid_at,
            payment_of_seat().label("payment"),
            outcome().label("outcome"),
            type_coerce(null(), String()).label("host"),
        )
        .join(person.id.table, person.id == Booking.account_id)
        .where(Booking.gathering_id == gathering_id)
    )
    became = case(
        (Guest.state == BookingState.CANCELLED, Outcome.GIVEN_BACK),
        (Guest.arrived_at.is_not(None), Outcome.CAME),
        (Guest.no_show_at.is_not(None), Outcome.NO_SHOW),
        else_=Outcome.SEAT,
    )
    brought = guests.for_bureau(gathering_id, sql_cast(became, String))
    return select(*union_all(members, brought).subquery().c)
