"""The agenda for everybody, and one's own seats for members (G2, G4, G10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.accounts.current import current_account
from app.agenda import queries, services, shown, waitlist_queries, waitlist_views
from app.agenda.entries import Listed, Seat
from app.agenda.feedback import queries as feedback
from app.agenda.feeds.views import follow_links
from app.agenda.forms import LateCancelForm, LateCancelPaidForm
from app.agenda.guests import queries as guests
from app.agenda.guests.models import Guest
from app.agenda.invitations import calendar_file
from app.agenda.mails import appointment_of
from app.agenda.materials import queries as materials
from app.agenda.materials.queries import Reader
from app.agenda.models import Booking, BookingState, Gathering, GatheringState, SeatMode
from app.agenda.queries import Wanted
from app.agenda.series.queries import other_dates
from app.agenda.shown import Viewer
from app.agenda.waitlist_queries import Own, Place, Stand
from app.core import access, clock
from app.core.calendars import Method
from app.core.db import atomic
from app.core.formats import moment
from app.core.forms import render_form
from app.core.money import format_money
from app.core.web import flash_undo, safe_next
from app.mail.rendering import link
from app.membership import queries as membership

bp = Blueprint("agenda", __name__, url_prefix="/agenda")
MINE_SHOWN, PAST_SHOWN, AT_HOME = 50, 25, 3


def viewer_of(gatherings: Iterable[Listed]) -> Viewer:
    """Find out, once per list, what the visitor holds among these gatherings and may do."""
    if not current_user.is_authenticated:
        return Viewer()
    account = current_account()
    stands = waitlist_queries.standings_among(account.id, [gathering.id for gathering in gatherings])
    member = membership.is_member(account.id, clock.today())
    return Viewer(signed_in=True, member=member, booked=stands.booked, unpaid=stands.unpaid, in_line=stands.in_line)


def viewer_on(gathering: Gathering, own: Own | None) -> Viewer:
    """Find out the same for one gathering, and whether the membership reaches its day (M7)."""
    if own is None:
        return Viewer()
    if own.booking is not None:
        return Viewer(
            signed_in=True, member=True, booked={gathering.id: own.booking.mode}, in_line=_line_of(gathering, own)
        )
    if own.entry is not None:
        return Viewer(signed_in=True, member=True, in_line=_line_of(gathering, own))
    person = current_account().id
    covered = membership.is_member(person, clock.local(gathering.starts_at).date())
    lapsing = not covered and membership.is_member(person, clock.today())
    return Viewer(signed_in=True, member=covered or lapsing, lapsing=lapsing)


def _line_of(gathering: Gathering, own: Own) -> dict[UUID, Stand]:
    return {gathering.id: Stand(own.entry.state, own.entry.mode)} if own.entry else {}


@bp.get("")
@access.public
def index() -> ResponseReturnValue:
    """G10: what is coming, next first, by month; every filter is a link."""
    wanted = Wanted.read(request.args.to_dict())
    page = queries.agenda(wanted)
    listed = page.gatherings
    viewer = viewer_of(listed)
    return _cacheable(
        render_template(
            "agenda/index.html",
            wanted=wanted,
            months=shown.by_month(listed),
            months_ahead=queries.months_ahead(),
            wheres=shown.WHERES,
            following=page.following,
            viewer=viewer,
            offers=tuple(shown.offer(gathering, viewer) for gathering in listed),
            here=request.full_path.rstrip("?"),
            follow=follow_links(wanted),
            month_query=wanted.but(past=False).as_query(),
        )
    )


@bp.get("/<uuid:id>")
@access.public
def show(id: UUID) -> ResponseReturnValue:
    """G10: the page that tells why to come, with one button."""
    gathering = queries.published(id, with_materials=True)
    own = waitlist_queries.own_at(id, current_account().id) if current_user.is_authenticated else None
    booking, viewer = own.booking if own else None, viewer_on(gathering, own)
    offered = shown.offer(gathering, viewer)
    asked = own is not None and bool(feedback.open_among([gathering], current_account().id))
    speaks = own is not None and materials.speaks_at(gathering, current_account().id)
    came = materials.came(gathering.materials, booking)
    reader = Reader(member=viewer.member, booked=booking is not None, attended=came, speaker=speaks)
    page = render_template(
        "agenda/show.html",
        gathering=gathering,
        booking=booking,
        viewer=viewer,
        offered=offered,
        dates=other_dates(gathering),
        materials=materials.seen_by(gathering, reader),
        sees_room=(booking is not None and booking.mode is SeatMode.ONLINE) or reader.speaker,
        seat_choices=shown.choices(gathering, viewer),
        asked=asked,
        told=reader.speaker and gathering.ends_at <= clock.now(),
        **waitlist_views.line_shown(gathering, own, offered),
        free_until=services.free_until(booking) if booking else gathering.cancel_until,
        late=bool(booking and services.is_late(booking)),
        terms=services.terms_of(gathering),
        fee=(fee := services.fee_of(gathering)),
        bill=services.bill_of(booking) if booking and booking.pay_by else None,
        structured=shown.structured_data(gathering, link("agenda.show", id=id), fee),
        join_url=url_for(services.JOINING_PAGE),
        renew_url=url_for(services.MEMBERSHIP_PAGE),
        sign_in_url=url_for(access.doors().sign_in, next=url_for(".show", id=id)),
    )
    return _cacheable(page)


@bp.post("/<uuid:id>/book")
@access.signed_in
def book(id: UUID) -> ResponseReturnValue:
    """G2: one click, one seat or the next place in line; also the way back after giving one up."""
    mode, fee = waitlist_views.mode_asked(), request.form.get("fee", 0, type=int)
    got = waitlist_views.book_for(id, current_account(), mode, fee_seen=fee)
    flash(got.told, "success")
    return redirect(url_for("seat_fees.pay", id=got.to_pay) if got.to_pay else _back(id), 303)


@bp.post("/<uuid:id>/cancel")
@access.signed_in
def cancel(id: UUID) -> ResponseReturnValue:
    """G4: one click gives the seat back, with a way to undo; after the deadline the terms are shown first."""
    person = current_account().id
    booking = queries.latest_booking(id, person)
    if services.is_late(booking):
        return redirect(url_for(".cancel_late", id=id), 303)
    if guests.guests_of(booking.id):
        return redirect(url_for("guests.cancel_together", id=id), 303)
    with atomic():
        services.cancel_seat(queries.latest_booking(id, person), by=person)
    if booking.fee_cents:
        flash(_told_of_giving_back(booking), "success")
    else:
        mode = booking.mode.value if booking.gathering.online_capacity else None
        flash_undo(_told_of_giving_back(booking), url=url_for(".book", id=id, mode=mode))
    return redirect(_back(id), 303)


def _told_of_giving_back(booking: Booking) -> str:
    said = _("You gave back your seat at “%(title)s”.", title=booking.gathering.title)
    after = services.aftermath(booking)
    if after is None or not after.cents:
        return said
    return said + " " + _("We send %(amount)s back to you.", amount=format_money(after.cents))


@bp.route("/<uuid:id>/cancel-late", methods=["GET", "POST"])
@access.signed_in
def cancel_late(id: UUID) -> ResponseReturnValue:
    """G4: after the deadline: the terms as they were agreed to, and a tick."""
    person = current_account().id
    booking = queries.latest_booking(id, person)
    if request.method == "GET" and not services.is_late(booking):
        return _no_need_to_agree(booking)
    form = LateCancelPaidForm() if booking.paid_at else LateCancelForm()
    if form.validate_on_submit():
        with atomic():
            services.cancel_seat(queries.latest_booking(id, person), late_agreed=True, by=person)
        flash(_("You gave back your seat at “%(title)s”.", title=booking.gathering.title), "success")
        return redirect(url_for(".show", id=id), 303)
    return render_form(
        "agenda/cancel_late.html",
        form,
        booking=booking,
        free_until=services.free_until(booking),
        guests=guests.guests_of(booking.id),
    )


def _no_need_to_agree(booking: Booking) -> ResponseReturnValue:
    """Lead back to the page with the one button: a seat that is still given back freely asks for no consent."""
    if booking.state is BookingState.CONFIRMED:
        until = moment(services.free_until(booking))
        flash(_("Cancelling is free until %(moment)s: you can simply give your seat back.", moment=until), "info")
    return redirect(url_for(".show", id=booking.gathering_id), 303)


@bp.get("/mine")
@access.signed_in
def mine() -> ResponseReturnValue:
    """Show one's own seats: those to come, and those that were."""
    account = current_account()
    ahead = waitlist_queries.ahead_for(account.id, limit=MINE_SHOWN)
    past = queries.bookings_of(account.id, past=True, limit=PAST_SHOWN)
    return render_template(
        "agenda/mine.html",
        coming=ahead.seats,
        past=past,
        asked=feedback.open_among([booking.gathering for booking in past], account.id),
        places=ahead.places,
        guests=guests.coming_of(account.id),
        wish=waitlist_views.wish_form(account.id),
    )


