"""P10: a seat that was not paid in time goes to the next in line; once the gathering has begun, the fee stays owed."""

from __future__ import annotations

from uuid import UUID

from app.agenda import queries
from app.agenda.events import SeatLapsed
from app.agenda.models import Booking, BookingState, Cause, GatheringState
from app.agenda.services import fees, seats
from app.agenda.services import waitlist as line
from app.audit import services as audit
from app.core import clock
from app.core.db import atomic, db
from app.core.events import publish
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.models import AttemptState, Bill, BillState
from app.payments.providers import ProviderUnavailable
from app.payments.services import BeingPaid, VatUndecided


def release_unpaid() -> None:
    """Free every seat whose time to pay is over; the provider is asked first. Doing it again changes nothing."""
    for booking_id in queries.unpaid_seats(clock.now()):
        if nothing_came(bills.bill_for(fees.SUBJECT, booking_id)):
            with atomic():
                _end(booking_id)


def nothing_came(bill: Bill | None) -> bool:
    """Ask the provider how an open payment stands; while that cannot be asked, nobody loses a seat."""
    attempt = bills.latest_attempt(bill.id) if bill else None
    reference = attempt.reference if attempt and attempt.state in (AttemptState.CREATED, AttemptState.OPEN) else None
    try:
        if reference:
            payments.converge(reference)
    except ProviderUnavailable:
        return False
    return True


def is_overdue(seat: fees.Seat, bill: Bill) -> bool:
    """Say whether a seat whose row and bill are held is lost for want of money, or claimed if it has begun."""
    if seat.state is not BookingState.CONFIRMED or seat.pay_by is None or seat.pay_by > clock.now():
        return False
    if bill.vat_pending or _is_processing(bill):
        return False
    return seat.gathering.state is GatheringState.PUBLISHED


def _end(booking_id: UUID) -> None:
    bill = fees.hold_bill(queries.booking(booking_id))
    booking = db.session.get_one(Booking, booking_id, populate_existing=True)
    gathering, now = booking.gathering, clock.now()
    if bill is None or not is_overdue(booking, bill):
        return
    if gathering.starts_at <= now:
        claim(bill)
        return
    gathering = line.hold(gathering.id)
    if not seats.release(booking.id, gathering.id, now=now, lapsed=True):
        return
    db.session.expire(booking)
    db.session.expire(gathering, ["seats_taken", "online_taken"])
    fees.give_back(booking, late=False, by=None)
    audit.record(
        "booking.lapsed",
        by=None,
        on=("booking", booking.id),
        before={"state": BookingState.CONFIRMED},
        after={"state": BookingState.CANCELLED, "title": gathering.title, "account_id": booking.account_id},
    )
    publish(SeatLapsed(booking_id=booking.id, gathering_id=gathering.id, account_id=booking.account_id))
    line.promote(gathering.id, booking.mode, cause=Cause.SEAT_GIVEN_BACK, freed_by=booking.account_id)


def _is_processing(bill: Bill) -> bool:
    return any(attempt.state is AttemptState.PROCESSING for attempt in bill.attempts)


def claim(bill: Bill) -> None:
    """Let what is still owed at the start be an invoice to transfer, which is reminded of like any other."""
    if bill.state is BillState.DRAFT:
        try:
            payments.choose_transfer(bill.id, by=None)
        except (BeingPaid, VatUndecided):
            return
