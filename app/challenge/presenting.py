"""V7: a result in the reader's language: who is called what, the sentences, and the charts with their figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from app.challenge.deciding import TENFOLD, Basis, Prize, Step
from app.challenge.exact import WHOLE, summing_to
from app.challenge.models import Edition
from app.challenge.told import DECIDED, Award, Told
from app.challenge.words import percent
from app.core.charts import BarChart, Number, bar_chart, line_chart, stacked_bar_chart
from app.core.flow_charts import DifferenceChart, FlowChart, difference_chart, flow_chart
from app.core.i18n import _, _l, _n, language

MOST_SERIES = 6
HUNDRED = 100

BASES = {
    Basis.BOTH: _l("By the points of jury and members together."),
    Basis.JURY: _l("By the points of the jury."),
    Basis.MEMBERS: _l("By the votes of the members."),
    Basis.NO_QUORUM: _l("Too few members voted for this prize, so it is not given."),
    Basis.BELOW_FLOOR: _l("Nobody reached the number of points that the title asks for, so it is not given."),
    Basis.NO_AWARD_CHOSEN: _l("The members chose that nobody gets this prize."),
}
STEPS = {
    Step.MEMBERS: _l("First and second had the same total; the points of the members told them apart."),
    Step.CRITERION: _l("First and second had the same total; the score on the heaviest criterion told them apart."),
    Step.FIRST_PREFERENCES: _l("First and second had the same total; the number of first preferences told them apart."),
    Step.FROZEN_ORDER: _l("First and second had as many votes; the order that was laid down before told them apart."),
    Step.SHARED: _l("The points, and everything that was laid down for a tie, are equal: the title is shared."),
}
PRIZES = {
    Prize.TITLE: _l("Interim manager of the year"),
    Prize.PUBLIC: _l("Prize of the members"),
}


def points(hundredths: Number) -> str:
    """Write hundredths as points: `7,05`."""
    written = f"{Decimal(hundredths) / HUNDRED:.2f}"
    return written if language() == "en" else written.replace(".", ",")


def signed(hundredths: Number) -> str:
    """Write a difference in points with its sign: `+0,35`, `−1,20`."""
    return ("+" if hundredths > 0 else "−" if hundredths < 0 else "") + points(abs(Decimal(hundredths)))


@dataclass(frozen=True)
class Shown:
    """A result with the names and words for its page; nominees off the podium are named only where they said so."""

    edition: Edition
    told: Told
    known: Mapping[int, tuple[str, bool]]

    def name(self, number: int) -> str:
        """V7: return what the page calls a nominee."""
        if number == self.told.rules.no_award:
            return _("Nobody")
        name, is_named = self.known.get(number, ("", False))
        if name and (is_named or number in self.told.podium):
            return name
        return _("Nominee %(number)s", number=number)

    def names(self, numbers: tuple[int, ...]) -> str:
        """Write several as a sentence would have them."""
        called = [self.name(one) for one in numbers]
        return (
            called[0]
            if len(called) == 1
            else _("%(first)s and %(last)s", first=", ".join(called[:-1]), last=called[-1])
        )

    @cached_property
    def criteria(self) -> dict[str, str]:
        """What the criteria are called, by code."""
        return {f"c{one.position}": one.name for one in self.edition.criteria}

    @property
    def has_winner(self) -> bool:
        """Whether the title was given."""
        return self.told.title.is_given

    def why(self, award: Award) -> list[str]:
        """Say on what an award rests, and what told equals apart."""
        found = [str(BASES[award.basis])]
        if award.basis is Basis.JURY and self.told.has_ballot and not self.told.quorum_met:
            found = [_("Fewer members voted than the quorum asks for, so this is the result of the jury alone.")]
        if award.is_given and award.step in STEPS:
            found.append(str(STEPS[award.step]))
        return found

    def prize(self, award: Award) -> str:
        """Say what an award is called."""
        return str(PRIZES[award.prize])

    @property
    def lede(self) -> str:
        """Say in a sentence who won and why."""
        told, margin = self.told, self.told.margin
        if not self.has_winner:
            return str(BASES[told.title.basis])
        if margin is None or told.runner_up is None:
            return self.why(told.title)[0]
        parts = {**{self.criteria[code]: value for code, value in margin.by_criterion.items()}}
        if told.has_members_points:
            parts[_("the members")] = margin.by_members
        best = max(parts, key=lambda name: parts[name])
        return _(
            "%(points)s points ahead of number two. What decided it most: %(element)s.",
            points=points(margin.margin),
            element=best,
        )

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The places of the podium, the first first; where nobody got the title, nothing."""
        if not self.told.title.places or not self.has_winner:
            return []
        place_of, rows = self.told.place_of, self.told.rows
        shows_points = self.told.title.basis is not Basis.MEMBERS
        return [
            {"place": place_of[one], "name": self.name(one), "points": points(rows[one].total) if shows_points else ""}
            for group in self.told.title.places
            for one in group
            if one in rows and place_of[one] <= 3  # noqa: PLR2004  a podium has three places
        ]

    @property
    def turnout(self) -> str:
        """Say how many voted, of how many, and what the quorum asked."""
        told = self.told
        share = percent(10_000 * told.cast // told.roll) if told.roll else ""
        said = _("%(cast)s of %(roll)s members voted (%(share)s).", cast=told.cast, roll=told.roll, share=share)
        return said if told.roll else _n("One ballot was cast.", "%(num)s ballots were cast.", told.cast)

    @property
    def quorum(self) -> str:
        """Say what the quorum was, and whether it was reached."""
        asked = self.told.rules.quorum
        if not asked:
            return ""
        if self.told.quorum_met:
            return _("The quorum of %(number)s ballots was reached.", number=asked)
        return _("The quorum of %(number)s ballots was not reached.", number=asked)

    def table(self) -> list[dict[str, Any]]:
        """V7: every number that adds up to a total, for everybody, by place."""
        told = self.told
        found = []
        for one in (one for group in told.places for one in group):
            row = told.rows[one]
            cells = told.panel.cells[one] if told.panel else {}
            found.append(
                {
                    "place": told.place_of[one],
                    "number": one,
                    "name": self.name(one),
                    "cells": [
                        {
                            "criterion": self.criteria[code],
                            "score": cell.score or 0,
                            "contribution": cell.contribution or 0,
                        }
                        for code, cell in cells.items()
                    ],
                    "row": row,
                }
            )
        return found

    def contributions(self) -> BarChart | None:
        """V7: draw what each criterion, and the members, brought everybody, beside each other."""
        told = self.told
        if told.panel is None or len(told.rules.weights) + told.has_members_points > MOST_SERIES:
            return None
        measures = [self.criteria[code] for code in told.rules.weights]
        rows: list[tuple[str, list[int]]] = []
        for one in (one for group in told.places for one in group):
            parts = _parts_of(told, one)
            rows.append((self.name(one), parts))
        if told.has_members_points:
            measures.append(_("Members"))
        return stacked_bar_chart(_("Nominee"), measures, rows, wording=points, total=_("Total"), full=10_000)

    def differences(self) -> DifferenceChart | None:
        """V7: draw the margin between the first two, part by part."""
        margin, other = self.told.margin, self.told.runner_up
        if margin is None or other is None:
            return None
        items = [(self.criteria[code], value) for code, value in margin.by_criterion.items()]
        if self.told.has_members_points:
            items.append((_("Members"), margin.by_members))
        return difference_chart(
            _("Element"),
            _("Points"),
            items,
            ahead=self.names(self.told.title.winners),
            behind=self.name(other),
            wording=signed,
            total=_("Together: the margin"),
        )

    def runoff(self) -> FlowChart | None:
        """V7: draw the rounds of an instant runoff."""
        rounds, order = self.told.rounds, self.told.compared
        if not rounds:
            return None
        stages = []
        for number, each in enumerate(rounds, start=1):
            gone = _("out: %(names)s", names=self.names(each.leaving)) if each.leaving else ""
            stages.append((_("Round %(number)s", number=number), gone, [each.tallies.get(one) for one in order]))
        return flow_chart(
            _("Nominee"),
            [self.name(one) for one in order],
            stages,
            rest=_("Exhausted"),
            rests=[each.exhausted for each in rounds],
        )

    def decisive(self) -> BarChart | None:
        """V7: draw what members called decisive; nothing below ten ballots."""
        named = self.told.called_decisive
        if not named or not any(named.values()):
            return None
        by_most = sorted(named, key=lambda code: -named[code])
        return bar_chart(_("Criterion"), _("Times named"), [(self.criteria[code], named[code]) for code in by_most])

    @property
    def firmness(self) -> list[tuple[str, bool]]:
        """V7: say per criterion whether the winner stays first without it."""
        found = []
        for code, stays in self.told.stays_without.items():
            name = self.criteria[code]
            if stays is None:
                continue
            said = (
                _("Without %(criterion)s the winner stays the same.", criterion=name)
                if stays
                else _("Without %(criterion)s somebody else would have been first.", criterion=name)
            )
            found.append((said, stays))
        return found

    @property
    def jury_range(self) -> str:
        """V7: say at which weights of the jury the winner stays first."""
        found = self.told.jury_range
        if found is None:
            return ""
        least, most = (int(100 * one) for one in found)
        return _(
            "The jury counted for %(weight)s. The winner stays first as long as that is between %(least)s%% and"
            " %(most)s%%.",
            weight=percent(self.told.jury_weight),
            least=least + (found[0] * 100 != least),
            most=most,
        )

    @property
    def most_telling(self) -> str:
        """V7: say which criterion told the nominees apart most."""
        names = [self.criteria[code] for code in self.told.most_telling]
        return ", ".join(names)

    @property
    def is_decided(self) -> bool:
        """Whether the title rests on points or votes."""
        return self.told.title.basis in DECIDED


def _parts_of(told: Told, one: int) -> list[int]:
    """Return what each criterion and the members brought to a total, so that the parts add up to it."""
    row, panel = told.rows[one], told.panel
    assert panel is not None
    exact = [Fraction(TENFOLD * value * told.jury_weight, WHOLE) for value in panel.contributions(one).values()]
    parts = summing_to(row.jury_part, exact)
    return [*parts, row.members_part] if told.has_members_points else parts


def years(results: list[tuple[Edition, Told]]) -> Any:
    """V9: draw the weights of the criteria over the years, for those named alike in every one."""
    oldest_first = results[::-1]
    by_year = [{one.name: Decimal(one.weight) / HUNDRED for one in edition.criteria} for edition, _told in oldest_first]
    names = list(dict.fromkeys(name for weights in by_year for name in weights))[:MOST_SERIES]
    return line_chart(
        _("Year"),
        [str(edition.year) for edition, _told in oldest_first],
        [(name, [weights.get(name, Decimal(0)) for weights in by_year]) for name in names],
        wording=lambda number: percent(int(Decimal(number) * HUNDRED)),
    )
