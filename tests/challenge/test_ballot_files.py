"""V5: ballots in files are read forgivingly, refused with line numbers, and counted from the shell by anybody."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.challenge.ballot_files import BallotFile, UnclearBallots, read, write_blt, write_csv
from app.core.i18n import speaking
from tests.challenge.elections import BURLINGTON, SCHULZE, rankings

ANNA, BERT, CARLA = 1, 2, 3
names = some.text(
    some.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters='"'), min_size=1, max_size=9
)
files = some.builds(
    lambda named, papers, gone: BallotFile(tuple(named), papers, frozenset(gone)),
    some.lists(names.filter(lambda name: not name.isdigit()), min_size=4, max_size=4, unique_by=str.lower),
    some.dictionaries(rankings(candidates=4), some.integers(1, 99), min_size=1, max_size=6),
    some.sets(some.integers(1, 4), max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(files)
def test_what_is_written_as_blt_is_read_back(file):
    back = read(write_blt(file).encode())
    assert (back.names, back.papers, back.withdrawn, back.notes) == (file.names, file.papers, file.withdrawn, ())


@settings(max_examples=60, deadline=None)
@given(files)
def test_what_is_written_as_csv_is_read_back(file):
    back = read(write_csv(file).encode())
    assert (back.papers, back.withdrawn) == (file.papers, file.withdrawn)
    assert [name.removeprefix("'") for name in back.names] == [name.removeprefix("'") for name in file.names]


def test_a_file_as_people_make_it_is_understood_and_what_was_made_of_it_is_noted(app):
    content = """\
    # the jury's own poll
    3, 1
    -3
    (first) 2 1 2=03 0   # equal second
    1 2 - 1 0
    4 2
    1 0

    "Anna #1"
    Bert
    """
    with app.app_context(), speaking("en"):
        file = read(content.replace("\n", "\r\n").encode("utf-8-sig"))
    assert file.names == ("Anna #1", "Bert", "Candidate 3")
    assert file.withdrawn == {CARLA}
    assert file.papers == {((ANNA,), (BERT, CARLA)): 2, ((BERT,), (ANNA,)): 1, ((BERT,),): 4, (): 1}
    assert file.notes == (
        "The ballots do not end with a line that holds 0; they were taken to end before the names.",
        "Some ballots do not end with 0; the end of their line was taken for it.",
        "Not every candidate has a name in the file.",
    )


def test_csv_takes_commas_old_letters_and_ballots_without_a_count():
    file = read("André,Bert [teruggetrokken],Carla\n1,1,\n,-,2\n\n0,3,1\n".encode("cp1252"))
    assert file.names == ("André", "Bert", "Carla")
    assert file.withdrawn == {BERT}
    assert file.papers == {((ANNA, BERT),): 1, ((CARLA,),): 1, ((CARLA,), (BERT,)): 1}


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        ("", ["The file is empty."]),
        ("0 1\n0\n", ["Line 1: The first line holds the number of candidates, from 1 to 200, and the seats."]),
        (
            '2 1\n-3\n1 1 1 0\nx 1 0\n0 2 0\n1 3 0\n0\n"A"\n"B"\n"C"\n"D"\n',
            [
                "Line 2: “-3” names no candidate who withdrew.",
                "Line 3: Candidate 1 stands on this ballot more than once.",
                "Line 4: “x” does not say how often the ballot was cast.",
                "Line 5: How often a ballot was cast is a whole number from 1 on.",
                "Line 6: “3” is no candidate’s number, from 1 to 2.",
                "There are more names than candidates and a title.",
            ],
        ),
        ("Anna;Anna\n1;2\n", ["Line 1: The first line names each candidate once, from 1 to 200 of them."]),
        (
            "aantal;Anna;Bert\n2;1;x\n0;1;2\n1;1;2;3\n",
            [
                "Line 2: “x” for Bert is no place.",
                "Line 3: “0” does not say how often the ballot was cast.",
                "Line 4: The line has more columns than the first one.",
            ],
        ),
    ],
)
def test_what_is_not_clear_is_refused_with_every_line_at_fault(app, content, faults):
    with app.app_context(), speaking("en"), pytest.raises(UnclearBallots) as refused:
        read(content.encode())
    assert str(refused.value).splitlines() == faults


def test_after_twenty_faults_no_more_are_looked_for():
    with pytest.raises(UnclearBallots) as refused:
        read(("2 1\n" + "".join(f"1 {number} 0\n" for number in range(3, 99)) + "0\n").encode())
    assert len(refused.value.faults) == 20


@pytest.fixture
def counted(app, tmp_path):
    def run(content, *arguments):
        file = tmp_path / "ballots.blt"
        file.write_text(content)
        return app.test_cli_runner().invoke(args=["challenge", "count", str(file), *arguments])

    return run


def test_the_rounds_of_burlington_come_out_of_the_shell(counted):
    people = ("Kurt Wright", "Bob Kiss", "Andy Montroll", "Dan Smith", "James Simpson", "Write-in")
    file = write_blt(BallotFile(people, BURLINGTON, title="Burlington 2009"))
    told = counted(file, "--method", "irv", "--language", "en").output
    assert told.splitlines() == [
        "Burlington 2009: instant runoff",
        "8980 ballots; 4 of them tell no two candidates apart.",
        "",
        "               round 1  round 2  round 3",
        "Bob Kiss          2585     2981     4313",
        "Kurt Wright       2951     3294     4061",
        "Andy Montroll     2063     2554",
        "Dan Smith         1306",
        "Write-in            36",
        "James Simpson       35",
        "exhausted            4      151      606",
        "",
        "After round 1 leaves: James Simpson, Write-in, Dan Smith",
        "After round 2 leaves: Andy Montroll",
        "",
        "Order",
        "  1. Bob Kiss",
        "  2. Kurt Wright",
        "  3. Andy Montroll",
        "  4. Dan Smith",
        "  5. Write-in",
        "  6. James Simpson",
    ]


def test_matrix_and_paths_of_schulze_come_out_in_dutch(counted):
    told = counted(write_blt(BallotFile(tuple("ABCDE"), SCHULZE, title="Schulze")), "--method", "schulze").output
    assert "Schulze: Schulze, winnende stemmen" in told
    assert "  1 A   –  20  26  30  22" in told
    assert "Niemand wint van elk van de anderen." in told
    assert told.endswith("Volgorde\n  1. E\n  2. A\n  3. C\n  4. B\n  5. D\n")


@pytest.mark.parametrize(
    ("method", "line", "tie"),
    [
        ("borda", "Anna     2.00  100.00", "Tie for place 2, resolved by the frozen order: Carla, Bert"),
        ("plurality", "Anna        1  100.00", "Tie for place 2, resolved by the frozen order: Carla, Bert"),
        ("approval", "Anna        1  100.00", "Tie for place 1, resolved by the frozen order: Carla, Bert, Anna"),
    ],
)
def test_points_come_with_the_matrix_and_ties_with_how_they_were_resolved(counted, method, line, tie):
    told = counted(
        '3 1\n1 1 2=3 0\n0\n"Anna"\n"Bert"\n"Carla"\n', "--method", method, "--tie-order", "3,2,1", "--language", "en"
    ).output
    assert "Anna beats each of the others." in told
    assert {line, tie} <= set(told.splitlines())
    assert ("That is not who comes first here." in told) == (method == "approval")


def test_a_file_that_is_not_clear_or_an_order_that_does_not_fit_ends_with_a_message(counted):
    unclear = counted("2 1\n1 3 0\n0\n", "--method", "borda")
    assert (
        unclear.exit_code,
        "Regel 2: “3” is geen nummer van een kandidaat, van 1 tot en met 2." in unclear.output,
    ) == (1, True)
    for order in ("1,1", "1", "1,x"):
        assert counted("2 1\n1 1 0\n0\n", "--method", "borda", "--tie-order", order).exit_code == 1
    assert counted("2 1\n-1\n-2\n1 1 0\n0\n", "--method", "borda").exit_code == 1
