"""Booking and waiting as a member sees it: one click, one answer, by the page or by the link in a mail (G2, G3)."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID, uuid4

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.accounts.models import Account
from app.agenda import links, queries, services, waitlist_mails
from app.agenda import waitlist_queries as waitlist
from app.agenda.forms import WishForm
from app.agenda.models import Booking, EntryState, Gathering, GatheringState, SeatMode, WaitlistEntry
from app.agenda.shown import Offer, Viewer, choices
from app.agenda.waitlist_queries import Own
from app.core import access, clock
from app.core.db import atomic
from app.core.formats import moment
from app.core.limits import limiter
from app.core.web import safe_next

bp = Blueprint("waitlist", __name__, url_prefix="/agenda")
GONE = 410


class Got(NamedTuple):
    """What booking brought: what to tell, and the seat that is to be paid now, if any (P10)."""

    told: str
    to_pay: UUID | None = None


def mode_asked() -> SeatMode | None:
    """G1: read whether a hall or online was asked for; where there is one way to take part nothing is asked."""
    asked = request.values.get("mode")
    return SeatMode(asked) if asked in set(SeatMode) else None


def book_for(gathering_id: UUID, account: Account, mode: SeatMode | None = None, *, fee_seen: int | None = None) -> Got:
    """G2: book a seat or a place in line for somebody and return what to tell them.

    The mail is written before the transaction: on SQLite that begins with the lock, and on PostgreSQL everybody who
    wants the same gathering waits for whoever holds its row.
    """
    gathering, person, row_id = queries.to_book(gathering_id), account.id, uuid4()
    waitlist_mails.make_ready(gathering, account, row_id, mode)
    title, fee, hybrid = gathering.title, gathering.fee_cents, gathering.online_capacity is not None
    with atomic():
        got = services.book_seat(
            queries.to_book(gathering_id), person, by=person, id=row_id, fee_seen=fee_seen, mode=mode
        )
    if hybrid and not (fee and isinstance(got, Booking) and got.pay_by):
        return Got(_told(got, title))
    if isinstance(got, Booking) and not fee:
        return Got(_("Your seat at “%(title)s” is booked. The confirmation is on its way by mail.", title=title))
    if isinstance(got, Booking):
        return seat_told(got)
    return Got(
        _(
            "You are number %(number)s on the waiting list of “%(title)s”. We mail you as soon as it is your turn.",
            number=waitlist.position(got),
            title=title,
        )
    )


def seat_told(booking: Booking) -> Got:
    """Tell somebody of their seat, and until when it is held unpaid (P10)."""
    if booking.pay_by is None:
        return Got(_("The seat is yours. The confirmation is on its way by mail."))
    until = moment(booking.pay_by)
    return Got(_("Your seat is held until %(moment)s. Pay the fee and it is yours.", moment=until), booking.id)


def _told(got: Booking | WaitlistEntry, title: str) -> str:
    """Say what came of asking for a seat in the hall, or online."""
    words = {
        (True, SeatMode.ON_SITE): _l(
            "You have a seat in the hall at “%(title)s”. The confirmation is on its way by mail."
        ),
        (True, SeatMode.ONLINE): _l("You take part online in “%(title)s”. The link is on its way by mail."),
        (False, SeatMode.ON_SITE): _l(
            "You are number %(number)s on the waiting list for the hall of “%(title)s”."
            " We mail you as soon as it is your turn."
        ),
        (False, SeatMode.ONLINE): _l(
            "You are number %(number)s on the waiting list to take part online in “%(title)s”."
            " We mail you as soon as it is your turn."
        ),
    }
    seated = isinstance(got, Booking)
    number = 0 if isinstance(got, Booking) else waitlist.position(got)
    return str(words[seated, got.mode]) % {"title": title, "number": number}


def line_shown(gathering: Gathering, own: Own | None, offered: Offer) -> dict[str, Any]:
    """Give the page of a gathering what it tells of the waiting list: how far, with what odds, and what happens."""
    waits_beside = own is not None and own.entry is not None
    if own is None or not (waits_beside or offered in (Offer.QUEUE, Offer.WAITING, Offer.OFFERED)):
        return {"entry": None}
    entry = own.entry
    number = 1 + own.ahead(entry.mode if entry else gathering.pools[0].mode)
    return {
        "entry": entry,
        "number": number,
        "odds": waitlist.odds(gathering.kind, number) if offered is Offer.WAITING else None,
        "automatic_until": gathering.starts_at - services.AUTOMATIC_UNTIL,
        "wish": WishForm(formdata=None, wish=entry.wish) if entry else None,
    }


def wish_form(account_id: UUID) -> WishForm:
    """Fill the question how somebody wants to be taken from waiting lists."""
    return WishForm(formdata=None, wish=waitlist.wish_of(account_id))


@bp.post("/<uuid:id>/waitlist/leave")
@access.signed_in
def leave(id: UUID) -> ResponseReturnValue:
    """G3: leaving is free; an offered seat goes on at once."""
    person = current_account().id
    with atomic():
        entry = waitlist.own_entry(id, viewer=person)
        services.leave(entry.id, by=person)
    flash(_("You are no longer on the waiting list."), "success")
    return redirect(_back(id), 303)


@bp.post("/<uuid:id>/waitlist/accept")
@access.signed_in
def accept(id: UUID) -> ResponseReturnValue:
    """G3: take the seat that is held."""
    person = current_account().id
    with atomic():
        entry_id = waitlist.own_entry(id, viewer=person).id
        booking = services.accept_offer(entry_id, by=person, fee_seen=request.form.get("fee", 0, type=int))
    got = seat_told(booking)
    flash(got.told, "success")
    return redirect(url_for("seat_fees.pay", id=got.to_pay) if got.to_pay else _back(id), 303)


@bp.post("/<uuid:id>/waitlist/wish")
@access.signed_in
def wish(id: UUID) -> ResponseReturnValue:
    """G3: change, for this one list, whether to be seated or asked."""
    person, form = current_account().id, WishForm()
    entry = waitlist.own_entry(id, viewer=person)
    if not form.validate_on_submit():
        flash(_("Choose one of the two."), "error")
    else:
        with atomic():
            services.choose_wish(entry.id, form.wish.data)
        flash(_("Your choice for this waiting list is saved."), "success")
    return redirect(url_for("agenda.show", id=id), 303)


@bp.post("/waitlist/wish")
@access.signed_in
def default_wish() -> ResponseReturnValue:
    """G3: choose what holds for every waiting list joined from now on."""
    person, form = current_account().id, WishForm()
    if not form.validate_on_submit():
        flash(_("Choose one of the two."), "error")
    else:
        with atomic():
            services.choose_default_wish(person, form.wish.data)
        flash(_("Your choice is saved. It holds for every waiting list you join from now on."), "success")
    return redirect(url_for("agenda.mine"), 303)


def _back(id: UUID) -> str:
    return safe_next(request.form.get("next"), url_for("agenda.show", id=id))


@bp.get("/answer/<token>")
@access.public
@limiter.limit("60/minute")
@links.by_link
def answer(token: str) -> ResponseReturnValue:
    """Show an offer with its two answers, or the place in line; looking, as mail scanners do, changes nothing."""
    return _answer_page(token, _place(token))


@bp.post("/answer/<token>")
@access.public
@limiter.limit("20/minute")
@links.by_link
def give_answer(token: str) -> ResponseReturnValue:
    """G3: accept, decline or leave by the link in the mail, which is the proof of who answers."""
    entry = _place(token)
    said, person, to_pay = request.form.get("answer"), entry.account_id, None
    with atomic():
        if said == "accept":
            booking = services.accept_offer(entry.id, by=person, fee_seen=request.form.get("fee", 0, type=int))
            to_pay = booking.id if booking.pay_by else None
        elif said == "leave":
            services.leave(entry.id, by=person)
    return redirect(links.pay_address(to_pay) if to_pay else url_for(".answer", token=token), 303)


def _place(token: str) -> WaitlistEntry:
    named = links.place_named_by(token)
    return waitlist.entry(named) if named else abort(404)


def _answer_page(token: str, entry: WaitlistEntry) -> ResponseReturnValue:
    gathering = entry.gathering
    coming = gathering.state is GatheringState.PUBLISHED and gathering.starts_at > clock.now()
    offered = entry.state is EntryState.OFFERED and entry.offer_until is not None and entry.offer_until > clock.now()
    return render_template(
        "agenda/answer.html",
        token=token,
        entry=entry,
        gathering=gathering,
        coming=coming,
        offered=offered and coming,
        fee=services.fee_of(gathering),
        number=waitlist.position(entry) if entry.state is EntryState.WAITING else None,
    )


@bp.get("/book/<token>")
@access.public
@limiter.limit("60/minute")
@links.by_link
def book_by_link(token: str) -> ResponseReturnValue:
    """Show the gathering with the one button; looking books nothing."""
    may = links.booking_named_by(token) or abort(404)
    return _book_page(token, may)


@bp.post("/book/<token>")
@access.public
@limiter.limit("20/minute")
@links.by_link
def book_now(token: str) -> ResponseReturnValue:
    """G2: one click in a mail, one on the page: a seat or a place in line, without signing in."""
    may = links.booking_named_by(token) or abort(404)
    mode, seen = mode_asked(), request.form.get("fee", 0, type=int)
    got = book_for(may.gathering_id, accounts.account(may.account_id), mode, fee_seen=seen)
    flash(got.told, "success")
    return redirect(links.pay_address(got.to_pay) if got.to_pay else url_for(".book_by_link", token=token), 303)


def _book_page(token: str, may: links.MaySeat) -> ResponseReturnValue:
    gathering = queries.published(may.gathering_id)
    over = gathering.state is not GatheringState.PUBLISHED or gathering.starts_at <= clock.now()
    stands = waitlist.standings_among(may.account_id, [gathering.id])
    page = render_template(
        "agenda/book_by_link.html",
        token=token,
        gathering=gathering,
        over=over,
        booked=stands.booked.get(gathering.id),
        unpaid=gathering.id in stands.unpaid,
        waiting=bool(stands.in_line),
        choices=choices(gathering, Viewer()),
        terms=services.terms_of(gathering),
        fee=services.fee_of(gathering),
    )
    return make_response(page, GONE if over else 200)
