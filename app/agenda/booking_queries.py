"""G2: what has to be known of somebody before a seat is given, in one question: on SQLite all others wait meanwhile."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, select

from app.agenda.absences.models import AbsencePolicy, Consequence
from app.agenda.models import Booking, BookingState, Gathering, GatheringState, WaitlistEntry, WaitlistPreference, Wish
from app.agenda.waitlist_queries import IN_LINE
from app.core.db import UtcDateTime, db


class Asking(NamedTuple):
    """How somebody stands who asks for a seat; each is looked at closer only where it is so.

    `later` tells that whoever left too many seats empty books later (G7), be it this person or not.
    """

    has_seat: bool
    in_line: bool
    elsewhere: bool
    later: bool
    wish: Wish


_GATHERING, _PERSON = bindparam("gathering_id", type_=Uuid()), bindparam("account_id", type_=Uuid())
_SEATED = exists().where(
    Booking.gathering_id == _GATHERING, Booking.account_id == _PERSON, Booking.state == BookingState.CONFIRMED
)
_IN_LINE = exists().where(
    WaitlistEntry.gathering_id == _GATHERING, WaitlistEntry.account_id == _PERSON, WaitlistEntry.state.in_(IN_LINE)
)
_ELSEWHERE = exists().where(
    Booking.account_id == _PERSON,
    Booking.state == BookingState.CONFIRMED,
    Gathering.id == Booking.gathering_id,
    Gathering.id != _GATHERING,
    Gathering.state == GatheringState.PUBLISHED,
    Gathering.starts_at < bindparam("ends_at", type_=UtcDateTime()),
    Gathering.ends_at > bindparam("starts_at", type_=UtcDateTime()),
)
_LATER = exists().where(AbsencePolicy.consequence == Consequence.LATER)
_WISH = select(WaitlistPreference.wish).where(WaitlistPreference.account_id == _PERSON).scalar_subquery()
_ASKING = select(_SEATED, _IN_LINE, _ELSEWHERE, _LATER, _WISH)


def asking(gathering: Gathering, account_id: UUID) -> Asking:
    """Return how somebody stands who asks for a seat at a gathering."""
    values: dict[str, Any] = {
        "gathering_id": gathering.id,
        "account_id": account_id,
        "starts_at": gathering.starts_at,
        "ends_at": gathering.ends_at,
    }
    has_seat, in_line, elsewhere, later, wish = db.session.execute(_ASKING, values).one()
    return Asking(has_seat, in_line, elsewhere, later, wish or Wish.AUTOMATIC)
