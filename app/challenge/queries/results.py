"""V7, V9: results, for everybody once they are public, and before that for the two persons who make them so."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.accounts import queries as accounts
from app.challenge.board import Kind
from app.challenge.bundle import Json
from app.challenge.models import BoardEntry, BundleFile, Edition, EditionState, Nominee, Release, ReleaseRole
from app.challenge.queries.editions import WHOLE_EDITION, board
from app.challenge.told import Told
from app.core.db import db
from app.core.errors import NotFound

HAS_RESULT = (EditionState.COUNTED, EditionState.PUBLISHED)


def published(year: int) -> Edition:
    """V7: return the edition of a year whose result everybody may read."""
    wanted = select(Edition).where(Edition.year == year, Edition.state == EditionState.PUBLISHED)
    found = db.session.scalar(wanted.options(*WHOLE_EDITION))
    if found is None:
        raise NotFound
    return found


def past_editions() -> list[Edition]:
    """V9: return every edition with a public result, the newest first."""
    wanted = select(Edition).where(Edition.state == EditionState.PUBLISHED).order_by(Edition.year.desc())
    return list(db.session.scalars(wanted.options(selectinload(Edition.criteria))))


def has_past_editions() -> bool:
    """V9: say whether the hall of fame holds anybody."""
    wanted = select(Edition.id).where(Edition.state == EditionState.PUBLISHED).limit(1)
    return db.session.scalar(wanted) is not None


def counted(id: UUID) -> Edition:
    """V8: return an edition that has a result, public or not."""
    found = db.session.get(Edition, id, options=WHOLE_EDITION)
    if found is None or found.state not in HAS_RESULT:
        raise NotFound
    return found


def releases(edition_id: UUID) -> dict[ReleaseRole, Release]:
    """V8: return who agreed that a result is made public, by role."""
    return {one.role: one for one in db.session.scalars(select(Release).where(Release.edition_id == edition_id))}


def bundle_files(edition_id: UUID) -> dict[str, Json]:
    """V5: return the files of an edition as they were kept, with the board as it is."""
    rows = db.session.execute(select(BundleFile.name, BundleFile.content).where(BundleFile.edition_id == edition_id))
    found: dict[str, Json] = {row.name: json.loads(row.content) for row in rows}
    entries = [each.entry.told() for each in board(edition_id)]
    return {**found, "board": {"edition": str(edition_id), "entries": entries}}


def told(edition: Edition) -> Told:
    """V7: return a result as it can be told."""
    wanted = ("rules", "jury", "ballots", "result")
    rows = db.session.execute(
        select(BundleFile.name, BundleFile.content).where(
            BundleFile.edition_id == edition.id, BundleFile.name.in_(wanted)
        )
    )
    files = {row.name: json.loads(row.content) for row in rows}
    return Told(files["rules"], files["jury"], files["ballots"], files["result"], roll_of(edition.id))


def roll_of(edition_id: UUID) -> int:
    """Return how many could vote, by the board."""
    wanted = select(BoardEntry).where(
        BoardEntry.edition_id == edition_id, BoardEntry.kind.in_([Kind.OPENED, Kind.ROLL_CHANGED])
    )
    newest = db.session.scalar(wanted.order_by(BoardEntry.seq.desc()).limit(1))
    return int(newest.payload["roll"]) if newest else 0


def nominees_by_number(edition_id: UUID) -> dict[int, tuple[str, bool]]:
    """Return by number what nominees are called, and whether their name may stand by their points."""
    rows = db.session.execute(
        select(Nominee.number, Nominee.account_id, Nominee.is_named).where(Nominee.edition_id == edition_id)
    ).all()
    names = accounts.names({row.account_id for row in rows})
    return {row.number: (names[row.account_id], row.is_named) for row in rows}


def withdrawn(edition_id: UUID) -> list[int]:
    """Return the numbers of the nominees who withdrew after the opening, by the board."""
    wanted = select(BoardEntry).where(BoardEntry.edition_id == edition_id, BoardEntry.kind == Kind.WITHDRAWN)
    return [each.payload["nominee"] for each in db.session.scalars(wanted.order_by(BoardEntry.seq))]
