"""V6: the count, from the files alone, so that whoever has them comes to the same result."""

from __future__ import annotations

from uuid import UUID

from app.challenge import queries
from app.challenge.bundle import result_file
from app.challenge.models import EditionState
from app.challenge.services import files
from app.challenge.services.chairing import jury_file_of
from app.challenge.services.transitions import locked, move
from app.core.errors import IllegalTransition, Refusal
from app.core.i18n import _l


class NobodyLeft(Refusal):
    """V6: without nominees there is nothing to count."""

    message = _l("All nominees have withdrawn, so there is nothing to count. Cancel this edition, with the reason.")


def count_edition(edition_id: UUID, *, by: UUID) -> None:
    """V6: count ballots and marks by the frozen rules, keep jury and result, and say on the board which they are."""
    edition = locked(edition_id)
    if edition.state is not EditionState.OPENED:
        raise IllegalTransition(edition.state, EditionState.COUNTED)
    rules, ballots = files.read(edition_id, "rules"), files.read(edition_id, "ballots")
    assert rules is not None
    assert ballots is not None
    withdrawn = queries.withdrawn(edition_id)
    if set(rules["order"]) <= set(withdrawn):
        raise NobodyLeft
    jury = jury_file_of(edition_id)
    result = result_file(rules, jury, ballots["ballots"], withdrawn)
    move(
        edition,
        EditionState.COUNTED,
        by=by,
        jury=files.keep(edition, "jury", jury),
        result=files.keep(edition, "result", result),
    )
