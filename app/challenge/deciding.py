"""Who gets which prize: jury and members put together by the model that was frozen at the opening (V6).

Points stand on one scale from 0.00 to 100.00, in hundredths; weights are basis points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.challenge.counting import (
    Matrix,
    Placing,
    Poll,
    Ranks,
    Scores,
    Tie,
    approval,
    borda,
    borda_of,
    first_preferences,
    matrix,
    placed,
    plurality,
    poll,
    runoff,
    schulze,
    score,
)
from app.challenge.exact import WHOLE, weighed
from app.challenge.jury import Panel

TENFOLD = 10
"""From the jury's scale of 10.00 to that of 100.00."""


class Method(StrEnum):
    """How ballots of members are counted."""

    PLURALITY = "plurality"
    APPROVAL = "approval"
    BORDA = "borda"
    RUNOFF = "irv"
    SCHULZE = "schulze"
    SCORE = "score"


class Model(StrEnum):
    """How jury and members decide together."""

    COMBINED = "combined"
    SEPARATE = "separate"
    SHORTLIST = "shortlist"


class Prize(StrEnum):
    """What there is to win; a public prize only where jury and members decide separately."""

    TITLE = "title"
    PUBLIC = "public"


class Basis(StrEnum):
    """What an award rests on, and why there is none."""

    BOTH = "both"
    JURY = "jury"
    MEMBERS = "members"
    NO_QUORUM = "no_quorum"
    BELOW_FLOOR = "below_floor"
    NO_AWARD_CHOSEN = "no_award_chosen"


class Step(StrEnum):
    """What told the winner from the next: the result itself, or a step of the rule for ties."""

    RESULT = "result"
    MEMBERS = "members"
    CRITERION = "criterion"
    FIRST_PREFERENCES = "first_preferences"
    FROZEN_ORDER = "frozen_order"
    SHARED = "shared"


TIES = (Step.MEMBERS, Step.CRITERION, Step.FIRST_PREFERENCES)
"""What tells equals apart where jury and members decide together, one after the other, unless the rules say else."""


@dataclass(frozen=True)
class Rules:
    """What was frozen at the opening.

    `order` are the nominees as ties between ballots are resolved, `ties` what tells equals in the total apart.
    `no_award` is the number that "no award" has on the ballot, where one can choose it; `floor` is the least total that
    gets the title, 0 for none; `shortlist` is how many the jury lets through.
    """

    model: Model
    method: Method
    order: tuple[int, ...]
    weights: Mapping[str, int]
    jury_weight: int = WHOLE // 2
    quorum: int = 0
    floor: int = 0
    shortlist: int = 3
    no_award: int | None = None
    ties: tuple[Step, ...] = TIES

    def __post_init__(self) -> None:
        """Refuse weights that are not all of it, and a method that gives no points where points are added up."""
        if sum(self.weights.values()) != WHOLE or min(self.weights.values()) < 0:
            raise ValueError(f"{dict(self.weights)}")
        if not 0 <= self.jury_weight <= WHOLE:
            raise ValueError(f"{self.jury_weight}")
        if self.model is Model.COMBINED and self.method in {Method.RUNOFF, Method.SCHULZE}:
            raise ValueError(f"{self.method}")
        if sorted(self.ties) != sorted(TIES):
            raise ValueError(f"{self.ties}")
        if self.no_award is not None and (self.model is Model.COMBINED or self.no_award in self.order):
            raise ValueError(f"{self.no_award}")

    @property
    def on_ballot(self) -> tuple[int, ...]:
        """Who and what stands on the ballot; "no award" wins no tie."""
        return self.order if self.no_award is None else (*self.order, self.no_award)


