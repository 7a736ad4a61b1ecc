"""G1, G4, P10: what a seat costs, its bill, and until when to pay. The fee is fixed when the seat is taken.

Whoever takes a seat at a gathering with a fee holds it at once; the bill is drawn up in the same transaction. The money
follows the bill: what `payments` tells of it is what the seat shows. Money that was never received is not asked for
once the seat is gone; money that was received goes back when the seat is given back in time, or the gathering is called
off. A guest's seat is billed like a member's, to the member who brings them or to the guest (G9).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.accounts import queries as accounts
from app.accounts.models import Account
from app.agenda import queries
from app.agenda.guests import queries as guests
from app.agenda.guests.models import Guest, Payer
from app.agenda.models import Booking, BookingState, Gathering, GatheringState
from app.agenda.services.refusals import CompanyNeeded, FeeChanged
from app.audit import services as audit
from app.core import clock
from app.core.db import atomic, db
from app.core.formats import short_date
from app.core.i18n import _, in_each_language, speaking
from app.core.money import vat_amount
from app.membership import services as membership
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.events import (
    BillCredited,
    BillPaid,
    BillRecovered,
    BillShort,
    PaymentFailed,
    TransferChosen,
    VatDecided,
)
from app.payments.models import Bill, BillState
from app.payments.services import Buyer, LineDraft

SUBJECT = "seat"
BROUGHT, ALONG = "guest_seat", "guest_own_seat"
"""What the bill of a guest's seat is for: the member's who brings them, or the guest's own."""
Seat = Booking | Guest
ROWS: dict[str, type[Seat]] = {SUBJECT: Booking, BROUGHT: Guest, ALONG: Guest}
PAYERS = {BROUGHT: Payer.HOST, ALONG: Payer.GUEST}
TIME_TO_PAY = timedelta(hours=72)
"""How long an unpaid seat is held; never past the start."""
TRANSFER_TRAVELS = timedelta(days=2)
"""How much longer it is held once somebody has said to pay by bank transfer."""


@dataclass(frozen=True)
class Fee:
    """What a seat costs, without and with VAT."""

    net_cents: int
    vat_cents: int

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.vat_cents


def fee_of(gathering: Gathering) -> Fee | None:
    """P1: return what a seat costs today, or None when it is free."""
    if not gathering.fee_cents:
        return None
    rate = payments.vat_rate(gathering.fee_vat_code, clock.today())
    return Fee(gathering.fee_cents, vat_amount(gathering.fee_cents, rate.basis_points))


def buyer_for(gathering: Gathering, account_id: UUID) -> Buyer | None:
    """M11: return to whom the bill of a seat goes, as contributions do; refuse who has no company with an address."""
    if not gathering.fee_cents:
        return None
    buyer = membership.buyer_for(accounts.account(account_id))
    if buyer is None:
        raise CompanyNeeded
    return buyer


def can_be_billed(gathering: Gathering, account_id: UUID) -> bool:
    """Say whether a seat can be given to somebody who is not there to fill in what a bill needs."""
    return not gathering.fee_cents or membership.buyer_for(accounts.account(account_id)) is not None


def refuse_another_fee(gathering: Gathering, seen_cents: int | None) -> None:
    """G4: nobody agrees to a fee they did not see: refuse when it was changed since the page was opened."""
    if seen_cents is not None and seen_cents != gathering.fee_cents:
        raise FeeChanged(gathering.id)


def charge(
    gathering: Gathering,
    seat_id: UUID,
    account_id: UUID,
    *,
    buyer: Buyer | None,
    by: UUID | None,
    subject: str = SUBJECT,
    locale: str = "",
) -> None:
    """P10: draw up the bill of a seat that was just taken, in the same transaction; nothing when it is free.

    The bill is a member's also when a guest pays it: whoever brings a guest vouches for them.
    """
    if gathering.fee_cents and buyer is not None:
        whose = (subject, seat_id)
        _draw_up(gathering, whose, account_id, gathering.fee_cents, buyer=buyer, by=by, locale=locale)


