"""The ballot as a form: one for all kinds, made of the rules as they were frozen and of who votes (V5, V6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.challenge import filling
from app.challenge.models import Edition
from app.challenge.sealing import HIGHEST_MARK, LONGEST_WORD, MOST_DECISIVE, Paper, Vote
from app.core.forms import ChoiceField, Form, IntegerField, MultiChoiceField, Option, TextField
from app.core.i18n import _, _l, language

NOBODY = "0"


@dataclass(frozen=True)
class Candidate:
    """Who or what stands on the ballot."""

    number: int
    name: str
    withdrawn: bool = False

    @property
    def label(self) -> str:
        """The name, with what one has to know about it."""
        return (
            _("%(name)s (withdrew, and is taken off before counting)", name=self.name) if self.withdrawn else self.name
        )


class QuietChoiceField(ChoiceField):
    """A choice that may stay open: the page says so once, not at each of them."""

    optional = False


class QuietPlaceField(IntegerField):
    """A place that may stay open."""

    optional = False


class BallotForm(Form):
    """V5: what a voter chose. Nothing has to be: a ballot that names nobody is a blank vote."""

    kind = ""
    candidates: Sequence[Candidate] = ()
    criteria: Mapping[str, str] = {}

    @property
    def order(self) -> list[int]:
        """The names in the order of the page."""
        return [one.number for one in self.candidates]

    @property
    def places(self) -> dict[int, int | None]:
        """The place of each name, as typed."""
        return {one: self[f"place-{one}"].data for one in self.order}

    def in_order(self) -> list[Candidate]:
        """Return who stands on the ballot, the ranked ones first as they are ranked."""
        if self.kind != "ranked":
            return list(self.candidates)
        known = {one.number: one for one in self.candidates}
        return [known[one] for one in filling.by_place(self.places, self.order)]

    def put(self, places: filling.Places) -> None:
        """Fill the places in anew."""
        for one, place in places.items():
            field = self[f"place-{one}"]
            field.data, field.typed, field.errors = place, str(place or ""), []

    def vote(self, code: str) -> Vote:
        """Give what was chosen, with the code of the ballot."""
        return Vote(
            code, ranks=self._ranks(), scores=self._scores(), decisive=self.decisive.data, word=self.word.data or ""
        )

    def in_points(self, halves: int) -> str:
        """Write a mark in points."""
        return points(halves)

    def _ranks(self) -> list[list[int]]:
        if self.kind == "ranked":
            return filling.ranks(self.places)
        if self.kind == "single":
            return [[int(self.choice.data)]] if self.choice.data not in (None, NOBODY) else []
        if self.kind == "approval":
            return [sorted(int(one) for one in self.choice.data)] if self.choice.data else []
        return []

    def _scores(self) -> dict[int, dict[str, int]]:
        if self.kind != "score":
            return {}
        given = {one: {code: self[mark_name(one, code)].data for code in self.criteria} for one in self.order}
        kept = {one: {code: mark for code, mark in marks.items() if mark is not None} for one, marks in given.items()}
        return {one: marks for one, marks in kept.items() if marks}


def mark_name(number: int, code: str) -> str:
    """Return the name of the field for one mark."""
    return f"mark-{number}-{code}"


def ballot_form(paper: Paper, candidates: Sequence[Candidate], criteria: Mapping[str, str]) -> BallotForm:
    """Make the ballot of these rules for one voter."""
    made = type(
        "BallotForm",
        (BallotForm,),
        {
            "kind": paper.kind,
            "candidates": candidates,
            "criteria": criteria,
            **_choosing(paper.kind, candidates, criteria),
            "decisive": MultiChoiceField(
                _l("What decided it for you?"),
                options=[Option(code, name) for code, name in criteria.items()],
                required=False,
                at_least=0,
                at_most=MOST_DECISIVE,
                hint=_l(
                    "At most two. Only how often each was named is told, and on your own line of the published ballots."
                ),
            ),
            "word": TextField(
                _l("A word of your own"),
                required=False,
                max_length=LONGEST_WORD,
                autocomplete="off",
                width="m",
                hint=_l(
                    "Stands on your ballot, so that you know it again. Everybody reads it later: take none that tells"
                    " who you are."
                ),
            ),
        },
    )
    form: BallotForm = made()
    return form


def _choosing(kind: str, candidates: Sequence[Candidate], criteria: Mapping[str, str]) -> dict[str, Any]:
    options = [Option(str(one.number), one.label) for one in candidates]
    if kind == "single":
        blank = Option(NOBODY, _("Nobody: a blank vote"))
        return {
            "choice": QuietChoiceField(_l("Your choice"), options=[*options, blank], style="radios", required=False)
        }
    if kind == "approval":
        hint = _l("Everybody you find suitable: one, several or none.")
        choice = MultiChoiceField(_l("Your choice"), options=options, required=False, at_least=0, hint=hint)
        return {"choice": choice}
    if kind == "ranked":
        most = len(candidates)
        return {
            f"place-{one.number}": QuietPlaceField(one.name, required=False, minimum=1, maximum=most)
            for one in candidates
        }
    marks = [Option(halves, points(halves)) for halves in range(HIGHEST_MARK + 1)]
    return {
        mark_name(one.number, code): QuietChoiceField(
            name, options=marks, style="select", required=False, blank=_l("No mark")
        )
        for one in candidates
        for code, name in criteria.items()
    }


def points(halves: int) -> str:
    """Write a mark in points: `7,5`."""
    half = ".5" if language() == "en" else ",5"
    return f"{halves // 2}{half * (halves % 2)}"


def criteria_of(edition: Edition, paper: Paper) -> dict[str, str]:
    """Return the criteria of the rules with their names, as the frozen rules call them: by their places."""
    names = {f"c{one.position}": one.name for one in edition.criteria}
    return {code: names.get(code, code) for code in paper.criteria}


class CheckForm(Form):
    """V5: what somebody wants to find again."""

    wanted = TextField(_l("Your code, or the digest on your receipt"), max_length=100, autocomplete="off")
