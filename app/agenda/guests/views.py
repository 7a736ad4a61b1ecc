"""Bringing guests, as who has a seat sees it, and a guest's own page behind the link in the mail (G9)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.agenda import links
from app.agenda import queries as agenda
from app.agenda import services as seats
from app.agenda.attendance import tickets
from app.agenda.guests import queries, services
from app.agenda.guests.forms import GuestForm, PaidGuestForm, PayerChoice, typed
from app.agenda.guests.models import Ending, Guest, Payer
from app.agenda.guests.refusals import InvitedAlready, MemberAlready, NeedsOwnSeat, NoSeatForGuest
from app.agenda.models import Booking, BookingState, Gathering, GatheringState
from app.core import access, clock
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.forms import render_form
from app.core.limits import limiter
from app.core.permissions import Permission
from app.core.web import safe_next

bp = Blueprint("guests", __name__)


@bp.route("/agenda/<uuid:id>/guests", methods=["GET", "POST"])
@access.signed_in
def index(id: UUID) -> ResponseReturnValue:
    """G9: whom somebody brings to a gathering, and bringing one more."""
    gathering, booking = _own_seat(id)
    form = (PaidGuestForm if gathering.fee_cents else GuestForm)(data={"locale": current_account().locale})
    if form.validate_on_submit():
        try:
            with atomic():
                added = services.add_guest(booking.id, form.person(), by=current_account().id, **asked(form))
                name, to_pay = added.name, added.id if added.payer is Payer.HOST and added.pay_by else None
            flash(_("%(name)s has a seat. The invitation with the ticket is on its way.", name=name), "success")
            return redirect(url_for(".pay", id=id, guest_id=to_pay) if to_pay else url_for(".index", id=id), 303)
        except Refusal as refusal:
            refuse_on(form, refusal)
            gathering, booking = _own_seat(id)
    brought = queries.guests_of(booking.id)
    return render_form(
        "agenda/guests.html",
        form,
        gathering=gathering,
        guests=brought,
        declined=queries.declined_of(booking.id),
        allowed=queries.allowance(booking.account_id, clock.local(gathering.starts_at).date()),
        shut=_shut(gathering, booking, len(brought)),
        erased_on=queries.forgotten_on(gathering),
        begun=gathering.starts_at <= clock.now(),
        fee=seats.fee_of(gathering),
        terms=seats.terms_of(gathering),
        keeps_fee={guest.id for guest in brought if services.keeps_fee(guest, Ending.HOST)},
    )


def asked(form: GuestForm) -> dict[str, Any]:
    """P10: return who pays, and the fee that stood on the page."""
    payer = form.payer.data if isinstance(form, PayerChoice) else Payer.HOST
    return {"payer": payer, "fee_seen": request.form.get("fee", 0, type=int)}


@bp.get("/agenda/<uuid:id>/guests/<uuid:guest_id>/pay")
@access.signed_in
def pay(id: UUID, guest_id: UUID) -> ResponseReturnValue:
    """P10: lead to the bill of one's guest; a seat of which nothing is asked leads to one's guests."""
    guest = _own_guest(id, guest_id)
    bill = seats.bill_of(guest) if guest.payer is Payer.HOST else None
    if bill is None:
        return redirect(url_for(".index", id=id), 303)
    return redirect(url_for("payments.pay", bill_id=bill.id), 303)


def _own_seat(id: UUID) -> tuple[Gathering, Booking]:
    gathering = agenda.published(id)
    booking = agenda.live_booking(id, current_account().id)
    if booking is None:
        raise NeedsOwnSeat
    return gathering, booking


def _shut(gathering: Gathering, booking: Booking, brought: int) -> str:
    """Say why no more guests can be brought; empty when one can."""
    try:
        services.refuse_unless_welcome(gathering, booking.account_id, brought)
    except Refusal as refusal:
        return str(refusal.message)
    pool = gathering.pool(booking.mode)
    return "" if pool and pool.left else str(NoSeatForGuest.message)


def refuse_on(form: GuestForm, refusal: Refusal) -> None:
    """Say why not: beside the address when that is why."""
    about_address = isinstance(refusal, MemberAlready | InvitedAlready)
    form.refuse(refusal, *([form.email] if about_address else []))


@bp.route("/agenda/<uuid:id>/guests/<uuid:guest_id>", methods=["GET", "POST"])
@access.signed_in
def change(id: UUID, guest_id: UUID) -> ResponseReturnValue:
    """Put right what was typed wrong."""
    guest = _own_guest(id, guest_id)
    form = GuestForm(data=typed(guest))
    if form.validate_on_submit():
        try:
            with atomic():
                services.change_guest(guest_id, form.person(), by=current_account().id)
            flash(_("The changes are saved."), "success")
            return redirect(url_for(".index", id=id), 303)
        except Refusal as refusal:
            refuse_on(form, refusal)
            guest = _own_guest(id, guest_id)
    return render_form("agenda/guest_edit.html", form, guest=guest, gathering=guest.gathering)


@bp.post("/agenda/<uuid:id>/guests/<uuid:guest_id>/remove")
@access.signed_in
def remove(id: UUID, guest_id: UUID) -> ResponseReturnValue:
    """Give a guest's seat back; the guest is told by mail."""
    name = _own_guest(id, guest_id).name
    with atomic():
        services.take_away(guest_id, ending=Ending.HOST, by=current_account().id)
    flash(_("%(name)s no longer has a seat, and is told so by mail.", name=name), "success")
    return redirect(safe_next(request.form.get("next"), url_for(".index", id=id)), 303)


