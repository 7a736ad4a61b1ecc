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
        if _nothing_came(booking_id):
            with atomic():
                _end(booking_id)


def _nothing_came(booking_id: UUID) -> bool:
    """Ask the provider how an open payment stands; while that cannot be asked, nobody loses a seat."""
    bill = bills.bill_for(fees.SUBJECT, booking_id)
    attempt = bills.latest_attempt(bill.id) if bill else None
    reference = attempt.reference if attempt and attempt.state in (AttemptState.CREATED, AttemptState.OPEN) else None
    try:
        if reference:
            payments.converge(reference)
    except ProviderUnavailable:
        return False
    return True


def _end(booking_id: UUID) -> None:
    bill = fees.hold_bill(queries.booking(booking_id))
    booking = db.session.get_one(Booking, booking_id, populate_existing=True)
    gathering, now = booking.gathering, clock.now()
    if booking.state is not BookingState.CONFIRMED or booking.pay_by is None or booking.pay_by > now:
        return
    if bill is None or bill.vat_pending or _is_processing(bill) or gathering.state is not GatheringState.PUBLISHED:
        return
    if gathering.starts_at <= now:
        _claim(bill)
        return
    if gathering.online_capacity is not None:
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


def _claim(bill: Bill) -> None:
    """Let what is still owed at the start be an invoice to transfer, which is reminded of like any other."""
    if bill.state is BillState.DRAFT:
        try:
            payments.choose_transfer(bill.id, by=None)
        except (BeingPaid, VatUndecided):
            return
