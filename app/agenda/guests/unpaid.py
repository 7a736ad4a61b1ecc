"""P10: a guest's seat that was not paid in time goes to the next in line, as a member's does.

Whoever brings a guest vouches for them: what the guest has not paid when it begins becomes the host's bill.
"""

from __future__ import annotations

from uuid import UUID

from app.agenda.guests import queries, services
from app.agenda.guests.models import Ending, Guest, Payer
from app.agenda.models import Cause
from app.agenda.services import fees
from app.agenda.services import waitlist as line
from app.agenda.services.unpaid import claim, is_overdue, nothing_came
from app.core import clock
from app.core.db import atomic
from app.payments.models import Bill


def release_unpaid() -> None:
    """Free every guest's seat whose time to pay is over; the provider is asked first. Twice changes nothing."""
    for guest_id in queries.unpaid_seats(clock.now()):
        if nothing_came(fees.bill_of(queries.guest(guest_id))):
            with atomic():
                _end(guest_id)


def _end(guest_id: UUID) -> None:
    guest = services.held_to_end(guest_id)
    bill = fees.bill_of(guest)
    if bill is None or not is_overdue(guest, bill):
        return
    if guest.gathering.starts_at <= clock.now() or guest.arrived_at is not None:
        _claim(guest, bill)
        return
    services.end(guest, Ending.GUEST if guest.payer is Payer.GUEST else Ending.HOST, by=None, lapsed=True)
    line.promote(guest.gathering_id, guest.mode, cause=Cause.SEAT_GIVEN_BACK)


def _claim(guest: Guest, bill: Bill) -> None:
    """Let what is owed at the start be an invoice: the guest's when there is one already, and else the host's."""
    if guest.payer is Payer.GUEST and bill.number is None:
        fees.pass_to_host(guest)
        taken_over = fees.bill_of(guest)
        if taken_over is None:
            return
        bill = taken_over
    claim(bill)
