"""G7, G9: guests at the door: in, out, and what was a mistake. A guest has one stay, whose minutes nobody counts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.exc import NoResultFound

from app.agenda.attendance import refusals
from app.agenda.attendance.models import Passage, Way
from app.agenda.attendance.services import Passed, refuse_unless_open
from app.agenda.guests import queries
from app.agenda.guests.models import Guest
from app.agenda.models import BookingState
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound


def pass_door(guest_id: UUID, gathering_id: UUID, passage: Passage, *, way: Way, by: UUID) -> Passed:
    """Check a guest in or out; a second time tells since when and changes nothing. Refuses as with a member's seat."""
    guest = _held(guest_id)
    gathering = guest.gathering
    if guest.gathering_id != gathering_id:
        raise refusals.OtherGathering(gathering.id, gathering.title, gathering.starts_at)
    if guest.state is BookingState.CANCELLED:
        assert guest.cancelled_at is not None
        raise refusals.SeatGivenBack(gathering_id, guest.name, guest.cancelled_at)
    refuse_unless_open(gathering.state, gathering.starts_at, gathering.ends_at)
    return _come_in(guest, way, by=by) if passage is Passage.IN else _go_out(guest, by=by)


def _held(guest_id: UUID) -> Guest:
    """Hold a guest's row until the transaction ends: of two scanners at one ticket the second waits."""
    try:
        return db.session.get_one(Guest, guest_id, populate_existing=True, with_for_update={"of": Guest})
    except NoResultFound as error:
        raise NotFound from error


def _come_in(guest: Guest, way: Way, *, by: UUID) -> Passed:
    now, over = clock.now(), clock.now() > guest.gathering.ends_at
    if guest.arrived_at and (guest.left_at is None or over):
        return Passed(guest.id, guest.name, Passage.IN, guest.arrived_at, repeated=True)
    if guest.arrived_at is None:
        guest.arrived_at, guest.way = (guest.gathering.starts_at if over else now), way
    guest.left_at = guest.gathering.ends_at if over else None
    guest.no_show_at = None
    _record("guest.checked_in", guest, by=by)
    return Passed(guest.id, guest.name, Passage.IN, now if not over else guest.arrived_at, repeated=False)


def _go_out(guest: Guest, *, by: UUID) -> Passed:
    if guest.arrived_at is None:
        raise refusals.NotInside(guest.gathering_id, guest.name)
    if guest.left_at is not None:
        return Passed(guest.id, guest.name, Passage.OUT, guest.left_at, repeated=True)
    guest.left_at = max(clock.now(), guest.arrived_at)
    _record("guest.checked_out", guest, by=by)
    return Passed(guest.id, guest.name, Passage.OUT, guest.left_at, repeated=False)


def undo(guest_id: UUID, gathering_id: UUID, passage: Passage, *, by: UUID) -> str | None:
    """Take back a passage that was a mistake and return whose; None when there is nothing to take back."""
    try:
        guest = _held(guest_id)
    except NotFound:
        return None
    gathering = guest.gathering
    if guest.gathering_id != gathering_id:
        raise NotFound
    refuse_unless_open(gathering.state, gathering.starts_at, gathering.ends_at)
    if guest.arrived_at is None or (passage is Passage.OUT and guest.left_at is None):
        return None
    guest.left_at = None
    if passage is Passage.IN:
        guest.arrived_at = guest.way = None
        guest.no_show_at = clock.now() if gathering.no_shows_at else None
    _record("guest.passage_undone", guest, by=by)
    return guest.name


def _record(action: str, guest: Guest, *, by: UUID) -> None:
    db.session.flush()
    host = queries.guest(guest.id).booking.account_id
    about = {"title": guest.gathering.title, "account_id": host, "arrived_at": guest.arrived_at}
    audit.record(action, by=by, on=("guest", guest.id), after=about | {"left_at": guest.left_at})
