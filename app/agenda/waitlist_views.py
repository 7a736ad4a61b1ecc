"""Booking and waiting as a member sees it: one click, one answer, by the page or by the link in a mail (G2, G3)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.accounts.models import Account
from app.agenda import links, queries, services, waitlist_mails
from app.agenda import waitlist_queries as waitlist
from app.agenda.forms import WishForm
from app.agenda.models import Booking, EntryState, Gathering, GatheringState, WaitlistEntry
from app.agenda.shown import Offer
from app.agenda.waitlist_queries import Own
from app.core import access, clock
from app.core.db import atomic
from app.core.limits import limiter
from app.core.web import safe_next

bp = Blueprint("waitlist", __name__, url_prefix="/agenda")
GONE = 410


def book_for(gathering_id: UUID, account: Account) -> str:
    """G2: book a seat or a place in line for somebody and return what to tell them.

    The mail is written before the transaction: on SQLite that begins with the lock, and on PostgreSQL everybody who
    wants the same gathering waits for whoever holds its row.
    """
    gathering, person, row_id = queries.published(gathering_id), account.id, uuid4()
    waitlist_mails.make_ready(gathering, account, row_id)
    title = gathering.title
    with atomic():
        got = services.book_seat(queries.published(gathering_id), person, by=person, id=row_id)
    if isinstance(got, Booking):
        return _("Your seat at “%(title)s” is booked. The confirmation is on its way by mail.", title=title)
    return _(
        "You are number %(number)s on the waiting list of “%(title)s”. We mail you as soon as it is your turn.",
        number=waitlist.position(got),
        title=title,
    )


def line_shown(gathering: Gathering, own: Own | None, offered: Offer) -> dict[str, Any]:
    """Give the page of a gathering what it tells of the waiting list: how far, with what odds, and what happens."""
    if own is None or offered not in (Offer.QUEUE, Offer.WAITING, Offer.OFFERED):
        return {"entry": None}
    entry, number = own.entry, 1 + own.ahead
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
        services.accept_offer(waitlist.own_entry(id, viewer=person).id, by=person)
    flash(_("The seat is yours. The confirmation is on its way by mail."), "success")
    return redirect(_back(id), 303)


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
    said, person = request.form.get("answer"), entry.account_id
    with atomic():
        if said == "accept":
            services.accept_offer(entry.id, by=person)
        elif said == "leave":
            services.leave(entry.id, by=person)
    return redirect(url_for(".answer", token=token), 303)


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
    flash(book_for(may.gathering_id, accounts.account(may.account_id)), "success")
    return redirect(url_for(".book_by_link", token=token), 303)


def _book_page(token: str, may: links.MaySeat) -> ResponseReturnValue:
    gathering = queries.published(may.gathering_id)
    over = gathering.state is not GatheringState.PUBLISHED or gathering.starts_at <= clock.now()
    stands = waitlist.standings_among(may.account_id, [gathering.id])
    page = render_template(
        "agenda/book_by_link.html",
        token=token,
        gathering=gathering,
        over=over,
        booked=bool(stands.booked),
        waiting=bool(stands.in_line),
        terms=services.terms_of(gathering),
    )
    return make_response(page, GONE if over else 200)
