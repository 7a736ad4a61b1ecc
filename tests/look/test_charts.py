"""B2: a chart tells the truth in its marks and the same in its table."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import charts

amounts = st.integers(min_value=0, max_value=10**9)
names = st.text(min_size=1, max_size=12)


def points(text: str) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(x), Decimal(y)) for x, y in (pair.split(",") for pair in text.split())]


@given(st.decimals(-(10**6), 10**6, places=2), st.decimals(0, 10**6, places=2))
def test_ticks_enclose_the_figures_in_equal_steps(low, span):
    ticks = charts.nice_ticks(low, low + span)
    assert ticks[0] <= low
    assert ticks[-1] >= low + span
    assert len(ticks) <= 8
    assert len({second - first for first, second in pairwise(ticks)}) == 1


@pytest.mark.parametrize(
    ("high", "expected"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (8, [0, 2, 4, 6, 8]),
        (97, [0, 25, 50, 75, 100]),
        (224, [0, 100, 200, 300]),
    ],
)
def test_ticks_are_round_and_never_cut_a_member_in_two(high, expected):
    assert list(charts.nice_ticks(0, high)) == expected


@given(st.lists(st.tuples(names, amounts), min_size=1, max_size=12))
def test_bars_are_as_long_as_their_figures(items):
    chart = charts.bar_chart("Month", "Members", items)
    longest = max(amount for _, amount in items)
    for (_, amount), bar in zip(items, chart.bars, strict=True):
        width = sum((piece.width for piece in bar.segments), Decimal(0))
        assert abs(width - Decimal(100) * amount / max(longest, 1)) <= Decimal("0.06")


@given(st.lists(st.tuples(names, st.tuples(amounts, amounts, amounts)), min_size=1, max_size=8))
def test_pieces_of_a_bar_follow_each_other_without_gap_or_overlap(rows):
    chart = charts.stacked_bar_chart("Session", ("Present", "Cancelled", "Absent"), rows)
    for bar in chart.bars:
        for piece, following in pairwise(bar.segments):
            assert piece.start + piece.width == following.start
        assert all(0 <= piece.start <= piece.start + piece.width <= 100 for piece in bar.segments)


def test_the_table_holds_the_figures_in_the_words_of_the_page():
    chart = charts.stacked_bar_chart(
        "Session",
        ("Present", "Absent"),
        [("January", (16, 1)), ("March", (0, 0))],
        wording=lambda n: f"{n} p.",
        total="All",
    )
    assert chart.table.head == ("Session", "Present", "Absent", "All")
    assert chart.table.rows == (("January", "16 p.", "1 p.", "17 p."), ("March", "0 p.", "0 p.", "0 p."))
    assert [bar.text for bar in chart.bars] == ["17 p.", "0 p."]


def test_a_chart_of_nothing_is_drawn_without_marks():
    assert charts.bar_chart("Month", "Members", []).bars == ()
    assert charts.line_chart("Month", [], [("Members", [])]).lines[0].points == ""


def test_a_bar_cannot_be_negative():
    with pytest.raises(ValueError, match="January"):
        charts.bar_chart("Month", "Growth", [("January", -3)])


def test_figures_that_miss_a_moment_are_refused():
    with pytest.raises(ValueError, match="Members"):
        charts.line_chart("Month", ["jan", "feb"], [("Members", [1])])


@given(st.lists(st.integers(-500, 5000), min_size=2, max_size=30))
def test_a_line_rises_where_its_figures_rise_and_starts_at_zero(figures):
    chart = charts.line_chart("Month", [str(index) for index in range(len(figures))], [("Members", figures)])
    drawn = points(chart.lines[0].points)
    assert [x for x, _ in drawn] == sorted(x for x, _ in drawn)
    assert all(0 <= y <= chart.plot_height for _, y in drawn)
    for (first, second), ((_, first_y), (_, second_y)) in zip(pairwise(figures), pairwise(drawn), strict=True):
        assert (first - second) * (second_y - first_y) >= 0
    assert any(tick.label == "0" for tick in chart.ticks)


@given(st.lists(amounts, min_size=1, max_size=6))
def test_names_at_the_end_of_lines_never_cover_each_other(ends):
    chart = charts.line_chart("Month", ["jan", "feb"], [(f"line {end}", [0, end]) for end in ends])
    places = sorted(line.label_y for line in chart.lines)
    assert all(lower - upper >= charts.LABEL_GAP for upper, lower in pairwise(places))


@pytest.mark.parametrize("count", [1, 2, 6, 7, 12, 13, 52, 365])
def test_a_few_moments_get_a_word_and_always_the_first_and_the_last(count):
    moments = [str(index) for index in range(count)]
    shown = [date.label for date in charts.line_chart("Day", moments, [("Members", [1] * count)]).dates]
    assert shown[0] == moments[0]
    assert shown[-1] == moments[-1]
    assert len(shown) == len(set(shown)) <= charts.DATE_LABELS


def test_a_circle_puts_the_highest_score_on_the_ring_and_the_lowest_in_the_centre():
    chart = charts.circle_chart("Value", ("North", "East", "South", "West"), [("Now", (2, 2, -2, 0))], low=-2, high=2)
    centre, radius = chart.centre, charts.CIRCLE_RADIUS
    assert chart.shapes[0].corners == (
        (centre, centre - radius),
        (centre + radius, centre),
        (centre, centre),
        (Decimal(centre) - Decimal(radius) / 2, centre),
    )
    assert [spoke.anchor for spoke in chart.spokes] == ["middle", "start", "middle", "end"]
    assert chart.table.rows[0] == ("North", "2")


def test_a_score_off_the_scale_stays_inside_the_drawing():
    chart = charts.circle_chart("Value", ("A", "B", "C"), [("Now", (99, -99, 0))], low=-2, high=2)
    assert all(0 <= x <= chart.size and 0 <= y <= chart.size for x, y in chart.shapes[0].corners)


@pytest.mark.parametrize(("axes", "low", "high"), [(("A", "B"), 0, 1), (("A", "B", "C"), 1, 1)])
def test_a_circle_that_cannot_be_drawn_is_refused(axes, low, high):
    with pytest.raises(ValueError, match=r"axes|ring"):
        charts.circle_chart("Value", axes, [("Now", [0] * len(axes))], low=low, high=high)
