"""V5: the sealed ballot of an edition as its returning officer runs it: the key, the tests, and the files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from app.challenge.models import BundleFile, Edition, EditionState, Trial, Trustee
from app.core.db import db
from app.core.errors import NotFound


class KeptFile(NamedTuple):
    """A file of the bundle that is there, without its content."""

    name: str
    sha256: str
    size: int


def trustee(edition_id: UUID) -> Trustee | None:
    """Return who keeps the key of an edition, once that was entered."""
    return db.session.get(Trustee, edition_id)


def trials(edition_id: UUID) -> list[Trial]:
    """Return the test openings, one per copy of the key."""
    return list(db.session.scalars(select(Trial).where(Trial.edition_id == edition_id).order_by(Trial.copy)))


def trial(edition_id: UUID, copy: int) -> Trial:
    """Return one of them."""
    found = db.session.get(Trial, (edition_id, copy))
    if found is None:
        raise NotFound
    return found


def trials_passed(edition_id: UUID) -> int | None:
    """V5: count the copies of the trustee's key that have opened what was sealed for them; None without a key."""
    counted = select(func.count()).where(Trial.edition_id == Trustee.edition_id, Trial.passed_at.is_not(None))
    return db.session.scalar(select(counted.scalar_subquery()).where(Trustee.edition_id == edition_id))


def kept_files(edition_id: UUID) -> dict[str, KeptFile]:
    """Return which files of the bundle there are, with their hashes."""
    size = func.length(BundleFile.content)
    wanted = select(BundleFile.name, BundleFile.sha256, size).where(BundleFile.edition_id == edition_id)
    return {row[0]: KeptFile._make(row) for row in db.session.execute(wanted)}


@dataclass(frozen=True)
class Closed:
    """How many editions wait for their ballots, and since when the first does."""

    count: int
    since: datetime | None


def waiting_for_ballots() -> Closed:
    """B1: count the editions that are closed and whose envelopes the trustee is to open."""
    wanted = select(func.count(), func.min(Edition.closes_at)).where(Edition.state == EditionState.CLOSED)
    return Closed(*db.session.execute(wanted).one())


def unreadable(edition_id: UUID) -> int:
    """Count the envelopes that the trustee could not open."""
    wanted = select(BundleFile.content).where(BundleFile.edition_id == edition_id, BundleFile.name == "ballots")
    content = db.session.scalar(wanted)
    return len(json.loads(content)["unreadable"]) if content else 0