def _draw_up(
    gathering: Gathering,
    subject: tuple[str, UUID],
    account_id: UUID,
    net_cents: int,
    *,
    buyer: Buyer,
    by: UUID | None,
    locale: str = "",
) -> None:
    until = _held_until(gathering)
    marked = {"payer": PAYERS[subject[0]]} if subject[0] in PAYERS else {}
    _change(subject, fee_cents=net_cents, pay_by=until, **marked)
    day, locale = clock.local(gathering.starts_at).date(), locale or accounts.account(account_id).locale
    described = in_each_language(lambda: _described(gathering, subject[0]))
    line = LineDraft(
        description=described[locale],
        quantity=1,
        net_cents=net_cents,
        vat_code=gathering.fee_vat_code,
        in_languages=described,
    )
    payments.draw_up_bill(
        person_id=account_id,
        subject=subject,
        lines=[line],
        buyer=buyer,
        due_on=clock.local(until).date(),
        by=accounts.account(by) if by else None,
        period=(day, day),
        locale=locale,
    )


def pass_to_host(guest: Guest) -> None:
    """P10: let the host, who vouched, owe what a guest did not pay; the guest's bill without a number is taken back."""
    host, gathering = guest.booking.account_id, guest.gathering
    give_back(guest, late=False, by=None)
    buyer = membership.buyer_for(accounts.account(host))
    if buyer is None:
        _change(subject_of(guest), pay_by=None)
        return
    _draw_up(gathering, (BROUGHT, guest.id), host, guest.fee_cents, buyer=buyer, by=None)


def _described(gathering: Gathering, subject: str) -> str:
    """Say what a bill is for; never which guest, since the bill outlives the name (L4)."""
    title, day = gathering.title, short_date(gathering.starts_at)
    if subject == BROUGHT:
        return _("Seat for a guest at “%(title)s”, %(day)s", title=title, day=day)
    return _("Seat at “%(title)s”, %(day)s", title=title, day=day)


def _held_until(gathering: Gathering) -> datetime:
    """Return until when there is time to pay; once it has begun, no seat is lost any more and only the bill counts."""
    until = clock.now() + TIME_TO_PAY
    return min(until, gathering.starts_at) if gathering.starts_at > clock.now() else until


def subject_of(seat: Seat) -> tuple[str, UUID]:
    """Return what the bill of a seat is for, as bills name it."""
    if isinstance(seat, Booking):
        return SUBJECT, seat.id
    return (ALONG if seat.payer is Payer.GUEST else BROUGHT), seat.id


def bill_of(seat: Seat) -> Bill | None:
    """Return the bill of a seat, if it has one that was not taken back."""
    return bills.bill_for(*subject_of(seat)) if seat.fee_cents else None


def hold_bill(seat: Seat) -> Bill | None:
    """Hold the bill of a seat before the seat itself, as money that comes in does: so nobody waits in a ring.

    With a member's seat go those of the guests, so their bills are held as well.
    """
    bill = bill_of(seat)
    held = payments.hold_bill(bill.id) if bill else None
    for guest in guests.guests_of(seat.id) if isinstance(seat, Booking) else ():
        hold_bill(guest)
    return held


def give_back(seat: Seat, *, late: bool, by: Account | None) -> None:
    """G4: settle the money of a seat that is given up: back when in time, kept when late, and never asked if unpaid."""
    bill = bill_of(seat)
    if bill is None or (late and bill.paid_at is not None):
        return
    subject, seat_id = subject_of(seat)
    payments.call_off(bill.id, cause=f"{subject}:{seat_id}", reason=_reason(bill, seat), by=by)


def _reason(bill: Bill, seat: Seat) -> str:
    title = seat.gathering.title
    with speaking(bill.locale):
        if seat.gathering.state is GatheringState.CANCELLED:
            return _("“%(title)s” does not take place.", title=title)
        if seat.lapsed:
            return _("The seat at “%(title)s” was not paid in time.", title=title)
        return _("The seat at “%(title)s” was given back.", title=title)


def return_fees(*, gathering_id: str) -> None:
    """G1: give everybody their money back for what was called off, also who gave a seat back late; a job."""
    gathering = UUID(gathering_id)
    for booking_id in queries.seats_with_money(gathering):
        with atomic():
            _return_fee(queries.booking(booking_id))
    for guest_id in guests.seats_with_money(gathering):
        with atomic():
            _return_fee(guests.guest(guest_id))


