"""V5: votes at the same instant, in the closing second, and a process that dies between two statements of a cast."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from app.challenge.board import first_fault
from app.challenge.models import BoardEntry
from app.challenge.queries import board, voting
from app.challenge.sealing import Vote, new_code
from app.challenge.services import casting
from app.challenge.services.casting import CastElsewhere, VoteClosed
from app.core.db import atomic, db, now_in_database
from tests.agenda.test_seats import together
from tests.factories import make_account
from tests.faults.plug import cut_off_everywhere

from .polls import Poll, make_poll

pytestmark = pytest.mark.committed


@pytest.fixture
def poll(committed_app) -> Poll:
    with atomic():
        officer = make_account(roles=("returning_officer",))
    made = make_poll(officer, voters=8)
    db.session.rollback()
    return made


def casting_for(poll: Poll, voter: UUID, **vote: object) -> Callable[[], BoardEntry]:
    """A vote on its way, sealed already."""
    box = poll.box
    envelope = casting.sealed(Vote(new_code(), **{"ranks": [[1]], **vote}), box)

    def act() -> BoardEntry:
        with atomic():
            return casting.cast(poll.edition_id, voter, envelope, box, replaces=None)

    return act


def sound(poll: Poll) -> bool:
    entries = board(poll.edition_id)
    db.session.rollback()
    return first_fault((one.entry, one.hash) for one in entries) is None


def test_v5_two_processes_that_cast_for_one_voter_leave_one_vote(committed_app, poll):
    for voter in poll.voters:
        outcomes = together(committed_app, [casting_for(poll, voter, ranks=[[one]]) for one in (1, 2, 3)])
        assert sorted(type(one).__name__ for one in outcomes) == ["BoardEntry", "CastElsewhere", "CastElsewhere"]
    assert voting.turnout(poll.edition_id).voted == len(poll.lies) == len(poll.casts()) == len(poll.voters)
    assert sound(poll)


def test_v5_everybody_at_once_stands_on_the_board_in_one_chain(committed_app, poll):
    outcomes = together(committed_app, [casting_for(poll, voter) for voter in poll.voters])
    assert sorted(one.seq for one in outcomes) == list(range(2, 2 + len(poll.voters)))
    assert sound(poll)


def test_v5_in_the_closing_second_a_vote_is_either_received_or_refused(committed_app, poll):
    with atomic():
        poll.edition.closes_at = now_in_database() + timedelta(milliseconds=150)
    outcomes = []
    for voter in poll.voters * 60:
        lies = voting.digest_in(poll.box.place(voter))
        db.session.rollback()
        try:
            outcomes.append(poll.cast(voter, replaces=lies))
        except VoteClosed:
            outcomes.append(None)
            break
    received = [one for one in outcomes if one]
    assert outcomes[-1] is None
    assert len(poll.casts()) == len(received)
    assert sound(poll)


def test_v5_a_process_that_dies_between_two_statements_of_a_cast_leaves_no_vote_and_no_entry(committed_app, poll):
    events, changed = cut_off_everywhere(casting_for(poll, poll.voters[0]))
    assert events >= 7
    assert changed == {"challenge_board": 1, "challenge_envelope": 1, "challenge_roll": 0}
    lies = poll.lies[0].digest
    db.session.rollback()
    with pytest.raises(CastElsewhere):
        casting_for(poll, poll.voters[0])()
    poll.cast(poll.voters[0], replaces=lies)
    assert (len(poll.lies), len(poll.casts())) == (1, 2)
