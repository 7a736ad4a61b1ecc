"""M10: what a year brought: how much of each benefit was used, told by the domains that give it.

Those domains stand above this one, so they do not get called: each registers, by `wiring`, how to count what is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.core import clock
from app.membership import words
from app.membership.models import Benefit, MembershipPeriod
from app.membership.queries.standing import Held, held_in

Count = Callable[[UUID, date, date], int]
Tell = Callable[[UUID, date, date], list[tuple[str, str]]]
_counts: dict[Benefit, Count] = {}
_tellers: list[Tell] = []
_coming: list[Callable[[], list[tuple[str, str]]]] = []


@dataclass(frozen=True)
class Line:
    """One benefit of a year: how much there is and how much was used; `used` is None where nothing counts it yet."""

    benefit: Benefit
    quota: int
    used: int | None

    @property
    def left(self) -> int:
        """How much is left; nothing goes below zero."""
        return max(self.quota - (self.used or 0), 0)

    @property
    def label(self) -> Any:
        """What the benefit is called."""
        return words.BENEFITS[self.benefit]

    @property
    def told(self) -> str:
        """The use in words: `3 van 10 bijeenkomsten`, or what there is where nothing counts its use."""
        whole = words.quota(self.benefit, self.quota)
        return whole if self.used is None else words.used_of(self.used, whole)


@dataclass(frozen=True)
class Statement:
    """A year: its dates, each benefit, and what was done, as (what, when)."""

    starts_on: date
    ends_on: date
    lines: list[Line]
    done: list[tuple[str, str]]

    @property
    def counted(self) -> list[Line]:
        """The benefits of which the use is known."""
        return [line for line in self.lines if line.used is not None]

    @property
    def beside(self) -> list[Line]:
        """The benefits that came with the year, without saying anything of their use."""
        return [line for line in self.lines if line.used is None]


def counts(benefit: Benefit, count: Count) -> None:
    """Say how to count what somebody used of a benefit between two days, both included."""
    _counts[benefit] = count


def tells(tell: Tell) -> None:
    """Say how to tell what somebody did between two days, newest first."""
    if tell not in _tellers:
        _tellers.append(tell)


def offers(coming: Callable[[], list[tuple[str, str]]]) -> None:
    """Say what is coming that a member could take part in, as (what, when), the next first."""
    if coming not in _coming:
        _coming.append(coming)


def coming() -> list[tuple[str, str]]:
    """Return what is coming, for invitations."""
    return [one for offer in _coming for one in offer()]


def used(account_id: UUID, held: Sequence[Held], starts_on: date, ends_on: date) -> list[Line]:
    """M5, M10: return each benefit that somebody's period came with, and what was used of it between two days."""
    return [
        Line(one.benefit, one.quota, _counts[one.benefit](account_id, starts_on, ends_on))
        if one.benefit in _counts
        else Line(one.benefit, one.quota, None)
        for one in held
    ]


def statement(account_id: UUID, period: MembershipPeriod) -> Statement:
    """M10: return what a dated period brought, as far as it has gone."""
    assert period.starts_on is not None
    assert period.ends_on is not None
    until = min(period.ends_on, clock.today())
    done = [line for tell in _tellers for line in tell(account_id, period.starts_on, until)]
    return Statement(period.starts_on, period.ends_on, used(account_id, held_in(period), period.starts_on, until), done)
