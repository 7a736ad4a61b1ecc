"""G9: bringing guests, putting their names right, and giving their seats back.

A guest's seat is taken and freed like a member's, by the allocator and with who waits seated in the same transaction;
only there is no waiting list for guests. Where seats cost something it is billed like a member's, too, to the host or
to the guest (P10). What one host does with guests is done one thing after the other, so that a
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
from app.agenda.guests.models import Ending, Guest, Payer
from app.agenda.models import Booking, BookingState, Cause, Gathering, GatheringState, SeatMode
from app.agenda.services import fees, seats
from app.agenda.services import waitlist as line
from app.agenda.services.refusals import GatheringCalledOff, GatheringPast
from app.audit import services as audit
from app.core import clock
from app.core.db import QUIETLY, atomic, db, forget_reads
from app.core.events import publish
from app.mail import services as mail
from app.membership import queries as membership
from app.payments import services as payments
from app.payments.services import Buyer

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
    if queries.opens_at(gathering) > clock.now():
        raise refusals.GuestsNotYet(queries.opens_at(gathering))
    if brought >= gathering.guest_limit:
        raise refusals.EnoughGuests(gathering.guest_limit)
    allowed = queries.allowance(host, clock.local(gathering.starts_at).date())
    if not allowed.left:
        raise refusals.GuestsUsedUp(allowed.quota)


def add_guest(
    booking_id: UUID,
    person: Person,
    *,
    by: UUID,
    by_bureau: bool = False,
    payer: Payer = Payer.HOST,
    fee_seen: int | None = None,
) -> Guest:
    """G9: give somebody's guest a seat. A second click returns the guest; the bureau is bound by the seats alone.

    P10: a seat with a fee is billed at once, to whom `payer` says; `fee_seen` is the fee that stood on the page.
    """
    booking = _host(booking_id)
    gathering, email = booking.gathering, accounts.normal_email(person.email)
    known = queries.with_address(gathering.id, email)
    if known is not None and known.booking_id == booking_id:
        return known
    if not by_bureau:
        refuse_unless_welcome(gathering, booking.account_id, len(queries.guests_of(booking_id)))
    elif gathering.state is not GatheringState.PUBLISHED or gathering.ends_at <= clock.now():
        raise GatheringPast
    _refuse_address(gathering, email, known)
    fees.refuse_another_fee(gathering, fee_seen)
    buyer = _own_buyer(person, email) if payer is Payer.GUEST else fees.buyer_for(gathering, booking.account_id)
    given = seats.take_for_guest(
        gathering.id,
        booking_id,
        booking.mode,
        now=clock.now(),
        cancel_until=gathering.cancel_until,
        given_name=person.given_name,
        family_name=person.family_name,
        email=email,
        locale=person.locale,
    )
    if given is None:
        raise refusals.NoSeatForGuest
    db.session.expire(gathering, ["seats_taken", "online_taken", "arrivals"])
    _charge(gathering, given.id, booking.account_id, buyer, payer, locale=person.locale, by=by)
    _record("guest.added", given.id, booking, by=by)
    publish(GuestInvited(guest_id=given.id))
    return queries.guest(given.id)


def _own_buyer(person: Person, email: str) -> Buyer:
    """P10: the bill goes to the guest, who tells on paying where to."""
    name = f"{person.given_name} {person.family_name}"
    return Buyer(name=name, lines=[], postcode="", city="", email=email)


def _charge(
    gathering: Gathering, guest_id: UUID, host: UUID, buyer: Buyer | None, payer: Payer, *, locale: str, by: UUID | None
) -> None:
    """P10: draw up the bill of a guest's seat: the host's in the host's language, the guest's in the guest's."""
    if payer is Payer.GUEST:
        fees.charge(gathering, guest_id, host, buyer=buyer, by=by, subject=fees.ALONG, locale=locale)
    else:
        fees.charge(gathering, guest_id, host, buyer=buyer, by=by, subject=fees.BROUGHT)


def _host(booking_id: UUID) -> Booking:
    """Hold the host's seat and return it; without one nobody brings guests."""
    known = agenda.booking(booking_id)
    seats.one_at_a_time(EVERYWHERE, known.account_id)
    line.hold(known.gathering_id)
    booking = db.session.get_one(Booking, booking_id, populate_existing=True, with_for_update={"of": Booking})
    if booking.state is not BookingState.CONFIRMED:
        raise refusals.NeedsOwnSeat
    return booking


def _refuse_address(gathering: Gathering, email: str, known: Guest | None) -> None:
    if known is not None:
        raise refusals.InvitedAlready
    account = accounts.by_email(email)
    if account is not None and membership.is_member(account.id, clock.local(gathering.starts_at).date()):
        raise refusals.MemberAlready


