"""The start page of the bureau: what waits, in sentences, and how things stand, in charts (B1, B2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from flask import render_template, url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from app.agenda.entries import Listed
from app.bureau import queries
from app.bureau.queries import Matter, Waiting
from app.bureau.views.blueprint import bp, rights
from app.core import access, charts, clock
from app.core.money import format_money
from app.core.permissions import Permission
from app.membership import words
from app.membership.models import MembershipStatus
from app.membership.queries.overview import Headcount
from app.payments.queries import Age, Outstanding
from app.payments.shown import AGES, TO_SEND_BY_HAND, lines_to_match, refunds_to_send

URGENT_DAYS = 5
LONGEST_LABEL = 30


@dataclass(frozen=True)
class Sentence:
    """One line of the work queue: what waits, where it is solved, and whether it has waited too long."""

    text: str
    url: str
    icon: str
    urgent: bool


@bp.get("")
@access.needs(Permission.BUREAU_ENTER)
def home() -> str:
    """B1, B2: show what waits and how things stand."""
    mine = rights()
    figures = queries.figures(mine)
    return render_template(
        "bureau/home.html",
        searches=not queries.SEARCHED.isdisjoint(mine),
        queue=[_sentence(waiting) for waiting in queries.work_queue(mine, figures.outstanding)],
        today=clock.today(),
        standing=_standing(figures.standing) if figures.standing is not None else None,
        months=_months(figures.months) if figures.months is not None else None,
        sessions=figures.sessions,
        doors=figures.doors,
        seats=_seats(figures.sessions) if figures.sessions else None,
        outstanding=figures.outstanding,
        dues=_dues(figures.outstanding) if figures.outstanding is not None else None,
        ages=AGES,
        unpaid_cents=sum(one.cents for one in figures.outstanding or ()),
        unpaid_count=sum(one.count for one in figures.outstanding or ()),
    )


def _sentence(waiting: Waiting) -> Sentence:
    text, endpoint, values, icon = _WORDS[waiting.matter](waiting)
    urgent = waiting.matter in _PRESSING or waiting.days >= URGENT_DAYS
    return Sentence(text, url_for(endpoint, **values), icon, urgent)


def _since(waiting: Waiting) -> str:
    if not waiting.days:
        return _("since today")
    if waiting.count == 1:
        return ngettext("for %(num)s day", "for %(num)s days", waiting.days)
    return ngettext("the oldest for %(num)s day", "the oldest for %(num)s days", waiting.days)


_Words = tuple[str, str, dict[str, Any], str]


def _applications(waiting: Waiting) -> _Words:
    text = ngettext(
        "%(num)s application waits to be taken up, %(since)s",
        "%(num)s applications wait to be taken up, %(since)s",
        waiting.count,
        since=_since(waiting),
    )
    return text, "membership_bureau.index", {"state": "submitted"}, "application"


def _reviews(waiting: Waiting) -> _Words:
    text = ngettext(
        "%(num)s application waits for a decision, %(since)s",
        "%(num)s applications wait for a decision, %(since)s",
        waiting.count,
        since=_since(waiting),
    )
    return text, "membership_bureau.index", {"state": "in_review"}, "application"


def _payments(waiting: Waiting) -> _Words:
    text = ngettext(
        "%(num)s payment needs a person, %(since)s",
        "%(num)s payments need a person, %(since)s",
        waiting.count,
        since=_since(waiting),
    )
    return text, "payments_bureau.tasks", {}, "payments"


def _bank_lines(waiting: Waiting) -> _Words:
    return lines_to_match(waiting.count, waiting.cents), "payments_bureau.bank", {}, "payments"


def _refunds(waiting: Waiting) -> _Words:
    text = refunds_to_send(waiting.count, waiting.cents)
    return text, "payments_bureau.refunds", TO_SEND_BY_HAND, "payments"


def _envelopes(waiting: Waiting) -> _Words:
    text = ngettext(
        "The envelopes of %(num)s edition wait to be opened, %(since)s",
        "The envelopes of %(num)s editions wait to be opened, %(since)s",
        waiting.count,
        since=_since(waiting),
    )
    return text, "challenge_bureau.index", {"state": "closed"}, "challenge"


def _overdue(waiting: Waiting) -> _Words:
    text = ngettext(
        "%(num)s bill is past its due date, %(amount)s",
        "%(num)s bills are past their due date, together %(amount)s",
        waiting.count,
        amount=format_money(waiting.cents),
    )
    late = [age for age in Age if age is not Age.NOT_DUE]
    return text, "payments_bureau.index", {"age": late}, "invoice"


def _waitlists(waiting: Waiting) -> _Words:
    text = ngettext(
        "At %(num)s gathering people wait while a seat is free",
        "At %(num)s gatherings people wait while a seat is free",
        waiting.count,
    )
    return text, "agenda_bureau.index", {"stuck": "1"}, "agenda"


def _mails(waiting: Waiting) -> _Words:
    text = ngettext("%(num)s mail could not be delivered", "%(num)s mails could not be delivered", waiting.count)
    return text, "mail_bureau.outbox", {"state": "failed"}, "mail"


def _jobs(waiting: Waiting) -> _Words:
    text = ngettext("%(num)s job was given up", "%(num)s jobs were given up", waiting.count)
    return text, "bureau.jobs", {}, "warning"


_WORDS = {
    Matter.APPLICATIONS: _applications,
    Matter.REVIEWS: _reviews,
    Matter.ENVELOPES: _envelopes,
    Matter.PAYMENTS: _payments,
    Matter.BANK_LINES: _bank_lines,
    Matter.REFUNDS: _refunds,
    Matter.OVERDUE: _overdue,
    Matter.WAITLISTS: _waitlists,
    Matter.MAILS: _mails,
    Matter.JOBS: _jobs,
}
_PRESSING = {Matter.PAYMENTS, Matter.MAILS, Matter.JOBS}


def _standing(counts: dict[MembershipStatus, int]) -> list[dict[str, Any]]:
    """Give each status its figure, which leads to exactly the list it counts (ux 48)."""
    return [
        {
            "label": words.STATUSES[status][1],
            "value": _number(counts.get(status, 0)),
            "url": url_for("bureau_members.index", status=status),
            "tone": "due" if status in _TO_CHASE and counts.get(status) else "",
        }
        for status in _SHOWN
    ]


_SHOWN = (
    MembershipStatus.ACTIVE,
    MembershipStatus.GRACE,
    MembershipStatus.PENDING,
    MembershipStatus.SUSPENDED,
    MembershipStatus.LAPSED,
    MembershipStatus.ENDED,
)
_TO_CHASE = {MembershipStatus.SUSPENDED}


def _number(amount: charts.Number) -> str:
    """Write a count with separators, as everywhere in the portal."""
    return f"{amount:,}".replace(",", ".")


def _months(months: Sequence[Headcount]) -> charts.LineChart:
    return charts.line_chart(
        _("Month"),
        [format_date(one.day, "MMM yy") for one in months],
        [
            (_("Paid up"), [one.members for one in months]),
            (_("in the first year"), [one.first_year for one in months]),
        ],
        wording=_number,
    )


def _seats(sessions: Sequence[Listed]) -> charts.BarChart:
    return charts.stacked_bar_chart(
        _("Session"),
        (_("Taken"), _("Free")),
        [
            (
                f"{format_date(clock.local(one.starts_at), 'd MMM')}: {_short(one.title)}",
                (sum(pool.taken for pool in one.pools), one.seats_left),
            )
            for one in sessions
        ],
        total=_("Seats"),
        wording=_number,
    )


def _short(title: str) -> str:
    """Cut a title to what fits above a bar on a phone; the list under the chart has it in full."""
    return shorten(title, LONGEST_LABEL, placeholder="…")


def _dues(outstanding: Sequence[Outstanding]) -> charts.BarChart:
    return charts.bar_chart(
        _("Age"),
        _("Still to be paid"),
        [(str(AGES[one.age]), one.cents) for one in outstanding],
        wording=lambda cents: format_money(int(cents)),
    )
