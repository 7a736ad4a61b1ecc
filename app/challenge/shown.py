"""How an edition is shown: its way through the year, and its weights as a chart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.challenge.models import Edition, EditionState, RoundKind
from app.core import clock
from app.core.formats import moment, short_date
from app.core.i18n import _

ORDER = tuple(EditionState)


def timeline(edition: Edition) -> list[dict[str, Any]]:
    """Return the phases for the timeline, each with its dates; the one that runs is current."""
    now = clock.now()
    kinds = {one.kind for one in edition.rounds}
    verdict = _("Jury and members give their verdict") if RoundKind.BALLOT in kinds else _("The jury gives its verdict")
    phases = (
        (_("Nominations"), edition.nominations_from, edition.nominations_until),
        (_("Nominees work on the case"), edition.nominations_from, edition.work_until),
        (verdict, edition.opens_at, edition.closes_at),
        (_("Result"), edition.closes_at, None),
    )
    over = edition.state is EditionState.PUBLISHED
    return [
        {"label": label, "state": "done" if over else _phase(start, end, now), "when": _when(start, end)}
        for label, start, end in phases
    ]


def _phase(start: datetime | None, end: datetime | None, now: datetime) -> str:
    if end is not None and end <= now:
        return "done"
    return "current" if start is not None and start <= now else "next"


def _when(start: datetime | None, end: datetime | None) -> str:
    if start is None:
        return ""
    if end is None:
        return _("after %(day)s", day=short_date(start))
    return _("from %(start)s until %(end)s", start=short_date(start), end=moment(end))