def change_guest(guest_id: UUID, person: Person, *, by: UUID) -> None:
    """Put a guest's name or address right; a new address is invited, and the former one hears that it was a mistake."""
    guest = held(guest_id)
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


def free_until(guest: Guest) -> datetime:
    """G4: until when the fee of this seat goes back: as agreed, or later when the gathering has become more lenient."""
    return max(guest.cancel_until or guest.gathering.cancel_until, guest.gathering.cancel_until)


def keeps_fee(guest: Guest, ending: Ending) -> bool:
    """G4: say whether what was paid stays paid: it is late, and nobody else decided for who paid."""
    by_payer = ending is Ending.GUEST if guest.payer is Payer.GUEST else ending is not Ending.BUREAU
    return guest.payer is not None and by_payer and clock.now() > free_until(guest)


def take_away(guest_id: UUID, *, ending: Ending, by: UUID | None) -> None:
    """Give a guest's seat back: by the host, the guest, or the bureau; who waits gets it at once. Twice is once.

    P10: the fee goes back when it is in time, or when the bureau decides.
    """
    guest = held_to_end(guest_id)
    if guest.state is BookingState.CANCELLED:
        return
    over = guest.gathering.ends_at if ending is Ending.BUREAU else guest.gathering.starts_at
    if over <= clock.now():
        raise GatheringPast
    if guest.arrived_at is not None:
        raise refusals.GuestIsThere
    end(guest, ending, by=by)
    line.promote(guest.gathering_id, guest.mode, cause=Cause.SEAT_GIVEN_BACK)


def leave_with_host(event: SeatReleased | SeatLapsed) -> None:
    """Give back the seats of whoever came along with a seat that is given back; who is inside stays.

    P10: the bills are held since before the host's seat was.
    """
    left = set()
    for brought in queries.guests_of(event.booking_id):
        guest = held(brought.id)
        if guest.state is BookingState.CONFIRMED and guest.arrived_at is None:
            end(guest, Ending.WITH_HOST, by=event.account_id)
            left.add(guest.mode)
    for mode in left:
        line.promote(event.gathering_id, mode, cause=Cause.SEAT_GIVEN_BACK, freed_by=event.account_id)


def held_to_end(guest_id: UUID) -> Guest:
    """Hold what ending a guest's seat touches, in the order in which everybody holds it: bill, gathering, seat."""
    known = queries.guest(guest_id)
    fees.hold_bill(known)
    line.hold(known.gathering_id)
    return held(guest_id)


def held(guest_id: UUID) -> Guest:
    """Hold a guest's row until the transaction ends and return it as it is now."""
    queries.guest(guest_id)
    return db.session.get_one(Guest, guest_id, populate_existing=True, with_for_update={"of": Guest})


def end(guest: Guest, ending: Ending, *, by: UUID | None, lapsed: bool = False) -> None:
    """End a held guest's seat, free it, and settle its money."""
    late = keeps_fee(guest, ending) and not lapsed
    guest.state, guest.cancelled_at, guest.ending, guest.lapsed = BookingState.CANCELLED, clock.now(), ending, lapsed
    guest.fee_kept = late and guest.paid_at is not None
    db.session.flush()
    seats.give_back(guest.gathering_id, guest.mode)
    db.session.expire(guest.gathering, ["seats_taken", "online_taken"])
    fees.give_back(guest, late=late, by=accounts.account(by) if by else None)
    deed = "guest.lapsed" if lapsed else "guest.declined" if ending is Ending.GUEST else "guest.removed"
    _record(deed, guest.id, guest.booking, by=by)
    publish(GuestReleased(guest_id=guest.id, email=guest.email))


def _record(action: str, guest_id: UUID, host: Booking, *, by: UUID | None) -> None:
    """Write down what was done with a guest, whose name the log never holds."""
    about = {"title": host.gathering.title, "account_id": host.account_id}
    audit.record(action, by=by, on=("guest", guest_id), after=about)


def record_absent(gathering_id: UUID, mode: SeatMode, at: datetime) -> int:
    """G7: write down which guests kept a seat and did not come; nobody is told."""
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
    return len(db.session.scalars(away.execution_options(**QUIETLY)).all())


def forget_guests(*, dry_run: bool = False) -> int:
    """L4: erase names and addresses of guests a month after the gathering, and what mails said to them.

    What stays is that there was a guest, whose, and whether they came, and of an invoice that the guest paid what tax
    law asks for; return how many, or how many it would be.
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
                if guest.payer is Payer.GUEST:
                    payments.forget_buyer_of(*fees.subject_of(guest))
            if some:
                audit.record("guest.forgotten", by=None, on=("guest", "past"), after={"number": len(some)})
        forget_reads()
        forgotten += len(some)
        if len(some) < AT_ONCE:
            return forgotten
