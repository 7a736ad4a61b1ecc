"""V6: jury and members put together, ties, the quorum, and no award."""

from __future__ import annotations

import pytest

from app.challenge.deciding import (
    Basis,
    Method,
    Model,
    Prize,
    Rules,
    Step,
    ballots_for,
    count,
    count_scores,
    decide,
    shortlist,
)
from app.challenge.jury import panel
from tests.challenge.elections import marks, papers

A, B, C, D, NOBODY = 1, 2, 3, 4, 99
WEIGHTS = {"value": 6_000, "trust": 4_000}


def rules(model=Model.COMBINED, method=Method.BORDA, **other):
    return Rules(model=model, method=method, order=(A, B, C), weights=WEIGHTS, **other)


def jury(value, trust):
    """Three jurors of one mind."""
    rows = [
        marks({one: [mark] * 3 for one, mark in zip((A, B, C, D), given, strict=False)}, name)
        for given, name in ((value, "value"), (trust, "trust"))
    ]
    return panel(rows[0] | rows[1], [one for one, _mark in zip((A, B, C, D), value, strict=False)], WEIGHTS)


def votes(rules_, *lines, **other):
    return count(ballots_for(rules_, papers(*lines), **other), rules_.method)


def test_v6_jury_and_members_are_added_up_as_printed():
    by = rules(jury_weight=6_000)
    outcome = decide(by, jury([16, 14, 12], [15, 16, 12]), votes(by, "2 A>B>C", "1 B>A>C"))
    assert outcome.rows[A].jury == 78_00
    assert outcome.rows[A].members == 83_33
    assert (outcome.rows[A].jury_part, outcome.rows[A].members_part) == (46_80, 33_33)
    assert outcome.rows[A].total == 80_13
    award = outcome.awards[0]
    assert (award.prize, award.winners, award.basis, award.step) == (Prize.TITLE, (A,), Basis.BOTH, Step.RESULT)
    assert award.places == ((A,), (B,), (C,))


@pytest.mark.parametrize(
    ("given", "lines", "step", "winners"),
    [
        # 80.00 and 40.00 against 60.00 and 60.00 at half and half: the members decide
        (([16, 12, 0], [16, 12, 0]), ["2 B>C>A", "1 A>C>B", "1 B>A>C", "1 C>A>B"], Step.MEMBERS, (B,)),
        # equal with jury and members; the heavier criterion, value, was marked higher for B: 6 × 5.0 + 4 × 7.5 = 6 × 6 + 4 × 6
        (([10, 12, 0], [15, 12, 0]), ["1 A>B>C", "1 B>A>C"], Step.CRITERION, (B,)),
        # equal there too; A has more first preferences
        (([12, 12, 0], [12, 12, 0]), ["1 A>C>B", "2 C>B>A"], Step.FIRST_PREFERENCES, (A,)),
        # equal in everything
        (([12, 12, 0], [12, 12, 0]), ["1 A>B>C", "1 B>A>C"], Step.SHARED, (A, B)),
    ],
)
def test_v6_ties_go_by_members_then_the_heaviest_criterion_then_first_preferences_then_are_shared(
    given, lines, step, winners
):
    by = rules()
    counted = votes(by, *lines)
    outcome = decide(by, jury(*given), counted)
    assert outcome.rows[A].total == outcome.rows[B].total
    assert (outcome.awards[0].step, outcome.awards[0].winners) == (step, winners)


def test_v6_without_a_quorum_the_jury_decides_alone_and_the_award_says_so():
    by = rules(quorum=4)
    outcome = decide(by, jury([16, 14, 12], [15, 16, 12]), votes(by, "3 C>B>A"))
    assert not outcome.quorum_met
    assert (outcome.awards[0].winners, outcome.awards[0].basis) == ((A,), Basis.JURY)
    assert outcome.rows[A].total == outcome.rows[A].jury_part == 78_00
    assert decide(by, jury([16, 14, 12], [15, 16, 12]), votes(by, "3 C>B>A", "1 C>A>B")).quorum_met


def test_v6_jury_and_public_may_give_a_prize_each():
    by = rules(Model.SEPARATE, Method.RUNOFF)
    outcome = decide(by, jury([16, 14, 12], [15, 16, 12]), votes(by, "3 C>B>A", "2 B>A>C"))
    assert [(each.prize, each.winners, each.basis) for each in outcome.awards] == [
        (Prize.TITLE, (A,), Basis.JURY),
        (Prize.PUBLIC, (C,), Basis.MEMBERS),
    ]
    silent = decide(by, jury([16, 14, 12], [15, 16, 12]), None)
    assert [(each.winners, each.basis) for each in silent.awards] == [((A,), Basis.JURY), ((), Basis.NO_QUORUM)]


def test_v6_after_the_shortlist_of_the_jury_the_members_decide_among_who_is_on_it():
    by = Rules(model=Model.SHORTLIST, method=Method.SCHULZE, order=(A, B, C, D), weights=WEIGHTS, shortlist=2)
    found = jury([16, 14, 14, 8], [15, 16, 16, 8])
    assert shortlist(by, found) == (A, B, C)  # C ties with the last one who is let through
    outcome = decide(by, found, votes(by, "5 D>C>A>B", "4 A>B>C>D", jury=found))
    assert outcome.awards[0].winners == (C,)


def test_v6_members_may_choose_that_nobody_gets_it_and_no_award_wins_no_tie():
    by = rules(Model.SHORTLIST, Method.PLURALITY, no_award=NOBODY)
    found = jury([16, 14, 12], [15, 16, 12])
    chosen = count(ballots_for(by, {((NOBODY,),): 3, ((A,),): 2}), by.method)
    assert (decide(by, found, chosen).awards[0].winners, decide(by, found, chosen).awards[0].basis) == (
        (),
        Basis.NO_AWARD_CHOSEN,
    )
    tied = count(ballots_for(by, {((NOBODY,),): 2, ((A,),): 2}), by.method)
    award = decide(by, found, tied).awards[0]
    assert (award.winners, award.step) == ((A,), Step.FROZEN_ORDER)


def test_v6_below_the_floor_nobody_gets_it():
    by = rules(floor=85_00)
    outcome = decide(by, jury([16, 14, 12], [15, 16, 12]), votes(by, "2 A>B>C", "1 B>A>C"))
    assert (outcome.awards[0].winners, outcome.awards[0].basis) == ((), Basis.BELOW_FLOOR)


def test_v6_scores_of_members_count_on_the_same_scale():
    by = rules(method=Method.SCORE)
    given = [({one: {"value": 20 - 2 * one, "trust": 10} for one in (A, B, C)}, 10)]
    outcome = decide(by, jury([16, 16, 16], [16, 16, 16]), count_scores((A, B, C), given, WEIGHTS))
    assert outcome.rows[A].members == 74_00
    assert outcome.awards[0].winners == (A,)


def test_v4_nothing_is_decided_while_the_chair_has_not():
    with pytest.raises(ValueError, match="value"):
        decide(rules(), panel(marks({A: [12, 12]}), [A], WEIGHTS), None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": {"value": 9_999}},
        {"jury_weight": 10_001},
        {"method": Method.SCHULZE},
        {"no_award": NOBODY},
    ],
)
def test_v8_rules_that_do_not_fit_each_other_are_refused(wrong):
    with pytest.raises(ValueError, match=r".+"):
        Rules(**({"model": Model.COMBINED, "method": Method.BORDA, "order": (A, B), "weights": WEIGHTS} | wrong))
