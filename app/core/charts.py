"""Where the marks of a chart go; how they look is `_macros/charts.html` and charts.css.

Horizontal places are percentages of the drawing's width and vertical ones are pixels, so that a drawing fits any
screen while its words keep their size. Every chart carries its own figures as a table, because a picture alone
excludes people.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TypeAlias

Number: TypeAlias = int | Decimal
Wording: TypeAlias = Callable[[Number], str]

FULL = Decimal(100)
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))

ROW_HEIGHT = 52

PLOT_TOP = 24
PLOT_HEIGHT = 200
PLOT_LEFT = Decimal(6)
LABEL_GAP = 18
DATE_LABELS = 6

CIRCLE_SIZE = 380
CIRCLE_RADIUS = 118
CIRCLE_LABEL = 138
CENTRE = CIRCLE_SIZE // 2
NEAR_CENTRE = 12
FEWEST_AXES = 3


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a chart in words: what a reader gets instead of, or besides, the picture."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """A named row of figures; `number` (from 1) picks its colour and its pattern."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One coloured piece of a bar, in percentages of the width."""

    series: int
    start: Decimal
    width: Decimal


@dataclass(frozen=True, slots=True)
class Bar:
    """One category: its label, its total in words, and the pieces it is made of."""

    label: str
    text: str
    top: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars under each other, one piece per series."""

    height: int
    bars: tuple[Bar, ...]
    series: tuple[Series, ...]
    table: Table


@dataclass(frozen=True, slots=True)
class Tick:
    """A word along an axis."""

    at: Decimal
    label: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline: `points` as SVG wants them, the last point, and where its name goes."""

    series: int
    name: str
    points: str
    end_y: Decimal
    label_y: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over one row of moments; `points` of a line count within the plot."""

    height: int
    plot_top: int
    plot_height: int
    plot_left: Decimal
    plot_width: Decimal
    ticks: tuple[Tick, ...]
    dates: tuple[Tick, ...]
    lines: tuple[Line, ...]
    table: Table


@dataclass(frozen=True, slots=True)
class Spoke:
    """One axis of a circle: where it ends and where its name stands."""

    x: Decimal
    y: Decimal
    label_x: Decimal
    label_y: Decimal
    anchor: str
    label: str


@dataclass(frozen=True, slots=True)
class Shape:
    """The closed polygon of one series on the circle, with its corners."""

    series: int
    name: str
    points: str
    corners: tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class CircleChart:
    """Scores around a circle, in the units of a square of `size`."""

    size: int
    centre: int
    rings: tuple[Decimal, ...]
    spokes: tuple[Spoke, ...]
    shapes: tuple[Shape, ...]
    series: tuple[Series, ...]
    table: Table


def nice_ticks(low: Number, high: Number, *, count: int = 4) -> tuple[Decimal, ...]:
    """Round numbers that enclose `low` and `high` in about `count` steps of 1, 2, 2.5 or 5 times a power of ten.

    Whole figures get whole steps: half a member does not exist.
    """
    bottom, top = Decimal(low), Decimal(high)
    if top <= bottom:
        top = bottom + 1
    rough = (top - bottom) / count
    power = Decimal(10) ** rough.adjusted()
    step = next(power * factor for factor in STEPS if power * factor >= rough)
    if step < 1 and bottom == bottom.to_integral_value() and top == top.to_integral_value():
        step = Decimal(1)
    first = (bottom / step).to_integral_value(ROUND_FLOOR)
    last = (top / step).to_integral_value(ROUND_CEILING)
    return tuple(step * (first + index) for index in range(int(last - first) + 1))


def bar_chart(
    heading: str,
    measure: str,
    items: Sequence[tuple[str, Number]],
    *,
    wording: Wording = str,
    full: Number | None = None,
) -> BarChart:
    """One bar per category; the longest takes the whole width, or `full` does, such as the highest mark there is."""
    rows = [(label, (amount,)) for label, amount in items]
    return stacked_bar_chart(heading, (measure,), rows, wording=wording, full=full)


def stacked_bar_chart(
    heading: str,
    measures: Sequence[str],
    rows: Sequence[tuple[str, Sequence[Number]]],
    *,
    wording: Wording = str,
    total: str | None = None,
    full: Number | None = None,
) -> BarChart:
    """One bar per category, made of one piece per measure; with `total` the table gets a column of that name."""
    for label, amounts in rows:
        _same_length(label, amounts, measures)
        if any(amount < 0 for amount in amounts):
            raise ValueError(f"a bar cannot be shorter than nothing: {label}")
    longest = max((_total(amounts) for _, amounts in rows), default=Decimal(0)) or Decimal(1)
    longest = max(longest, Decimal(full or 0))
    bars = tuple(_bar(index, label, amounts, longest, wording) for index, (label, amounts) in enumerate(rows))
    extra = (total,) if total else ()
    table = Table(
        (heading, *measures, *extra),
        tuple(
            (label, *(wording(amount) for amount in amounts), *((wording(_total(amounts)),) if total else ()))
            for label, amounts in rows
        ),
    )
    return BarChart(max(len(rows), 1) * ROW_HEIGHT, bars, _series(measures), table)


def line_chart(
    heading: str,
    moments: Sequence[str],
    lines: Sequence[tuple[str, Sequence[Number]]],
    *,
    wording: Wording = str,
) -> LineChart:
    """Figures over time. The scale starts at zero, so that a small change does not look like a large one."""
    for name, amounts in lines:
        _same_length(name, amounts, moments)
    amounts_seen = [Decimal(amount) for _, amounts in lines for amount in amounts]
    ticks = nice_ticks(min([Decimal(0), *amounts_seen]), max([Decimal(0), *amounts_seen]))

    def height_of(amount: Number) -> Decimal:
        share = (ticks[-1] - Decimal(amount)) / (ticks[-1] - ticks[0])
        return _rounded(PLOT_TOP + PLOT_HEIGHT * share)

    places = [_rounded(FULL * index / max(len(moments) - 1, 1)) for index in range(len(moments))]
    ends = [height_of(amounts[-1]) if amounts else Decimal(PLOT_TOP) for _, amounts in lines]
    labels = _apart([end - 10 for end in ends])
    return LineChart(
        height=PLOT_TOP + PLOT_HEIGHT + 28,
        plot_top=PLOT_TOP,
        plot_height=PLOT_HEIGHT,
        plot_left=PLOT_LEFT,
        plot_width=FULL - PLOT_LEFT,
        ticks=tuple(Tick(height_of(tick), wording(_plain(tick))) for tick in ticks),
        dates=_dates(moments, [_rounded(PLOT_LEFT + place * (FULL - PLOT_LEFT) / FULL) for place in places]),
        lines=tuple(
            Line(
                series=number,
                name=name,
                points=_points(
                    (place, height_of(amount) - PLOT_TOP) for place, amount in zip(places, amounts, strict=True)
                ),
                end_y=end,
                label_y=label,
                text=wording(amounts[-1]) if amounts else "",
            )
            for number, ((name, amounts), end, label) in enumerate(zip(lines, ends, labels, strict=True), start=1)
        ),
        table=Table(
            (heading, *(name for name, _ in lines)),
            tuple((moment, *(wording(amounts[index]) for _, amounts in lines)) for index, moment in enumerate(moments)),
        ),
    )


def circle_chart(
    heading: str,
    axes: Sequence[str],
    shapes: Sequence[tuple[str, Sequence[Number]]],
    *,
    low: Number,
    high: Number,
    wording: Wording = str,
) -> CircleChart:
    """Scores around a circle, first axis at twelve o'clock; `low` is the centre and `high` the outer ring."""
    if Decimal(high) <= Decimal(low):
        raise ValueError("the outer ring must stand for more than the centre")
    if len(axes) < FEWEST_AXES:
        raise ValueError("a circle needs at least three axes")
    for name, scores in shapes:
        _same_length(name, scores, axes)
    angles = [math.tau * index / len(axes) for index in range(len(axes))]
    return CircleChart(
        size=CIRCLE_SIZE,
        centre=CENTRE,
        rings=tuple(_rounded(Decimal(CIRCLE_RADIUS * ring) / 4) for ring in range(1, 5)),
        spokes=tuple(_spoke(axis, angle) for axis, angle in zip(axes, angles, strict=True)),
        shapes=tuple(
            _shape(number, name, scores, angles, Decimal(low), Decimal(high))
            for number, (name, scores) in enumerate(shapes, start=1)
        ),
        series=_series([name for name, _ in shapes]),
        table=Table(
            (heading, *(name for name, _ in shapes)),
            tuple((axis, *(wording(scores[index]) for _, scores in shapes)) for index, axis in enumerate(axes)),
        ),
    )


