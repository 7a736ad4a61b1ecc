"""G5, G10: addresses for calendar programs and feed readers, and the page where one's own is made and withdrawn.

Programs ask again every hour and carry no session: they are answered by a fingerprint of what stands in the feed, and
a file is only written when something in it is different.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.agenda.feeds import entries, queries, services
from app.agenda.models import Gathering
from app.agenda.queries import Wanted
from app.core import access, calendars, clock
from app.core.calendars import Method
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.i18n import _, language, speaking
from app.core.limits import spend
from app.mail.rendering import link

bp = Blueprint("calendars", __name__)
OFTEN_ENOUGH, GUESSES, VISITS = "120 per hour", "30 per hour", "600 per hour"
CALENDAR = "text/calendar; charset=utf-8"
NEWS = "application/rss+xml; charset=utf-8"
A_QUARTER = 900


@bp.get("/calendar/<secret>.ics")
@access.public
def own(secret: str) -> ResponseReturnValue:
    """G5: everything that stands in one person's calendar; who knows the address may read it, until it is withdrawn."""
    feed = queries.feed_by(secret)
    if feed is None:
        spend(GUESSES, "calendar-guess", request.remote_addr or "")
        raise NotFound
    spend(OFTEN_ENOUGH, "calendar", str(feed.id))
    account = accounts.account(feed.account_id)
    if not account.active:
        raise NotFound
    with speaking(account.locale):
        found = calendars.entries_of(account.id, clock.now() - queries.LOOK_BACK)
        name = _("%(house)s: my calendar", house=current_app.config["HOUSE"].name)
        return _answer(
            CALENDAR, (name, found), lambda: calendars.calendar_of(found, Method.PUBLISH, name=name), public=False
        )


@bp.get("/agenda/feed.ics")
@access.public
def agenda() -> ResponseReturnValue:
    """G10: the public agenda for calendar programs, narrowed as the page it was taken from."""
    return _for_everybody(queries.public_gatherings, CALENDAR, _as_calendar)


@bp.get("/agenda/feed.rss")
@access.public
def news() -> ResponseReturnValue:
    """G10: what was put in the agenda last, for feed readers, narrowed as the page it was taken from."""
    return _for_everybody(queries.newest_gatherings, NEWS, _as_news)


def _for_everybody(
    ask: Callable[[Wanted], Iterable[Gathering]], content_type: str, write: Callable[[list[Gathering], str], bytes]
) -> Response:
    spend(VISITS, "feed", request.remote_addr or "")
    wanted = narrowing(Wanted.read(request.args.to_dict()))
    asked = request.args.get("language", "")
    with speaking(asked if asked in current_app.config["LANGUAGES"] else "nl"):
        gatherings = list(ask(wanted))
        facts = entries.public_entries(gatherings)
        title = _("%(house)s: agenda", house=current_app.config["HOUSE"].name)
        return _answer(content_type, (title, language(), facts), lambda: write(gatherings, title), public=True)


def narrowing(wanted: Wanted) -> Wanted:
    """Keep of a search what makes sense in a feed, which always tells what is coming: the kind and the where."""
    return Wanted(kind=wanted.kind, where=wanted.where)


def _as_calendar(gatherings: list[Gathering], title: str) -> bytes:
    return calendars.calendar_of(entries.public_entries(gatherings), Method.PUBLISH, name=title)


def _as_news(gatherings: list[Gathering], title: str) -> bytes:
    here = link("calendars.news", **request.args.to_dict())
    return entries.news(gatherings, title=title, here=here, locale=language())


def _answer(content_type: str, facts: Any, write: Callable[[], bytes], *, public: bool) -> Response:
    """Answer 304 to who has it already; `facts` is everything that the file is made of."""
    mark = hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
    known = request.if_none_match.contains(mark)
    response = Response(status=304) if known else Response(write(), content_type=content_type)
    response.set_etag(mark)
    response.headers["Cache-Control"] = f"public, max-age={A_QUARTER}" if public else "private, no-cache"
    return response


@bp.get("/account/calendar")
@access.signed_in
def mine() -> ResponseReturnValue:
    """Tell whether one's own calendar has an address, and what to do with it."""
    return render_template("agenda/own_calendar.html", feed=queries.feed_of(current_account().id), address=None)


@bp.post("/account/calendar")
@access.signed_in
def give() -> ResponseReturnValue:
    """Make a new address, show it this once, and end the one before."""
    account = current_account()
    with atomic():
        secret = services.give_address(account.id, by=account.id)
    address = link("calendars.own", secret=secret)
    feed = queries.feed_of(account.id)
    return render_template(
        "agenda/own_calendar.html", feed=feed, address=address, webcal="webcal" + address[address.index("://") :]
    )


@bp.post("/account/calendar/withdraw")
@access.signed_in
def withdraw() -> ResponseReturnValue:
    """Let the address stop working."""
    account = current_account()
    with atomic():
        services.withdraw_address(account.id, by=account.id)
    flash(_("The address no longer works. Remove the calendar from your program as well."), "success")
    return redirect(url_for(".mine"), 303)


def follow_links(wanted: Wanted) -> dict[str, str]:
    """Return the addresses under which anybody follows the agenda as it is narrowed now."""
    query = narrowing(wanted).as_query() | ({} if language() == "nl" else {"language": language()})
    address = link("calendars.agenda", **query)
    return {
        "webcal": "webcal" + address[address.index("://") :],
        "address": address,
        "news": link("calendars.news", **query),
    }


def account_panel(account_id: UUID) -> dict[str, Any]:
    """Fill the account page's panel: whether one's own calendar has an address."""
    return {"feed": queries.feed_of(account_id)}
