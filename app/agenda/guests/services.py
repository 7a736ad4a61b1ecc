"""G9: bringing guests, putting their names right, and giving their seats back.

A guest's seat is taken and freed like a member's, by the allocator and with who waits seated in the same transaction;
only there is no waiting list for guests. What one host does with guests is done one thing after the other, so that a
year's quota holds across gatherings; the host's own seat is held meanwhile, so that no guest is left behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from app.accounts import queries as accounts
from app.agenda import queries as agenda
from app.agenda.events import GuestInvited, GuestReleased, SeatLapsed, SeatReleased
from app.agenda.guests import queries, refusals
from app.agenda.guests.models import Ending, Guest
from app.agenda.models import Booking, BookingState, Cause, Gathering, GatheringState, SeatMode
from app.agenda.services import seats
from app.agenda.services import waitlist as line
from app.agenda.services.refusals import GatheringCalledOff, GatheringPast
from app.audit import services as audit
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.core.events import publish
from app.mail import services as mail
from app.membership import queries as membership

EVERYWHERE = UUID(int=0)
AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class Person:
    """A guest as the host typed it."""

    given_name: str
    family_name: str
    email: str
    locale: str = "nl"


def refuse_unless_welcome(gathering: Gathering, host: UUID, brought: int) -> None:
    """Refuse a member's guest with the reason: begun or called off, too early, over the limit, or none left."""
    if gathering.state is not GatheringState.PUBLISHED:
        raise GatheringCalledOff
    if gathering.starts_at <= clock.now():
        raise GatheringPast
    if not gathering.guest_limit:
        raise refusals.NoGuestsHere
    _refuse_where_seats_cost(gathering)
    if queries.opens_at(gathering) > clock.now():
        raise refusals.GuestsNotYet(queries.opens_at(gathering))
    if brought >= gathering.guest_limit:
        raise refusals.EnoughGuests(gathering.guest_limit)
    allowed = queries.allowance(host, clock.local(gathering.starts_at).date())
    if not allowed.left:
        raise refusals.GuestsUsedUp(allowed.quota)


def add_guest(booking_id: UUID, person: Person, *, by: UUID, by_bureau: bool = False) -> Guest:
    """G9: give somebody's guest a seat. A second click returns the guest; the bureau is bound by the seats alone."""
    booking = _host(booking_id)
    gathering, email = booking.gathering, accounts.normal_email(person.email)
    known = queries.with_address(gathering.id, email)
    if known is not None and known.booking_id == booking_id:
        return known
    if not by_bureau:
        refuse_unless_welcome(gathering, booking.account_id, len(queries.guests_of(booking_id)))
    elif gathering.state is not GatheringState.PUBLISHED or gathering.ends_at <= clock.now():
        raise GatheringPast
    _refuse_where_seats_cost(gathering)
    _refuse_address(gathering, email, known)
    given = seats.take_for_guest(
        gathering.id,
        booking_id,
        booking.mode,
        now=clock.now(),
        given_name=person.given_name,
        family_name=person.family_name,
        email=email,
        locale=person.locale,
    )
    if given is None:
        raise refusals.NoSeatForGuest
    db.session.expire(gathering, ["seats_taken", "online_taken", "arrivals"])
    _record("guest.added", given.id, booking, by=by)
    publish(GuestInvited(guest_id=given.id))
    return queries.guest(given.id)


def _host(booking_id: UUID) -> Booking:
    """Hold the host's seat and return it; without one nobody brings guests."""
    seats.one_at_a_time(EVERYWHERE, agenda.booking(booking_id).account_id)
    booking = db.session.get_one(Booking, booking_id, populate_existing=True, with_for_update={"of": Booking})
    if booking.state is not BookingState.CONFIRMED:
        raise refusals.NeedsOwnSeat
    return booking


def _refuse_where_seats_cost(gathering: Gathering) -> None:
    """P10: no seat is given away that others pay for."""
    if gathering.fee_cents:
        raise refusals.GuestsCannotPay


def _refuse_address(gathering: Gathering, email: str, known: Guest | None) -> None:
    if known is not None:
        raise refusals.InvitedAlready
    account = accounts.by_email(email)
    if account is not None and membership.is_member(account.id, clock.local(gathering.starts_at).date()):
        raise refusals.MemberAlready


