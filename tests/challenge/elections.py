"""Elections and textbook examples whose counts others have published, and ballots drawn at random."""

from __future__ import annotations

from hypothesis import strategies as some

from app.challenge.counting import Ranks


def ranked(line: str) -> Ranks:
    """Read `A>BC>D`: letters are candidates, in the order of the alphabet."""
    return tuple(tuple(sorted(ord(letter) - ord("A") + 1 for letter in group)) for group in line.split(">") if group)


def papers(*lines: str) -> dict[Ranks, int]:
    """Read `5 A>C>B` per line."""
    found = {}
    for line in lines:
        times, _blank, ranks = line.partition(" ")
        found[ranked(ranks)] = int(times)
    return found


# Markus Schulze's first example, as on Wikipedia's page "Schulze method": 45 voters, five candidates.
SCHULZE = papers(
    "5 A>C>B>E>D",
    "5 A>D>E>C>B",
    "8 B>E>D>A>C",
    "3 C>A>B>E>D",
    "7 C>A>E>B>D",
    "2 C>B>A>D>E",
    "7 D>C>E>B>A",
    "8 E>B>A>D>C",
)

# Where Tennessee's capital should be, the running example of Wikipedia's pages on voting methods, in per cents.
MEMPHIS, NASHVILLE, CHATTANOOGA, KNOXVILLE = 1, 2, 3, 4
TENNESSEE = papers("42 A>B>C>D", "26 B>C>D>A", "15 C>D>B>A", "17 D>C>B>A")

# Burlington, Vermont, mayor, 3 March 2009. The official detail report gives first choices (Wright 2951, Kiss 2585, Montroll
# 2063, Smith 1306, Simpson 35, write-in 36, four ballots without a valid choice) and where the piles of Smith, Simpson
# and the write-ins together, and then of Montroll, went to. How those piles lay inside does not show in the rounds.
WRIGHT, KISS, MONTROLL, SMITH, SIMPSON, WRITE_IN = 1, 2, 3, 4, 5, 6
BURLINGTON = papers(
    "2951 A",
    "2585 B",
    "455 C",
    "1332 C>B",
    "276 C>A",
    "293 D>A",
    "375 D>B",
    "491 D>C>A",
    "147 D",
    "20 E>A",
    "15 E>B",
    "30 F>A",
    "6 F>B",
) | {(): 4}

# The same election among the three who stayed, from all ballots (rangevoting.org/Burlington.html), with which the matrix
# of the page "2009 Burlington mayoral election" of electowiki can be recomputed.
BURLINGTON_THREE = papers(
    "1332 C>B>A", "767 C>A>B", "455 C", "2043 B>C>A", "371 B>A>C", "568 B", "1513 A>C>B", "495 A>B>C", "1289 A"
)

# Alaska, at-large district, special election of 16 August 2022, as certified: Begich's ballots by their next choice.
PELTOLA, PALIN, BEGICH = 1, 2, 3
ALASKA = papers("75799 A", "58973 B", "15467 C>A", "27053 C>B", "11290 C")


def marks(rows, criterion="value"):
    """Per nominee the marks of jurors 1, 2, …; None for who recused."""
    return {
        (juror, nominee, criterion): mark
        for nominee, given_marks in rows.items()
        for juror, mark in enumerate(given_marks, 1)
        if mark is not None
    }


@some.composite
def rankings(draw, candidates: int = 5, *, equals: bool = True) -> Ranks:
    """Draw a ranking, perhaps of some only, perhaps with equals."""
    order = draw(some.permutations(range(1, candidates + 1)))
    named = order[: draw(some.integers(0, candidates))]
    groups: list[list[int]] = []
    for one in named:
        if groups and equals and draw(some.booleans()) and draw(some.booleans()):
            groups[-1].append(one)
        else:
            groups.append([one])
    return tuple(tuple(sorted(group)) for group in groups)


def polls(candidates: int = 5, *, equals: bool = True, most: int = 12):
    """Draw the ballots of a poll, with how often each was cast."""
    return some.lists(some.tuples(rankings(candidates, equals=equals), some.integers(1, 9)), min_size=1, max_size=most)
