"""V7: the elements of the margin, how firm the result is, and what is not shown."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.challenge.counting import poll
from app.challenge.deciding import Method, Model, Rules, count, decide
from app.challenge.elements import (
    called_decisive,
    difference,
    most_telling,
    shown_groups,
    stays_without,
    weights_that_keep,
)
from app.challenge.jury import panel
from tests.challenge.elections import marks, papers, polls

A, B, C = 1, 2, 3
WEIGHTS = {"value": 4_500, "trust": 3_300, "vigour": 2_200}
ORDER = (A, B, C)


def result(rows, ballots, jury_weight):
    """A panel of three jurors of one mind per nominee, the members, and what comes of them."""
    given_marks = {}
    for criterion, by_nominee in zip(WEIGHTS, rows, strict=True):
        given_marks |= marks({one: [mark] * 3 for one, mark in zip(ORDER, by_nominee, strict=True)}, criterion)
    jury = panel(given_marks, ORDER, WEIGHTS)
    rules = Rules(model=Model.COMBINED, method=Method.BORDA, order=ORDER, weights=WEIGHTS, jury_weight=jury_weight)
    return jury, decide(rules, jury, count(poll(ORDER, ballots), Method.BORDA))


JURY, OUTCOME = result(
    ([17, 15, 12], [15, 17, 12], [20, 12, 12]), papers("3 B>A>C", "1 A>B>C", "1 A>C>B", "1 C>B>A"), 6_000
)


def test_v7_the_margin_is_split_into_parts_that_add_up_to_it():
    split = difference(OUTCOME.rows, JURY, one=A, other=B, jury_weight=6_000)
    assert split.margin == OUTCOME.rows[A].total - OUTCOME.rows[B].total
    assert split.by_criterion == {"value": 2_70, "trust": -1_98, "vigour": 5_28}
    assert split.by_members == OUTCOME.rows[A].members_part - OUTCOME.rows[B].members_part
    assert sum(split.by_criterion.values()) + split.by_members == split.margin


@settings(max_examples=80, deadline=None)
@given(
    some.lists(some.lists(some.integers(0, 20), min_size=3, max_size=3), min_size=3, max_size=3),
    polls(candidates=3),
    some.integers(0, 10_000),
)
def test_v7_they_add_up_whatever_was_marked_and_cast(rows, ballots, jury_weight):
    jury, outcome = result(rows, dict(ballots), jury_weight)
    for one, other in ((A, B), (B, C), (C, A)):
        split = difference(outcome.rows, jury, one=one, other=other, jury_weight=jury_weight)
        assert sum(split.by_criterion.values()) + split.by_members == split.margin
        for criterion, part in split.by_criterion.items():
            gap = jury.contributions(one)[criterion] - jury.contributions(other)[criterion]
            assert abs(part - Fraction(10 * gap * jury_weight, 10_000)) <= 1


@settings(max_examples=80, deadline=None)
@given(
    some.lists(some.lists(some.integers(0, 20), min_size=3, max_size=3), min_size=3, max_size=3),
    polls(candidates=3),
)
def test_v7_at_every_weight_in_the_range_the_winner_leads_and_just_outside_of_it_somebody_else_does(rows, ballots):
    _jury, outcome = result(rows, dict(ballots), 5_000)
    for one in ORDER:
        found = weights_that_keep(outcome.rows, winner=one)

        def lead(weight, one=one):
            return min(
                weight * (outcome.rows[one].jury - row.jury) + (1 - weight) * (outcome.rows[one].members - row.members)
                for row in outcome.rows.values()
            )

        probes = [Fraction(step, 40) for step in range(41)]
        if found is None:
            assert all(lead(weight) < 0 for weight in probes)
            continue
        least, most = found
        assert lead(least) >= 0 <= lead(most)
        assert all((lead(weight) >= 0) == (least <= weight <= most) for weight in probes)


def test_v7_the_range_of_weights_is_exact():
    rows = OUTCOME.rows
    assert [(rows[one].jury, rows[one].members) for one in (A, B)] == [(85_10, 58_33), (75_10, 66_67)]
    assert weights_that_keep(rows, winner=A) == (Fraction(8_34, 8_34 + 10_00), Fraction(1))
    assert weights_that_keep(rows, winner=C) is None


def test_v7_without_one_criterion_the_winner_may_not_be_it():
    assert stays_without(OUTCOME.rows, JURY, winner=A, jury_weight=6_000) == {
        "value": True,
        "trust": True,
        "vigour": False,
    }
    alone = panel(
        marks({A: [12] * 3, B: [10] * 3}),
        (A, B),
        {"value": 10_000, "trust": 0},
        decided={(A, "trust"): 0, (B, "trust"): 0},
    )
    assert stays_without({one: OUTCOME.rows[one] for one in (A, B)}, alone, winner=A, jury_weight=10_000) == {
        "value": None,
        "trust": True,
    }


def test_v7_the_criterion_that_told_most_apart_is_named():
    assert most_telling(JURY) == ("value",)
    level = panel(marks({A: [12] * 3, B: [12] * 3}), (A, B), {"value": 10_000})
    assert most_telling(level) == ()


def test_v7_what_members_called_decisive_is_counted_from_ten_ballots_on():
    nine = [({"value", "trust"}, 5), ({"trust"}, 4)]
    assert called_decisive(nine, WEIGHTS) is None
    assert called_decisive([*nine, ((), 1)], WEIGHTS) == {"value": 5, "trust": 9, "vigour": 0}
    with pytest.raises(ValueError, match="vigour"):
        called_decisive([(WEIGHTS, 1)], WEIGHTS)


def test_v7_groups_below_ten_ballots_are_hidden_and_cannot_be_reckoned_back():
    assert shown_groups({"a": 10, "b": 40}) == {"a", "b"}
    assert shown_groups({"a": 9, "b": 8, "c": 40}) == {"c"}
    assert shown_groups({"a": 9, "b": 20, "c": 40}) == {"c"}
    assert shown_groups({"a": 9, "b": 20}) == set()
