"""V8: writing on the board, in the transaction of what is told."""

from __future__ import annotations

from typing import Any

from app.audit.services import plain
from app.challenge import queries
from app.challenge.board import Kind, following
from app.challenge.models import BoardEntry, Edition
from app.core import clock
from app.core.db import db


def write(edition: Edition, kind: Kind, **told: Any) -> BoardEntry:
    """Add an entry to the board of a locked edition. It names people by ids and numbers only: it is kept for good.

    A cast has no moment: beside a mail, a log line or somebody's clock that would tell whose envelope it is (V5).
    """
    last = queries.last_entry(edition.id)
    dated = {} if kind is Kind.CAST else {"at": clock.now().replace(microsecond=0)}
    payload = plain({**dated, **told})
    entry = following(str(edition.id), last.entry if last else None, kind, payload)
    row = BoardEntry(
        edition_id=edition.id, seq=entry.seq, kind=kind.value, payload=payload, prev=entry.prev, hash=entry.hash
    )
    db.session.add(row)
    db.session.flush()
    return row
