"""V5: telling voters by mail that their vote was received, so that no mail tells whose envelope is whose.

The board has an order, and so have mails: the third mail would belong to the third cast. So casts write no mail. From
time to time some of those who are owed one are drawn by lot and told together; `POOL` of them always stay behind, to be
mixed with who comes next, until the vote closes.
"""

from __future__ import annotations

import json
import secrets
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update

from app.challenge import queries
from app.challenge.bundle import paper_of
from app.challenge.models import Edition, EditionState, RollEntry
from app.challenge.sealing import slot
from app.challenge.services import casting, files, slots
from app.challenge.services.slots import KeyLost
from app.challenge.services.transitions import locked
from app.core.db import db, now_in_database

POOL = 5
AT_ONCE = 100


def draw_owed(edition_id: UUID) -> list[UUID]:
    """V5: draw by lot whom to tell now, and note that they are told; after the close everybody who is left."""
    edition = locked(edition_id)
    owed = list(db.session.scalars(select(RollEntry.voter).where(_here(edition), RollEntry.owed)))
    secrets.SystemRandom().shuffle(owed)
    told = owed if is_over(edition) else owed[: max(0, len(owed) - POOL)]
    told = told[:AT_ONCE]
    if told:
        everybody = update(RollEntry).where(_here(edition))
        marked = everybody.values(owed=and_(RollEntry.owed, RollEntry.voter.not_in(told)))
        db.session.execute(marked.execution_options(synchronize_session=False))
    return told


def _here(edition: Edition) -> ColumnElement[bool]:
    return RollEntry.edition_id == edition.id


def is_over(edition: Edition) -> bool:
    """Say whether no more votes come in, by the database's own clock."""
    closes = edition.closes_at
    return edition.state is not EditionState.OPEN or closes is None or now_in_database() >= closes


def receipt_for_mail(key: str) -> bytes:
    """V5: return the receipt that goes along with a mail, made when it is sent: the outbox holds no digest.

    Once the key of the slots is destroyed nobody knows whose envelope was whose: then it is the head of the board.
    """
    edition_id, voter = (UUID(part) for part in key.split("."))
    return (json.dumps(_receipt(edition_id, voter), indent=1, sort_keys=True) + "\n").encode()


def _receipt(edition_id: UUID, voter: UUID) -> dict[str, object]:
    rules, head = files.read(edition_id, "rules"), queries.last_entry(edition_id)
    assert rules is not None
    assert head is not None
    try:
        place = slot(slots.slot_key(edition_id), paper_of(rules).edition, str(voter))
        told = casting.receipt_in(place, edition_id, slots.server_key(edition_id))
    except KeyLost:
        told = None
    return told or {"edition": paper_of(rules).edition, "head": head.hash, "seq": head.seq}