@dataclass(frozen=True)
class Votes:
    """What the members said, counted: shares are None for methods that give places only.

    `ties` are all that the frozen order resolved; `by_order` says that it resolved who comes first.
    `matrix` and what follows from it are there for every ballot that ranks; a count of scores has none.
    """

    cast: int
    placing: Placing
    ties: tuple[Tie, ...]
    by_order: bool
    shares: Mapping[int, int] | None
    firsts: Mapping[int, int]
    matrix: Matrix | None
    borda_leaders: tuple[int, ...] = ()

    @property
    def condorcet_differs(self) -> bool:
        """Say whether somebody beats each of the others and yet does not lead by Borda: the page tells it."""
        winner = self.matrix.condorcet_winner if self.matrix else None
        return winner is not None and self.borda_leaders != (winner,)


def count(ballots: Poll, method: Method) -> Votes:
    """Count rankings by a method, and compare everybody with everybody whatever the method (V6)."""
    compared = matrix(ballots)
    by_borda = borda_of(compared)
    shares: Mapping[int, int] | None = None
    if method is Method.RUNOFF:
        held_out = runoff(ballots)
        placing, ties = held_out.placing, held_out.ties
        by_order = held_out.rounds[-1].tie is not None
    elif method is Method.SCHULZE:
        placing = schulze(ballots).placing
        ties, by_order = placing.ties, len(placing.groups[0]) > 1
    else:
        counted = {Method.PLURALITY: plurality, Method.APPROVAL: approval, Method.BORDA: borda}[method](ballots)
        placing, shares = counted.placing, counted.shares
        ties, by_order = placing.ties, len(placing.groups[0]) > 1
    return Votes(
        cast=ballots.cast,
        placing=placing,
        ties=ties,
        by_order=by_order,
        shares=shares,
        firsts=first_preferences(ballots),
        matrix=compared,
        borda_leaders=by_borda.placing.groups[0],
    )


def count_scores(standing: Sequence[int], ballots: Sequence[tuple[Scores, int]], weights: Mapping[str, int]) -> Votes:
    """Count ballots with points per criterion (V6); they name no first choice."""
    counted = score(standing, ballots, weights)
    cast = sum(times for _given, times in ballots)
    return Votes(
        cast=cast,
        placing=counted.placing,
        ties=counted.placing.ties,
        by_order=len(counted.placing.groups[0]) > 1,
        shares=counted.shares,
        firsts=dict.fromkeys(standing, 0),
        matrix=None,
    )


@dataclass(frozen=True)
class Row:
    """A nominee's points: the parts are weighed and rounded as printed, the total is their sum."""

    jury: int
    members: int | None
    jury_part: int
    members_part: int
    total: int


@dataclass(frozen=True)
class Award:
    """Who gets a prize, more than one where the title is shared; nobody where `basis` tells why."""

    prize: Prize
    winners: tuple[int, ...]
    basis: Basis
    step: Step
    places: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Outcome:
    """What the jury and the members decided, and the rows that it rests on."""

    awards: tuple[Award, ...]
    rows: Mapping[int, Row]
    quorum_met: bool


def decide(rules: Rules, jury: Panel | None, votes: Votes | None) -> Outcome:
    """Give the prizes (V6). Without a quorum the jury decides alone, and the award says so."""
    if jury is not None and jury.undecided:
        raise ValueError(f"{jury.undecided}")
    quorum_met = votes is not None and votes.cast >= max(rules.quorum, 1)
    valid = votes if quorum_met else None
    rows = {one: _row(rules, one, jury, valid) for one in _standing(rules, jury, votes)}
    if rules.model is Model.SEPARATE:
        awards = [_by_jury(rules, rows, jury), _by_members(rules, Prize.PUBLIC, valid)]
    elif valid is None:
        awards = [_by_jury(rules, rows, jury)]
    elif rules.model is Model.COMBINED:
        awards = [_by_both(rules, rows, jury, valid)]
    else:
        awards = [_by_members(rules, Prize.TITLE, valid)]
    return Outcome(tuple(awards), rows, quorum_met)


def _standing(rules: Rules, jury: Panel | None, votes: Votes | None) -> tuple[int, ...]:
    known = set(jury.cells) if jury else set(votes.placing.order if votes else ())
    return tuple(one for one in rules.order if one in known)


