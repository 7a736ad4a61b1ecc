"""V1, V8: what has to be there before a phase, from facts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.challenge.models import EditionState, Method, Model, RoundKind
from app.challenge.readiness import Facts, Need, dates_fit, missing, rounds_fit, verdict_fits, weights_fit

NOMINATING, JUDGING = (RoundKind.NOMINATION, Method.OPEN), (RoundKind.JURY, Method.RUBRIC)
NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)


def days(*ahead: int) -> list[datetime]:
    return [NOW + timedelta(days=one) for one in ahead]


def facts(**changes: Any) -> Facts:
    """An edition that lacks nothing before it opens."""
    start, until, work, opens, closes = days(-30, -20, -1, 0, 10)
    whole = Facts(
        now=NOW,
        has_intro=True,
        has_case=True,
        has_terms=True,
        has_officer=True,
        has_eligible_on=True,
        nominations_from=start,
        nominations_until=until,
        work_until=work,
        opens_at=opens,
        closes_at=closes,
        weights=[2000] * 5,
        rounds=[(RoundKind.NOMINATION, Method.OPEN), (RoundKind.JURY, Method.RUBRIC)],
        model=Model.POINTS,
        tie_order=["member_points", "shared_title"],
        taking_part=2,
        with_work=2,
        unanswered=0,
        not_eligible=0,
        jurors=3,
        jurors_unanswered=0,
        chair_sits=True,
        has_key=False,
        key_tested=False,
    )
    return replace(whole, **changes)


def test_v8_nothing_is_missing_from_an_edition_that_is_whole():
    assert missing(facts(), EditionState.NOMINATION) == missing(facts(), EditionState.OPEN) == ()


@pytest.mark.parametrize(
    ("changes", "need"),
    [
        ({"has_intro": False}, Need.INTRO),
        ({"has_case": False}, Need.CASE),
        ({"closes_at": None}, Need.DATES),
        ({"opens_at": NOW - timedelta(days=3)}, Need.DATES),
        ({"has_eligible_on": False}, Need.ELIGIBLE_ON),
        ({"weights": [2000] * 4}, Need.CRITERIA),
        ({"weights": []}, Need.CRITERIA),
        ({"rounds": [(RoundKind.NOMINATION, Method.OPEN)]}, Need.ROUNDS),
        ({"has_officer": False}, Need.OFFICER),
        ({"work_until": NOW + timedelta(seconds=1), "opens_at": NOW + timedelta(seconds=2)}, Need.WORK_OVER),
        ({"taking_part": 1, "with_work": 1}, Need.NOMINEES),
        ({"with_work": 1}, Need.NOMINEES),
        ({"unanswered": 1}, Need.NOMINEES_ANSWERED),
        ({"not_eligible": 1}, Need.NOMINEES_ELIGIBLE),
        ({"jurors": 2}, Need.JURY),
        ({"jurors_unanswered": 1}, Need.JURORS_ANSWERED),
        ({"chair_sits": False}, Need.CHAIR),
        ({"tie_order": []}, Need.TIE_ORDER),
    ],
)
def test_v8_each_thing_that_is_missing_before_opening_is_named(changes, need):
    assert missing(facts(**changes), EditionState.OPEN) == (need,)


def test_v8_without_a_jury_round_no_jury_is_asked_for():
    rounds = [(RoundKind.NOMINATION, Method.OPEN), (RoundKind.BALLOT, Method.BORDA)]
    whole = facts(jurors=0, chair_sits=False, rounds=rounds, has_key=True, key_tested=True)
    assert missing(whole, EditionState.OPEN) == ()


def test_v5_a_ballot_needs_the_key_of_the_trustee_and_a_test_opening_with_it():
    rounds = [NOMINATING, JUDGING, (RoundKind.BALLOT, Method.BORDA)]
    assert missing(facts(rounds=rounds), EditionState.OPEN) == (Need.KEY, Need.TEST_OPENING)
    assert missing(facts(rounds=rounds, has_key=True), EditionState.OPEN) == (Need.TEST_OPENING,)


@pytest.mark.parametrize(
    ("methods", "model", "fits"),
    [
        ((Method.RUBRIC,), Model.SEPARATE, True),
        ((Method.RUBRIC, Method.BORDA), Model.POINTS, True),
        ((Method.RUBRIC, Method.IRV), Model.POINTS, False),
        ((Method.RUBRIC, Method.SCHULZE), Model.SHORTLIST, True),
        ((Method.BORDA, Method.PLURALITY), Model.SEPARATE, False),
        ((Method.PLURALITY,), Model.SEPARATE, False),
        ((Method.PLURALITY,), Model.SHORTLIST, True),
    ],
)
def test_v6_rounds_and_the_way_of_deciding_give_one_result(methods, model, fits):
    rounds = [NOMINATING, *((RoundKind.FINAL, method) for method in methods)]
    assert verdict_fits(rounds, model) is fits


def test_v8_an_edition_closes_on_its_date_and_not_before():
    assert missing(facts(), EditionState.CLOSED) == (Need.TIME_OVER,)
    assert missing(facts(now=NOW + timedelta(days=10)), EditionState.CLOSED) == ()


def test_v1_weights_make_a_whole_and_may_be_zero():
    assert weights_fit([10_000, 0])
    assert not weights_fit([9_999])
    assert not weights_fit([10_001, -1])


def test_v1_rounds_begin_with_nominations_and_each_has_a_method_of_its_kind():
    nomination, jury = (RoundKind.NOMINATION, Method.OPEN), (RoundKind.JURY, Method.RUBRIC)
    assert rounds_fit([nomination, jury, (RoundKind.BALLOT, Method.SCHULZE), (RoundKind.FINAL, Method.PLURALITY)])
    for wrong in ([], [jury, nomination], [nomination, nomination, jury], [nomination, (RoundKind.JURY, Method.BORDA)]):
        assert not rounds_fit(wrong)


def test_v1_dates_come_in_order():
    assert dates_fit(days(0, 1, 1, 2))
    assert not dates_fit(days(0, 2, 1))
    assert not dates_fit([NOW, None])
