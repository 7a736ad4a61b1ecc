"""The ticket, as its holder shows it at the door (G7)."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts import queries as accounts
from app.agenda import links
from app.agenda import queries as agenda
from app.agenda.attendance import queries, tickets
from app.agenda.guests import queries as guests
from app.agenda.guests import views as guest_views
from app.agenda.models import BookingState, GatheringState
from app.core import access, clock
from app.core.errors import NotFound
from app.core.limits import limiter
from app.core.permissions import Permission

bp = Blueprint("tickets", __name__, url_prefix="/ticket")


@bp.get("/<token>")
@access.public
@limiter.limit("600/minute")
@links.by_link
def show(token: str) -> ResponseReturnValue:
    """Show a ticket to whoever holds its link, without the holder's name; staff get the way to the door.

    Everybody at the door may be on one network: hence the roomy limit.
    """
    seat_id = links.ticket_named_by(token) or abort(404)
    try:
        booking = agenda.booking(seat_id)
    except NotFound:
        return render_template("agenda/ticket.html", **guest_views.ticket_of(guests.guest(seat_id)))
    gathering = booking.gathering
    valid = booking.state is BookingState.CONFIRMED and gathering.state is GatheringState.PUBLISHED
    at_door = access.may(Permission.ATTENDANCE_RECORD)
    own = current_user.is_authenticated and current_user.id == booking.account_id
    return render_template(
        "agenda/ticket.html",
        booking=booking,
        gathering=gathering,
        valid=valid,
        over=gathering.ends_at <= clock.now(),
        stay=queries.latest_stay(booking.id) if valid else None,
        name=accounts.account(booking.account_id).name if own or at_door else "",
        at_door=at_door,
        token=token,
        code=tickets.code_of(booking.id, booking.seq),
        drawing=tickets.drawing(booking.id, label=_("Your ticket, for the camera at the door")) if valid else "",
    )
