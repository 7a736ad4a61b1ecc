"""M2: five questions about whether interim management suits somebody: answers in, advice out, nothing kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.core.i18n import _l

HIGHEST = 10
_SUITS, _ALMOST = 8, 5


class Outcome(StrEnum):
    """What the test advises."""

    SUITS = "suits"
    ALMOST = "almost"
    NOT_YET = "not_yet"


@dataclass(frozen=True)
class Answer:
    """One answer, what it is worth (0 to 2), and what there is to say about it."""

    key: str
    text: Any
    points: int
    remark: Any


@dataclass(frozen=True)
class Question:
    """One question, with what it is about in a word."""

    name: str
    about: Any
    text: Any
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Result:
    """The advice, and per question what was answered."""

    outcome: Outcome
    points: int
    answers: list[tuple[Question, Answer]]

    @property
    def strong(self) -> list[tuple[Question, Answer]]:
        """What already fits."""
        return [pair for pair in self.answers if pair[1].points == 2]  # noqa: PLR2004  the most an answer can give

    @property
    def weak(self) -> list[tuple[Question, Answer]]:
        """What to think about first."""
        return [pair for pair in self.answers if pair[1].points < 2]  # noqa: PLR2004  as above


QUESTIONS = (
    Question(
        "q1",
        _l("Starting"),
        _l(
            "You start on Monday. The assignment is half clear and the team does not know why you are coming."
            " What do you do?"
        ),
        (
            Answer(
                "a",
                _l("I talk to ten people in the first week and put on paper what the assignment really is."),
                2,
                _l("You make the assignment yourself. That is what the first weeks are for."),
            ),
            Answer(
                "b",
                _l("I begin with what can be done at once; the rest becomes clear on the way."),
                1,
                _l("Quick results help, but agree within four weeks on what you are to deliver."),
            ),
            Answer(
                "c",
                _l("I wait for a clear assignment from the client."),
                0,
                _l("A clear assignment is rare. Whoever waits for it has lost the first month."),
            ),
        ),
    ),
    Question(
        "q2",
        _l("Experience"),
        _l("For how long have you carried final responsibility: for people, budget and result?"),
        (
            Answer("a", _l("Ten years or longer"), 2, _l("You bring what clients ask for: having been there before.")),
            Answer(
                "b",
                _l("Four to ten years"),
                1,
                _l("Enough for a first assignment within your own field; choose one close to what you know."),
            ),
            Answer(
                "c",
                _l("Less than four years"),
                0,
                _l("Clients pay for experience. First take on one or two tough management positions."),
            ),
        ),
    ),
    Question(
        "q3",
        _l("Uncertainty"),
        _l("After an assignment the telephone stays silent for four months. What does that do to you?"),
        (
            Answer(
                "a",
                _l("I have counted on it: there is money aside, and I use the time to learn and to meet people."),
                2,
                _l("With a reserve of half a year you can afford to say no to the wrong assignment."),
            ),
            Answer(
                "b",
                _l("It can be managed, but I would get restless."),
                1,
                _l("Build up a reserve of six months, and keep up your contacts during an assignment."),
            ),
            Answer(
                "c",
                _l("That can't be; I need a fixed income."),
                0,
                _l("Then secondment fits better for now: interim work with an employer behind you."),
            ),
        ),
    ),
    Question(
        "q4",
        _l("Letting go"),
        _l("After eight months things run. The board asks you to stay as a permanent director. What do you answer?"),
        (
            Answer(
                "a",
                _l("I thank them, and help to find and settle in my successor."),
                2,
                _l("Making yourself superfluous is the craft."),
            ),
            Answer(
                "b",
                _l("I would consider it seriously."),
                1,
                _l("Nothing wrong with that. Just ask yourself which of the two lives you want."),
            ),
            Answer(
                "c",
                _l("I would accept with pleasure."),
                0,
                _l("Then you may really be looking for a position. That is good to know."),
            ),
        ),
    ),
    Question(
        "q5",
        _l("Reflection"),
        _l("When did a colleague last tell you that you handled something the wrong way?"),
        (
            Answer(
                "a",
                _l("This past half year, because I asked."),
                2,
                _l("Alone at the top nobody corrects you. You arrange it yourself."),
            ),
            Answer(
                "b",
                _l("It happens, but I do not ask for it."),
                1,
                _l("On an assignment nobody says it of their own accord. Intervision helps to ask."),
            ),
            Answer(
                "c",
                _l("I do not remember."),
                0,
                _l("An interim manager without opposition goes astray unnoticed. Look for it before you begin."),
            ),
        ),
    ),
)  # fmt: skip


def result_of(answers: Mapping[str, str]) -> Result:
    """M2: return the advice that follows from five answers (question name → answer key); KeyError if one is missing."""
    given = [(question, {a.key: a for a in question.answers}[answers[question.name]]) for question in QUESTIONS]
    points = sum(answer.points for _question, answer in given)
    outcome = Outcome.SUITS if points >= _SUITS else Outcome.ALMOST if points >= _ALMOST else Outcome.NOT_YET
    return Result(outcome, points, given)
