"""G10: the public agenda as a month on the wall; narrowed like the list, and every month has its own address."""

from __future__ import annotations

from calendar import Calendar
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Integer, Select, bindparam, func, select

from app.accounts.current import current_account
from app.agenda import shown
from app.agenda.entries import LISTED, Listed, listed
from app.agenda.feeds.views import follow_links
from app.agenda.models import Gathering
from app.agenda.queries import SEEN_BY_ALL, Month, Wanted, Where
from app.agenda.waitlist_queries import standings_among
from app.core import access, clock
from app.core.db import UtcDateTime, db
from app.mail.rendering import link

MOST = 200
MONDAY = 0


@dataclass(frozen=True)
class Day:
    """A day on the wall; `within` the month, or one that fills up its first or last week."""

    day: date
    within: bool
    gatherings: tuple[Listed, ...]


@access.public
def month() -> ResponseReturnValue:
    """Show one month as a table of weeks, which a phone shows as a list of days."""
    wanted = Wanted.read(request.args.to_dict())
    on_wall = wanted.month or Month.of(clock.now())
    wanted = Wanted(kind=wanted.kind, where=wanted.where, month=on_wall)
    found = gatherings_of(wanted)
    person = current_account().id if current_user.is_authenticated else None
    stands = standings_among(person, [one.id for one in found]) if person else None
    first, last = reach()
    before = previous(on_wall)
    return render_template(
        "agenda/month.html",
        wanted=wanted,
        month=on_wall,
        weeks=weeks(on_wall, found),
        found=found,
        booked=stands.booked if stands else (),
        unpaid=stands.unpaid if stands else (),
        before=before if first and str(before) >= str(first) else None,
        after=on_wall.following if last and str(on_wall.following) <= str(last) else None,
        this_month=Month.of(clock.now()),
        today=clock.today(),
        wheres=shown.WHERES,
        follow=follow_links(wanted),
        structured=shown.structured_list([(one, link("agenda.show", id=one.id)) for one in found]),
    )


def previous(month: Month) -> Month:
    """Return the month before."""
    return Month(month.year, month.month - 1) if month.month > 1 else Month(month.year - 1, 12)


def weeks(month: Month, found: Sequence[Listed]) -> list[list[Day]]:
    """Lay the days of a month out in weeks from Monday on, each with what begins on it at the bureau."""
    by_day: dict[date, list[Listed]] = defaultdict(list)
    for gathering in found:
        by_day[clock.local(gathering.starts_at).date()].append(gathering)
    return [
        [Day(day, day.month == month.month, tuple(by_day[day] if day.month == month.month else ())) for day in week]
        for week in Calendar(MONDAY).monthdatescalendar(month.year, month.month)
    ]


def gatherings_of(wanted: Wanted) -> list[Listed]:
    """Return what begins in a month, drafts left out, what is cancelled included."""
    assert wanted.month is not None
    values = {
        "begins": wanted.month.start,
        "ends": wanted.month.following.start,
        "kind": wanted.kind,
        "most": MOST,
    }
    return listed(_statement(kind=bool(wanted.kind), where=wanted.where), values)


@cache
def _statement(*, kind: bool, where: Where | None) -> Select[Any]:
    moment = UtcDateTime()
    query = select(*LISTED).where(
        Gathering.state.in_(SEEN_BY_ALL),
        Gathering.starts_at >= bindparam("begins", type_=moment),
        Gathering.starts_at < bindparam("ends", type_=moment),
    )
    narrowing = (
        (kind, Gathering.kind == bindparam("kind", type_=Gathering.kind.type)),
        (where is Where.ONLINE, Gathering.online_url != ""),
        (where is Where.ON_SITE, Gathering.venue != ""),
    )
    query = query.where(*(condition for asked, condition in narrowing if asked))
    return query.order_by(Gathering.starts_at, Gathering.id).limit(bindparam("most", type_=Integer()))


def reach() -> tuple[Month | None, Month | None]:
    """Return the first and last month in which anything was or is planned; beyond them no link leads."""
    query = select(func.min(Gathering.starts_at), func.max(Gathering.starts_at)).where(Gathering.state.in_(SEEN_BY_ALL))
    first, last = db.session.execute(query).one()
    return (Month.of(first), Month.of(last)) if first and last else (None, None)
