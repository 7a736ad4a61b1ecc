"""V6: counts that others have published come out the same, to the last ballot."""

from __future__ import annotations

from app.challenge.counting import Tie, approval, borda, matrix, plurality, poll, runoff, schulze, score
from app.challenge.deciding import Method, count
from tests.challenge.elections import (
    ALASKA,
    BEGICH,
    BURLINGTON,
    BURLINGTON_THREE,
    CHATTANOOGA,
    KISS,
    KNOXVILLE,
    MEMPHIS,
    MONTROLL,
    NASHVILLE,
    PALIN,
    PELTOLA,
    SCHULZE,
    SIMPSON,
    SMITH,
    TENNESSEE,
    WRIGHT,
    WRITE_IN,
    papers,
)

A, B, C, D, E = range(1, 6)
FIVE, FOUR = (A, B, C, D, E), (A, B, C, D)


def test_v6_schulzes_own_example_has_his_matrix_his_paths_and_his_order():
    counted = schulze(poll(FIVE, SCHULZE))
    rows = [[counted.matrix.above[one, other] for other in FIVE if other != one] for one in FIVE]
    assert rows == [[20, 26, 30, 22], [25, 16, 33, 18], [19, 29, 17, 24], [15, 12, 28, 14], [23, 27, 21, 31]]
    paths = [[counted.paths[one, other] for other in FIVE if other != one] for one in FIVE]
    assert paths == [[28, 28, 30, 24], [25, 28, 33, 24], [25, 29, 29, 24], [25, 28, 28, 24], [25, 28, 28, 31]]
    assert counted.placing.order == (E, A, C, B, D)
    assert counted.matrix.condorcet_winner is None


def test_v6_the_capital_of_tennessee_depends_on_the_method_as_in_the_textbooks():
    ballots = poll(FOUR, TENNESSEE)
    assert plurality(ballots).points == {MEMPHIS: 42, NASHVILLE: 26, CHATTANOOGA: 15, KNOXVILLE: 17}
    assert borda(ballots).points == {MEMPHIS: 2 * 126, NASHVILLE: 2 * 194, CHATTANOOGA: 2 * 173, KNOXVILLE: 2 * 107}
    assert borda(ballots).shares[NASHVILLE] == 64_67  # 194 of at most 300
    assert matrix(ballots).condorcet_winner == schulze(ballots).placing.winner == NASHVILLE
    counted = runoff(ballots)
    assert [(each.tallies, each.leaving) for each in counted.rounds] == [
        ({MEMPHIS: 42, NASHVILLE: 26, KNOXVILLE: 17, CHATTANOOGA: 15}, (CHATTANOOGA,)),
        ({MEMPHIS: 42, KNOXVILLE: 32, NASHVILLE: 26}, (NASHVILLE,)),
        ({KNOXVILLE: 58, MEMPHIS: 42}, ()),
    ]
    assert counted.placing.order == (KNOXVILLE, MEMPHIS, NASHVILLE, CHATTANOOGA)


def test_v6_burlington_2009_has_the_three_official_rounds():
    counted = runoff(poll((WRIGHT, KISS, MONTROLL, SMITH, SIMPSON, WRITE_IN), BURLINGTON))
    assert [(each.tallies, each.exhausted, each.leaving) for each in counted.rounds] == [
        (
            {WRIGHT: 2951, KISS: 2585, MONTROLL: 2063, SMITH: 1306, WRITE_IN: 36, SIMPSON: 35},
            4,
            (SIMPSON, WRITE_IN, SMITH),
        ),
        ({WRIGHT: 3294, KISS: 2981, MONTROLL: 2554}, 151, (MONTROLL,)),
        ({KISS: 4313, WRIGHT: 4061}, 606, ()),
    ]


def test_v6_burlington_had_a_condorcet_winner_who_lost_and_the_count_tells_so():
    ballots = poll((WRIGHT, KISS, MONTROLL), BURLINGTON_THREE)
    compared = matrix(ballots)
    assert (compared.above[MONTROLL, KISS], compared.above[KISS, MONTROLL]) == (4067, 3477)
    assert (compared.above[MONTROLL, WRIGHT], compared.above[WRIGHT, MONTROLL]) == (4597, 3668)
    assert (compared.above[KISS, WRIGHT], compared.above[WRIGHT, KISS]) == (4314, 4064)
    assert compared.condorcet_winner == MONTROLL
    assert runoff(ballots).placing.winner == KISS


