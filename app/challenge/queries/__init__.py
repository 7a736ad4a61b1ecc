"""What can be asked about the Challenge, each for whoever may see it."""

from app.challenge.queries.ballot import kept_files, trial, trials, trials_passed, trustee, unreadable
from app.challenge.queries.editions import (
    board,
    edition,
    edition_of,
    editions_for_bureau,
    facts,
    last_entry,
    open_editions,
    public_edition,
    running_edition,
    shown_edition,
)
from app.challenge.queries.nominees import (
    nominee,
    nominees_of,
    open_to_nominations,
    own_nominee,
    own_place,
)

__all__ = [
    "board",
    "edition",
    "edition_of",
    "editions_for_bureau",
    "facts",
    "kept_files",
    "last_entry",
    "nominee",
    "nominees_of",
    "open_editions",
    "open_to_nominations",
    "own_nominee",
    "own_place",
    "public_edition",
    "running_edition",
    "shown_edition",
    "trial",
    "trials",
    "trials_passed",
    "trustee",
    "unreadable",
]
