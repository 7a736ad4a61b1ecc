"""M5: what a plan comes to, for people who join on different days, before it is saved: days, amounts and a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.core.i18n import _, _n
from app.core.money import vat_amount
from app.membership.models import Plan, YearPolicy
from app.membership.terms import NoPriceError, NoticeKind, Timeline, first_timeline, next_timeline
from app.payments import services as payments

MARGIN_DAYS = 15
LONGEST_SHOWN = 45
CLOSE = Decimal(7)


@dataclass(frozen=True)
class Amounts:
    """What a period costs, in cents."""

    net: int
    vat: int
    gross: int


@dataclass(frozen=True)
class Case:
    """Somebody who joins on a day: the first period and the one after it, each with its price."""

    label: str
    first: Timeline
    first_amounts: Amounts
    following: Timeline
    following_amounts: Amounts


@dataclass(frozen=True)
class Span:
    """How a membership stands for a while; places in percentages of the width."""

    kind: str
    label: str
    start: Decimal
    width: Decimal
    until: date


@dataclass(frozen=True)
class Mark:
    """What the portal does on a day, numbered; `row` keeps marks that lie close together apart."""

    number: int
    on: date
    at: Decimal
    row: int
    text: str


@dataclass(frozen=True)
class Drawing:
    """The end of a period, when it is not paid for, as a picture."""

    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    rows: int
    end_at: Decimal
    ends_on: date


@dataclass(frozen=True)
class Preview:
    """A plan in days and euros; without cases when it has no price yet."""

    cases: tuple[Case, ...]
    drawing: Drawing | None
    calendar: bool


def preview_of(plan: Plan, today: date) -> Preview:
    """Return what a plan, saved or not, comes to for whoever joins today, in mid-year and on 31 January."""
    days = (
        (_("Joins today"), today),
        (_("Joins in mid-year"), _coming(today, 7, 1)),
        (_("Joins on 31 January"), _coming(today, 1, 31)),
    )
    cases = []
    for label, day in days:
        try:
            cases.append(_case(plan, label, day))
        except NoPriceError:
            continue
    drawing = drawing_of(cases[0].first) if cases else None
    return Preview(tuple(cases), drawing, plan.policy is YearPolicy.CALENDAR)


def _coming(today: date, month: int, day: int) -> date:
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)


def _case(plan: Plan, label: str, day: date) -> Case:
    first = first_timeline(plan, day)
    following = next_timeline(plan, first.ends_on)
    return Case(label, first, _amounts(first), following, _amounts(following))


def _amounts(period: Timeline) -> Amounts:
    rate = payments.vat_rate(period.vat_code, period.starts_on)
    vat = vat_amount(period.net_cents, rate.basis_points)
    return Amounts(period.net_cents, vat, period.net_cents + vat)


def drawing_of(period: Timeline) -> Drawing:
    """Return the drawing of what follows at the end of a period that is not paid for."""
    told = _told(period)
    begin = min(period.ends_on - timedelta(days=MARGIN_DAYS), *told) - timedelta(days=MARGIN_DAYS)
    after = min((period.revive_until - period.lapses_after).days, LONGEST_SHOWN)
    end = max(period.lapses_after, *told) + timedelta(days=max(after, MARGIN_DAYS))

    def place(day: date) -> Decimal:
        return (Decimal((day - begin).days) * 100 / Decimal((end - begin).days)).quantize(Decimal("0.01"))

    spans = []
    since = begin
    for kind, label, until, stop in (
        ("paid", _("Paid"), period.ends_on, period.ends_on),
        ("grace", _("Grace"), period.grace_until, period.grace_until),
        ("suspended", _("Suspended"), period.lapses_after, period.lapses_after),
        ("lapsed", _("Lapsed, can be revived"), period.revive_until, end - timedelta(days=1)),
    ):
        following = stop + timedelta(days=1)
        if following > since:
            spans.append(Span(kind, label, place(since), place(following) - place(since), until))
            since = following
    marks: list[Mark] = []
    for number, (day, texts) in enumerate(sorted(told.items()), start=1):
        close = bool(marks) and place(day) - marks[-1].at < CLOSE
        row = (marks[-1].row + 1) % 3 if close else 0
        marks.append(Mark(number, day, place(day), row, ", ".join(texts)))
    rows = 1 + max(mark.row for mark in marks)
    return Drawing(tuple(spans), tuple(marks), rows, place(period.ends_on + timedelta(days=1)), period.ends_on)


def _told(period: Timeline) -> dict[date, list[str]]:
    """Return what the portal does at the end of a period, by day."""
    told: dict[date, list[str]] = {}

    def add(day: date, text: str) -> None:
        told.setdefault(day, []).append(text)

    add(period.bill_on, _("bill for the next period"))
    if period.notice_by:
        add(period.notice_by, _("last day to give notice"))
    for notice in period.notices:
        away = abs(notice.days)
        if notice.kind is NoticeKind.AHEAD:
            add(notice.on, _n("notice, %(num)s day ahead", "notice, %(num)s days ahead", away))
        else:
            add(notice.on, _n("reminder, %(num)s day late", "reminder, %(num)s days late", away))
    add(period.due_on, _("bill is due"))
    return told


def rows_of(preview: Preview, money: Any, day: Any) -> list[tuple[str, list[str]]]:
    """Return the table of a preview: one row per thing to know, one column per case."""

    def row(label: str, tell: Any) -> tuple[str, list[str]]:
        return label, [tell(case) for case in preview.cases]

    rows = [
        row(_("First period"), lambda case: f"{day(case.first.starts_on)} – {day(case.first.ends_on)}"),
        row(_("Contribution without VAT"), lambda case: money(case.first_amounts.net)),
        row(_("VAT"), lambda case: money(case.first_amounts.vat)),
        row(_("To pay"), lambda case: money(case.first_amounts.gross)),
        row(_("Bill for the next period"), lambda case: day(case.first.bill_on)),
        row(_("Due on"), lambda case: day(case.first.due_on)),
        row(_("Grace until"), lambda case: day(case.first.grace_until)),
        row(_("Lapses after"), lambda case: day(case.first.lapses_after)),
        row(_("Can be revived until"), lambda case: day(case.first.revive_until)),
        row(_("Next period"), lambda case: f"{day(case.following.starts_on)} – {day(case.following.ends_on)}"),
        row(_("Next period, to pay"), lambda case: money(case.following_amounts.gross)),
    ]
    if preview.calendar and any(case.first.notice_by for case in preview.cases):
        rows.insert(4, row(_("Notice by"), lambda case: day(case.first.notice_by) if case.first.notice_by else ""))
    return rows
