"""Exact arithmetic of the Challenge: whole numbers, and one way of rounding, so that a reader can add everything up.

Points and shares are whole hundredths, weights basis points (10 000 is all). Nothing here is a float.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

HUNDRED = 100
WHOLE = 10_000
"""All of it: 100.00 in hundredths, and the sum of weights in basis points."""


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round to the nearest whole number, a half upwards."""
    return (2 * numerator + denominator) // (2 * denominator)


def weighed(value: int, weight: int) -> int:
    """Return a value times a weight in basis points, rounded half up: a number as it is printed."""
    return half_up(value * weight, WHOLE)


def summing_to(total: int, parts: Sequence[Fraction]) -> list[int]:
    """Round parts to whole numbers that add up to the total: each down, then the largest rests up, the first first.

    The total must be less than one away from the exact sum; then no part moves by more than one.
    """
    floors = [int(part // 1) for part in parts]
    by_rest = sorted(range(len(parts)), key=lambda place: floors[place] - parts[place])
    for place in by_rest[: total - sum(floors)]:
        floors[place] += 1
    return floors


def written(hundredths: int) -> str:
    """Write hundredths as a number with a decimal point: 705 is 7.05."""
    sign, whole = "-" if hundredths < 0 else "", abs(hundredths)
    return f"{sign}{whole // HUNDRED}.{whole % HUNDRED:02d}"
