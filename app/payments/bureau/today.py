"""The treasurer's start page: what waits, as sentences that lead to where it is solved (B1, P9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import render_template, url_for

from app.core import access, clock
from app.core.formats import long_date
from app.core.i18n import _, _n
from app.core.money import format_money
from app.core.permissions import Permission
from app.payments import queries, shown
from app.payments.bureau.base import bp
from app.payments.models import TaskKind
from app.payments.queries import Age, Outstanding

STALE_AFTER_DAYS = 7


@dataclass(frozen=True)
class Sentence:
    """One thing that waits, where it is solved, and whether it has waited too long."""

    text: str
    url: str
    icon: str
    urgent: bool = False


@bp.get("/today")
@access.needs(Permission.PAYMENT_READ)
def today() -> str:
    """Show what waits for the treasurer, and how the open items stand."""
    day = clock.today()
    ages = queries.outstanding(day)
    until, _read_at = queries.latest_statement()
    return render_template(
        "payments/bureau/today.html",
        queue=[*_tasks(), *_disputes(day), *_waiting(), *_statements(until, day), *_late(ages)],
        today=day,
        until=until,
        figures=[
            {
                "label": shown.AGES[one.age],
                "value": format_money(one.cents),
                "url": url_for(".open_items", age=one.age),
                "tone": "due" if one.age is Age.OLDER and one.count else "",
            }
            for one in ages
        ],
    )


def _tasks() -> list[Sentence]:
    """Say how many payments need a person, reason by reason; disputes come with their day below."""
    sentences = []
    for kind, count, _since in queries.waiting_by_kind():
        if kind is not TaskKind.DISPUTED:
            payments = _n("%(num)s payment", "%(num)s payments", count)
            sentences.append(
                Sentence(f"{shown.TASK_KINDS[kind]}: {payments}", url_for(".tasks"), "attention", urgent=True)
            )
    return sentences


def _waiting() -> list[Sentence]:
    """Say how many refunds are to be sent at the bank, and how many of its lines nobody has decided about."""
    waiting = queries.waiting()
    sentences = []
    if waiting.refunds.count:
        text = shown.refunds_to_send(waiting.refunds.count, waiting.refunds.cents)
        sentences.append(Sentence(text, url_for(".refunds", **shown.TO_SEND_BY_HAND), "payments", urgent=True))
    if waiting.lines.count:
        text = shown.lines_to_match(waiting.lines.count, waiting.lines.cents)
        sentences.append(Sentence(text, url_for(".bank"), "payments", urgent=True))
    return sentences


def _statements(until: date | None, day: date) -> list[Sentence]:
    """Say when the bank was not looked at for a week: what is paid but not known is reminded of in vain."""
    if until is None:
        return [Sentence(_("No statement of the bank was handed in yet"), url_for(".bank_hand_in"), "upload")]
    days = (day - until).days
    if days <= STALE_AFTER_DAYS:
        return []
    text = _("The last statement of the bank is of %(day)s; hand in what came since", day=long_date(until))
    return [Sentence(text, url_for(".bank_hand_in"), "upload", urgent=True)]


def _late(ages: Sequence[Outstanding]) -> list[Sentence]:
    late = [one for one in ages if one.age is not Age.NOT_DUE and one.count]
    if not late:
        return []
    text = _n(
        "%(num)s bill is past its due date, %(amount)s",
        "%(num)s bills are past their due date, together %(amount)s",
        sum(one.count for one in late),
        amount=format_money(sum(one.cents for one in late)),
    )
    return [Sentence(text, url_for(".open_items", age=[one.age for one in late]), "invoice")]


def _disputes(day: date) -> list[Sentence]:
    return [
        Sentence(
            _(
                "A dispute about %(amount)s has to be answered by %(day)s",
                amount=format_money(dispute.amount_cents),
                day=long_date(clock.local(dispute.answer_by)),
            ),
            url_for(".show", id=dispute.bill_id),
            "warning",
            urgent=(clock.local(dispute.answer_by).date() - day).days <= STALE_AFTER_DAYS,
        )
        for dispute in queries.disputes_to_answer()
        if dispute.answer_by
    ]
