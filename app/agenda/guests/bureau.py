"""Guests as the bureau sees them (G9): who comes along with whom, adding one, and taking one away."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.agenda import queries as agenda
from app.agenda.guests import queries, services
from app.agenda.guests.forms import GuestForm, HostedGuestForm, PaidHostedGuestForm, typed
from app.agenda.guests.models import Ending
from app.agenda.guests.views import asked, refuse_on
from app.agenda.models import BookingState, GatheringState
from app.agenda.services import fee_of
from app.core import access, clock
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.forms import render_form
from app.core.i18n import _l
from app.core.permissions import Permission

bp = Blueprint("guests_bureau", __name__, url_prefix="/bureau/agenda/<uuid:id>/guests")
ENDINGS = {
    Ending.HOST: _l("taken off by the host"),
    Ending.GUEST: _l("declined"),
    Ending.BUREAU: _l("taken off by the bureau"),
    Ending.WITH_HOST: _l("left with the host"),
}


@bp.route("", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def index(id: UUID) -> ResponseReturnValue:
    """G9: show all guests with their hosts, and add one; here the seats alone are the limit."""
    gathering = agenda.any_gathering(id)
    seats = {booking.id: booking.account_id for booking in agenda.live_bookings(id)}
    guests = queries.guests_at(id)
    names = accounts.names({*seats.values(), *(guest.booking.account_id for guest in guests)})
    form = (PaidHostedGuestForm if gathering.fee_cents else HostedGuestForm)(data={"locale": "nl"})
    form.offer(dict(sorted(((seat, names[who]) for seat, who in seats.items()), key=lambda one: one[1].lower())))
    if form.validate_on_submit():
        assert form.host.data is not None
        try:
            with atomic():
                by = current_account().id
                added = services.add_guest(form.host.data, form.person(), by=by, by_bureau=True, **asked(form))
                name = added.name
            flash(_("%(name)s has a seat. The invitation with the ticket is on its way.", name=name), "success")
            return redirect(url_for(".index", id=id), 303)
        except Refusal as refusal:
            refuse_on(form, refusal)
            gathering, guests = agenda.any_gathering(id), queries.guests_at(id)
    return render_form(
        "agenda/bureau/guests.html",
        form,
        gathering=gathering,
        guests=guests,
        names=names,
        endings=ENDINGS,
        open=gathering.state is GatheringState.PUBLISHED and gathering.ends_at > clock.now(),
        hosts=seats,
        fee=fee_of(gathering),
    )


@bp.route("/<uuid:guest_id>", methods=["GET", "POST"])
@access.needs(Permission.GATHERING_EDIT)
def change(id: UUID, guest_id: UUID) -> ResponseReturnValue:
    """Put right what a host typed wrong."""
    guest = queries.guest(guest_id)
    if guest.gathering_id != id or guest.state is not BookingState.CONFIRMED or guest.forgotten_at:
        raise NotFound
    form = GuestForm(data=typed(guest))
    if form.validate_on_submit():
        try:
            with atomic():
                services.change_guest(guest_id, form.person(), by=current_account().id)
            flash(_("The changes are saved."), "success")
            return redirect(url_for(".index", id=id), 303)
        except Refusal as refusal:
            refuse_on(form, refusal)
            guest = queries.guest(guest_id)
    host = accounts.account(guest.booking.account_id).name
    return render_form("agenda/bureau/guest_edit.html", form, guest=guest, gathering=guest.gathering, host=host)


@bp.post("/<uuid:guest_id>/remove")
@access.needs(Permission.GATHERING_EDIT)
def remove(id: UUID, guest_id: UUID) -> ResponseReturnValue:
    """Take a guest's seat away; the guest is told by mail."""
    guest = queries.guest(guest_id)
    if guest.gathering_id != id:
        raise NotFound
    name = guest.name
    with atomic():
        services.take_away(guest_id, ending=Ending.BUREAU, by=current_account().id)
    flash(_("%(name)s no longer has a seat, and is told so by mail.", name=name), "success")
    return redirect(url_for(".index", id=id), 303)