def change_guest(guest_id: UUID, person: Person, *, by: UUID) -> None:
    """Put a guest's name or address right; a new address is invited, and the former one hears that it was a mistake."""
    guest = _held(guest_id)
    if guest.state is not BookingState.CONFIRMED or guest.forgotten_at or guest.gathering.ends_at <= clock.now():
        raise GatheringPast
    former, email = guest.email, accounts.normal_email(person.email)
    if email != former:
        _refuse_address(guest.gathering, email, queries.with_address(guest.gathering_id, email))
        publish(GuestReleased(guest_id=guest.id, email=former))
    guest.given_name, guest.family_name, guest.email = person.given_name, person.family_name, email
    guest.locale = person.locale
    db.session.flush()
    _record("guest.changed", guest.id, guest.booking, by=by)
    if email != former:
        publish(GuestInvited(guest_id=guest.id))


def take_away(guest_id: UUID, *, ending: Ending, by: UUID | None) -> None:
    """Give a guest's seat back: by the host, the guest, or the bureau; who waits gets it at once. Twice is once."""
    guest = _held(guest_id)
    if guest.state is BookingState.CANCELLED:
        return
    over = guest.gathering.ends_at if ending is Ending.BUREAU else guest.gathering.starts_at
    if over <= clock.now():
        raise GatheringPast
    if guest.arrived_at is not None:
        raise refusals.GuestIsThere
    _end(guest, ending, by=by)
    line.promote(guest.gathering_id, guest.mode, cause=Cause.SEAT_GIVEN_BACK)


def leave_with_host(event: SeatReleased | SeatLapsed) -> None:
    """Give back the seats of whoever came along with a seat that is given back; who is inside stays."""
    left = set()
    for guest in queries.guests_of(event.booking_id):
        held = _held(guest.id)
        if held.state is BookingState.CONFIRMED and held.arrived_at is None:
            _end(held, Ending.WITH_HOST, by=event.account_id)
            left.add(held.mode)
    for mode in left:
        line.promote(event.gathering_id, mode, cause=Cause.SEAT_GIVEN_BACK, freed_by=event.account_id)


def _held(guest_id: UUID) -> Guest:
    """Hold a guest's row until the transaction ends and return it as it is now."""
    queries.guest(guest_id)
    return db.session.get_one(Guest, guest_id, populate_existing=True, with_for_update={"of": Guest})


def _end(guest: Guest, ending: Ending, *, by: UUID | None) -> None:
    guest.state, guest.cancelled_at, guest.ending = BookingState.CANCELLED, clock.now(), ending
    db.session.flush()
    seats.give_back(guest.gathering_id, guest.mode)
    db.session.expire(guest.gathering, ["seats_taken", "online_taken"])
    _record("guest.declined" if ending is Ending.GUEST else "guest.removed", guest.id, guest.booking, by=by)
    publish(GuestReleased(guest_id=guest.id, email=guest.email))


def _record(action: str, guest_id: UUID, host: Booking, *, by: UUID | None) -> None:
    """Write down what was done with a guest, whose name the log never holds."""
    about = {"title": host.gathering.title, "account_id": host.account_id}
    audit.record(action, by=by, on=("guest", guest_id), after=about)


def record_absent(gathering_id: UUID, mode: SeatMode, at: datetime) -> int:
    """G7: write down which guests kept a seat and did not come; nobody is told."""
    quietly = {"synchronize_session": False}
    away = (
        update(Guest)
        .where(
            Guest.gathering_id == gathering_id,
            Guest.mode == mode,
            Guest.state == BookingState.CONFIRMED,
            Guest.arrived_at.is_(None),
        )
        .values(no_show_at=at)
        .returning(Guest.id)
    )
    return len(db.session.scalars(away.execution_options(**quietly)).all())


def forget_guests(*, dry_run: bool = False) -> int:
    """L4: erase names and addresses of guests a month after the gathering, and what mails said to them.

    What stays is that there was a guest, whose, and whether they came; return how many, or how many it would be.
    """
    old = (
        select(Guest)
        .join(Guest.gathering)
        .where(Guest.forgotten_at.is_(None), Gathering.ends_at < clock.now() - queries.KEPT)
    )
    if dry_run:
        return queries.how_many(old)
    forgotten = 0
    while True:
        with atomic() as session:
            some = session.scalars(old.limit(AT_ONCE).with_for_update(of=Guest, skip_locked=True)).all()
            for guest in some:
                guest.given_name = guest.family_name = guest.email = ""
                guest.forgotten_at = clock.now()
                mail.forget_letters(guest.gathering_id, guest.id)
            if some:
                audit.record("guest.forgotten", by=None, on=("guest", "past"), after={"number": len(some)})
        forget_reads()
        forgotten += len(some)
        if len(some) < AT_ONCE:
            return forgotten
