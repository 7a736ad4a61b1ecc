"""From what jurors wrote down to a panel score, so that a reader can add it up (V4).

Marks are whole halves (0 to 20 is 0 to 10), panel scores and points whole hundredths, weights basis points. Recused or
absent is missing, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.challenge.exact import HUNDRED, half_up, weighed

HIGHEST_MARK = 20
TRIMMED_FROM = 5
"""With so many marks or more, one highest and one lowest are left out."""
ENOUGH = 3
"""Fewer marks than these need a decision by the chair."""
HALVES = 2

Marks = Mapping[tuple[int, int, str], int]
"""Juror, nominee, criterion: the mark in halves. Who recused or stayed away has no entry."""
Decisions = Mapping[tuple[int, str], int]
"""Nominee, criterion: the panel score in hundredths that the chair decided on."""


@dataclass(frozen=True)
class Cell:
    """What the panel thinks of a nominee on one criterion.

    `score` is None until the chair has decided, where too few jurors gave a mark. `spread` is the difference between
    the highest mark and the lowest, in hundredths. `corrected` is the score without the severity of each juror; it is
    told only where somebody recused, and stands beside the score, never in its place.
    """

    marks: tuple[int, ...]
    trimmed: bool
    score: int | None
    contribution: int | None
    by_chair: bool
    spread: int
    corrected: int | None


@dataclass(frozen=True)
class Panel:
    """What the jury thinks of everybody; the weights stand in the order of the criteria."""

    weights: Mapping[str, int]
    cells: Mapping[int, Mapping[str, Cell]]

    @property
    def undecided(self) -> tuple[tuple[int, str], ...]:
        """Where the chair must still decide."""
        return tuple(
            (nominee, criterion)
            for nominee, cells in self.cells.items()
            for criterion, cell in cells.items()
            if cell.score is None
        )

    def contributions(self, nominee: int) -> dict[str, int]:
        """Return what each criterion brings, as printed; nothing where the chair must still decide."""
        return {criterion: cell.contribution or 0 for criterion, cell in self.cells[nominee].items()}

    def total(self, nominee: int) -> int:
        """Return the sum of the printed contributions, from 0.00 to 10.00 in hundredths."""
        return sum(self.contributions(nominee).values())

    @property
    def heaviest(self) -> str:
        """The criterion with the most weight; of equals the first."""
        return max(self.weights, key=lambda criterion: self.weights[criterion])


def panel(
    marks: Marks, nominees: Sequence[int], weights: Mapping[str, int], *, decided: Decisions | None = None
) -> Panel:
    """Put the marks of a jury together (V4)."""
    for key, halves in marks.items():
        if not 0 <= halves <= HIGHEST_MARK:
            raise ValueError(f"{key}: {halves}")
    jurors = sorted({juror for juror, _nominee, _criterion in marks})
    severity = {criterion: _severity(marks, jurors, nominees, criterion) for criterion in weights}
    return Panel(
        weights,
        {
            nominee: {
                criterion: _cell(
                    {juror: marks[key] for juror in jurors if (key := (juror, nominee, criterion)) in marks},
                    weight=weight,
                    severity=severity[criterion],
                    decided=(decided or {}).get((nominee, criterion)),
                )
                for criterion, weight in weights.items()
            }
            for nominee in nominees
        },
    )


def _cell(
    marks: Mapping[int, int], *, weight: int, severity: Mapping[int, Fraction] | None, decided: int | None
) -> Cell:
    kept = _trimmed([Fraction(mark) for mark in marks.values()])
    few = len(marks) < ENOUGH
    score = decided if few else _hundredths(kept)
    corrected = _trimmed([mark - severity[juror] for juror, mark in marks.items()]) if severity else []
    return Cell(
        marks=tuple(sorted(marks.values())),
        trimmed=len(kept) < len(marks),
        score=score,
        contribution=None if score is None else weighed(score, weight),
        by_chair=few and decided is not None,
        spread=HUNDRED * (max(marks.values()) - min(marks.values())) // HALVES if marks else 0,
        corrected=_hundredths(corrected) if corrected else None,
    )


def _trimmed(values: list[Fraction]) -> list[Fraction]:
    return sorted(values)[1:-1] if len(values) >= TRIMMED_FROM else values


def _hundredths(halves: Sequence[Fraction]) -> int:
    """Return the mean of marks in halves, rounded half up to a hundredth."""
    mean = sum(halves, Fraction(0)) * HUNDRED / (HALVES * len(halves))
    return half_up(mean.numerator, mean.denominator)


def _severity(
    marks: Marks, jurors: Sequence[int], nominees: Sequence[int], criterion: str
) -> dict[int, Fraction] | None:
    """Return by how much each juror marks above the panel, over the nominees whom all of them marked.

    None where nobody is missing, so that there is nothing to correct, and where there is no nominee marked by all.
    """
    shared = [nominee for nominee in nominees if all((juror, nominee, criterion) in marks for juror in jurors)]
    if not shared or len(shared) == len(nominees):
        return None
    means = {
        juror: Fraction(sum(marks[juror, nominee, criterion] for nominee in shared), len(shared)) for juror in jurors
    }
    whole = sum(means.values(), Fraction(0)) / len(means)
    return {juror: mean - whole for juror, mean in means.items()}


def strictness(marks: Marks, nominees: Sequence[int], criteria: Sequence[str]) -> dict[int, int]:
    """Return by how many hundredths each juror marks above the panel, on average over what all of them marked.

    It stands beside the scores, for the chair; nothing is counted with it. Empty where no mark is everybody's.
    """
    jurors = sorted({juror for juror, _nominee, _criterion in marks})
    shared = [
        (one, code) for one in nominees for code in criteria if all((each, one, code) in marks for each in jurors)
    ]
    if not shared:
        return {}
    sums = {juror: sum(marks[juror, *cell] for cell in shared) for juror in jurors}
    whole, size = sum(sums.values()), HALVES * len(jurors) * len(shared)
    return {juror: half_up(HUNDRED * (sums[juror] * len(jurors) - whole), size) for juror in jurors}