@bp.get("/bookings/<uuid:id>.ics")
@access.signed_in
def calendar(id: UUID) -> ResponseReturnValue:
    """G5: one's own appointment as a file, for whoever deleted the mail."""
    account = current_account()
    booking = queries.own_booking(id, viewer=account.id)
    appointment = appointment_of(
        booking,
        account_name=account.name,
        email=account.email,
        method=Method.PUBLISH,
        sequence=booking.gathering.sequence,
    )
    response = Response(
        calendar_file(booking, appointment), content_type="text/calendar; charset=utf-8; method=PUBLISH"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{booking.gathering.starts_at:%Y-%m-%d}.ics"'
    return response


def _back(id: UUID) -> str:
    return safe_next(request.form.get("next"), url_for(".show", id=id))


def _cacheable(page: str) -> Response:
    """Let shared caches keep what everybody sees alike: no form, no session, no message for one person."""
    response = Response(page, content_type="text/html; charset=utf-8")
    if not session and not current_user.is_authenticated:
        response.headers["Cache-Control"] = "public, max-age=60"
    return response


def public_panel(account_id: UUID | None) -> dict[str, Any] | None:
    """Fill the public home's panel: the next three gatherings."""
    del account_id
    coming = queries.coming(AT_HOME)
    return {"gatherings": coming, "viewer": viewer_of(coming)} if coming else None


def home_next(account_id: UUID) -> dict[str, Any] | None:
    """Tell the member home what waits for an answer, soonest over first: a seat to pay, or one that is offered (G3)."""
    held, places = _ahead(account_id)
    things = [
        (seat.pay_by, _to_pay(seat, seat.pay_by))
        for seat in held
        if seat.pay_by and seat.gathering.state is GatheringState.PUBLISHED
    ]
    things += [
        (guest.pay_by, _guest_to_pay(guest, guest.pay_by)) for guest in guests.unpaid_of(account_id) if guest.pay_by
    ]
    things += [(place.offer_until, _to_answer(place, place.offer_until)) for place in places if place.offer_until]
    return {"things": [thing for _until, thing in sorted(things, key=itemgetter(0))]} if things else None


def _ahead(account_id: UUID) -> waitlist_queries.Ahead:
    """Return what is ahead of somebody, asked once for both places where the home page tells it."""
    known: dict[UUID, waitlist_queries.Ahead] = g.setdefault("agenda_ahead", {})
    if account_id not in known:
        known[account_id] = waitlist_queries.ahead_for(account_id)
    return known[account_id]


def _to_pay(seat: Seat, until: datetime) -> dict[str, Any]:
    title = seat.gathering.title
    text = _("Your seat at “%(title)s” is to be paid by %(moment)s.", title=title, moment=moment(until))
    return _due(text, _("To the payment"), url_for("seat_fees.pay", id=seat.id))


def _guest_to_pay(guest: Guest, until: datetime) -> dict[str, Any]:
    told = {"name": guest.name, "title": guest.gathering.title, "moment": moment(until)}
    text = _("The seat of %(name)s at “%(title)s” is to be paid by %(moment)s.", **told)
    return _due(text, _("To the payment"), url_for("guests.pay", id=guest.gathering_id, guest_id=guest.id))


def _to_answer(place: Place, until: datetime) -> dict[str, Any]:
    title = place.gathering.title
    text = _("A seat at “%(title)s” is held for you until %(moment)s.", title=title, moment=moment(until))
    return _due(text, _("Answer"), url_for("agenda.show", id=place.gathering.id))


def _due(text: str, label: str, url: str) -> dict[str, Any]:
    return {"text": text, "label": label, "url": url, "icon": "agenda", "due": True}


def home_panel(account_id: UUID) -> dict[str, Any]:
    """Fill the member home's panel: one's own next seats, and what else is coming."""
    held, places = _ahead(account_id)
    booked, in_line = {seat.gathering.id: seat.mode for seat in held}, {one.gathering.id for one in places}
    others = [one for one in queries.coming(3 * AT_HOME) if one.id not in booked and one.id not in in_line]
    viewer = Viewer(signed_in=True, member=True, booked=booked)
    return {"bookings": held[:AT_HOME], "gatherings": others[:AT_HOME], "viewer": viewer, "places": places}
