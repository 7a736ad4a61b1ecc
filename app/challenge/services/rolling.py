"""V5: the roll: who may vote, written down when an edition opens."""

from __future__ import annotations

from app.challenge.models import Edition, RollEntry
from app.challenge.queries import voting
from app.core.db import insert_new


def fill(edition: Edition) -> int:
    """V5: write down who may vote, when an edition opens; done again it adds nobody. Returns how many there are.

    Members on the day that counts, without the jury, and who was invited. An address that is a member's, or a juror's,
    is not counted again among those invited.
    """
    known = voting.emails_of_voters(edition)
    invited = {one.id for one in voting.invitees(edition.id) if one.email not in known}
    rows = [
        {"edition_id": edition.id, "voter": voter, "voted": False, "owed": False}
        for voter in sorted(voting.may_vote(edition) | invited)
    ]
    insert_new(RollEntry, rows)
    return voting.turnout(edition.id).roll
