"""What the Interim Challenge calls its things, in the reader's language."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

from app.challenge import rubric
from app.challenge.board import Kind
from app.challenge.exact import written
from app.challenge.models import (
    Edition,
    EditionState,
    JurorState,
    Method,
    Model,
    NominationKind,
    NomineeState,
    RecusalReason,
    RoundKind,
    TieRule,
)
from app.challenge.readiness import Need
from app.core.formats import moment
from app.core.i18n import _, _l, language

STATES = {
    EditionState.CONCEPT: ("", _l("Being prepared")),
    EditionState.NOMINATION: ("info", _l("Nominations and work")),
    EditionState.OPEN: ("ok", _l("Open for the verdict")),
    EditionState.CLOSED: ("due", _l("Closed, to be opened")),
    EditionState.OPENED: ("due", _l("Opened, to be counted")),
    EditionState.COUNTED: ("due", _l("Counted, to be published")),
    EditionState.PUBLISHED: ("ok", _l("Published")),
    EditionState.CANCELLED: ("bad", _l("Cancelled")),
}
STEPS = {
    EditionState.NOMINATION: _l("Open the nominations"),
    EditionState.OPEN: _l("Open for the verdict"),
    EditionState.CLOSED: _l("Close"),
}
STEP_EFFECTS = {
    EditionState.NOMINATION: _l(
        "From then on the edition stands on its public page, members can put each other forward, and nominees can work"
        " on the case. The rules can still change until the edition opens."
    ),
    EditionState.OPEN: _l(
        "From then on nothing that decides can change any more: the case, the nominees, the criteria and weights, the"
        " jury, the methods, the order for ties and the quorum. That cannot be undone; an edition can only be"
        " cancelled, with a reason."
    ),
    EditionState.CLOSED: _l("From then on no score and no vote counts any more. That cannot be undone."),
}
NEEDS = {
    Need.INTRO: _l("An introduction"),
    Need.CASE: _l("The business case"),
    Need.DATES: _l("All dates, in order"),
    Need.ELIGIBLE_ON: _l("The day on which nominees are members"),
    Need.CRITERIA: _l("Criteria whose weights make a whole"),
    Need.ROUNDS: _l("Rounds that begin with nominations and end in a verdict"),
    Need.TERMS: _l("Terms for nominees"),
    Need.OFFICER: _l("A returning officer"),
    Need.NOMINATIONS_BEGUN: _l("The date on which nominations begin has come"),
    Need.WORK_OVER: _l("The time to work on the case is over"),
    Need.NOMINEES: _l("Two or more nominees, each with a plan of approach"),
    Need.NOMINEES_ANSWERED: _l("An answer of everybody who was put forward"),
    Need.NOMINEES_ELIGIBLE: _l("Every nominee was a member on the day that counts"),
    Need.JURY: _l("Three or more jury members"),
    Need.JURORS_ANSWERED: _l("An answer of everybody who was asked for the jury"),
    Need.CHAIR: _l("A chair who is in the jury"),
    Need.VERDICT: _l("Rounds that give one result: one ballot, with points where those are added up"),
    Need.TIE_ORDER: _l("An order for ties"),
    Need.KEY: _l("The public key of the trustee"),
    Need.TEST_OPENING: _l("A test opening with both copies of this key"),
    Need.TIME_OVER: _l("The date on which the edition closes has come"),
}
ROUNDS = {
    RoundKind.NOMINATION: _l("Nomination"),
    RoundKind.JURY: _l("Written jury round"),
    RoundKind.BALLOT: _l("Ballot of the members"),
    RoundKind.FINAL: _l("Final"),
}
METHODS = {
    Method.OPEN: _l("Open to members, the bureau and oneself"),
    Method.RUBRIC: _l("Rubric: a score for each criterion"),
    Method.PLURALITY: _l("Single choice: most votes"),
    Method.APPROVAL: _l("Approval: everybody one finds suitable"),
    Method.BORDA: _l("Ranking with points (Borda)"),
    Method.IRV: _l("Ranking with instant runoff"),
    Method.SCHULZE: _l("Ranking by pairs (Schulze)"),
}
MODELS = {
    Model.POINTS: (_l("One result"), _l("Points of jury and members together, by published weights.")),
    Model.SEPARATE: (_l("Two prizes"), _l("One of the jury and one of the members.")),
    Model.SHORTLIST: (_l("Jury shortlist"), _l("The jury chooses a shortlist, the members decide.")),
}
TIES = {
    TieRule.MEMBER_POINTS: _l("points of the members"),
    TieRule.HEAVIEST_CRITERION: _l("the heaviest criterion"),
    TieRule.FIRST_PREFERENCES: _l("first preferences"),
    TieRule.SHARED_TITLE: _l("a shared title"),
}
NOMINEE_STATES = {
    NomineeState.ASKED: ("due", _l("Asked")),
    NomineeState.TAKING_PART: ("ok", _l("Takes part")),
    NomineeState.DECLINED: ("", _l("Does not take part")),
    NomineeState.WITHDRAWN: ("bad", _l("Withdrawn")),
}
NOMINATIONS = {
    NominationKind.MEMBER: _l("a member"),
    NominationKind.BUREAU: _l("the bureau"),
    NominationKind.SELF: _l("oneself"),
}
JUROR_STATES = {
    JurorState.ASKED: ("due", _l("Asked")),
    JurorState.SITS: ("ok", _l("In the jury")),
    JurorState.DECLINED: ("", _l("Declined")),
}
RECUSALS = {
    RecusalReason.CLIENT: _l("The same client or assignment"),
    RecusalReason.COACHING: _l("Coaching or shadow management together"),
    RecusalReason.PEER_GROUP: _l("The same peer group"),
    RecusalReason.PUT_FORWARD: _l("The juror put this nominee forward"),
    RecusalReason.BUSINESS: _l("Business together, or as rivals"),
    RecusalReason.PERSONAL: _l("Family or friends"),
    RecusalReason.OTHER: _l("Something else"),
}

FILES = {
    "rules": _l("The rules"),
    "sealed": _l("The envelopes"),
    "ballots": _l("The ballots"),
    "jury": _l("The marks of the jury"),
    "result": _l("The result"),
}


def percent(basis_points: int) -> str:
    """Write basis points as a percentage: `22,5%`."""
    written = f"{Decimal(basis_points) / 100:.2f}".rstrip("0").rstrip(".")
    return f"{written if language() == 'en' else written.replace('.', ',')}%"


def mark(halves: int) -> str:
    """Write a mark in halves: `7,5`."""
    return decimal(rubric.written(halves))


def score(hundredths: int) -> str:
    """Write a score in hundredths: `7,63`."""
    return decimal(written(hundredths))


def decimal(plain: str) -> str:
    """Write a number that has a point in the reader's language."""
    return plain if language() == "en" else plain.replace(".", ",")


