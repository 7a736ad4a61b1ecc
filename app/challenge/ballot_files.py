"""Ballots in files, to hand to others and to count elsewhere: BLT, and CSV with a column per candidate (V5).

BLT is the format of OpenSTV and its successors: numbers of candidates and seats, `-2` for who withdrew, ballots as
`times first second=third 0`, a lone `0`, names, title. A CSV has a column per candidate with the place that a ballot
gives it, and perhaps one with how often that ballot was cast; `[withdrawn]` behind a name says so.

Readers take what is clear and note what they made of it; what is not clear is refused with every line at fault.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.challenge.counting import Ranks
from app.core.errors import Refusal
from app.core.export import safe_text
from app.core.i18n import _

MOST_FAULTS = 20
MOST_CANDIDATES = 200
TIMES_HEADINGS = {"ballots", "count", "times", "votes", "aantal", "stembiljetten", "stemmen"}
TIMES = "ballots"
_HEADER = re.compile(r"\s*\d+[\s,;]+\d+\s*(#.*)?$")
_LEFT = re.compile(r"\s*\[(withdrawn|teruggetrokken)\]\s*$", re.IGNORECASE)
_IDENTIFIER = re.compile(r"^\(.*?\)\s*")
_QUOTED = re.compile(r'"[^"]*"')
_NOBODY = {"", "-", "0"}


@dataclass(frozen=True)
class Fault:
    """What is wrong, and in which line; 0 for the file as a whole."""

    line: int
    what: str

    def __str__(self) -> str:
        return _("Line %(line)s: %(what)s", line=self.line, what=self.what) if self.line else self.what


class UnclearBallots(Refusal):
    """The file cannot be read as ballots; tells each line that is at fault, up to twenty."""

    status = 422

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


@dataclass(frozen=True)
class BallotFile:
    """What a file holds: candidates by number from 1 on, and how often each ranking was cast."""

    names: tuple[str, ...]
    papers: Mapping[Ranks, int]
    withdrawn: frozenset[int] = frozenset()
    title: str = ""
    notes: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The candidates as the file numbers them."""
        return tuple(range(1, len(self.names) + 1))


@dataclass
class _Reading:
    """What was found wrong so far, and what was made of it."""

    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def fault(self, line: int, what: str) -> None:
        self.faults.append(Fault(line, what))
        if len(self.faults) >= MOST_FAULTS:
            raise UnclearBallots(self.faults)

    def note(self, what: str) -> None:
        if what not in self.notes:
            self.notes.append(what)

    def end(self) -> None:
        if self.faults:
            raise UnclearBallots(self.faults)


def read(content: bytes) -> BallotFile:
    """Read a file of ballots, whichever of the two formats it has."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    if not first:
        raise UnclearBallots([Fault(0, _("The file is empty."))])
    return read_blt(text) if _HEADER.match(first) else read_csv(text)


def read_blt(text: str) -> BallotFile:
    """Read BLT; equal ranks are joined by `=`, `-` is a place left open, `(…)` before a ballot its identifier."""
    reading = _Reading()
    lines = ((number, _plain(line)) for number, line in enumerate(text.splitlines(), 1))
    filled = ((number, line) for number, line in lines if line)
    candidates = _candidates(next(filled, (0, "")), reading)
    together: Counter[str] = Counter()
    first_seen: dict[str, int] = {}
    withdrawn: set[int] = set()
    texts: list[str] = []
    for number, line in filled:
        if line[0] == '"':
            reading.note(_("The ballots do not end with a line that holds 0; they were taken to end before the names."))
            texts.append(line)
        elif line == "0":
            pass
        elif line[0] == "-":
            withdrawn |= _withdrawn(number, line, candidates, reading)
            continue
        else:
            together[line] += 1
            first_seen.setdefault(line, number)
            continue
        break
    else:
        reading.note(_("The file ends with the ballots: there is no line that holds 0, and there are no names."))
    texts += [line for _number, line in filled]
    papers = _papers(together, first_seen, candidates, reading)
    names, title = _names(texts, candidates, reading)
    reading.end()
    return BallotFile(names, papers, frozenset(withdrawn), title, tuple(reading.notes))


def _plain(line: str) -> str:
    """Leave out blanks around and a comment behind; a # inside quotation marks belongs to the name."""
    before, mark, behind = line.partition("#")
    return line.strip() if not mark or ('"' in before and '"' in behind) else before.strip()


