"""V5: from the sealed ballot to the verdict of the stand-alone verifier, and everything that it must notice."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from nacl.signing import SigningKey

from app.challenge.board import Entry, Kind, canonical, hash_of, hash_of_digests
from app.challenge.bundle import jury_file, result_file
from app.challenge.deciding import Method, Model
from app.challenge.sealing import (
    Illegal,
    NotOpened,
    Paper,
    Vote,
    check,
    digest,
    new_code,
    read_code,
    seal,
    sealed_file,
    slot,
    take_in,
    trial_passed,
    trial_votes,
)
from app.core.codes import in_parts as shown_code
from tests.challenge.editions import (
    EDITION,
    NAMES,
    RANKED,
    TOOLS,
    WEIGHTS,
    chained,
    make,
    signed_again,
    some_marks,
    told,
    trustee,
    verify,
)
from tests.challenge.elections import rankings

PAPER = Paper(EDITION, "ranked", (1, 2, 3, 4), tuple(WEIGHTS))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("edition"), RANKED, withdrawn=(4,), decided={})


def test_v5_what_was_sealed_opened_and_counted_is_found_right(made):
    codes = [shown_code(vote.code) for vote in made.votes]
    heads = [(entry.seq, entry.hash) for entry in made.board]
    assert made.faults_in(receipts=made.receipts, heads=heads, codes=codes) == set()


def test_v5_the_verifier_needs_nothing_but_python(made):
    tree = ast.parse((TOOLS / "challenge_verify.py").read_text())
    imported = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    }
    assert {module.split(".")[0] for module in imported} <= sys.stdlib_module_names
    receipt = made.folder / "receipt.json"
    receipt.write_text(json.dumps(made.receipts[-1]))
    own = shown_code(made.votes[0].code).lower()
    command = [
        sys.executable,
        "-I",
        "-S",
        str(TOOLS / "challenge_verify.py"),
        str(made.write()),
        "--receipt",
        str(receipt),
    ]
    done = subprocess.run([*command, "--code", own, "--english"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "right  The result was counted again and is right." in done.stdout
    assert f"right  Your ballot {made.votes[0].code} “café”: Anna > Bert = Carla > Dirk" in done.stdout
    assert done.stdout.endswith("Everything is right.\n")


# What a bundle can be tampered with, and under which name it is found. Each gets the files and what the edition is made of.


def _entries(files):
    return files["board"]["entries"]


def change_board(files, made):
    _entries(files)[2]["payload"]["digest"] = "0" * 64


def drop_board(files, made):
    del _entries(files)[2]


def add_board(files, made):
    last = made.board[2]
    extra = Entry(EDITION, last.seq + 1, Kind.CAST, {"digest": "f" * 64, "replaces": None}, last.hash)
    _entries(files).insert(3, extra.told())


def swap_board(files, made):
    entries = _entries(files)
    entries[2], entries[3] = entries[3], entries[2]


def rename_board(files, made):
    _entries(files)[2]["kind"] = "roll_changed"


def change_envelope(files, made):
    files["sealed"]["sealed"][0]["ciphertext"] = files["sealed"]["sealed"][1]["ciphertext"]


def drop_envelope(files, made):
    del files["sealed"]["sealed"][0]


def foreign(made):
    content = seal(
        Vote(new_code(), ranks=[[2]]), PAPER, bytes.fromhex(made.files["rules"]["keys"]["trustee_encryption"])
    )
    return sealed_file(EDITION, [content])["sealed"][0]


def add_envelope(files, made):
    files["sealed"]["sealed"] = sorted([*files["sealed"]["sealed"], foreign(made)], key=lambda each: each["digest"])


def swap_envelope(files, made):
    files["sealed"]["sealed"][0] = foreign(made)
    files["sealed"]["sealed"].sort(key=lambda each: each["digest"])


def change_ballot(files, made):
    files["ballots"]["ballots"][0]["ranks"] = [[3]]


def drop_ballot(files, made):
    del files["ballots"]["ballots"][0]


def add_ballot(files, made):
    files["ballots"]["ballots"].append({**files["ballots"]["ballots"][-1], "code": "Z" * 16})


def swap_ballots(files, made):
    ballots = files["ballots"]["ballots"]
    ballots[0]["code"], ballots[1]["code"] = ballots[1]["code"], ballots[0]["code"]
    ballots.sort(key=lambda each: each["code"])


def change_mark(files, made):
    files["jury"]["marks"][0]["halves"] += 1


def drop_mark(files, made):
    del files["jury"]["marks"][0]


def change_rules(files, made):
    files["rules"]["jury_weight"] = 9_000


def change_score(files, made):
    files["result"]["rows"]["1"]["total"] += 1


def change_winner(files, made):
    files["result"]["awards"][0]["winners"] = [9]


TAMPERED = {
    change_board: {"board-row-changed"},
    drop_board: {"board-row-missing", "board-row-moved"},
    add_board: {"board-row-missing", "board-row-moved"},
    swap_board: {"board-row-missing", "board-row-moved"},
    rename_board: {"board-row-changed"},
    change_envelope: {"envelope-changed"},
    drop_envelope: {"envelope-missing", "envelope-close"},
    add_envelope: {"envelope-added", "envelope-close"},
    swap_envelope: {"envelope-missing", "envelope-added", "envelope-close"},
    change_ballot: {"ballots-signature", "ballots-changed"},
    drop_ballot: {"ballots-signature", "ballots-changed", "ballot-missing"},
    add_ballot: {"ballots-signature", "ballots-changed", "ballot-added"},
    swap_ballots: {"ballots-signature", "ballots-changed"},
    change_mark: {"jury-changed"},
    drop_mark: {"jury-changed"},
    change_rules: {"rules-changed"},
    change_score: {"result-changed", "result"},
    change_winner: {"result-changed", "result"},
}


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda tamper: tamper.__name__)
def test_v5_every_tampering_is_found_and_named(made, tamper):
    files = made.copy()
    tamper(files, made)
    assert TAMPERED[tamper] <= made.faults_in(files)


def drop_last_board(files, made):
    del _entries(files)[-1]


def test_v5_a_board_whose_end_was_cut_off_does_not_fit_the_head_that_was_mailed(made):
    files = made.copy()
    drop_last_board(files, made)
    assert made.faults_in(files, heads=[(made.board[-1].seq, made.board[-1].hash)]) == {"head"}


def leaves(value, path=()):
    """Every single value in the files, by where it stands."""
    if isinstance(value, (dict, list)):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for name, each in inner for leaf in leaves(each, (*path, name))]
    return [path]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=some.data())
def test_v5_whatever_single_value_is_changed_something_is_found(made, data):
    files = made.copy()
    *way, last = data.draw(some.sampled_from(leaves(files)))
    holder = files
    for step in way:
        holder = holder[step]
    holder[last] = {bool: lambda old: not old, int: lambda old: old + 1, type(None): lambda _old: 1}.get(
        type(holder[last]), lambda old: f"{old}0"
    )(holder[last])
    assert made.faults_in(files)


def rewritten(made, *, envelopes=None, ballots=None, jury=None):
    """Write the whole history anew, as somebody could who holds server, database and trustee: every hash fits again."""
    files = made.copy()
    if envelopes is not None:
        files["sealed"]["sealed"] = sorted(envelopes, key=lambda each: each["digest"])
    digests = [each["digest"] for each in files["sealed"]["sealed"]]
    if ballots is not None:
        files["ballots"]["ballots"] = sorted(ballots, key=lambda each: each["code"])
    files["ballots"]["sealed"] = hash_of(files["sealed"])
    files["ballots"] = signed_again(made, files["ballots"])
    files["jury"] = jury or files["jury"]
    files["result"] = result_file(files["rules"], files["jury"], files["ballots"]["ballots"], [4])
    board = chained(
        [
            (Kind.OPENED, {"roll": 8, "rules": hash_of(files["rules"])}),
            *((Kind.CAST, {"digest": each, "replaces": None}) for each in digests),
            (Kind.WITHDRAWN, {"nominee": 4, "reason": "assignment"}),
            (Kind.CLOSED, {"count": len(digests), "digests": hash_of_digests(digests)}),
            (Kind.UNSEALED, {"ballots": hash_of(files["ballots"]), "count": len(digests)}),
            (Kind.COUNTED, {"jury": hash_of(files["jury"]), "result": hash_of(files["result"])}),
        ]
    )
    files["board"] = told(board)
    return files


def test_v5_a_history_written_anew_fits_itself_but_neither_receipts_nor_heads_that_were_mailed(made):
    files = rewritten(made, envelopes=[*made.files["sealed"]["sealed"][1:], foreign(made)])
    assert made.faults_in(files) == set()
    assert made.faults_in(files, receipts=made.receipts[:1]) == {"receipt-head"}
    assert made.faults_in(files, heads=[(made.board[3].seq, made.board[3].hash)]) == {"head"}
    assert made.faults_in(heads=[(99, made.board[-1].hash)]) == {"head"}


def test_v5_a_trustee_who_cheats_is_found_by_whoever_checks_their_code(made):
    ballots = made.copy()["ballots"]["ballots"]
    gone = ballots.pop(0)
    files = rewritten(made, ballots=[*ballots, {**gone, "code": "Z" * 16}])
    assert made.faults_in(files) == set()
    assert made.faults_in(files, codes=[gone["code"]]) == {"own-ballot"}


def test_v5_a_receipt_that_the_portal_did_not_sign_is_worth_nothing(made):
    forged = {**made.receipts[0], "digest": "0" * 64}
    assert made.faults_in(receipts=[forged]) == {"receipt-signature"}


def test_v5_marks_and_ballots_that_the_rules_do_not_allow_are_found(made):
    ballots = made.copy()["ballots"]["ballots"]
    ballots[0]["ranks"] = [[1], [1]]
    assert "ballot-illegal" in made.faults_in({**made.files, "ballots": {**made.files["ballots"], "ballots": ballots}})
    assert made.faults_in({**made.files, "result": {"edition": EDITION}}) >= {"result", "result-changed"}


def test_v5_a_bundle_that_is_no_bundle_is_refused(made, capsys):
    broken = made.folder / "broken.zip"
    broken.write_bytes(b"no zip")
    assert verify.main([str(broken)]) == 1
    assert "De bundel kan niet worden gelezen" in capsys.readouterr().err
    for text in (b'{"a":1,"a":2}', b"1.5", b"NaN"):
        with pytest.raises(ValueError, match=r".*"):
            verify.parsed(text)


VARIANTS = [
    {"method": Method.BORDA, "quorum": 99},
    {"method": Method.APPROVAL, "model": Model.COMBINED, "jury_weight": 0},
    {"method": Method.PLURALITY, "model": Model.SEPARATE, "no_award": 9},
    {"method": Method.RUNOFF, "model": Model.SEPARATE},
    {"method": Method.RUNOFF, "model": Model.SHORTLIST, "shortlist": 2, "no_award": 9},
    {"method": Method.SCHULZE, "model": Model.SHORTLIST, "shortlist": 3},
    {"method": Method.BORDA, "floor": 95_00},
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    variant=some.sampled_from(VARIANTS),
    ballots=some.lists(rankings(candidates=4), max_size=12),
    gone=some.sets(some.integers(1, 4), max_size=2),
    marks=some.lists(some.integers(0, 20), min_size=40, max_size=40),
)
def test_v5_the_verifier_counts_in_its_own_way_and_comes_to_the_same(made, variant, ballots, gone, marks):
    rules = {**made.files["rules"], **{name: getattr(value, "value", value) for name, value in variant.items()}}
    given_marks = dict(zip([key for key in some_marks() if key[0] < 5], marks, strict=False))
    jury = jury_file(EDITION, given_marks, decided={})
    papers = [{"ranks": [list(group) for group in ranks], "scores": {}} for ranks in ballots]
    ours = json.loads(canonical(result_file(rules, jury, papers, sorted(gone))))
    assert verify.differences(verify.result_of(rules, jury, papers, gone), ours) == []


def test_v5_ballots_with_marks_are_sealed_counted_and_verified_too(tmp_path):
    votes = [
        {"scores": {one: {"value": (5 * one + number) % 21, "trust": 20 - number} for one in NAMES}}
        for number in range(5)
    ]
    del votes[0]["scores"][2]
    made = make(tmp_path, votes, kind="score", method=Method.SCORE)
    assert made.faults_in(codes=[made.votes[3].code]) == set()


# The envelope itself, the keys, and the test opening


def test_v5_all_envelopes_of_an_edition_have_one_size_and_no_two_are_alike():
    trustee_key = bytes(range(32))
    small, large = Vote(new_code()), Vote(new_code(), [[4], [3], [2], [1]], decisive=tuple(WEIGHTS), word="𝕏" * 24)
    sizes = {len(seal(vote, PAPER, trustee_key)) for vote in (small, large)}
    assert len(sizes) == 1
    assert digest(seal(small, PAPER, trustee_key)) != digest(seal(small, PAPER, trustee_key))
    full = Paper("e" * 36, "score", tuple(range(1, 31)), tuple(f"criterion-{number}" for number in range(8)))
    marks = {one: dict.fromkeys(full.criteria, 20) for one in full.numbers}
    seal(Vote(new_code(), scores=marks, decisive=full.criteria[:2], word="𝕏" * 24), full, trustee_key)


@pytest.mark.parametrize(
    ("kind", "vote"),
    [
        ("ranked", {"ranks": [[1], [1]]}),
        ("ranked", {"ranks": [[7]]}),
        ("ranked", {"ranks": [[1], []]}),
        ("ranked", {"decisive": ["value", "trust", "more"]}),
        ("ranked", {"scores": {1: {"value": 3}}}),
        ("ranked", {"word": "x" * 25}),
        ("single", {"ranks": [[1, 2]]}),
        ("approval", {"ranks": [[1], [2]]}),
        ("score", {"ranks": [[1]]}),
        ("score", {"scores": {1: {"value": 21}}}),
    ],
)
def test_v5_a_ballot_that_the_rules_do_not_allow_is_never_sealed(kind, vote):
    with pytest.raises(Illegal):
        check(Vote(new_code(), **vote), Paper(EDITION, kind, (1, 2, 3, 4), tuple(WEIGHTS)))


def test_v5_codes_are_read_however_they_are_typed_and_slots_tell_nothing_without_the_key():
    code = new_code()
    assert read_code(f" {shown_code(code).lower().replace('0', 'o')} ") == code
    assert read_code("too short") is None
    assert slot(b"k" * 32, EDITION, "person") == slot(b"k" * 32, EDITION, "person")
    assert (
        len({slot(b"k" * 32, EDITION, "person"), slot(b"j" * 32, EDITION, "person"), slot(b"k" * 32, "x", "person")})
        == 3
    )


def test_v5_the_test_opening_shows_that_each_copy_of_the_key_works(tmp_path, capsys):
    sticks = [tmp_path / "one", tmp_path / "two"]
    assert trustee.main(["--english", "keys", *map(str, sticks)]) == 0
    assert "Fingerprint:" in capsys.readouterr().out
    public = json.loads((sticks[0] / trustee.PUBLIC).read_bytes())
    votes = trial_votes(3)
    sealed = sealed_file(EDITION, [seal(vote, PAPER, bytes.fromhex(public["encryption"])) for vote in votes], test=True)
    (tmp_path / "test.json").write_bytes(canonical(sealed))
    for stick in sticks:
        out = tmp_path / f"{stick.name}.json"
        command = ["test", str(stick / trustee.SECRET), str(tmp_path / "test.json"), "--out", str(out)]
        assert trustee.main(command) == 0
        answer = json.loads(out.read_bytes())
        assert trial_passed(answer, sealed, votes, signing=bytes.fromhex(public["signing"]))
        assert not trial_passed(answer, sealed, trial_votes(3), signing=bytes.fromhex(public["signing"]))
    assert trustee.main(["open", str(sticks[0] / trustee.SECRET), str(tmp_path / "test.json")]) == 1
    assert trustee.main(["keys", *map(str, sticks)]) == 1  # never over a key that is there
    assert trustee.main(["keys", str(tmp_path / "alone")]) == 1
    assert (sticks[0] / trustee.SECRET).stat().st_mode & 0o077 == 0


def test_v5_an_envelope_that_does_not_open_or_is_of_another_edition_is_told_and_not_counted(made, tmp_path, capsys):
    encryption = bytes.fromhex(made.files["rules"]["keys"]["trustee_encryption"])
    other = Paper("another", "ranked", (1, 2), ("value",))
    contents = [b"nothing", seal(Vote(new_code()), other, encryption), seal(Vote(new_code(), [[1]]), PAPER, encryption)]
    sealed = sealed_file(EDITION, contents)
    (tmp_path / "sealed.json").write_bytes(canonical(sealed))
    out = tmp_path / "ballots.json"
    assert trustee.main(["open", str(made.key), str(tmp_path / "sealed.json"), "--out", str(out)]) == 0
    assert "LET OP: 2 enveloppen" in capsys.readouterr().out
    opened = json.loads(out.read_bytes())
    assert opened["unreadable"] == sorted(digest(content) for content in contents[:2])
    assert [ballot["ranks"] for ballot in opened["ballots"]] == [[[1]]]


def test_v5_what_the_trustee_hands_in_must_be_of_these_envelopes_signed_and_as_many(made):
    signing = bytes.fromhex(made.files["rules"]["keys"]["trustee_signing"])
    opened, sealed = made.copy()["ballots"], made.copy()["sealed"]
    assert len(take_in(opened, sealed, signing=signing)) == len(RANKED)
    other = sealed_file(EDITION, [b"other"])
    for handed_in, of, reason in (
        ({**opened, "signature": "00"}, sealed, "signature"),
        ({**opened, "unreadable": ["x"]}, sealed, "signature"),
        (opened, other, "envelopes"),
        (signed_again(made, {**opened, "ballots": opened["ballots"][1:]}), sealed, "count"),
        (signed_again(made, {**opened, "ballots": opened["ballots"][:1] * len(RANKED)}), sealed, "codes"),
    ):
        with pytest.raises(NotOpened, match=reason):
            take_in(handed_in, of, signing=signing)


# RFC 8032, section 7.1: secret key, public key, message, signature of tests 1, 2 and 3.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_v5_the_verifiers_own_ed25519_takes_the_signatures_of_rfc_8032(secret, public, message, signature):
    key, said, mark = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert SigningKey(bytes.fromhex(secret)).sign(said).signature == mark
    assert verify.signature_holds(key, said, mark)
    assert not verify.signature_holds(key, said + b"x", mark)
    assert not verify.signature_holds(key, said, mark[:40] + bytes([mark[40] ^ 1]) + mark[41:])
    assert not verify.signature_holds(
        key, said, mark[:32] + (int.from_bytes(mark[32:], "little") + verify.Q).to_bytes(32, "little")
    )
    assert not verify.signature_holds(key[:31], said, mark)
    assert not verify.signature_holds(b"\xff" * 32, said, mark)


@settings(max_examples=15, deadline=None)
@given(some.binary(min_size=32, max_size=32), some.binary(max_size=200), some.integers(0, 511))
def test_v5_it_agrees_with_libsodium(seed, message, place):
    key = SigningKey(seed)
    mark = bytearray(key.sign(message).signature)
    assert verify.signature_holds(bytes(key.verify_key), message, bytes(mark))
    mark[place // 8] ^= 1 << place % 8
    assert not verify.signature_holds(bytes(key.verify_key), message, bytes(mark))
