"""V6: an independent library, votelib, counts the same."""

from __future__ import annotations

import votelib.convert
import votelib.evaluate.condorcet
import votelib.evaluate.sequential
from hypothesis import given, reject, settings

from app.challenge.counting import matrix, plurality, poll, runoff, schulze
from tests.challenge.elections import polls

FIVE = (1, 2, 3, 4, 5)
enough = settings(max_examples=60, deadline=None)


def theirs(ballots):
    """Write ballots in their form: equals as a frozen set."""
    found = {}
    for ranks, times in ballots:
        key = tuple(group[0] if len(group) == 1 else frozenset(group) for group in ranks)
        found[key] = found.get(key, 0) + times
    return found


@enough
@given(polls())
def test_their_matrix_and_their_schulze_are_ours(ballots):
    pairs = votelib.convert.RankedToCondorcetVotes().convert(theirs(ballots))
    ours = schulze(poll(FIVE, ballots))
    named = {one for ranks, _times in ballots for group in ranks for one in group}
    for (one, other), votes in matrix(poll(FIVE, ballots)).above.items():
        if one in named and other in named:
            assert pairs.get((one, other), 0) == votes
    if pairs and len(ours.placing.groups[0]) == 1 and named == set(FIVE):
        assert votelib.evaluate.condorcet.Schulze().evaluate(pairs, 1) == [ours.placing.winner]


@enough
@given(polls(equals=False))
def test_their_runoff_is_ours_where_no_tie_is_resolved(ballots):
    ours = runoff(poll(FIVE, ballots), together=False)
    firsts = plurality(poll(FIVE, ballots)).points
    if any(each.tie for each in ours.rounds) or 0 in firsts.values():
        return
    selector = votelib.evaluate.sequential.TransferableVoteSelector(quota_function="droop")
    try:
        elected = selector.evaluate(theirs(ballots), 1)
    except NotImplementedError:  # where it sees a tie of its own it counts no further
        reject()
    assert elected == [ours.placing.winner]
