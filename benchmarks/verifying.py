"""Checking a bundle as anybody does, with the stand-alone tool in a process of its own, up to a hundred thousand votes.

Every ballot is drawn by itself, so that hardly two are alike, and one in ten voters changes their mind, so that the
board is longer than the roll. The envelopes are not real: to the verifier they are bytes with a digest. Times are of
the processor and hold the start of Python; it needs no database and is measured once.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from app.challenge.board import Kind, following, hash_of, hash_of_digests, signed
from app.challenge.bundle import jury_file, result_file, rules_file, zipped
from app.challenge.deciding import Method, Model, Rules
from app.challenge.sealing import Vote, digest, sealed_file
from app.core.codes import LETTERS

VERIFIER = Path(__file__).parents[1] / "tools" / "challenge_verify.py"
EDITION = "bench"
NAMES = 10
SIZES = (1_000, 10_000, 100_000)
BYTES = 600
WEIGHTS = {"reinforcement": 2_000, "replacement": 2_000, "change": 2_000, "trust": 2_000, "connection": 2_000}


def measured(kind: str, folder: Path, _seconds: float) -> Iterator[dict[str, Any]]:
    """Verify a bundle of each size and method; on the first kind of database only, as none is used."""
    if kind != "sqlite":
        return
    for method in (Method.BORDA, Method.RUNOFF):
        for size in SIZES:
            bundle = folder / f"{method}-{size}.zip"
            bundle.write_bytes(_bundle(size, method))
            before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            subprocess.run([sys.executable, "-I", "-S", str(VERIFIER), str(bundle)], check=True, capture_output=True)
            wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            yield {
                "name": "verifying",
                "method": method.value,
                "size": size,
                "bundle_mb": round(bundle.stat().st_size / 1e6, 1),
                "cpu_ms": round(cpu * 1000),
                "wall_ms": round(wall * 1000),
                "us_per_vote": round(cpu * 1e6 / size, 1),
            }


def _bundle(size: int, method: Method) -> bytes:
    chance = random.Random(2027)
    server, trustee = SigningKey(b"s" * 32), SigningKey(b"t" * 32)
    keys = {
        "server_signing": bytes(server.verify_key).hex(),
        "trustee_encryption": bytes(32).hex(),
        "trustee_signing": bytes(trustee.verify_key).hex(),
    }
    model = Model.COMBINED if method is Method.BORDA else Model.SEPARATE
    frozen = Rules(model=model, method=method, order=tuple(range(1, NAMES + 1)), weights=WEIGHTS)
    names = {number: f"Candidate {number}" for number in frozen.order}
    rules = rules_file(frozen, edition=EDITION, kind="ranked", names=names, keys=keys)
    envelopes = [chance.randbytes(BYTES) for _one in range(size)]
    regretted = {place: digest(chance.randbytes(BYTES)) for place in range(0, size, 10)}
    sealed = sealed_file(EDITION, envelopes)
    votes = [_vote(chance) for _one in range(size)]
    body = {
        "ballots": sorted((vote.told() for vote in votes), key=lambda each: each["code"]),
        "edition": EDITION,
        "sealed": hash_of(sealed),
        "unreadable": [],
    }
    ballots = signed(body, trustee)
    marks = {
        (juror, one, criterion): chance.randrange(21)
        for juror in range(1, 6)
        for one in frozen.order
        for criterion in WEIGHTS
    }
    jury = jury_file(EDITION, marks, decided={})
    result = result_file(rules, jury, ballots["ballots"])
    digests = [digest(each) for each in envelopes]
    said: list[tuple[Kind, dict[str, Any]]] = [
        (Kind.OPENED, {"roll": size, "rules": hash_of(rules)}),
        *((Kind.CAST, {"digest": each, "replaces": None}) for each in regretted.values()),
        *((Kind.CAST, {"digest": each, "replaces": regretted.get(place)}) for place, each in enumerate(digests)),
        (Kind.CLOSED, {"count": size, "digests": hash_of_digests(digests)}),
        (Kind.UNSEALED, {"ballots": hash_of(ballots), "count": size}),
        (Kind.COUNTED, {"jury": hash_of(jury), "result": hash_of(result)}),
        (Kind.PUBLISHED, {}),
    ]
    last, entries = None, []
    for entry_kind, payload in said:
        last = following(EDITION, last, entry_kind, payload)
        entries.append(last.told())
    board = {"edition": EDITION, "entries": entries}
    return zipped(
        {"board": board, "rules": rules, "sealed": sealed, "ballots": ballots, "jury": jury, "result": result}
    )


def _vote(chance: random.Random) -> Vote:
    order = chance.sample(range(1, NAMES + 1), chance.randint(NAMES // 2, NAMES))
    code = "".join(chance.choices(LETTERS, k=16))
    return Vote(code, [[one] for one in order], decisive=chance.sample(list(WEIGHTS), 2))