def _bar(index: int, label: str, amounts: Sequence[Number], longest: Decimal, wording: Wording) -> Bar:
    segments: list[Segment] = []
    passed = Decimal(0)
    for number, amount in enumerate(amounts, start=1):
        start = _rounded(FULL * passed / longest)
        passed += amount
        width = _rounded(FULL * passed / longest) - start
        if amount:
            segments.append(Segment(number, start, width))
    return Bar(label, wording(_plain(passed)), index * ROW_HEIGHT, tuple(segments))


def _dates(moments: Sequence[str], places: Sequence[Decimal]) -> tuple[Tick, ...]:
    """At most `DATE_LABELS` moments get a word under the line, the first and the last always."""
    if not moments:
        return ()
    last = len(moments) - 1
    stride = max(1, math.ceil(last / (DATE_LABELS - 1)))
    shown = [index for index in range(0, last, stride) if index == 0 or last - index >= stride]
    if last not in shown:
        shown.append(last)
    anchors = {0: "start", last: "end"} if last else {0: "start"}
    return tuple(Tick(places[index], moments[index], anchors.get(index, "middle")) for index in shown)


def _apart(wanted: Sequence[Decimal]) -> list[Decimal]:
    """Move labels up, lowest first, until no two stand closer than `LABEL_GAP`; none may leave the drawing."""
    placed = list(wanted)
    below: Decimal | None = None
    for index in sorted(range(len(wanted)), key=lambda at: wanted[at], reverse=True):
        if below is not None and below - placed[index] < LABEL_GAP:
            placed[index] = below - LABEL_GAP
        below = placed[index]
    overflow = LABEL_GAP - min(placed, default=Decimal(LABEL_GAP))
    return [label + overflow for label in placed] if overflow > 0 else placed


