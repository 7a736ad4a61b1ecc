"""V6: what must hold of every count, whatever the ballots."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.challenge.counting import (
    NotCountable,
    approval,
    borda,
    plurality,
    poll,
    runoff,
    schulze,
)
from tests.challenge.elections import polls, rankings

FIVE = (1, 2, 3, 4, 5)
METHODS = (plurality, approval, borda, runoff, schulze)
enough = settings(max_examples=60, deadline=None)


def renumbered(ranks, names):
    return tuple(tuple(names[one] for one in group) for group in ranks)


@pytest.mark.parametrize("method", METHODS)
@enough
@given(ballots=polls(), data=some.data())
def test_neither_the_order_of_ballots_nor_the_numbers_of_candidates_play_a_part(method, ballots, data):
    before = method(poll(FIVE, ballots))
    assert method(poll(FIVE, data.draw(some.permutations(ballots)))) == before
    names = dict(zip(FIVE, data.draw(some.permutations(range(11, 16))), strict=True))
    after = method(poll([names[one] for one in FIVE], [(renumbered(ranks, names), n) for ranks, n in ballots]))
    assert after.placing.order == tuple(names[one] for one in before.placing.order)


@enough
@given(ballots=polls())
def test_who_beats_everybody_wins_by_schulze_and_nobody_beats_the_winner_without_a_path_back(ballots):
    counted = schulze(poll(FIVE, ballots))
    winner = counted.matrix.condorcet_winner
    if winner is not None:
        assert counted.placing.groups[0] == (winner,)
    for one in counted.placing.groups[0]:
        assert all(counted.paths[one, other] >= counted.paths[other, one] for other in FIVE if other != one)


@enough
@given(ballots=polls(equals=False))
def test_reversing_every_ballot_reverses_schulze_and_borda(ballots):
    whole = [(fill(ranks), times) for ranks, times in ballots]
    there, back = poll(FIVE, whole), poll(FIVE, [(ranks[::-1], times) for ranks, times in whole])
    assert borda(back).placing.groups == tuple(tuple(sorted(group)) for group in reversed(borda(there).placing.groups))
    first, last = schulze(there).placing.groups, schulze(back).placing.groups
    if len(first[0]) == 1 and len(first) > 1:
        assert first[0] != last[0]  # the reversal criterion


def fill(ranks):
    """Rank the others too, one after another."""
    named = {one for group in ranks for one in group}
    return (*ranks, *((one,) for one in FIVE if one not in named))


@pytest.mark.parametrize("method", [plurality, borda, schulze])
@enough
@given(ballots=polls(equals=False), place=some.integers(0, 11))
def test_lifting_the_winner_on_a_ballot_never_makes_the_winner_lose(method, ballots, place):
    whole = [(fill(ranks), times) for ranks, times in ballots]
    winner = method(poll(FIVE, whole)).placing.winner
    ranks, times = whole[place % len(whole)]
    at = ranks.index((winner,))
    lifted = (*ranks[: max(at - 1, 0)], (winner,), *(group for group in ranks[max(at - 1, 0) :] if group != (winner,)))
    changed = [*whole[: place % len(whole)], (lifted, times), *whole[place % len(whole) + 1 :]]
    assert method(poll(FIVE, changed)).placing.winner == winner


@enough
@given(ballots=polls(candidates=6))
def test_leaving_together_changes_neither_the_order_nor_the_last_round(ballots):
    at_once = runoff(poll(range(1, 7), ballots))
    singly = runoff(poll(range(1, 7), ballots), together=False)
    assert at_once.placing == singly.placing
    assert at_once.rounds[-1].tallies == singly.rounds[-1].tallies
    assert at_once.rounds[-1].exhausted == singly.rounds[-1].exhausted
    assert all(each.exhausted + sum(each.tallies.values()) == sum(n for _r, n in ballots) for each in at_once.rounds)


@enough
@given(ballots=polls())
def test_a_majority_of_first_choices_wins_by_runoff_and_by_schulze(ballots):
    firsts = plurality(poll(FIVE, ballots))
    leader = firsts.placing.winner
    if 2 * firsts.points[leader] > sum(times for _ranks, times in ballots):
        assert runoff(poll(FIVE, ballots)).placing.winner == leader
        assert schulze(poll(FIVE, ballots)).placing.winner == leader


@enough
@given(ballots=polls())
def test_borda_adds_up_ballot_by_ballot(ballots):
    """The points come from the matrix; here they are added up from the ballots, as a person would."""
    points = dict.fromkeys(FIVE, 0)
    for ranks, times in ballots:
        unnamed = set(FIVE) - {one for group in ranks for one in group}
        groups = [*ranks, tuple(unnamed)] if unnamed else list(ranks)
        if len(groups) == 1:
            continue
        below = len(FIVE)
        for group in groups:
            below -= len(group)
            for one in group:
                points[one] += times * (2 * below + len(group) - 1)
    assert borda(poll(FIVE, ballots)).points == points


@pytest.mark.parametrize("method", METHODS)
@enough
@given(ballots=polls(), gone=some.sets(some.integers(1, 5), max_size=4))
def test_who_withdrew_is_off_every_ballot_before_anything_is_counted(method, ballots, gone):
    staying = tuple(one for one in FIVE if one not in gone)
    without = [
        (tuple(kept for group in ranks if (kept := tuple(one for one in group if one not in gone))), times)
        for ranks, times in ballots
    ]
    assert method(poll(FIVE, ballots, withdrawn=gone)) == method(poll(staying, without))


@given(rankings())
def test_a_ranking_that_names_somebody_twice_or_a_stranger_is_refused(ranks):
    for wrong in ((*ranks, (9,)), ((1,), *ranks, (1,))):
        with pytest.raises(NotCountable):
            poll(FIVE, {wrong: 1})
    with pytest.raises(NotCountable):
        poll(FIVE, {ranks: 1}, withdrawn=FIVE)