def _candidates(first: tuple[int, str], reading: _Reading) -> int:
    number, line = first
    found = [int(word) for word in re.split(r"[\s,;]+", line) if word.isdigit()]
    if not found or not 1 <= found[0] <= MOST_CANDIDATES:
        what = _(
            "The first line holds the number of candidates, from 1 to %(most)s, and the seats.", most=MOST_CANDIDATES
        )
        raise UnclearBallots([*reading.faults, Fault(number, what)])
    return found[0]


def _withdrawn(number: int, line: str, candidates: int, reading: _Reading) -> set[int]:
    found = set()
    for word in line.split():
        one = int(word[1:]) if re.fullmatch(r"-\d+", word) else 0
        if 1 <= one <= candidates:
            found.add(one)
        else:
            reading.fault(number, _("“%(word)s” names no candidate who withdrew.", word=word))
    return found


def _papers(
    together: Mapping[str, int], first_seen: Mapping[str, int], candidates: int, reading: _Reading
) -> dict[Ranks, int]:
    alone = {str(one): (one,) for one in range(1, candidates + 1)}
    papers: dict[Ranks, int] = {}
    ranks: Ranks
    for line, lines in together.items():
        words = line.split()
        try:
            if words[-1] != "0" or len(set(words[1:])) != len(words) - 1:
                raise KeyError  # noqa: TRY301  the slow way finds what it is
            ranks, times = tuple([alone[word] for word in words[1:-1]]), int(words[0])
        except (KeyError, ValueError):
            ranks, times = _paper(first_seen[line], line, alone, reading)
        if times < 1:
            reading.fault(first_seen[line], _("How often a ballot was cast is a whole number from 1 on."))
        papers[ranks] = papers.get(ranks, 0) + times * lines
    return papers


def _paper(number: int, line: str, alone: Mapping[str, tuple[int]], reading: _Reading) -> tuple[Ranks, int]:
    """Read a ballot that is more than numbers in a row, and tell what is wrong with it."""
    words = re.split(r"[\s,;]+", _IDENTIFIER.sub("", line).strip(" ,;"))
    times = words.pop(0)
    if words and words[-1] == "0":
        words.pop()
    else:
        reading.note(_("Some ballots do not end with 0; the end of their line was taken for it."))
    groups = []
    for word in words:
        if word == "-":
            continue
        found: list[int] = []
        for one in word.split("="):
            known = alone.get(one.lstrip("0") or one)
            if known is None:
                reading.fault(
                    number, _("“%(word)s” is no candidate’s number, from 1 to %(most)s.", word=one, most=len(alone))
                )
            else:
                found += known
        groups.append(tuple(sorted(found)))
    named = [one for group in groups for one in group]
    for one in sorted({one for one in named if named.count(one) > 1}):
        reading.fault(number, _("Candidate %(number)s stands on this ballot more than once.", number=one))
    if not times.isdigit():
        reading.fault(number, _("“%(word)s” does not say how often the ballot was cast.", word=times))
    return tuple(group for group in groups if group), int(times) if times.isdigit() else 1


def _names(texts: list[str], candidates: int, reading: _Reading) -> tuple[tuple[str, ...], str]:
    plain = [text.strip().strip('"').strip() for text in texts]
    if len(plain) > candidates + 1:
        reading.fault(0, _("There are more names than candidates and a title."))
    if len(plain) < candidates:
        reading.note(_("Not every candidate has a name in the file."))
    names = [
        plain[place] if place < len(plain) and plain[place] else _("Candidate %(number)s", number=place + 1)
        for place in range(candidates)
    ]
    return tuple(names), plain[candidates] if len(plain) > candidates else ""


