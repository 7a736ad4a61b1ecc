"""V4: from marks to panel scores that a reader can add up."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.challenge.exact import half_up, summing_to, weighed, written
from app.challenge.jury import panel
from tests.challenge.elections import marks

A, B, C = 1, 2, 3
ALL = {"value": 10_000}


def test_v4_a_mean_is_rounded_half_up_and_each_product_too_so_that_the_total_adds_up():
    found = panel(
        marks({A: [15, 14, 16, 16]}) | marks({A: [13, 13, 14, 13]}, "trust"), [A], {"value": 3_333, "trust": 6_667}
    )
    assert found.cells[A]["value"].score == 7_63  # 61 halves of four: 7.625
    assert found.cells[A]["trust"].score == 6_63  # 53 halves of four: 6.625
    assert found.contributions(A) == {"value": 2_54, "trust": 4_42}
    assert found.total(A) == 2_54 + 4_42


def test_v4_from_five_marks_on_one_highest_and_one_lowest_are_left_out():
    four, five = panel(marks({A: [0, 14, 14, 20]}), [A], ALL), panel(marks({A: [0, 14, 15, 20, 20]}), [A], ALL)
    assert (four.cells[A]["value"].score, four.cells[A]["value"].trimmed) == (6_00, False)
    assert (five.cells[A]["value"].score, five.cells[A]["value"].trimmed) == (8_17, True)  # 14, 15, 20
    assert five.cells[A]["value"].spread == 10_00


def test_v4_who_recused_is_missing_and_never_zero_and_fewer_than_three_wait_for_the_chair():
    found = panel(marks({A: [14, None, None, 16], B: [14, None, 15, 16]}), [A, B, C], ALL)
    assert found.cells[B]["value"].score == 7_50
    assert found.cells[A]["value"].score is None
    assert found.undecided == ((A, "value"), (C, "value"))
    decided = panel(marks({A: [14, None, None, 16]}), [A, C], ALL, decided={(A, "value"): 7_25, (C, "value"): 0})
    assert decided.undecided == ()
    assert (decided.total(A), decided.cells[A]["value"].by_chair) == (7_25, True)


def test_v4_where_somebody_recused_the_value_without_severity_stands_beside_the_score():
    """Juror 3 marks two points below the others; who is marked without juror 3 gains by that, and the value tells it."""
    found = panel(
        marks({A: [16, 16, 12], B: [14, 14, 10], C: [15, 15, None]}), [A, B, C], ALL, decided={(C, "value"): 7_50}
    )
    assert [found.cells[one]["value"].score for one in (A, B, C)] == [7_33, 6_33, 7_50]
    assert [found.cells[one]["value"].corrected for one in (A, B, C)] == [7_33, 6_33, 6_83]
    nobody_missing = panel(marks({A: [16, 16, 12], B: [14, 14, 10]}), [A, B], ALL)
    assert nobody_missing.cells[A]["value"].corrected is None


def test_v4_marks_outside_the_scale_are_refused():
    with pytest.raises(ValueError, match="21"):
        panel({(1, A, "value"): 21}, [A], ALL)


@settings(max_examples=60, deadline=None)
@given(some.lists(some.integers(0, 20), min_size=3, max_size=9), some.randoms(use_true_random=False))
def test_v4_the_score_lies_between_the_marks_and_no_order_of_jurors_changes_it(given_marks, chance):
    score = panel(marks({A: given_marks}), [A], ALL).cells[A]["value"].score
    assert min(given_marks) * 50 <= score <= max(given_marks) * 50
    chance.shuffle(given_marks)
    assert panel(marks({A: given_marks}), [A], ALL).cells[A]["value"].score == score


@settings(max_examples=60, deadline=None)
@given(some.lists(some.fractions(-100, 100, max_denominator=30), min_size=1, max_size=6))
def test_parts_rounded_to_a_sum_add_up_and_move_by_less_than_one(parts):
    total = half_up(sum(parts).numerator, sum(parts).denominator)
    rounded = summing_to(total, parts)
    assert sum(rounded) == total
    assert all(abs(whole - part) <= 1 for whole, part in zip(rounded, parts, strict=True))


def test_half_a_hundredth_goes_up_and_numbers_are_written_with_two_decimals():
    assert [half_up(1, 2), half_up(-1, 2), half_up(5, 10), half_up(49, 100)] == [1, 0, 1, 0]
    assert weighed(7_63, 5_000) == 3_82
    assert [written(7_05), written(-5), written(100_00)] == ["7.05", "-0.05", "100.00"]
    assert summing_to(1, [Fraction(1, 3)] * 3) == [1, 0, 0]