def _return_fee(seat: Seat) -> None:
    give_back(seat, late=False, by=None)
    _change(subject_of(seat), pay_by=None)


class Money(StrEnum):
    """What became of the money of a seat that is no more."""

    WITHDRAWN = "withdrawn"
    GOES_BACK = "goes_back"
    KEPT = "kept"


@dataclass(frozen=True)
class Aftermath:
    """That, and how much goes back, in cents."""

    money: Money
    cents: int = 0


def aftermath(seat: Seat) -> Aftermath | None:
    """Tell what became of the money of a seat that was given up; None when it was free."""
    if not seat.fee_cents:
        return None
    bill = bill_of(seat)
    if bill is None:
        return Aftermath(Money.WITHDRAWN)
    if back := payments.on_its_way(bill.id) - sum(entry.amount_cents for entry in bills.went_back(bill.id)):
        return Aftermath(Money.GOES_BACK, back)
    return Aftermath(Money.WITHDRAWN if bill.state is BillState.CREDITED else Money.KEPT)


def seat_paid(event: BillPaid | BillRecovered) -> None:
    """P10: the seat is paid, for the first time or again."""
    if event.subject_type in ROWS:
        paid_at = event.paid_at if isinstance(event, BillPaid) else clock.now()
        _change((event.subject_type, event.subject_id), paid_at=paid_at, pay_by=None)


def seat_short(event: BillShort) -> None:
    """P6: the money was taken back: whoever still holds the seat keeps it and gets time to pay anew."""
    if event.subject_type in ROWS:
        _ask_anew(event.subject_type, event.subject_id)


def seat_credited(event: BillCredited) -> None:
    """P6: nothing is asked for this seat any more."""
    if event.subject_type in ROWS:
        _change((event.subject_type, event.subject_id), paid_at=None, pay_by=None)


def seat_asked_anew(event: PaymentFailed | VatDecided) -> None:
    """P2: the bank refused in the end, or it is known at last what there is to pay: time to pay begins anew."""
    bill = bills.bill_at_hand(event.bill_id)
    if bill.subject_type in ROWS and bill.paid_at is None:
        _ask_anew(bill.subject_type, bill.subject_id)


def seat_awaits_transfer(event: TransferChosen) -> None:
    """P2: a transfer travels for a while: hold the seat so much longer."""
    bill = bills.bill_at_hand(event.bill_id)
    seat = _seat(bill.subject_type, bill.subject_id) if bill.subject_type in ROWS else None
    if seat and seat.pay_by is not None and seat.pay_by < seat.gathering.starts_at:
        _change(subject_of(seat), pay_by=min(seat.pay_by + TRANSFER_TRAVELS, seat.gathering.starts_at))


def _ask_anew(subject: str, seat_id: UUID) -> None:
    seat = _seat(subject, seat_id)
    if seat.state is not BookingState.CONFIRMED or seat.gathering.state is not GatheringState.PUBLISHED:
        _change((subject, seat_id), paid_at=None, pay_by=None)
        return
    until = _held_until(seat.gathering)
    _change((subject, seat_id), paid_at=None, pay_by=until)
    audit.record(
        "booking.unpaid" if isinstance(seat, Booking) else "guest.unpaid",
        by=None,
        on=("booking" if isinstance(seat, Booking) else "guest", seat_id),
        after={"title": seat.gathering.title, "account_id": member_of(seat), "pay_by": until},
    )


def _seat(subject: str, seat_id: UUID) -> Seat:
    if ROWS[subject] is Booking:
        return db.session.get_one(Booking, seat_id, populate_existing=True)
    return db.session.get_one(Guest, seat_id, populate_existing=True)


def member_of(seat: Seat) -> UUID:
    """Return whose seat it is, or whose guest's."""
    return seat.account_id if isinstance(seat, Booking) else seat.booking.account_id


def _change(subject: tuple[str, UUID], **changes: Any) -> None:
    """Write about a seat's money without holding anything but its row."""
    row = ROWS[subject[0]]
    changed = update(row).where(row.id == subject[1]).values(**changes)
    db.session.execute(changed.execution_options(synchronize_session="fetch"))
