"""How results are drawn and written, for the bureau and for who spoke (G8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.agenda.feedback.forms import COMMENTS
from app.agenda.feedback.models import VALUES, Scale
from app.agenda.feedback.queries import LEAST, OPEN_FOR, Answered, Results
from app.core import charts
from app.core.i18n import _, language

HIGHEST = VALUES[Scale.MARK][-1]
NAYS, MAYBES, AYES = (0, 6), (7, 8), (9, 10)


def mark(value: Decimal | None) -> str:
    """Write a mark with one decimal, as people do: `4,3` in Dutch."""
    if value is None:
        return "–"
    text = f"{value:.1f}"
    return text if language() == "en" else text.replace(".", ",")


def marks_chart(results: Results) -> charts.BarChart:
    """Draw the mean mark of each question on a scale up to the highest; the table tells how often each was given."""
    given = [one for one in results.marks if one.mean is not None]
    drawn = charts.bar_chart(
        _("Question"),
        _("Mean"),
        [(one.text, one.mean or Decimal(0)) for one in given],
        full=HIGHEST,
        wording=lambda number: mark(Decimal(number)),
    )
    bars = tuple(
        replace(bar, text=_("%(mean)s, usually %(usual)s", mean=mark(one.mean), usual=mark(one.usual)))
        if one.usual is not None
        else bar
        for bar, one in zip(drawn.bars, given, strict=True)
    )
    head = (_("Question"), *(str(value) for value in VALUES[Scale.MARK]), _("Mean"), _("Usually"))
    rows = tuple((one.text, *map(str, one.votes), mark(one.mean), mark(one.usual)) for one in given)
    return replace(drawn, bars=bars, table=charts.Table(head, rows))


def recommend_chart(answered: Answered) -> charts.BarChart:
    """Draw how many would recommend it, and the means beside it in the table."""
    rows = [
        (_("Surely (9 or 10)"), answered.between(*AYES)),
        (_("Probably (7 or 8)"), answered.between(*MAYBES)),
        (_("Rather not (0 to 6)"), answered.between(*NAYS)),
    ]
    return charts.bar_chart(_("Would recommend it"), _("Answers"), rows)


def figures(results: Results) -> list[dict[str, Any]]:
    """Tell the few figures that say most."""
    count = results.count
    told = [
        {"label": _("Answers"), "value": _("%(answers)s of %(asked)s", answers=count.answers, asked=count.asked)},
        {"label": _("Response"), "value": f"{count.percent}%"},
    ]
    if results.mean is not None:
        told.append({"label": _("All marks, of 5"), "value": mark(results.mean)})
    told += [{"label": _("Recommended, of 10"), "value": mark(one.mean)} for one in results.recommended]
    return told


def page(results: Results) -> dict[str, Any]:
    """Give a page of results what it draws."""
    return {
        "results": results,
        "figures": figures(results),
        "marks": marks_chart(results) if results.marks else None,
        "recommended": [(one.text, recommend_chart(one)) for one in results.recommended],
        "parts": COMMENTS,
        "least": LEAST,
        "days": OPEN_FOR.days,
    }


def lines(results: Results) -> Iterator[list[Any]]:
    """Give the figures as a file has them: a line per question and value, with the means."""
    for one in (*results.marks, *results.recommended):
        for value, votes in zip(VALUES[one.scale], one.votes, strict=True):
            yield [one.text, value, votes, _rounded(one.mean), _rounded(one.usual)]


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.01"))


def headings() -> Iterable[str]:
    """Name the columns of that file."""
    return (_("Question"), _("Value"), _("Answers"), _("Mean"), _("Usually"))
