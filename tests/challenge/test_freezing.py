"""V6, V8: what is written down when an edition opens, and that the stand-alone verifier reads it as it was meant."""

from __future__ import annotations

import hashlib

import pytest

from app.challenge import queries
from app.challenge.board import Kind, hash_of, hash_of_digests
from app.challenge.bundle import jury_file, no_ballots, result_file, rules_of, zipped
from app.challenge.deciding import Basis, Method, Model, Rules, Step
from app.challenge.models import EditionState, RoundKind
from app.challenge.models import Method as RoundMethod
from app.challenge.sealing import sealed_file
from app.challenge.services import files
from app.challenge.services.freezing import case_hash, quorum, tie_order
from tests.challenge.editions import EDITION, RANKED, chained, make, told, verify

from .conftest import fresh, make_ready

JURY_ROUND = (RoundKind.JURY, RoundMethod.RUBRIC)


@pytest.fixture
def jury_only(officer, make_account, at_work, client):
    """An edition that the jury alone decides, opened on the page."""
    edition = make_ready(officer, make_account, JURY_ROUND, tie_order=["heaviest_criterion", "member_points"])
    assert client.post(f"/bureau/challenge/{edition.id}/next/open").status_code == 303
    return fresh(edition)


def test_v8_opening_keeps_the_rules_and_the_board_names_their_hash_and_the_roll(jury_only):
    rules = files.read(jury_only.id, "rules")
    entry = queries.last_entry(jury_only.id)
    assert entry.kind == Kind.OPENED
    assert (entry.payload["rules"], entry.payload["roll"]) == (hash_of(rules), 0)
    assert set(entry.payload) == {"at", "roll", "rules"}
    assert rules["about"]["case"] == case_hash(jury_only)
    assert [each["weight"] for each in rules["criteria"]] == [2000] * 5
    assert [each["code"] for each in rules["about"]["criteria"]] == ["c1", "c2", "c3", "c4", "c5"]
    assert len(rules["about"]["jurors"]) == 3


def test_v6_where_the_jury_alone_decides_nobody_is_asked_for_a_key_or_a_ballot(jury_only):
    rules = files.read(jury_only.id, "rules")
    assert (rules["kind"], rules["keys"], rules["quorum"], rules["jury_weight"]) == ("none", {}, 0, 10_000)
    assert fresh(jury_only).state is EditionState.OPEN


def test_v6_ties_are_told_apart_in_the_order_of_the_edition(officer, make_account, at_work, client):
    order = ["first_preferences", "heaviest_criterion", "member_points", "shared_title"]
    edition = make_ready(officer, make_account, JURY_ROUND, tie_order=order)
    client.post(f"/bureau/challenge/{edition.id}/next/open")
    assert files.read(edition.id, "rules")["ties"] == ["first_preferences", "criterion", "members"]


def test_v6_the_order_for_ties_between_ballots_is_drawn_from_the_case_and_the_number():
    digests = {one: hashlib.sha256(f"case|{one}".encode()).hexdigest() for one in (1, 2, 3, 4)}
    assert tie_order("case", [4, 2, 1, 3]) == tuple(sorted(digests, key=digests.__getitem__))
    assert tie_order("case", [1, 2, 3, 4]) != tie_order("another case", [1, 2, 3, 4])


@pytest.mark.parametrize(("percent", "roll", "ballots"), [(20, 100, 20), (20, 101, 21), (0, 50, 0), (1, 1, 1)])
def test_v6_the_quorum_is_a_part_of_the_roll_rounded_up(percent, roll, ballots):
    assert quorum(percent, roll) == ballots


def bundle_of_the_jury(rules, **changes):
    sealed = sealed_file(EDITION, [])
    ballots = no_ballots(sealed)
    marks = {(juror, one, code): 10 + one for juror in (1, 2, 3) for one in (1, 2) for code in rules_of(rules).weights}
    jury = jury_file(EDITION, marks, decided={})
    result = result_file(rules, jury, [])
    said = [
        (Kind.OPENED, {"roll": 0, "rules": hash_of(rules)}),
        (Kind.CLOSED, {"count": 0, "digests": hash_of_digests([])}),
        (Kind.UNSEALED, {"ballots": hash_of(ballots), "count": 0}),
        (Kind.COUNTED, {"jury": hash_of(jury), "result": hash_of(result)}),
    ]
    board = told(chained(said))
    found = {"board": board, "rules": rules, "sealed": sealed, "ballots": ballots, "jury": jury, "result": result}
    return found | changes


def checked(bundle, folder):
    (folder / "bundle.zip").write_bytes(zipped(bundle))
    check = verify.Check(verify.read_bundle(folder / "bundle.zip"))
    check.everything()
    return {name for name, _dutch, _english in check.faults}


@pytest.fixture
def of_jury(jury_only):
    return {**files.read(jury_only.id, "rules"), "edition": EDITION, "order": [2, 1]}


def test_v5_the_verifier_accepts_an_edition_of_the_jury_alone(of_jury, tmp_path):
    bundle = bundle_of_the_jury(of_jury)
    assert checked(bundle, tmp_path) == set()
    assert bundle["result"]["awards"][0]["basis"] == Basis.JURY


def test_v5_the_verifier_finds_ballots_where_the_jury_alone_decides(of_jury, tmp_path):
    ballots = no_ballots(sealed_file(EDITION, [])) | {"ballots": [{"code": "0" * 16}]}
    assert "ballot-added" in checked(bundle_of_the_jury(of_jury, ballots=ballots), tmp_path)


@pytest.mark.parametrize("model", [Model.COMBINED, Model.SHORTLIST])
@pytest.mark.parametrize(("fewest", "basis"), [(0, None), (9, Basis.NO_QUORUM)])
def test_v5_the_verifier_accepts_an_edition_of_the_members_alone(tmp_path, model, fewest, basis):
    made = make(tmp_path, RANKED, marks={}, model=model, jury_weight=0, quorum=fewest)
    assert made.faults_in() == set()
    award = made.files["result"]["awards"][0]
    assert basis in (None, award["basis"])
    assert bool(award["winners"]) is (basis is None)


@pytest.mark.parametrize("ties", [(Step.CRITERION, Step.MEMBERS, Step.FIRST_PREFERENCES), (Step.MEMBERS,) * 3])
def test_v6_the_verifier_tells_ties_apart_in_the_order_of_the_rules(tmp_path, ties):
    if len(set(ties)) < len(ties):
        with pytest.raises(ValueError, match="members"):
            Rules(Model.COMBINED, Method.BORDA, (1, 2), {"c1": 10_000}, ties=ties)
        return
    made = make(tmp_path, [{"ranks": [[1], [2]]}, {"ranks": [[2], [1]]}], marks=EQUAL, ties=ties, jury_weight=10_000)
    assert made.faults_in() == set()
    assert made.files["result"]["awards"][0]["step"] == Step.CRITERION


EQUAL = {
    (juror, one, code): mark
    for juror in (1, 2, 3)
    for one, marks in {1: (10, 10), 2: (8, 13), 3: (0, 0), 4: (0, 0)}.items()
    for code, mark in zip(("value", "trust"), marks, strict=True)
}
