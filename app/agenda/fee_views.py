"""Paying for a seat: from one's own seats, or by the link in a mail without signing in (P10).

By such a link a guest pays, too, and tells where the invoice goes, since no company of theirs is known.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.agenda import links, queries, services
from app.agenda.guests import queries as guests
from app.agenda.guests.forms import GuestPayForm, billed_to
from app.agenda.guests.models import Guest, Payer
from app.agenda.guests.services import free_until
from app.agenda.models import BookingState
from app.agenda.services import Seat
from app.agenda.services.terms import terms_until
from app.core import access
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.forms import render_form
from app.core.i18n import language
from app.core.limits import limiter
from app.core.web import let_forms_lead_to
from app.payments import providers, settings, shown
from app.payments import queries as bills
from app.payments import services as payments
from app.payments.forms import PayForm, ways_to_pay
from app.payments.models import Bill, Method
from app.payments.queries import Outcome

bp = Blueprint("seat_fees", __name__, url_prefix="/agenda")
SETTLED = (Outcome.PAID, Outcome.PENDING, Outcome.REVIEW, Outcome.VAT, Outcome.REFUNDED, Outcome.CREDITED, Outcome.VOID)


@bp.get("/bookings/<uuid:id>/pay")
@access.signed_in
def pay(id: UUID) -> ResponseReturnValue:
    """Lead to the bill of one's own seat; a seat of which nothing is asked leads to its gathering."""
    booking = queries.own_booking(id, viewer=current_account().id)
    bill = services.bill_of(booking)
    if bill is None:
        return redirect(url_for("agenda.show", id=booking.gathering_id), 303)
    return redirect(url_for("payments.pay", bill_id=bill.id), 303)


def _seat(token: str) -> Seat:
    """Return the seat that a link is for: a member's, or a guest's who is still known under the address it went to."""
    if named := links.seat_to_pay_named_by(token):
        return queries.booking(named)
    guest_id, mark = links.guest_to_pay_named_by(token) or abort(404)
    guest = guests.guest(guest_id)
    if not links.is_mailed_to(mark, guest.id, guest.email):
        raise NotFound
    return guest


def _bill(seat: Seat) -> Bill | None:
    """Return the bill a link lets pay; a guest's link none of the host's."""
    if isinstance(seat, Guest) and seat.payer is not Payer.GUEST:
        return None
    return services.bill_of(seat)


def _to_pay(seat: Seat) -> Bill | None:
    """Return the bill as long as there is something to pay on it for a seat that is still held."""
    bill = _bill(seat)
    held = seat.state is BookingState.CONFIRMED
    return bill if bill is not None and held and bills.outcome(bill) not in SETTLED else None


def _form_of(seat: Seat, bill: Bill) -> type[PayForm]:
    """Ask a guest where the invoice goes, until it says so."""
    return GuestPayForm if isinstance(seat, Guest) and bill.number is None else PayForm


@bp.get("/pay/<token>")
@access.public
@limiter.limit("60/minute")
@links.by_link
def by_link(token: str) -> ResponseReturnValue:
    """Show what the seat costs and ask how to pay; looking, as mail scanners do, changes nothing."""
    seat = _seat(token)
    bill = _to_pay(seat)
    if bill is None:
        return redirect(url_for(".outcome", token=token), 303)
    kept = billed_to(bill) if isinstance(seat, Guest) else {}
    return _page(token, seat, bill, _form_of(seat, bill)(formdata=None, method=ways_to_pay()[0].value, data=kept))


def _page(token: str, seat: Seat, bill: Bill, form: PayForm) -> ResponseReturnValue:
    if providers.accepting() and (elsewhere := providers.preferred().pages):
        let_forms_lead_to(elsewhere)
    return render_form(
        "agenda/pay_by_link.html",
        form,
        token=token,
        booking=seat,
        gathering=seat.gathering,
        terms=_terms(seat),
        host=accounts.account(seat.booking.account_id).name if isinstance(seat, Guest) else "",
        bill=bill,
        parts=bills.vat_parts(bill.lines),
        due=payments.left_to_pay(bill),
    )


def _terms(seat: Seat) -> str:
    """G4: the terms as they were agreed to; to a guest nobody told them before."""
    return terms_until(free_until(seat), paid=True) if isinstance(seat, Guest) else seat.terms


@bp.post("/pay/<token>")
@access.public
@limiter.limit("20/minute")
@links.by_link
def start(token: str) -> ResponseReturnValue:
    """Begin to pay: at the provider's page, or by transfer."""
    seat = _seat(token)
    bill = _to_pay(seat)
    if bill is None:
        return redirect(url_for(".outcome", token=token), 303)
    form = _form_of(seat, bill)()
    if not form.validate_on_submit():
        return _page(token, seat, bill, form)
    email = seat.email if isinstance(seat, Guest) else ""
    if isinstance(form, GuestPayForm):
        with atomic():
            payments.readdress(bill.id, form.buyer(email), by=None)
    if form.method.data is Method.TRANSFER:
        with atomic():
            payments.choose_transfer(bill.id, by=None)
        return redirect(url_for(".outcome", token=token), 303)
    back = settings.public(url_for(".outcome", token=token))
    url = payments.pay(bill.id, method=form.method.data, by=None, email=email, locale=language(), back=(back, back))
    return redirect(url, 303)


@bp.get("/pay/<token>/done")
@access.public
@limiter.limit("60/minute")
@links.by_link
def outcome(token: str) -> ResponseReturnValue:
    """Tell how paying stands; the redirect that brought somebody here proves nothing."""
    seat = _seat(token)
    bill = _bill(seat)
    stands = bills.outcome(bill) if bill else Outcome.VOID
    if stands is Outcome.UNPAID and bill is not None and not bill.transfer_chosen_at:
        return redirect(url_for(".by_link", token=token), 303)
    transfer = shown.transfer_facts(bill) if bill is not None and bill.transfer_chosen_at else None
    return render_template(
        "agenda/paid_by_link.html",
        token=token,
        booking=seat,
        gathering=seat.gathering,
        guest_page=links.guest_address(seat.id, seat.email) if isinstance(seat, Guest) else "",
        bill=bill,
        stands=stands,
        transfer=transfer,
    )


@bp.post("/pay/<token>/check")
@access.public
@limiter.limit("60/minute")
@links.by_link
def check(token: str) -> ResponseReturnValue:
    """Ask the provider now."""
    bill = _bill(_seat(token))
    attempt = bills.latest_attempt(bill.id) if bill else None
    if attempt is not None and attempt.reference:
        payments.converge(attempt.reference)
    return redirect(url_for(".outcome", token=token), 303)


def seat_panel(booking_id: UUID) -> dict[str, Any]:
    """Tell on the pages of a bill for which seat it is, on which terms and until when."""
    booking = queries.booking(booking_id)
    return {"booking": booking, "gathering": booking.gathering, "held": booking.state is BookingState.CONFIRMED}


def guest_panel(guest_id: UUID) -> dict[str, Any]:
    """Tell on the pages of a bill for whose guest's seat it is, on which terms and until when."""
    guest = guests.guest(guest_id)
    held = guest.state is BookingState.CONFIRMED
    host = accounts.account(guest.booking.account_id).name
    return {"guest": guest, "gathering": guest.gathering, "held": held, "terms": _terms(guest), "host": host}
