"""Everybody against everybody: the matrix that is always published, the Condorcet winner, and Schulze's method (V6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

from app.challenge.counting.papers import Placing, Poll, placed

Pair = tuple[int, int]


@dataclass(frozen=True)
class Matrix:
    """How many ballots put the first of a pair above the second; the rest put both on one place."""

    standing: tuple[int, ...]
    above: Mapping[Pair, int]
    telling: int

    def beats(self, one: int, other: int) -> bool:
        """Say whether more ballots put one above the other than the other way round."""
        return self.above[one, other] > self.above[other, one]

    @property
    def condorcet_winner(self) -> int | None:
        """Return who beats each of the others, if anybody does."""
        for one in self.standing:
            if all(self.beats(one, other) for other in self.standing if other != one):
                return one
        return None


def matrix(poll: Poll) -> Matrix:
    """Compare everybody with everybody.

    A ballot says of each name only who stands below it, and of ten names there are few such sets: ballots are first
    put together by name and set, so that the comparing itself does not grow with them.
    """
    bit = {candidate: 1 << place for place, candidate in enumerate(poll.standing)}
    everybody = (1 << len(bit)) - 1
    seen: dict[int, dict[int, int]] = {candidate: {} for candidate in poll.standing}
    for ranks, times in poll.papers.items():
        below = everybody
        for group in ranks:
            for candidate in group:
                below ^= bit[candidate]
            for candidate in group:
                sets = seen[candidate]
                sets[below] = sets.get(below, 0) + times
    return Matrix(
        poll.standing,
        {
            (one, other): sum(times for below, times in seen[one].items() if below & bit[other])
            for one, other in permutations(poll.standing, 2)
        },
        poll.telling,
    )


@dataclass(frozen=True)
class SchulzeCount:
    """The strongest paths and the places that follow from them."""

    matrix: Matrix
    paths: Mapping[Pair, int]
    placing: Placing


def schulze(poll: Poll) -> SchulzeCount:
    """Count by Schulze's method with winning votes: a path is as strong as its weakest victory."""
    compared = matrix(poll)
    paths = {pair: votes if votes > compared.above[pair[1], pair[0]] else 0 for pair, votes in compared.above.items()}
    for via in poll.standing:
        for one, other in permutations([each for each in poll.standing if each != via], 2):
            paths[one, other] = max(paths[one, other], min(paths[one, via], paths[via, other]))
    # "Is better than" is transitive: whoever is better has fewer who are better still: counting places all.
    better = {
        one: sum(paths[other, one] > paths[one, other] for other in poll.standing if other != one)
        for one in poll.standing
    }
    return SchulzeCount(compared, paths, placed(poll.standing, lambda one: -better[one]))
