"""A ballot while it is filled in: places typed, buttons pressed, and the order in which names stand (V5, V6).

Arithmetic without tables and pages. A place is a number from 1 on, None for a name that is not ranked; equal places are
allowed, and who has none shares the last place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

Places = Mapping[int, int | None]


def drawn_order(numbers: Sequence[int], secret: str) -> list[int]:
    """Return the names in an order that looks drawn by lot and stays the same for one voter (ux 43)."""
    return sorted(numbers, key=lambda one: hashlib.sha256(f"{secret}|{one}".encode()).digest())


def by_place(places: Places, order: Sequence[int]) -> list[int]:
    """Return the names as their places have it, those without one last, else in the order given."""
    last = len(order) + 1
    return sorted(order, key=lambda one: (places.get(one) or last, order.index(one)))


def ranks(places: Places) -> list[list[int]]:
    """Return the groups of equals that places make, the best first."""
    groups: dict[int, list[int]] = {}
    for one, place in places.items():
        if place is not None:
            groups.setdefault(place, []).append(one)
    return [sorted(groups[place]) for place in sorted(groups)]


def moved(places: Places, order: Sequence[int], number: int, *, up: bool) -> dict[int, int | None]:
    """Move a name one place, and number the ranked ones anew from 1 on.

    Up brings a name that is not ranked to the end of the ranked ones; down takes the last of these out of the ranking.
    """
    ranked = [one for one in by_place(places, order) if places.get(one) is not None]
    if number not in ranked:
        ranked += [number] * up
    else:
        place = ranked.index(number)
        ranked.remove(number)
        if up or place < len(ranked):
            ranked.insert(max(0, place - 1) if up else place + 1, number)
    return {one: ranked.index(one) + 1 if one in ranked else None for one in order}
