"""What the demo's bureau decided about seats that stay empty, and one that it does not count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from app.accounts.demo import demo_id
from app.agenda.absences.models import AbsenceExcuse, AbsencePolicy, Consequence
from app.agenda.absences.queries import ONLY, Policy
from app.core import clock
from app.core.db import insert_rows

DECIDED_AGO = timedelta(days=200)


def add(bookings: Sequence[dict[str, Any]]) -> None:
    """Let a note follow three empty seats a year, and excuse the latest that stayed empty."""
    mild = Policy(consequence=Consequence.NOTE)
    insert_rows(AbsencePolicy, [{"id": ONLY, "changed_at": clock.now() - DECIDED_AGO, **asdict(mild)}])
    empty = [one for one in bookings if one["no_show_at"]]
    latest = max(empty, key=lambda one: (one["no_show_at"], one["seq"]), default=None)
    if latest is not None:
        excused = {
            "booking_id": latest["id"],
            "reason": "Belde de ochtend zelf: ziek.",
            "excused_by_id": demo_id("coordinator"),
            "excused_at": clock.now(),
        }
        insert_rows(AbsenceExcuse, [excused])
