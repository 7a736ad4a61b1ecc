"""Paying for a seat: from one's own seats, or by the link in a mail without signing in (P10)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts.current import current_account
from app.agenda import links, queries, services
from app.agenda.models import Booking, BookingState
from app.core import access
from app.core.db import atomic
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


def _seat(token: str) -> Booking:
    named = links.seat_to_pay_named_by(token)
    return queries.booking(named) if named else abort(404)


def _to_pay(booking: Booking) -> Bill | None:
    """Return the bill as long as there is something to pay on it for a seat that is still held."""
    bill = services.bill_of(booking)
    held = booking.state is BookingState.CONFIRMED
    return bill if bill is not None and held and bills.outcome(bill) not in SETTLED else None


@bp.get("/pay/<token>")
@access.public
@limiter.limit("60/minute")
@links.by_link
def by_link(token: str) -> ResponseReturnValue:
    """Show what the seat costs and ask how to pay; looking, as mail scanners do, changes nothing."""
    booking = _seat(token)
    bill = _to_pay(booking)
    if bill is None:
        return redirect(url_for(".outcome", token=token), 303)
    return _page(token, booking, bill, PayForm(formdata=None, method=ways_to_pay()[0].value))


def _page(token: str, booking: Booking, bill: Bill, form: PayForm) -> ResponseReturnValue:
    if providers.accepting() and (elsewhere := providers.preferred().pages):
        let_forms_lead_to(elsewhere)
    return render_form(
        "agenda/pay_by_link.html",
        form,
        token=token,
        booking=booking,
        gathering=booking.gathering,
        bill=bill,
        parts=bills.vat_parts(bill.lines),
        due=payments.left_to_pay(bill),
    )


@bp.post("/pay/<token>")
@access.public
@limiter.limit("20/minute")
@links.by_link
def start(token: str) -> ResponseReturnValue:
    """Begin to pay: at the provider's page, or by transfer."""
    booking = _seat(token)
    bill = _to_pay(booking)
    if bill is None:
        return redirect(url_for(".outcome", token=token), 303)
    form = PayForm()
    if not form.validate_on_submit():
        return _page(token, booking, bill, form)
    if form.method.data is Method.TRANSFER:
        with atomic():
            payments.choose_transfer(bill.id, by=None)
        return redirect(url_for(".outcome", token=token), 303)
    back = settings.public(url_for(".outcome", token=token))
    url = payments.pay(bill.id, method=form.method.data, by=None, email="", locale=language(), back=(back, back))
    return redirect(url, 303)


@bp.get("/pay/<token>/done")
@access.public
@limiter.limit("60/minute")
@links.by_link
def outcome(token: str) -> ResponseReturnValue:
    """Tell how paying stands; the redirect that brought somebody here proves nothing."""
    booking = _seat(token)
    bill = services.bill_of(booking)
    stands = bills.outcome(bill) if bill else Outcome.VOID
    if stands is Outcome.UNPAID and bill is not None and not bill.transfer_chosen_at:
        return redirect(url_for(".by_link", token=token), 303)
    transfer = shown.transfer_facts(bill) if bill is not None and bill.transfer_chosen_at else None
    return render_template(
        "agenda/paid_by_link.html",
        token=token,
        booking=booking,
        gathering=booking.gathering,
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
    bill = services.bill_of(_seat(token))
    attempt = bills.latest_attempt(bill.id) if bill else None
    if attempt is not None and attempt.reference:
        payments.converge(attempt.reference)
    return redirect(url_for(".outcome", token=token), 303)


def seat_panel(booking_id: UUID) -> dict[str, Any]:
    """Tell on the pages of a bill for which seat it is, on which terms and until when."""
    booking = queries.booking(booking_id)
    return {"booking": booking, "gathering": booking.gathering, "held": booking.state is BookingState.CONFIRMED}
