"""V5: closing, the envelopes and the ballots from the shell."""

from __future__ import annotations

import json

from app.challenge import queries, services
from app.challenge.models import EditionState

from .conftest import fresh
from .desk import end


def test_v5_the_whole_end_of_a_ballot_goes_from_the_shell_as_well(app, opened, votes, trustee, tmp_path):
    run, year = app.test_cli_runner().invoke, str(opened.year)
    sealed, ballots = tmp_path / "sealed.json", tmp_path / "ballots.json"
    assert "not closed yet" in run(args=["challenge", "sealed", year, str(sealed)]).output
    end(opened)
    for _time in range(2):
        assert run(args=["challenge", "close"]).exit_code == 0
    assert run(args=["challenge", "sealed", year, str(sealed)]).exit_code == 0
    ballots.write_bytes(trustee.work("open", sealed.read_bytes()))
    for _time in range(2):
        assert "3 ballots are here." in run(args=["challenge", "take-in", year, str(ballots)]).output
    assert fresh(opened).state is EditionState.OPENED


def test_v5_what_cannot_be_taken_in_is_told_and_changes_nothing(app, closed, trustee, tmp_path):
    run, year, file = app.test_cli_runner().invoke, str(closed.year), tmp_path / "ballots.json"
    file.write_bytes(b"{]")
    assert "was not written by the trustee" in run(args=["challenge", "take-in", year, str(file)]).output
    assert "There is no edition of 2001." in run(args=["challenge", "take-in", "2001", str(file)]).output
    sealed = queries.kept_files(closed.id)["sealed"]
    file.write_text(
        json.dumps({"ballots": [], "edition": "x", "sealed": sealed.sha256, "signature": "00", "unreadable": []})
    )
    answer = run(args=["challenge", "take-in", year, str(file)])
    assert answer.exit_code == 1
    assert fresh(closed).state is EditionState.CLOSED
    services.close_due()