def _own_guest(id: UUID, guest_id: UUID) -> Guest:
    guest = queries.own_guest(guest_id, host=current_account().id)
    if guest.gathering_id != id or guest.state is not BookingState.CONFIRMED or guest.forgotten_at:
        raise NotFound
    return guest


@bp.route("/agenda/<uuid:id>/cancel-with-guests", methods=["GET", "POST"])
@access.signed_in
def cancel_together(id: UUID) -> ResponseReturnValue:
    """G4, G9: giving a seat back frees those of one's guests, too; who they are stands here first."""
    booking = agenda.latest_booking(id, current_account().id)
    brought, title = queries.guests_of(booking.id), booking.gathering.title
    if seats.is_late(booking):
        return redirect(url_for("agenda.cancel_late", id=id), 303)
    if request.method == "GET" and not brought:
        return redirect(url_for("agenda.show", id=id), 303)
    if request.method == "POST":
        with atomic():
            seats.cancel_seat(agenda.latest_booking(id, current_account().id), by=current_account().id)
        flash(_("You gave back your seat at “%(title)s”.", title=title), "success")
        return redirect(url_for("agenda.show", id=id), 303)
    return render_template("agenda/cancel_with_guests.html", gathering=booking.gathering, guests=brought)


@bp.get("/guest/<token>")
@access.public
@limiter.limit("60/minute")
@links.by_link
def page(token: str) -> ResponseReturnValue:
    """G9: a guest's own page: the ticket, who invites, what is kept, and declining; looking changes nothing."""
    guest = _named(token)
    return render_template(
        "agenda/guest.html",
        **ticket_of(guest, name=guest.name),
        guest=guest,
        guest_token=token,
        host=accounts.account(guest.booking.account_id).name,
        erased_on=queries.forgotten_on(guest.gathering),
        begun=guest.gathering.starts_at <= clock.now(),
        pay_page=links.guest_pay_address(guest.id, guest.email) if guest.payer is Payer.GUEST and guest.pay_by else "",
        keeps_fee=services.keeps_fee(guest, Ending.GUEST),
    )


@bp.post("/guest/<token>")
@access.public
@limiter.limit("20/minute")
@links.by_link
def decline(token: str) -> ResponseReturnValue:
    """G9: a guest gives the seat back, by the link in the mail."""
    guest = _named(token)
    with atomic():
        services.take_away(guest.id, ending=Ending.GUEST, by=None)
    return redirect(url_for(".page", token=token), 303)


def _named(token: str) -> Guest:
    """Return the guest a link was mailed to; it ends when the address is put right, or erased."""
    named = links.guest_named_by(token) or abort(404)
    guest = queries.guest(named[0])
    if not links.is_mailed_to(named[1], guest.id, guest.email):
        raise NotFound
    return guest


def ticket_of(guest: Guest, *, name: str = "") -> dict[str, Any]:
    """Give the page of a ticket what it shows of a guest's; staff see the name, others only on the guest's own page."""
    gathering = guest.gathering
    valid = guest.state is BookingState.CONFIRMED and gathering.state is GatheringState.PUBLISHED
    at_door = current_user.is_authenticated and access.may(Permission.ATTENDANCE_RECORD)
    return {
        "booking": guest,
        "gathering": gathering,
        "valid": valid,
        "over": gathering.ends_at <= clock.now(),
        "stay": guest if valid and guest.arrived_at else None,
        "name": guest.name if at_door else name,
        "at_door": at_door,
        "token": links.ticket_token(guest.id),
        "code": tickets.code_of(guest.id, guest.seq),
        "drawing": tickets.drawing(guest.id, label=_("Your ticket, for the camera at the door")) if valid else "",
    }
