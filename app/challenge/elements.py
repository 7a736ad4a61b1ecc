"""Why the winner won: the elements of the margin, how firm the result is, and what must not be shown (V7).

Everything is exact: whole hundredths as printed, and fractions where something is asked that is not printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from app.challenge.deciding import TENFOLD, Row
from app.challenge.exact import WHOLE, summing_to
from app.challenge.jury import Panel

FEWEST_BALLOTS = 10
"""A breakdown on fewer ballots than these is not shown."""
MOST_DECISIVE = 2
"""How many criteria a ballot may call decisive."""


@dataclass(frozen=True)
class Difference:
    """By how much one is ahead of another, in hundredths of the total: the parts add up to the margin exactly."""

    margin: int
    by_criterion: Mapping[str, int]
    by_members: int


def difference(rows: Mapping[int, Row], jury: Panel, *, one: int, other: int, jury_weight: int) -> Difference:
    """Split the margin between two nominees over the criteria and the members (V7).

    `jury_weight` is 10 000 where the jury decides alone. The parts are rounded so that they add up to the margin as
    printed; none is off by more than a hundredth.
    """
    ahead, behind = rows[one], rows[other]
    of_one, of_other = jury.contributions(one), jury.contributions(other)
    exact = [
        Fraction(TENFOLD * (of_one[criterion] - of_other[criterion]) * jury_weight, WHOLE) for criterion in jury.weights
    ]
    parts = summing_to(ahead.jury_part - behind.jury_part, exact)
    return Difference(
        margin=ahead.total - behind.total,
        by_criterion=dict(zip(jury.weights, parts, strict=True)),
        by_members=ahead.members_part - behind.members_part,
    )


def stays_without(rows: Mapping[int, Row], jury: Panel, *, winner: int, jury_weight: int) -> dict[str, bool | None]:
    """Tell per criterion whether the winner would still lead without it, the other weights taking its place.

    They grow in proportion. Leading includes being equal with another; None where no other criterion has any weight.
    """
    found: dict[str, bool | None] = {}
    for left_out, weight in jury.weights.items():
        if weight == WHOLE:
            found[left_out] = None
            continue
        totals = {one: _total_without(left_out, jury, one, rows[one], jury_weight) for one in rows}
        found[left_out] = totals[winner] == max(totals.values())
    return found


def _total_without(left_out: str, jury: Panel, one: int, row: Row, jury_weight: int) -> Fraction:
    rest = sum(
        (cell.score or 0) * jury.weights[criterion]
        for criterion, cell in jury.cells[one].items()
        if criterion != left_out
    )
    of_jury = Fraction(TENFOLD * rest, WHOLE - jury.weights[left_out])
    weight = Fraction(jury_weight, WHOLE)
    return weight * of_jury + (1 - weight) * (row.members or 0)


def weights_that_keep(rows: Mapping[int, Row], *, winner: int) -> tuple[Fraction, Fraction] | None:
    """Return the least and the most weight of the jury, from 0 to 1, at which the winner leads or is equal.

    Exact, on the points as printed before they are weighed. None where there is no such weight, as can be when a
    title was won by less than the rounding or by the rule for ties.
    """
    least, most = Fraction(0), Fraction(1)
    own = rows[winner]
    for row in rows.values():
        # lead(w) = w · (jury ahead) + (1 − w) · (members ahead), a straight line that must not be below nothing
        at_none, at_all = (own.members or 0) - (row.members or 0), own.jury - row.jury
        slope = at_all - at_none
        if slope > 0:
            least = max(least, Fraction(-at_none, slope))
        elif slope < 0:
            most = min(most, Fraction(-at_none, slope))
        elif at_none < 0:
            return None
    return (least, most) if least <= most else None


def most_telling(jury: Panel) -> tuple[str, ...]:
    """Return which criterion told the nominees apart most: whose contributions differ most, over all pairs of them.

    More than one where they are equal, none where no criterion told anybody apart.
    """
    apart = {
        criterion: sum(
            abs((jury.cells[one][criterion].contribution or 0) - (jury.cells[other][criterion].contribution or 0))
            for one, other in combinations(jury.cells, 2)
        )
        for criterion in jury.weights
    }
    most = max(apart.values())
    return tuple(criterion for criterion, sums in apart.items() if sums == most) if most else ()


def called_decisive(ballots: Iterable[tuple[Iterable[str], int]], criteria: Iterable[str]) -> dict[str, int] | None:
    """Count what members called decisive, at most two criteria each; None below ten ballots."""
    named: Counter[str] = Counter()
    cast = 0
    for chosen, times in ballots:
        criteria_named = set(chosen)
        if len(criteria_named) > MOST_DECISIVE:
            raise ValueError(f"{sorted(criteria_named)}")
        cast += times
        named.update(dict.fromkeys(criteria_named, times))
    return {criterion: named[criterion] for criterion in criteria} if cast >= FEWEST_BALLOTS else None


def shown_groups(ballots: Mapping[str, int]) -> frozenset[str]:
    """Return the groups of a breakdown that may be shown, by how many ballots each holds.

    Fewer than ten are not. Where that hides one group only, the whole less the others would tell it, so that the
    smallest of the others is hidden with it.
    """
    shown = {group for group, cast in ballots.items() if cast >= FEWEST_BALLOTS}
    if len(ballots) - len(shown) == 1 and shown:
        shown.remove(min(shown, key=lambda group: (ballots[group], group)))
    return frozenset(shown)
