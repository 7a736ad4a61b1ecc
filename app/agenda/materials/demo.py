"""Materials with the demo's gatherings: to read beforehand for everybody, the slides afterwards for who had a seat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from app.agenda.materials.models import Audience, Material, Opens
from app.agenda.models import GatheringState
from app.core import files
from app.core.db import insert_rows
from app.core.demo import DOMAIN, drawn_id
from app.core.paper import BODY, SERIF, Sheet, Style

HEADING = Style(font=SERIF, size=24)
READING_ONE_IN, SLIDES_ONE_IN, MOST_FILES = 3, 2, 12


def add(rows: Sequence[dict[str, Any]], rng: Random) -> None:
    """Add materials to some of these gatherings, the last ones first; only a few have a file of their own."""
    published = [row for row in rows if row["state"] is GatheringState.PUBLISHED]
    made = [_reading(row, rng) for row in published[::READING_ONE_IN]]
    made += [_slides(row, rng) for row in [*reversed(published)][::SLIDES_ONE_IN][:MOST_FILES]]
    insert_rows(Material, made)


def _reading(row: dict[str, Any], rng: Random) -> dict[str, Any]:
    link = {"url": f"https://lezen.{DOMAIN}/{rng.randrange(10**4):04d}"}
    return _row(row["id"], "Om vooraf te lezen", Audience.PUBLIC, Opens.BEFORE, row["created_at"], rng) | link


def _slides(row: dict[str, Any], rng: Random) -> dict[str, Any]:
    """Make the sheets of one evening, of a page."""
    sheet = Sheet(title=row["title"], author="Binnenkring", language="nl")
    y = sheet.lines(72, 740, sheet.wrapped(row["title"], HEADING, 450), HEADING, 30)
    sheet.lines(72, y - 20, sheet.wrapped(row["summary"], BODY, 450), BODY, 14)
    content = sheet.finish()
    kept = {
        "url": "",
        "stored_name": files.keep(content, "pdf"),
        "shown_name": "Sheets.pdf",
        "mimetype": "application/pdf",
        "size": len(content),
    }
    return _row(row["id"], "De sheets", Audience.BOOKED, Opens.AFTERWARDS, row["created_at"], rng) | kept


def _row(
    gathering_id: UUID, title: str, audience: Audience, opens: Opens, added_at: datetime, rng: Random
) -> dict[str, Any]:
    return {
        "id": drawn_id(rng),
        "gathering_id": gathering_id,
        "title": title,
        "audience": audience,
        "opens": opens,
        "stored_name": "",
        "shown_name": "",
        "mimetype": "",
        "size": 0,
        "added_at": added_at,
    }