def _row(rules: Rules, one: int, jury: Panel | None, votes: Votes | None) -> Row:
    of_jury = TENFOLD * jury.total(one) if jury else 0
    share = votes.shares.get(one, 0) if votes and votes.shares is not None else None
    if rules.model is not Model.COMBINED or share is None:
        return Row(of_jury, None, of_jury, 0, of_jury)
    jury_part, members_part = weighed(of_jury, rules.jury_weight), weighed(share, WHOLE - rules.jury_weight)
    return Row(of_jury, share, jury_part, members_part, jury_part + members_part)


Keys = Mapping[int, tuple[int, ...]]


def _award(rules: Rules, keys: Keys, steps: Sequence[Step], basis: Basis) -> Award:
    """Place nominees by their keys; the title is shared by who are equal in all of them."""
    places = placed(tuple(keys), lambda one: keys[one]).groups
    winners = places[0]
    if keys[winners[0]][0] < rules.floor:
        return Award(Prize.TITLE, (), Basis.BELOW_FLOOR, Step.RESULT, places)
    if len(winners) > 1:
        step = Step.SHARED
    elif len(places) == 1:
        step = Step.RESULT
    else:
        step = next(
            step for step, won, lost in zip(steps, keys[winners[0]], keys[places[1][0]], strict=True) if won != lost
        )
    return Award(Prize.TITLE, winners, basis, step, places)


def _criterion(jury: Panel | None, one: int) -> int:
    return (jury.cells[one][jury.heaviest].score or 0) if jury else 0


def _by_both(rules: Rules, rows: Mapping[int, Row], jury: Panel | None, votes: Votes) -> Award:
    keys = {}
    for one, row in rows.items():
        told = {
            Step.MEMBERS: row.members or 0,
            Step.CRITERION: _criterion(jury, one),
            Step.FIRST_PREFERENCES: votes.firsts.get(one, 0),
        }
        keys[one] = (row.total, *(told[step] for step in rules.ties))
    return _award(rules, keys, (Step.RESULT, *rules.ties), Basis.BOTH)


def _by_jury(rules: Rules, rows: Mapping[int, Row], jury: Panel | None) -> Award:
    if jury is None:
        return Award(Prize.TITLE, (), Basis.NO_QUORUM, Step.RESULT, ())
    keys = {one: (row.jury, _criterion(jury, one)) for one, row in rows.items()}
    return _award(rules, keys, (Step.RESULT, Step.CRITERION), Basis.JURY)


def _by_members(rules: Rules, prize: Prize, votes: Votes | None) -> Award:
    if votes is None:
        return Award(prize, (), Basis.NO_QUORUM, Step.RESULT, ())
    if votes.placing.winner == rules.no_award:
        return Award(prize, (), Basis.NO_AWARD_CHOSEN, Step.RESULT, votes.placing.groups)
    step = Step.FROZEN_ORDER if votes.by_order else Step.RESULT
    return Award(prize, votes.placing.order[:1], Basis.MEMBERS, step, votes.placing.groups)


def shortlist(rules: Rules, jury: Panel) -> tuple[int, ...]:
    """Return whom the jury lets through to the members, and whoever ties with the last of them, in the frozen order."""
    totals = {one: jury.total(one) for one in rules.order if one in jury.cells}
    least = sorted(totals.values(), reverse=True)[: rules.shortlist][-1]
    return tuple(one for one, total in totals.items() if total >= least)


def ballots_for(
    rules: Rules, papers: Mapping[Ranks, int], *, withdrawn: Sequence[int] = (), jury: Panel | None = None
) -> Poll:
    """Put the poll together that is counted: without who withdrew and, after a jury's shortlist, without the others."""
    gone = set(withdrawn)
    if rules.model is Model.SHORTLIST and jury is not None:
        gone |= set(rules.order) - set(shortlist(rules, jury))
    return poll(rules.on_ballot, papers, withdrawn=gone)