def read_csv(text: str) -> BallotFile:
    """Read a CSV, with commas, semicolons or tabs between its columns."""
    reading = _Reading()
    head = next(line for line in text.splitlines() if line.strip())
    outside_quotes = _QUOTED.sub("", head)
    separator = next((each for each in "\t;," if each in outside_quotes), ",")
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    filled = ((rows.line_num, row) for row in rows if any(cell.strip() for cell in row))
    number, headings = next(filled)
    headings = [_as_written(heading.strip()) for heading in headings]
    times_at = next((place for place, each in enumerate(headings) if each.lower() in TIMES_HEADINGS), None)
    columns = [place for place, each in enumerate(headings) if place != times_at and each]
    names = [_LEFT.sub("", headings[place]) for place in columns]
    if not names or len(set(names)) != len(names) or len(names) > MOST_CANDIDATES:
        what = _("The first line names each candidate once, from 1 to %(most)s of them.", most=MOST_CANDIDATES)
        raise UnclearBallots([Fault(number, what)])
    withdrawn = {one for one, place in enumerate(columns, 1) if _LEFT.search(headings[place])}
    papers: Counter[Ranks] = Counter()
    for line, row in filled:
        if len(row) > len(headings) and any(cell.strip() for cell in row[len(headings) :]):
            reading.fault(line, _("The line has more columns than the first one."))
        cells = [*(cell.strip() for cell in row), *[""] * len(headings)]
        times = "1" if times_at is None else cells[times_at]
        ranks = _ranked(line, [(one, cells[place]) for one, place in enumerate(columns, 1)], names, reading)
        if not times.isdigit() or not int(times):
            reading.fault(line, _("“%(word)s” does not say how often the ballot was cast.", word=times))
        else:
            papers[ranks] += int(times)
    reading.end()
    return BallotFile(tuple(names), dict(papers), frozenset(withdrawn))


def _as_written(cell: str) -> str:
    """Take away the mark that keeps a spreadsheet from taking a name for a formula."""
    return cell[1:] if cell[:1] == "'" and safe_text(cell[1:]) == cell else cell


def _ranked(line: int, cells: Iterable[tuple[int, str]], names: Sequence[str], reading: _Reading) -> Ranks:
    by_place: dict[int, list[int]] = {}
    for one, cell in cells:
        if cell in _NOBODY:
            continue
        if cell.isdigit():
            by_place.setdefault(int(cell), []).append(one)
        else:
            reading.fault(line, _("“%(word)s” for %(name)s is no place.", word=cell, name=names[one - 1]))
    return tuple(tuple(by_place[place]) for place in sorted(by_place))


def _in_order(file: BallotFile) -> Iterator[tuple[Ranks, int]]:
    """Yield the ballots, the most frequent first, so that the same ballots always make the same file."""
    yield from sorted(file.papers.items(), key=lambda paper: (-paper[1], paper[0]))


def write_blt(file: BallotFile) -> str:
    """Write BLT; a quotation mark in a name becomes a single one, which the format can hold."""
    lines = [f"{len(file.names)} 1", *(f"-{one}" for one in sorted(file.withdrawn))]
    for ranks, times in _in_order(file):
        lines.append(" ".join([str(times), *("=".join(map(str, group)) for group in ranks), "0"]))
    lines.append("0")
    lines += ['"' + re.sub(r"\s+", " ", name.replace('"', "'")) + '"' for name in (*file.names, file.title)]
    return "\n".join(lines) + "\n"


def write_csv(file: BallotFile) -> str:
    """Write a CSV with a column per candidate, as Dutch Excel opens it; equals have the same place."""
    out = io.StringIO()
    sheet = csv.writer(out, delimiter=";", lineterminator="\r\n")
    marked = [f"{name} [withdrawn]" if one in file.withdrawn else name for one, name in enumerate(file.names, 1)]
    sheet.writerow([TIMES, *(safe_text(name) for name in marked)])
    for ranks, times in _in_order(file):
        places = {one: place for place, group in enumerate(ranks, 1) for one in group}
        sheet.writerow([times, *(places.get(one, "") for one in file.numbers)])
    return "\ufeff" + out.getvalue()