def severity(hundredths: int) -> str:
    """Write a difference with its sign: `+0,25`."""
    return f"+{score(hundredths)}" if hundredths > 0 else score(hundredths)


def nominee_name(edition: Edition, number: int, name: str) -> str:
    """Name a nominee to the jury: by the number where it sees no names."""
    return _("Nominee %(number)s", number=number) if edition.is_blind else name


def tie_orders() -> list[tuple[str, str]]:
    """Return every order for ties, as stored and in words; a shared title always comes last."""
    rules = [rule for rule in TIES if rule is not TieRule.SHARED_TITLE]
    orders = [[*order, TieRule.SHARED_TITLE] for order in permutations(rules)]
    return [(",".join(order), in_words(order)) for order in orders]


def in_words(tie_order: list[TieRule] | list[str]) -> str:
    """Write an order for ties as a sentence would have it."""
    return _(", then ").join(str(TIES[TieRule(rule)]) for rule in tie_order)


BOARD = {
    Kind.NOMINATIONS: _l("The nominations opened"),
    Kind.OPENED: _l("The edition opened; what decides it is frozen"),
    Kind.ROLL_CHANGED: _l("The roll of voters was changed"),
    Kind.WITHDRAWN: _l("A nominee withdrew"),
    Kind.CAST: _l("A vote was cast"),
    Kind.CLOSED: _l("The edition closed"),
    Kind.UNSEALED: _l("The ballots were opened"),
    Kind.COUNTED: _l("The ballots were counted"),
    Kind.PUBLISHED: _l("The result was published"),
    Kind.CANCELLED: _l("The edition was cancelled"),
}


def board_kind(kind: str) -> str:
    """Say what an entry on the board tells."""
    return str(BOARD[Kind(kind)])


def board_moment(payload: dict[str, Any]) -> str:
    """Say when it happened, where an entry tells."""
    return moment(datetime.fromisoformat(payload["at"])) if "at" in payload else ""


MENDED_ON = {
    Need.INTRO: "challenge_bureau.edit",
    Need.CASE: "challenge_bureau.case",
    Need.DATES: "challenge_bureau.edit",
    Need.ELIGIBLE_ON: "challenge_bureau.edit",
    Need.CRITERIA: "challenge_bureau.criteria",
    Need.ROUNDS: "challenge_bureau.rounds",
    Need.TERMS: "challenge_bureau.edit",
    Need.OFFICER: "challenge_bureau.edit",
    Need.VERDICT: "challenge_bureau.rounds",
    Need.JURY: "jury_bureau.index",
    Need.JURORS_ANSWERED: "jury_bureau.index",
    Need.CHAIR: "jury_bureau.index",
    Need.TIE_ORDER: "challenge_bureau.edit",
    Need.KEY: "challenge_desk.show",
    Need.TEST_OPENING: "challenge_desk.show",
}
