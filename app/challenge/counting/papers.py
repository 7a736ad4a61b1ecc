"""What is counted: rankings, put together where they are alike, and the places that come out of a count (V6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby
from typing import Any

Ranks = tuple[tuple[int, ...], ...]
"""A ranking: groups of equals, the best first. Who is not named shares the last place."""


class NotCountable(ValueError):  # noqa: N818  says what is wrong with a paper
    """A ranking names somebody twice or who does not stand, or nobody stands."""


@dataclass(frozen=True)
class Tie:
    """Equals whom the frozen order told apart, in that order, and where: in which round, or for which place."""

    at: int
    tied: tuple[int, ...]


@dataclass(frozen=True)
class Poll:
    """Who stands, in the order that resolves ties (the earlier one wins), and how often each ranking was cast."""

    standing: tuple[int, ...]
    papers: Mapping[Ranks, int]

    @cached_property
    def cast(self) -> int:
        """How many ballots were cast; blank ones count for the turnout."""
        return sum(self.papers.values())

    @cached_property
    def blank(self) -> int:
        """How many ballots tell no two candidates apart: they count for the turnout and for nothing else."""
        everybody = len(self.standing)
        return sum(times for ranks, times in self.papers.items() if not ranks or len(ranks[0]) == everybody)

    @property
    def telling(self) -> int:
        """How many ballots tell at least two candidates apart."""
        return self.cast - self.blank


def poll(
    tie_order: Sequence[int],
    papers: Mapping[Ranks, int] | Iterable[tuple[Ranks, int]],
    *,
    withdrawn: Iterable[int] = (),
) -> Poll:
    """Put a poll together: who withdrew is taken off every ballot, and rankings that are alike become one."""
    gone, known = frozenset(withdrawn), frozenset(tie_order)
    if len(known) != len(tie_order) or not gone < known:
        raise NotCountable(f"{tie_order}, {sorted(gone)}")
    together: dict[Ranks, int] = {}
    for ranks, times in papers.items() if isinstance(papers, Mapping) else papers:
        named = list(chain.from_iterable(ranks))
        if len(set(named)) != len(named) or not known.issuperset(named) or times < 1:
            raise NotCountable(f"{times} × {ranks}")
        plain = ranks if not gone and len(named) == len(ranks) else _without(gone, ranks)
        together[plain] = together.get(plain, 0) + times
    return Poll(tuple(candidate for candidate in tie_order if candidate not in gone), together)


def _without(gone: frozenset[int], ranks: Ranks) -> Ranks:
    return tuple(kept for group in ranks if (kept := tuple(sorted(one for one in group if one not in gone))))


@dataclass(frozen=True)
class Placing:
    """The places that come out of a count: equals share a group, within it they stand in the frozen order."""

    groups: tuple[tuple[int, ...], ...]

    @property
    def order(self) -> tuple[int, ...]:
        """Everybody, the first first, ties resolved by the frozen order."""
        return tuple(one for group in self.groups for one in group)

    @property
    def winner(self) -> int:
        """Who comes first."""
        return self.groups[0][0]

    @property
    def ties(self) -> tuple[Tie, ...]:
        """What the frozen order had to resolve, by place."""
        found, place = [], 1
        for group in self.groups:
            if len(group) > 1:
                found.append(Tie(place, group))
            place += len(group)
        return tuple(found)


def placed(standing: Sequence[int], worth: Callable[[int], Any]) -> Placing:
    """Place candidates by what they are worth, the most first."""
    by_worth = sorted(standing, key=worth, reverse=True)
    return Placing(tuple(tuple(equals) for _worth, equals in groupby(by_worth, key=worth)))
