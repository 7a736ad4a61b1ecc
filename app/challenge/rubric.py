"""V4: the scale of the rubric: 0 to 10 in halves, and from where on a mark asks for a reason."""

from __future__ import annotations

from app.challenge.jury import HALVES, HIGHEST_MARK

LOW, HIGH = 8, 18
"""At 4 and lower and at 9 and higher, in halves, a mark has a reason."""
MARKS = tuple(range(HIGHEST_MARK, -1, -1))
"""Every mark, the best first."""
LONGEST_REASON = 400


def asks_reason(halves: int) -> bool:
    """Say whether a mark counts only with a reason."""
    return halves <= LOW or halves >= HIGH


def counts(halves: int | None, reason: str) -> bool:
    """Say whether what was typed is a score."""
    return halves is not None and (bool(reason) or not asks_reason(halves))


def written(halves: int) -> str:
    """Write a mark in halves as a number with a point: 15 is 7.5."""
    return f"{halves // HALVES}.5" if halves % HALVES else str(halves // HALVES)
