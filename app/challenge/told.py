"""V7: a result as it can be told, read back from the files that anybody can check: no table, no page, no language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from app.challenge import elements
from app.challenge.bundle import NO_BALLOT, rules_of
from app.challenge.deciding import Basis, Model, Prize, Row, Rules, Step
from app.challenge.elements import Difference
from app.challenge.exact import WHOLE
from app.challenge.jury import Panel, panel

PODIUM = 3
ON_POINTS = (Basis.BOTH, Basis.JURY)
DECIDED = (*ON_POINTS, Basis.MEMBERS)

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Award:
    """A prize: who won it, on what that rests, and which step told the winner from the next."""

    prize: Prize
    winners: tuple[int, ...]
    basis: Basis
    step: Step
    places: tuple[tuple[int, ...], ...]

    @property
    def is_given(self) -> bool:
        """Whether somebody won it."""
        return bool(self.winners)


@dataclass(frozen=True)
class Round:
    """A round of instant runoff as it was written down."""

    tallies: Mapping[int, int]
    exhausted: int
    leaving: tuple[int, ...]


@dataclass(frozen=True)
class Told:
    """The files of an edition that was counted, and what follows from them."""

    written: Json
    jury: Json
    ballots: Json
    result: Json
    roll: int

    @cached_property
    def rules(self) -> Rules:
        """What was frozen at the opening."""
        return rules_of(self.written)

    @cached_property
    def standing(self) -> tuple[int, ...]:
        """Who stood until the count, in the frozen order."""
        return tuple(one for one in self.rules.order if str(one) in self.result["rows"])

    @cached_property
    def rows(self) -> dict[int, Row]:
        """The points of everybody."""
        return {one: Row(**self.result["rows"][str(one)]) for one in self.standing}

    @cached_property
    def panel(self) -> Panel | None:
        """What the jury gave; None where it had no round."""
        if not self.result["jury"]:
            return None
        return panel(
            {(each["juror"], each["nominee"], each["criterion"]): each["halves"] for each in self.jury["marks"]},
            self.standing,
            self.rules.weights,
            decided={(each["nominee"], each["criterion"]): each["score"] for each in self.jury["chair"]},
        )

    @cached_property
    def awards(self) -> tuple[Award, ...]:
        """The prizes, the title first."""
        return tuple(
            Award(
                Prize(each["prize"]),
                tuple(each["winners"]),
                Basis(each["basis"]),
                Step(each["step"]),
                tuple(tuple(group) for group in each["places"]),
            )
            for each in self.result["awards"]
        )

    @property
    def title(self) -> Award:
        """The award that the edition is about."""
        return self.awards[0]

    @property
    def places(self) -> tuple[tuple[int, ...], ...]:
        """Everybody by place; by points of the jury where nobody could be placed."""
        placed = tuple(group for each in self.title.places if (group := tuple(one for one in each if one in self.rows)))
        left = tuple(one for one in self.standing if not any(one in group for group in placed))
        by_points = sorted(left, key=lambda one: -self.rows[one].total)
        return (*placed, *((one,) for one in by_points)) if placed else tuple((one,) for one in by_points)

    @property
    def place_of(self) -> dict[int, int]:
        """The place of everybody; equals share one."""
        found: dict[int, int] = {}
        place = 1
        for group in self.places:
            found |= dict.fromkeys(group, place)
            place += len(group)
        return found

    @property
    def podium(self) -> tuple[int, ...]:
        """Who is on the first three places; nobody where the title rests on nothing."""
        if not self.title.places:
            return tuple(one for award in self.awards for one in award.winners)
        on_it = [one for one, place in self.place_of.items() if place <= PODIUM]
        return tuple(dict.fromkeys([*on_it, *(one for award in self.awards for one in award.winners)]))

    @property
    def has_ballot(self) -> bool:
        """Whether members voted."""
        return bool(self.written["kind"] != NO_BALLOT)

    @property
    def members(self) -> Json:
        """What the members said, as it was written down."""
        found: Json = self.result["members"]
        return found

    @property
    def cast(self) -> int:
        """How many ballots there were."""
        return int(self.members["cast"])

    @property
    def quorum_met(self) -> bool:
        """Whether enough members voted."""
        return bool(self.result["quorum_met"])

    @property
    def jury_weight(self) -> int:
        """How heavily the jury counts in the totals; all of it where it decided alone."""
        return self.rules.jury_weight if self.has_members_points else WHOLE

    @property
    def has_members_points(self) -> bool:
        """Whether the totals hold points of the members."""
        return any(row.members is not None for row in self.rows.values())

    @property
    def runner_up(self) -> int | None:
        """Who is number two behind one winner on points."""
        title = self.title
        if len(title.winners) != 1 or title.basis not in ON_POINTS or len(title.places) < 2:  # noqa: PLR2004
            return None
        return title.places[1][0]

    @property
    def margin(self) -> Difference | None:
        """V7: by how much the winner is ahead of number two, split so that the parts add up to it."""
        other = self.runner_up
        if other is None or self.panel is None:
            return None
        return elements.difference(
            self.rows, self.panel, one=self.title.winners[0], other=other, jury_weight=self.jury_weight
        )

    @property
    def stays_without(self) -> dict[str, bool | None]:
        """V7: whether the winner would still lead without each criterion."""
        if self.panel is None or len(self.title.winners) != 1 or self.title.basis not in ON_POINTS:
            return {}
        winner = self.title.winners[0]
        return elements.stays_without(self.rows, self.panel, winner=winner, jury_weight=self.jury_weight)

    @property
    def jury_range(self) -> tuple[Fraction, Fraction] | None:
        """V7: from which to which weight of the jury the winner stays ahead."""
        if self.title.basis is not Basis.BOTH or len(self.title.winners) != 1:
            return None
        return elements.weights_that_keep(self.rows, winner=self.title.winners[0])

    @property
    def most_telling(self) -> tuple[str, ...]:
        """V7: which criterion told the nominees apart most."""
        return elements.most_telling(self.panel) if self.panel and len(self.rows) > 1 else ()

    @property
    def called_decisive(self) -> dict[str, int] | None:
        """V7: what members called decisive; None below ten ballots."""
        told = ((ballot["decisive"], 1) for ballot in self.ballots["ballots"])
        return elements.called_decisive(told, self.rules.weights)

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds of an instant runoff."""
        return tuple(
            Round(
                {int(one): votes for one, votes in each["tallies"].items()}, each["exhausted"], tuple(each["leaving"])
            )
            for each in self.members.get("rounds", ())
        )

    @property
    def matrix(self) -> dict[tuple[int, int], int]:
        """How many ballots put the first of two above the second."""
        pairs = self.members.get("matrix", {}) if self.cast else {}
        return {(int(one), int(other)): votes for (one, other), votes in ((p.split(">"), v) for p, v in pairs.items())}

    @property
    def compared(self) -> tuple[int, ...]:
        """Who was compared with whom: those on the counted ballots, by how many they placed above others."""
        return tuple(one for group in self.members.get("groups", ()) for one in group)

    @property
    def condorcet_differs(self) -> bool:
        """V6: whether somebody beats each of the others and yet does not lead by Borda."""
        winner = self.members.get("condorcet")
        return winner is not None and self.members.get("borda_leaders") != [winner]

    @property
    def is_shortlist(self) -> bool:
        """Whether the jury chose among whom the members decided."""
        return self.rules.model is Model.SHORTLIST and self.has_ballot
