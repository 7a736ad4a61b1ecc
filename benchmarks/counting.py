"""Counting the ballots of a file: how long reading and each method take, up to a hundred thousand rankings of ten.

Every ranking is drawn by itself, so that hardly two are alike: the worst there is, for a count that puts alike ones
together. Times are of the processor, so that neighbours do not count; it needs no database and is measured once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.challenge import ballot_files, counting

NAMES = 10
SIZES = (1_000, 10_000, 100_000)
METHODS = {
    "irv": counting.runoff,
    "schulze": counting.schulze,
    "borda": counting.borda,
    "plurality": counting.plurality,
    "approval": counting.approval,
}


def measured(kind: str, _folder: Path, _seconds: float) -> Iterator[dict[str, Any]]:
    """Read and count files of each size; on the first kind of database only, as none is used."""
    if kind != "sqlite":
        return
    for size in SIZES:
        content = _file(size)
        started = time.process_time()
        file = ballot_files.read(content)
        ballots = counting.poll(file.numbers, file.papers)
        row: dict[str, Any] = {"name": "counting", "size": size, "read_ms": _since(started)}
        for name, method in METHODS.items():
            started = time.process_time()
            method(ballots)
            row[f"{name}_ms"] = _since(started)
        slowest = max(row[f"{name}_ms"] for name in METHODS)
        yield row | {"most_us_per_ballot": round((row["read_ms"] + slowest) * 1000 / size, 1)}


def _since(started: float) -> float:
    return round((time.process_time() - started) * 1000, 1)


def _file(size: int) -> bytes:
    chance = random.Random(2027)
    numbers = [str(number) for number in range(1, NAMES + 1)]
    ballots = [" ".join(["1", *chance.sample(numbers, chance.randint(NAMES // 2, NAMES)), "0"]) for _one in range(size)]
    names = [f'"Candidate {number}"' for number in numbers]
    return "\n".join([f"{NAMES} 1", *ballots, "0", *names, '"Bench"']).encode()