def test_v6_alaska_2022_has_the_certified_rounds():
    counted = runoff(poll((PELTOLA, PALIN, BEGICH), ALASKA))
    assert [(each.tallies, each.exhausted) for each in counted.rounds] == [
        ({PELTOLA: 75_799, PALIN: 58_973, BEGICH: 53_810}, 0),
        ({PELTOLA: 91_266, PALIN: 86_026}, 11_290),
    ]


def test_v6_where_the_condorcet_winner_does_not_lead_by_borda_the_count_says_so():
    """Condorcet's own objection to Borda, in the form of the textbooks: 3 of 5 prefer A to B, and B has more points."""
    votes = count(poll((A, B, C), papers("3 A>B>C", "2 B>C>A")), Method.BORDA)
    assert (votes.matrix.condorcet_winner, votes.borda_leaders, votes.condorcet_differs) == (A, (B,), True)
    assert not count(poll(FOUR, TENNESSEE), Method.BORDA).condorcet_differs
    assert not count(poll(FIVE, SCHULZE), Method.BORDA).condorcet_differs  # nobody beats all: nothing to tell


def test_v6_condorcets_paradox_is_a_tie_that_the_frozen_order_resolves_and_the_count_reports():
    cycle = papers("1 A>B>C", "1 B>C>A", "1 C>A>B")
    for order in ((A, B, C), (C, A, B), (B, C, A)):
        counted = schulze(poll(order, cycle))
        assert counted.placing.order == order
        assert counted.placing.ties == (Tie(1, order),)
        held_out = runoff(poll(order, cycle))
        assert held_out.ties == (Tie(1, order),)
        assert held_out.rounds[0].leaving == order[2:]


def test_v6_an_equal_group_counts_for_the_only_one_of_it_who_is_still_in_and_else_for_nobody_any_more():
    ballots = papers("3 A>BC", "4 B>C>A", "5 C>B>A", "1 D>AC>B", "2 AD>B")
    counted = runoff(poll(FOUR, ballots))
    assert [(each.tallies, each.exhausted) for each in counted.rounds] == [
        ({C: 5, B: 4, A: 3, D: 1}, 2),  # A and D on one first place: the ballot chooses neither, for good
        ({C: 5, B: 4, A: 3}, 3),  # after D a group with A and C, both still in
        ({C: 5, B: 4}, 6),  # after A a group with B and C
    ]
    later = runoff(poll(FOUR, papers("6 A", "5 B", "3 C>BD>A", "1 D>C")))
    assert [each.tallies for each in later.rounds][-1] == {B: 8, A: 6}  # D had gone: the group of B and D is B's


def test_v6_who_is_not_named_shares_the_last_place_and_a_ballot_that_tells_nobody_apart_counts_for_turnout_only():
    ballots = poll((A, B, C), {((A,),): 2, (): 3, ((A, B, C),): 4, ((A, B),): 1})
    assert (ballots.cast, ballots.blank, ballots.telling) == (10, 7, 3)
    compared = matrix(ballots)
    assert (compared.above[A, B], compared.above[A, C], compared.above[B, C], compared.above[B, A]) == (2, 3, 1, 0)
    assert borda(ballots).points == {A: 2 * 4 + 3, B: 2 * 1 + 3, C: 2}
    assert borda(ballots).shares[A] == 91_67


def test_v6_approvals_count_whoever_is_named_and_single_choices_who_is_named_alone():
    ballots = poll((A, B, C), {((A, B),): 3, ((C,),): 2, ((A,), (C,)): 1, (): 4})
    assert approval(ballots).points == {A: 4, B: 3, C: 3}
    assert approval(ballots).shares == {A: 66_67, B: 50_00, C: 50_00}
    assert approval(ballots).placing.groups == ((A,), (B, C))
    assert plurality(ballots).points == {A: 1, B: 0, C: 2}


def test_v6_scores_per_criterion_leave_out_what_was_left_open_and_add_up_as_printed():
    counted = score(
        (A, B),
        [({A: {"value": 15, "trust": 12}, B: {"value": 20}}, 2), ({A: {"value": 16}}, 1)],
        {"value": 6_000, "trust": 4_000},
    )
    assert counted.means[A]["value"].mean == 7_67  # 23 points of three ballots
    assert counted.means[A]["value"].contribution == 4_60
    assert counted.means[A]["trust"].given == 2
    assert counted.points == {A: 4_60 + 2_40, B: 6_00}
    assert counted.shares == {A: 70_00, B: 60_00}
