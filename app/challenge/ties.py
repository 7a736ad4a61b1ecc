"""V4: what the portal itself knows between a juror and a nominee; each domain that knows something adds a source.

A source gets the accounts of jurors and of nominees, and gives the pairs it knows of. It only proposes: a juror or the
bureau recuses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from uuid import UUID

from app.challenge.models import RecusalReason

Source = Callable[[Collection[UUID], Collection[UUID]], Iterable[tuple[UUID, UUID]]]

_sources: dict[Source, RecusalReason] = {}


def add(reason: RecusalReason, source: Source) -> None:
    """Let a source propose recusals for this reason; adding it twice changes nothing."""
    _sources[source] = reason


def between(jurors: Collection[UUID], nominees: Collection[UUID]) -> dict[tuple[UUID, UUID], RecusalReason]:
    """Return who among these is tied to whom, by account, with the first reason that a source gives."""
    found: dict[tuple[UUID, UUID], RecusalReason] = {}
    if jurors and nominees:
        for source, reason in _sources.items():
            for pair in source(jurors, nominees):
                found.setdefault(pair, reason)
    return found
