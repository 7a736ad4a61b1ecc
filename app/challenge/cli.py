"""Counting ballots of a file from the shell, so that anybody can do the count again (V5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import click
from flask.cli import AppGroup

from app.challenge import ballot_files
from app.challenge.ballot_files import BallotFile, UnclearBallots
from app.challenge.counting import (
    Matrix,
    NotCountable,
    Placing,
    Poll,
    Tie,
    approval,
    borda,
    matrix,
    plurality,
    poll,
    runoff,
    schulze,
)
from app.challenge.exact import written
from app.core.i18n import _, _l, _n, speaking

cli = AppGroup("challenge", help="The Interim Challenge.")
METHODS = {
    "irv": _l("instant runoff"),
    "schulze": _l("Schulze, winning votes"),
    "borda": _l("Borda"),
    "plurality": _l("single choice"),
    "approval": _l("approval"),
}
POINTS = {"borda": borda, "plurality": plurality, "approval": approval}
Names = Mapping[int, str]


@cli.command("count")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--method", type=click.Choice(list(METHODS)), required=True)
@click.option("--tie-order", help="Numbers of candidates, the one who wins ties first: 3,1,2. Else as in the file.")
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True)
def count(*, file: Path, method: str, tie_order: str | None, language: str) -> None:
    """Count the ballots of FILE, BLT or CSV, and print rounds or matrix, and the order."""
    with speaking(language):
        try:
            found = ballot_files.read(file.read_bytes())
            ballots = poll(_order(tie_order, found), found.papers, withdrawn=found.withdrawn)
        except UnclearBallots as unclear:
            raise click.ClickException(str(unclear)) from unclear
        except NotCountable as wrong:
            raise click.ClickException(
                _("Name every candidate once in the order for ties; somebody must still stand.")
            ) from wrong
        for line in told(found, ballots, method):
            click.echo(line)


def _order(typed: str | None, file: BallotFile) -> tuple[int, ...]:
    if typed is None:
        return file.numbers
    order = tuple(int(word) if word.strip().isdigit() else 0 for word in typed.split(","))
    if sorted(order) != list(file.numbers):
        raise NotCountable(typed)
    return order


def told(file: BallotFile, ballots: Poll, method: str) -> Iterator[str]:
    """Yield the lines that tell a count."""
    names = dict(zip(file.numbers, file.names, strict=True))
    yield from (_("Note: %(note)s", note=note) for note in file.notes)
    yield f"{file.title or _('Ballots')}: {METHODS[method]}"
    blank = _("%(blank)s of them tell no two candidates apart.", blank=ballots.blank)
    yield _n("%(num)s ballot", "%(num)s ballots", ballots.cast) + (f"; {blank}" if ballots.blank else "")
    if file.withdrawn:
        yield _("Withdrawn: %(names)s", names=_listed(sorted(file.withdrawn), names))
    yield ""
    yield from _rounds(ballots, names) if method == "irv" else _places(ballots, names, method)


def _rounds(ballots: Poll, names: Names) -> Iterator[str]:
    counted = runoff(ballots)
    rows = [
        [names[one], *(str(each.tallies[one]) if one in each.tallies else "" for each in counted.rounds)]
        for one in counted.placing.order
    ]
    rows.append([_("exhausted"), *(str(each.exhausted) for each in counted.rounds)])
    yield from _table(["", *(_("round %(number)s", number=each.number) for each in counted.rounds)], rows)
    yield ""
    for each in counted.rounds[:-1]:
        yield _("After round %(number)s leaves: %(names)s", number=each.number, names=_listed(each.leaving, names))
    yield from _resolved(counted.ties, names, lambda tie: _("in round %(number)s", number=tie.at))
    yield from _order_told(counted.placing, names)


def _places(ballots: Poll, names: Names, method: str) -> Iterator[str]:
    compared = matrix(ballots)
    yield _("How many ballots put the one on the left above the one on top:")
    yield from _against(compared, names)
    yield ""
    if method == "schulze":
        counted = schulze(ballots)
        placing = counted.placing
        yield _("Strongest paths:")
        yield from _against(Matrix(compared.standing, counted.paths, compared.telling), names)
    else:
        points = POINTS[method](ballots)
        placing = points.placing
        halves = method == "borda"
        rows = [
            [
                names[one],
                written(points.points[one] * 50) if halves else str(points.points[one]),
                written(points.shares[one]),
            ]
            for one in placing.order
        ]
        yield from _table(["", _("points"), _("share")], rows)
    yield ""
    winner = compared.condorcet_winner
    if winner is None:
        yield _("Nobody beats each of the others.")
    else:
        yield _("%(name)s beats each of the others.", name=names[winner])
    if winner is not None and winner != placing.winner:
        yield _("That is not who comes first here.")
    yield from _resolved(placing.ties, names, lambda tie: _("for place %(number)s", number=tie.at))
    yield from _order_told(placing, names)


def _against(compared: Matrix, names: Names) -> Iterator[str]:
    standing = compared.standing
    rows = [
        [f"{one:>3} {names[one]}", *("–" if one == other else str(compared.above[one, other]) for other in standing)]
        for one in standing
    ]
    return _table(["", *(str(one) for one in standing)], rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[place]) for row in (headings, *rows)) for place in range(len(headings))]
    for row in (headings, *rows):
        first, *others = row
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([f"{first:<{widths[0]}}", *cells]).rstrip()


def _resolved(ties: Sequence[Tie], names: Names, where: Callable[[Tie], str]) -> Iterator[str]:
    for tie in ties:
        yield _(
            "Tie %(where)s, resolved by the frozen order: %(names)s", where=where(tie), names=_listed(tie.tied, names)
        )


def _order_told(placing: Placing, names: Names) -> Iterator[str]:
    yield ""
    yield _("Order")
    yield from (f"{place:>3}. {names[one]}" for place, one in enumerate(placing.order, 1))


def _listed(numbers: Sequence[int], names: Names) -> str:
    return ", ".join(names[one] for one in numbers)


COMMANDS = [cli]
