"""How a record is shown: the list of what was done, the years as a chart, a period in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import url_for

from app.core import charts
from app.core.formats import short_date
from app.core.forms import Option
from app.core.i18n import _, _l, _n
from app.core.listing import ChoiceFilter, Column, DateFilter, Kind, Listing
from app.development import codes, words
from app.development.models import PeRules
from app.development.points import Period, earned, was_too_short, year_rules
from app.development.queries.records import Year

MOST_YEARS = 6


def _where_to(row: Any) -> str:
    if row.own:
        return url_for("development.edit", id=row.id)
    return url_for("agenda.show", id=row.gathering_id)


def _proof(row: Any) -> str:
    return codes.shown(row.code) if row.code else str(row.proof_name)


def _paper(row: Any) -> str:
    if row.code:
        return url_for("development.certificate", id=row.certificate_id)
    return url_for("development.proof", id=row.id) if row.proof_name else ""


ACTIVITIES = Listing(
    title=_l("PE record"),
    columns=[
        Column("title", _l("Activity"), sort=True, href=_where_to),
        Column("done_on", _l("Date"), Kind.DATE, sort=True, nullable=False),
        Column("kind", _l("Kind"), text=lambda kind: words.KINDS[kind]),
        Column("organiser", _l("With"), shown=False),
        Column("present", _l("Time"), value=lambda row: words.duration(row.minutes), exported=False),
        Column("minutes", _l("Minutes"), Kind.NUMBER, shown=False),
        Column("given", _l("Points given"), Kind.NUMBER, value=lambda row: _decimal(row.tenths), shown=False),
        Column("proof", _l("Proof"), value=_proof, href=_paper),
    ],
    search=["title", "organiser"],
    search_label=_l("Activity or organiser"),
    filters=[
        ChoiceFilter("kind", _l("Kind"), [Option(kind, label) for kind, label in words.KINDS.items()]),
        DateFilter("done_on", _l("Date")),
    ],
    default_sort="-done_on",
    counted=lambda number: _n("activity", "activities", number),
    export=True,
)


def _decimal(tenths: int | None) -> Decimal | None:
    return None if tenths is None else Decimal(tenths) / 10


def _with_points(listing: Listing, label: Any, tenths: Any) -> Listing:
    """Put the points of each activity before its proof."""
    column = Column("points", label, Kind.NUMBER, value=lambda row: _decimal(tenths(row)))
    return replace(listing, columns=[*listing.columns[:-1], column, listing.columns[-1]])


def whole_record(rules: Sequence[PeRules]) -> Listing:
    """Return the list of everything, with the points of the circle."""
    return _with_points(ACTIVITIES, _l("PE points"), lambda row: earned(year_rules(rules, row.done_on), row))


def one_period(title: str, period: Period) -> Listing:
    """Return the list of one period of a register, for its body: each activity with the points that it gives there."""
    found = _with_points(ACTIVITIES, _l("Points"), lambda row: earned(period.rules, row))
    return replace(found, title=title, default_sort="done_on", search=(), filters=(), keep=("start",), page_size=100)


def years_chart(years: Sequence[Year]) -> charts.BarChart:
    """Draw the points of each year by the circle's rules, the newest first."""
    return charts.stacked_bar_chart(
        _("Year"),
        (_("At the circle"), _("Elsewhere")),
        [(str(one.year), (_decimal(one.circle) or 0, _decimal(one.own) or 0)) for one in years[:MOST_YEARS]],
        wording=lambda number: words.points(int(Decimal(number) * 10)),
        total=_("Together"),
    )


def period_words(period: Period) -> str:
    """Write from when till when a period runs."""
    return _("%(first)s until %(last)s", first=short_date(period.starts_on), last=short_date(period.ends_on))


def why_nothing(rules: Sequence[PeRules], row: Any) -> str:
    """Say why somebody's presence at a gathering gave no points; nothing when it did."""
    held = year_rules(rules, row.done_on)
    if row.own or not row.tenths or not was_too_short(held, row):
        return ""
    return _("Less than %(percent)s%% of the time, so no points", percent=held.least_percent)