def _spoke(label: str, angle: float) -> Spoke:
    x, y = _on_circle(Decimal(CIRCLE_RADIUS), angle)
    label_x, label_y = _on_circle(Decimal(CIRCLE_LABEL), angle)
    side = label_x - CENTRE
    anchor = "middle" if abs(side) < NEAR_CENTRE else "start" if side > 0 else "end"
    return Spoke(x, y, label_x, label_y + 5, anchor, label)


def _shape(
    number: int, name: str, scores: Sequence[Number], angles: Sequence[float], low: Decimal, high: Decimal
) -> Shape:
    corners = tuple(
        _on_circle(CIRCLE_RADIUS * min(max((score - low) / (high - low), Decimal(0)), Decimal(1)), angle)
        for score, angle in zip(scores, angles, strict=True)
    )
    return Shape(number, name, _points(corners), corners)


def _on_circle(radius: Decimal, angle: float) -> tuple[Decimal, Decimal]:
    x = CENTRE + radius * Decimal(math.sin(angle))
    y = CENTRE - radius * Decimal(math.cos(angle))
    return _rounded(x), _rounded(y)


def _points(places: Iterable[tuple[Decimal, Decimal]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)


def _series(names: Sequence[str]) -> tuple[Series, ...]:
    return tuple(Series(number, name) for number, name in enumerate(names, start=1))


def _same_length(name: str, amounts: Sequence[Number], expected: Sequence[str]) -> None:
    if len(amounts) != len(expected):
        raise ValueError(f"{name} has {len(amounts)} figures where {len(expected)} were expected")


def _total(amounts: Sequence[Number]) -> Decimal:
    return sum((Decimal(amount) for amount in amounts), Decimal(0))


def _plain(amount: Decimal) -> Number:
    """Return a whole decimal as an int, so that a tick reads 20 and not 2E+1."""
    return int(amount) if amount == amount.to_integral_value() else amount


def _rounded(place: Decimal) -> Decimal:
    return place.quantize(Decimal("0.1"))
