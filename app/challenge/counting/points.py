"""Counts that add up: single choice, approval, Borda, and scores per criterion (V6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.challenge.counting.pairwise import Matrix, matrix
from app.challenge.counting.papers import Placing, Poll, Ranks, placed
from app.challenge.exact import WHOLE, half_up, weighed

HALVES = 2
TENFOLD = 10
Scores = Mapping[int, Mapping[str, int]]
"""A ballot that gives points: per candidate and criterion whole halves, from 0 to 20 (that is 0 to 10)."""


@dataclass(frozen=True)
class PointCount:
    """Points per candidate, as shares from 0.00 to 100.00 in hundredths, and the places that follow."""

    points: Mapping[int, int]
    shares: Mapping[int, int]
    placing: Placing


def _counted(standing: Sequence[int], points: Mapping[int, int], most: int) -> PointCount:
    shares = {one: half_up(points[one] * WHOLE, most) if most else 0 for one in standing}
    return PointCount(points, shares, placed(standing, lambda one: points[one]))


def first_preferences(poll: Poll) -> dict[int, int]:
    """Count who stands alone on the first place of how many ballots."""
    firsts = dict.fromkeys(poll.standing, 0)
    for ranks, times in poll.papers.items():
        if ranks and len(ranks[0]) == 1:
            firsts[ranks[0][0]] += times
    return firsts


def plurality(poll: Poll) -> PointCount:
    """Count single choices: a ballot with two names on its first place chooses nobody."""
    firsts = first_preferences(poll)
    return _counted(poll.standing, firsts, sum(firsts.values()))


def approval(poll: Poll) -> PointCount:
    """Count approvals: whoever is named on a ballot, on whatever place. Shares are of the ballots that name anybody."""
    points = dict.fromkeys(poll.standing, 0)
    for ranks, times in poll.papers.items():
        for approved in (one for group in ranks for one in group):
            points[approved] += times
    return _counted(poll.standing, points, sum(times for ranks, times in poll.papers.items() if ranks))


def borda(poll: Poll) -> PointCount:
    """Count by Borda: two half points for each candidate below, one for each equal.

    The share is of the most that could be had: 100.00 for who stands alone on top of every ballot that tells any two
    apart. A single candidate has nobody to beat and no points.
    """
    return borda_of(matrix(poll))


def borda_of(compared: Matrix) -> PointCount:
    """Count by Borda from the comparisons, which hold all that it asks."""
    points = {
        one: sum(
            compared.telling + compared.above[one, other] - compared.above[other, one]
            for other in compared.standing
            if other != one
        )
        for one in compared.standing
    }
    return _counted(compared.standing, points, HALVES * (len(compared.standing) - 1) * compared.telling)


@dataclass(frozen=True)
class Mean:
    """What the members gave a candidate for a criterion: how many did, the mean and its weighed part, in hundredths."""

    given: int
    mean: int
    contribution: int


@dataclass(frozen=True)
class ScoreCount:
    """Means per candidate and criterion; the points are the sums of the printed contributions."""

    means: Mapping[int, Mapping[str, Mean]]
    points: Mapping[int, int]
    shares: Mapping[int, int]
    placing: Placing


def score(standing: Sequence[int], ballots: Iterable[tuple[Scores, int]], weights: Mapping[str, int]) -> ScoreCount:
    """Count ballots with points per criterion: means over who gave any; what was left open is missing, never zero."""
    sums = {(one, criterion): [0, 0] for one in standing for criterion in weights}
    for given, times in ballots:
        for one, by_criterion in given.items():
            for criterion, halves in by_criterion.items():
                if (one, criterion) in sums:
                    sums[one, criterion][0] += halves * times
                    sums[one, criterion][1] += times
    means = {one: {each: _mean(sums[one, each], weight) for each, weight in weights.items()} for one in standing}
    points = {one: sum(mean.contribution for mean in means[one].values()) for one in standing}
    shares = {one: TENFOLD * total for one, total in points.items()}
    return ScoreCount(means, points, shares, placed(standing, lambda one: points[one]))


def _mean(given: list[int], weight: int) -> Mean:
    halves, times = given
    mean = half_up(halves * 50, times) if times else 0
    return Mean(times, mean, weighed(mean, weight))


def as_single_group(named: Iterable[int]) -> Ranks:
    """Write an approval ballot or a single choice as a ranking: the names on it, all on the first place."""
    group = tuple(sorted(named))
    return (group,) if group else ()
