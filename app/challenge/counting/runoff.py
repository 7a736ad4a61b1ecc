"""Instant runoff: whoever has the fewest ballots leaves, and those ballots go on to their next choice (V6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.challenge.counting.papers import Placing, Poll, Ranks, Tie

LAST = 2


@dataclass(frozen=True)
class Round:
    """How the ballots lie, who leaves after it (the first to leave first), and the tie that was resolved for it."""

    number: int
    tallies: Mapping[int, int]
    exhausted: int
    leaving: tuple[int, ...]
    tie: Tie | None


@dataclass(frozen=True)
class RunoffCount:
    """The rounds up to the last two, and everybody in the order in which they held out."""

    rounds: tuple[Round, ...]
    placing: Placing

    @property
    def ties(self) -> tuple[Tie, ...]:
        """What the frozen order had to resolve, by round."""
        return tuple(each.tie for each in self.rounds if each.tie)


def runoff(poll: Poll, *, together: bool = True) -> RunoffCount:
    """Count until two are left; the last round shows who of them has more.

    Several leave together when their leaving one by one is certain whatever their ballots say next: even all ballots of
    those before would not lift one over the next. `together=False` shows each leaving by itself; the rest is the same.
    """
    table = _Table(poll)
    rounds: list[Round] = []
    gone: list[int] = []
    while True:
        weakest = table.weakest_first()
        tallies = {one: table.tally(one) for one in reversed(weakest)}
        exhausted = table.exhausted
        over = len(weakest) <= LAST
        leaving = () if over else tuple(weakest[: _leaving(weakest, tallies) if together else 1])
        rounds.append(Round(len(rounds) + 1, tallies, exhausted, leaving, _tie(len(rounds) + 1, weakest, tallies)))
        if over:
            return RunoffCount(tuple(rounds), Placing(tuple((one,) for one in [*reversed(weakest), *reversed(gone)])))
        for one in leaving:
            table.leave(one)
            gone.append(one)


def _leaving(weakest: list[int], tallies: Mapping[int, int]) -> int:
    """Return how many may leave at once, so that at least two stay."""
    certain, before = 0, 0
    for place in range(len(weakest) - LAST):
        before += tallies[weakest[place]]
        if before and before >= tallies[weakest[place + 1]]:
            break
        certain = place + 1
    return max(certain, 1)


def _tie(number: int, weakest: list[int], tallies: Mapping[int, int]) -> Tie | None:
    """Return who shared the fewest ballots; the last of them by the frozen order is the one to leave."""
    fewest = tuple(one for one in reversed(weakest) if tallies[one] == tallies[weakest[0]])
    return Tie(number, fewest) if len(fewest) > 1 else None


@dataclass
class _Table:
    """Ballots in piles, one per candidate who is still in."""

    poll: Poll
    piles: dict[int, dict[Ranks, int]] = field(init=False)
    exhausted: int = 0

    def __post_init__(self) -> None:
        self.piles = {one: {} for one in self.poll.standing}
        self._lay(self.poll.papers)

    def tally(self, one: int) -> int:
        return sum(self.piles[one].values())

    def weakest_first(self) -> list[int]:
        """Order who is still in by their ballots; of equals the later one in the frozen order comes first."""
        later_first = [one for one in reversed(self.poll.standing) if one in self.piles]
        return sorted(later_first, key=self.tally)

    def leave(self, one: int) -> None:
        self._lay(self.piles.pop(one))

    def _lay(self, papers: Mapping[Ranks, int]) -> None:
        """Lay each ballot on the pile of its first choice who is still in.

        A group with several who are still in chooses none of them: the ballot is exhausted, for good.
        """
        alone: dict[tuple[int, ...], dict[Ranks, int]] = {(one,): pile for one, pile in self.piles.items()}
        for ranks, times in papers.items():
            for group in ranks:
                pile = alone.get(group)
                if pile is None and len(group) > 1:
                    still_in = [one for one in group if one in self.piles]
                    pile = self.piles[still_in[0]] if len(still_in) == 1 else None
                    if len(still_in) > 1:
                        self.exhausted += times
                        break
                if pile is not None:
                    pile[ranks] = times
                    break
            else:
                self.exhausted += times
