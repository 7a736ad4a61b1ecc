"""A small edition of the Challenge, made as the portal makes one: opened, voted in, closed, unsealed, counted."""

from __future__ import annotations

import importlib.util
import json
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from nacl.signing import SigningKey

from app.challenge.board import Entry, Kind, canonical, following, hash_of, hash_of_digests, receipt
from app.challenge.bundle import jury_file, paper_of, result_file, rules_file, zipped
from app.challenge.deciding import Method, Model, Rules
from app.challenge.sealing import Vote, digest, new_code, seal, sealed_file

TOOLS = Path(__file__).parents[2] / "tools"
EDITION = "2027-breed"
NAMES = {1: "Anna", 2: "Bert", 3: "Carla", 4: "Dirk"}
WEIGHTS = {"value": 6_000, "trust": 4_000}
SERVER = SigningKey(b"s" * 32)


def tool(name: str):
    """Load a stand-alone tool as a module."""
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verify, trustee = tool("challenge_verify"), tool("challenge_trustee")


@dataclass
class Made:
    """The six files of an edition, its board, and what voters were given."""

    files: dict
    board: list[Entry]
    receipts: list[dict]
    votes: list[Vote]
    folder: Path
    faults: list[str] = field(default_factory=list)

    @property
    def key(self):
        return self.folder / "stick-1" / trustee.SECRET

    def write(self, files=None) -> Path:
        path = self.folder / "bundle.zip"
        path.write_bytes(zipped(files or self.files))
        return path

    def faults_in(self, files=None, *, receipts=(), heads=(), codes=()) -> set[str]:
        """Check as the verifier does and return the names of what it found."""
        check = verify.Check(verify.read_bundle(self.write(files)))
        check.everything()
        for each in receipts:
            check.receipt(each)
        for each in heads:
            check.head(*each)
        for each in codes:
            check.own(each)
        return {name for name, _dutch, _english in check.faults}

    def copy(self) -> dict:
        return deepcopy(self.files)


def chained(entries: list[tuple[Kind, dict]]) -> list[Entry]:
    """Put what was said on a board."""
    board: list[Entry] = []
    for kind, payload in entries:
        board.append(following(EDITION, board[-1] if board else None, kind, payload))
    return board


def told(board: list[Entry]) -> dict:
    return {"edition": EDITION, "entries": [entry.told() for entry in board]}


def make(folder: Path, votes: list[dict], *, withdrawn=(), marks=None, decided=None, kind="ranked", **rules) -> Made:
    """Make an edition; the first voter changes their mind once, the trustee uses the tool."""
    sticks = [folder / "stick-1", folder / "stick-2"]
    assert trustee.main(["keys", *map(str, sticks)]) == 0
    public = json.loads((sticks[0] / trustee.PUBLIC).read_bytes())
    frozen = Rules(
        **{
            "model": Model.COMBINED,
            "method": Method.BORDA,
            "order": (3, 1, 2, 4),
            "weights": WEIGHTS,
            "jury_weight": 5_500,
        }
        | rules
    )
    keys = {
        "server_signing": bytes(SERVER.verify_key).hex(),
        "trustee_encryption": public["encryption"],
        "trustee_signing": public["signing"],
    }
    written = rules_file(frozen, edition=EDITION, kind=kind, names=NAMES, keys=keys)
    paper = paper_of(written)
    filled = [Vote(new_code(), **vote) for vote in votes]
    envelopes = [seal(vote, paper, bytes.fromhex(public["encryption"])) for vote in filled]
    regretted = seal(Vote(new_code()), paper, bytes.fromhex(public["encryption"]))
    digests = [digest(each) for each in envelopes]
    said = [
        (Kind.OPENED, {"roll": len(votes) + 2, "rules": hash_of(written)}),
        (Kind.CAST, {"digest": digest(regretted), "replaces": None}),
        *((Kind.CAST, {"digest": each, "replaces": None}) for each in digests[1:]),
        *((Kind.WITHDRAWN, {"nominee": one, "reason": "assignment"}) for one in withdrawn),
        (Kind.CAST, {"digest": digests[0], "replaces": digest(regretted)}),
        (Kind.CLOSED, {"count": len(digests), "digests": hash_of_digests(digests)}),
    ]
    sealed = sealed_file(EDITION, envelopes)
    (folder / "sealed.json").write_bytes(canonical(sealed))
    out = folder / "ballots.json"
    assert trustee.main(["open", str(sticks[1] / trustee.SECRET), str(folder / "sealed.json"), "--out", str(out)]) == 0
    ballots = json.loads(out.read_bytes())
    given = marks if marks is not None else some_marks()
    jury = jury_file(EDITION, given, decided=decided or {})
    result = result_file(written, jury, ballots["ballots"], withdrawn)
    said += [
        (Kind.UNSEALED, {"ballots": hash_of(ballots), "count": len(ballots["ballots"])}),
        (Kind.COUNTED, {"jury": hash_of(jury), "result": hash_of(result)}),
        (Kind.PUBLISHED, {}),
    ]
    board = chained(said)
    files = {
        "board": told(board),
        "rules": written,
        "sealed": sealed,
        "ballots": ballots,
        "jury": jury,
        "result": result,
    }
    receipts = [receipt(entry, SERVER) for entry in board if entry.kind is Kind.CAST]
    return Made(files, board, receipts, filled, folder)


def some_marks():
    """Five jurors; the fifth did not mark Dirk."""
    return {
        (juror, one, criterion): (7 * juror + 3 * one + 5 * place) % 21
        for juror in range(1, 6)
        for one in NAMES
        for place, criterion in enumerate(WEIGHTS)
        if (juror, one) != (5, 4)
    }


RANKED = [
    {"ranks": [[1], [2, 3], [4]], "decisive": ["value"], "word": "café"},
    {"ranks": [[2], [1]]},
    {"ranks": [[3], [4], [1], [2]], "decisive": ["trust", "value"]},
    {"ranks": [[4], [2]]},
    {"ranks": []},
    {"ranks": [[2], [3], [1]]},
]


def signed_again(made: Made, ballots: dict) -> dict:
    """Sign ballots with the trustee's key: what a trustee could do who cheats."""
    secret = json.loads(made.key.read_bytes())
    body = {name: value for name, value in ballots.items() if name != "signature"}
    signature = SigningKey(bytes.fromhex(secret["signing_secret"])).sign(canonical(body)).signature.hex()
    return {**body, "signature": signature}
