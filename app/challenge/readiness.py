"""V8: what is still missing before a phase can open, from the facts alone; the page before it shows the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.challenge.models import BALLOT_METHODS, METHODS_OF, EditionState, Method, Model, RoundKind

WHOLE = 10_000
LEAST_JURORS, LEAST_NOMINEES = 3, 2


class Need(StrEnum):
    """One thing that has to be there."""

    INTRO = "intro"
    CASE = "case"
    DATES = "dates"
    ELIGIBLE_ON = "eligible_on"
    CRITERIA = "criteria"
    ROUNDS = "rounds"
    TERMS = "terms"
    OFFICER = "officer"
    NOMINATIONS_BEGUN = "nominations_begun"
    WORK_OVER = "work_over"
    NOMINEES = "nominees"
    NOMINEES_ANSWERED = "nominees_answered"
    NOMINEES_ELIGIBLE = "nominees_eligible"
    JURY = "jury"
    JURORS_ANSWERED = "jurors_answered"
    CHAIR = "chair"
    VERDICT = "verdict"
    TIE_ORDER = "tie_order"
    KEY = "key"
    TEST_OPENING = "test_opening"
    TIME_OVER = "time_over"


@dataclass(frozen=True)
class Point:
    """One line of the list: what has to be there, and whether it is."""

    need: Need
    fine: bool


@dataclass(frozen=True, kw_only=True)
class Facts:
    """How an edition stands, as far as it matters for going on."""

    now: datetime
    has_intro: bool
    has_case: bool
    has_terms: bool
    has_officer: bool
    has_eligible_on: bool
    nominations_from: datetime | None
    nominations_until: datetime | None
    work_until: datetime | None
    opens_at: datetime | None
    closes_at: datetime | None
    weights: Sequence[int]
    rounds: Sequence[tuple[RoundKind, Method]]
    model: Model
    tie_order: Sequence[str]
    taking_part: int
    with_work: int
    unanswered: int
    not_eligible: int
    jurors: int
    jurors_unanswered: int
    chair_sits: bool
    has_key: bool
    key_tested: bool

    @property
    def dates(self) -> tuple[datetime | None, ...]:
        """The dates in the order in which they come."""
        return (self.nominations_from, self.nominations_until, self.work_until, self.opens_at, self.closes_at)

    @property
    def has_jury(self) -> bool:
        """Whether a round is the jury's."""
        return any(method is Method.RUBRIC for _kind, method in self.rounds)

    @property
    def has_ballot(self) -> bool:
        """Whether a round is the members'."""
        return any(method in BALLOT_METHODS for _kind, method in self.rounds)


def weights_fit(weights: Sequence[int]) -> bool:
    """Say whether weights in basis points make a whole."""
    return bool(weights) and sum(weights) == WHOLE and min(weights) >= 0


def rounds_fit(rounds: Sequence[tuple[RoundKind, Method]]) -> bool:
    """Say whether rounds can decide something: nominations first, then a verdict, each by a method of its kind."""
    kinds = [kind for kind, _method in rounds]
    begins = kinds[:1] == [RoundKind.NOMINATION] and kinds.count(RoundKind.NOMINATION) == 1
    return begins and len(kinds) > 1 and all(method in METHODS_OF[kind] for kind, method in rounds)


def verdict_fits(rounds: Sequence[tuple[RoundKind, Method]], model: Model) -> bool:
    """V6: say whether one result can come out: at most one ballot, which gives points where points are added up."""
    methods = [method for _kind, method in rounds]
    ballots = [method for method in methods if method in BALLOT_METHODS]
    adds_up = model is not Model.POINTS or not {Method.IRV, Method.SCHULZE}.intersection(ballots)
    both = model is not Model.SEPARATE or not ballots or Method.RUBRIC in methods
    return len(ballots) <= 1 and adds_up and both


def dates_fit(dates: Sequence[datetime | None]) -> bool:
    """Say whether all dates are there and none comes before the one it follows."""
    known = [one for one in dates if one is not None]
    return len(known) == len(dates) and known == sorted(known)


def points(facts: Facts, to: EditionState) -> tuple[Point, ...]:
    """List what has to be there before an edition goes to a state, and what of it is."""
    prepared = (
        Point(Need.INTRO, facts.has_intro),
        Point(Need.CASE, facts.has_case),
        Point(Need.DATES, dates_fit(facts.dates)),
        Point(Need.ELIGIBLE_ON, facts.has_eligible_on),
        Point(Need.CRITERIA, weights_fit(facts.weights)),
        Point(Need.ROUNDS, rounds_fit(facts.rounds)),
        Point(Need.TERMS, facts.has_terms),
        Point(Need.OFFICER, facts.has_officer),
    )
    if to is EditionState.NOMINATION:
        return (*prepared, Point(Need.NOMINATIONS_BEGUN, _reached(facts.nominations_from, facts.now)))
    if to is EditionState.OPEN:
        jury = (
            Point(Need.JURY, facts.jurors >= LEAST_JURORS),
            Point(Need.JURORS_ANSWERED, facts.jurors_unanswered == 0),
            Point(Need.CHAIR, facts.chair_sits),
        )
        sealed = (Point(Need.KEY, facts.has_key), Point(Need.TEST_OPENING, facts.key_tested))
        return (
            *prepared,
            Point(Need.WORK_OVER, _reached(facts.work_until, facts.now)),
            Point(Need.NOMINEES, facts.taking_part >= LEAST_NOMINEES and facts.with_work == facts.taking_part),
            Point(Need.NOMINEES_ANSWERED, facts.unanswered == 0),
            Point(Need.NOMINEES_ELIGIBLE, facts.not_eligible == 0),
            *(jury if facts.has_jury else ()),
            Point(Need.VERDICT, verdict_fits(facts.rounds, facts.model)),
            Point(Need.TIE_ORDER, bool(facts.tie_order)),
            *(sealed if facts.has_ballot else ()),
        )
    if to is EditionState.CLOSED:
        return (Point(Need.TIME_OVER, _reached(facts.closes_at, facts.now)),)
    return ()


def missing(facts: Facts, to: EditionState) -> tuple[Need, ...]:
    """Return what is missing."""
    return tuple(point.need for point in points(facts, to) if not point.fine)


def _reached(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
