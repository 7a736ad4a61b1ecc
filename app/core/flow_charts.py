"""Where the marks of two more charts go: shares that move from round to round, and differences to either side.

As in `app/core/charts.py`, horizontal places are percentages of the width and vertical ones are pixels, and every chart
carries its own figures as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.core.charts import FULL, ROW_HEIGHT, Number, Series, Table, Wording

BAR_TOP, BAR_HEIGHT = 24, 26
RIBBON_HEIGHT = 64
MOST_SERIES = 6
LEAST_LABELLED = Decimal(9)
REST = 0
HALF = FULL / 2


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a round: whose it is, where it lies, and its figure where there is room for it."""

    series: int
    start: Decimal
    width: Decimal
    middle: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Ribbon:
    """What goes from a piece of one round to a piece of the next, as a path in a box of 100 by `RIBBON_HEIGHT`."""

    series: int
    moved: bool
    path: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One round: its name, its pieces, and what leads on from it."""

    label: str
    text: str
    top: int
    parts: tuple[Part, ...]
    ribbons: tuple[Ribbon, ...]


@dataclass(frozen=True, slots=True)
class FlowChart:
    """Rounds under each other; whoever leaves gives what they had to those who stay."""

    height: int
    stages: tuple[Stage, ...]
    series: tuple[Series, ...]
    rest: str
    table: Table


@dataclass(frozen=True, slots=True)
class Difference:
    """One line: to the right of the middle where the first is ahead, to the left where the other is."""

    label: str
    text: str
    top: int
    series: int
    start: Decimal
    width: Decimal


@dataclass(frozen=True, slots=True)
class DifferenceChart:
    """Differences between two, and the two names at the sides."""

    height: int
    ahead: str
    behind: str
    differences: tuple[Difference, ...]
    table: Table


def flow_chart(
    heading: str,
    names: Sequence[str],
    rounds: Sequence[tuple[str, str, Sequence[int | None]]],
    *,
    rest: str,
    rests: Sequence[int],
) -> FlowChart:
    """Draw rounds given as (name, remark, figures); None for who has left, `rests` is what is nobody's any more.

    Names stand with whoever stayed longest first, so that those who leave a round are its last.
    """
    whole = max(
        (sum(one or 0 for one in figures) + left for (_l, _t, figures), left in zip(rounds, rests, strict=True))
    )
    stages = []
    for place, (label, text, figures) in enumerate(rounds):
        following = (rounds[place + 1][2], rests[place + 1]) if place + 1 < len(rounds) else None
        stages.append(
            Stage(
                label=label,
                text=text,
                top=place * (BAR_TOP + BAR_HEIGHT + RIBBON_HEIGHT),
                parts=_parts(figures, rests[place], whole),
                ribbons=_ribbons(figures, rests[place], following, whole) if following else (),
            )
        )
    height = len(rounds) * (BAR_TOP + BAR_HEIGHT + RIBBON_HEIGHT) - RIBBON_HEIGHT + 20
    table = Table(
        (heading, *(label for label, _text, _figures in rounds)),
        (
            *(
                (name, *("–" if figures[at] is None else str(figures[at]) for _label, _text, figures in rounds))
                for at, name in enumerate(names)
            ),
            (rest, *map(str, rests)),
        ),
    )
    series = tuple(Series(_series(at), name) for at, name in enumerate(names))
    return FlowChart(height, tuple(stages), series, rest if any(rests) else "", table)


def difference_chart(
    heading: str,
    measure: str,
    items: Sequence[tuple[str, Number]],
    *,
    ahead: str,
    behind: str,
    wording: Wording = str,
    total: str,
) -> DifferenceChart:
    """Draw by how much one is ahead, or behind, in each part; the parts add up to the total, the table's last row."""
    most = max((abs(Decimal(amount)) for _label, amount in items), default=Decimal(0)) or Decimal(1)
    found = []
    for place, (label, amount) in enumerate(items):
        width = _rounded(HALF * abs(Decimal(amount)) / most)
        start = HALF if amount >= 0 else HALF - width
        found.append(Difference(label, wording(amount), place * ROW_HEIGHT, 1 if amount >= 0 else 2, start, width))
    rows = [*items, (total, sum((amount for _label, amount in items), start=0))]
    table = Table((heading, measure), tuple((label, wording(amount)) for label, amount in rows))
    return DifferenceChart(max(len(items), 1) * ROW_HEIGHT, ahead, behind, tuple(found), table)


def _parts(figures: Sequence[int | None], rest: int, whole: int) -> tuple[Part, ...]:
    found, passed = [], 0
    amounts = [(_series(at), amount or 0) for at, amount in enumerate(figures)]
    for series, amount in [*amounts, (REST, rest)]:
        if amount:
            start, end = _share(passed, whole), _share(passed + amount, whole)
            text = str(amount) if end - start >= LEAST_LABELLED else ""
            found.append(Part(series, start, end - start, _rounded((start + end) / 2), text))
        passed += amount
    return tuple(found)


def _ribbons(
    figures: Sequence[int | None], rest: int, following: tuple[Sequence[int | None], int], whole: int
) -> tuple[Ribbon, ...]:
    """Lead every piece to the front of its next one, and what leavers had to the back of those that grow."""
    then, then_rest = following
    found: list[Ribbon] = []
    here, there = 0, 0
    pool = sum(now or 0 for now, next_ in zip(figures, then, strict=True) if next_ is not None)
    for at, (now, next_) in enumerate(zip(figures, then, strict=True)):
        if next_ is None:
            continue
        stays = now or 0
        found.append(Ribbon(_series(at), False, _path(here, there, stays, whole)))
        gained = next_ - stays
        if gained:
            found.append(Ribbon(_series(at), True, _path(pool, there + stays, gained, whole)))
        pool, here, there = pool + gained, here + stays, there + next_
    lost = then_rest - rest
    if lost:
        found.append(Ribbon(REST, True, _path(pool, there, lost, whole)))
    if rest:
        found.append(Ribbon(REST, False, _path(sum(one or 0 for one in figures), there + lost, rest, whole)))
    return tuple(one for one in found if one.path)


def _path(here: int, there: int, amount: int, whole: int) -> str:
    if not amount:
        return ""
    left, right = _share(here, whole), _share(here + amount, whole)
    below, end = _share(there, whole), _share(there + amount, whole)
    half, deep = RIBBON_HEIGHT // 2, RIBBON_HEIGHT
    return f"M{left} 0C{left} {half} {below} {half} {below} {deep}H{end}C{end} {half} {right} {half} {right} 0Z"


def _series(at: int) -> int:
    return min(at + 1, MOST_SERIES)


def _share(amount: int, whole: int) -> Decimal:
    return _rounded(FULL * amount / Decimal(max(whole, 1)))


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))
