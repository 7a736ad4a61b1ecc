"""V7: what everybody reads of a result, what can be taken along, and that it can be checked without the portal."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from app.accounts.models import Account
from app.challenge import queries, services
from app.challenge.bundle import zipped
from app.challenge.models import Edition, EditionState, Method, Model, NominationKind, RoundKind
from app.core.db import db

from .conftest import fresh, make_member, said
from .editions import TOOLS
from .held import make_held


@pytest.fixture
def held(officer) -> Edition:
    return make_held(officer)


def verified(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(TOOLS / "challenge_verify.py"), str(path), "--english"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_v7_the_page_names_the_winner_and_splits_the_margin_into_parts_that_add_up(client, held):
    page = client.get(f"/challenge/{held.year}/result?lang=en", follow_redirects=True)
    assert page.status_code == 200
    assert "Anna Voorbeeld" in page.text
    figures = client.get(f"/challenge/{held.year}/result/elements.json").json
    margin = figures["margin"]
    parts = [round(100 * float(value)) for value in (*margin["criteria"].values(), margin["members"])]
    assert sum(parts) == round(100 * float(margin["total"]))
    first, second = figures["nominees"][:2]
    assert round(100 * (float(first["total"]) - float(second["total"]))) == sum(parts)


def test_v7_the_bundle_of_the_page_is_found_right_by_the_stand_alone_tool_and_refused_once_changed(
    client, held, tmp_path
):
    answer = client.get(f"/challenge/{held.year}/result/bundle.zip")
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(answer.data)
    done = verified(bundle)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.endswith("Everything is right.\n")
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        files = {name.removesuffix(".json"): json.loads(archive.read(name)) for name in archive.namelist()}
    files["result"]["rows"]["2"]["total"] += 10_000
    bundle.write_bytes(zipped(files))
    done = verified(bundle)
    assert done.returncode == 1
    assert "[result-changed]" in done.stdout


@pytest.mark.parametrize("method", [Method.IRV, Method.SCHULZE])
def test_v7_rounds_and_pairs_are_shown_whatever_the_method(client, officer, method, tmp_path):
    held = make_held(officer, method=method, changes={"model": Model.SEPARATE})
    page = client.get(f"/challenge/{held.year}/result?lang=en", follow_redirects=True)
    assert page.status_code == 200
    assert ("chart-rounds" in page.text) == (method is Method.IRV)
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(client.get(f"/challenge/{held.year}/result/bundle.zip").data)
    assert verified(bundle).returncode == 0


def test_v7_the_elements_come_as_csv_and_the_guide_as_page_and_paper(client, held):
    rows = client.get(f"/challenge/{held.year}/result/elements.csv").text.splitlines()
    assert len(rows) == 1 + 4
    assert "Anna Voorbeeld" in rows[1]
    guide = client.get(f"/challenge/{held.year}/selection-guide").text
    assert all(one.name_nl in guide for one in held.criteria)
    paper = client.get(f"/challenge/{held.year}/selection-guide.pdf")
    assert paper.data.startswith(b"%PDF")


def test_v7_off_the_podium_only_who_agreed_is_named_on_the_page_and_in_the_files(client, held):
    page = client.get(f"/challenge/{held.year}/result").text
    assert "Carla Voorbeeld" in page
    assert "Dirk Voorbeeld" not in page
    with zipfile.ZipFile(BytesIO(client.get(f"/challenge/{held.year}/result/bundle.zip").data)) as archive:
        assert not any(b"Dirk Voorbeeld" in archive.read(name) for name in archive.namelist())


def test_v7_on_fewer_than_ten_ballots_nothing_is_told_of_what_was_decisive(client, officer):
    held = make_held(officer, votes=9, roll=12)
    assert client.get(f"/challenge/{held.year}/result/elements.json").json["called_decisive"] is None
    assert "chart-decisive" not in client.get(f"/challenge/{held.year}/result").text


def test_v6_without_a_quorum_the_jury_decides_and_the_page_says_so(client, officer):
    held = make_held(officer, votes=11, roll=100)
    page = client.get(f"/challenge/{held.year}/result").text
    assert said("Fewer members voted than the quorum asks for, so this is the result of the jury alone.") in page
    assert client.get(f"/challenge/{held.year}/result/elements.json").json["awards"][0]["basis"] == "jury"


def test_v2_who_withdrew_is_counted_nowhere(client, officer, tmp_path):
    held = make_held(officer, withdrawn=(1,))
    page = client.get(f"/challenge/{held.year}/result").text
    assert "Anna Voorbeeld" not in page
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(client.get(f"/challenge/{held.year}/result/bundle.zip").data)
    assert verified(bundle).returncode == 0


def test_v6_an_edition_of_the_jury_alone_counts_without_ballots(client, officer, tmp_path):
    rounds = ((RoundKind.NOMINATION, Method.OPEN), (RoundKind.JURY, Method.RUBRIC))
    held = make_held(officer, rounds=rounds, votes=0, roll=0)
    figures = client.get(f"/challenge/{held.year}/result/elements.json").json
    assert figures["awards"][0]["basis"] == "jury"
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(client.get(f"/challenge/{held.year}/result/bundle.zip").data)
    done = verified(bundle)
    assert done.returncode == 0, done.stdout


def test_v9_the_hall_of_fame_lists_who_won_and_is_empty_before(client, officer):
    assert said("Nobody yet") in client.get("/challenge/hall-of-fame").text
    held = make_held(officer)
    page = client.get("/challenge/hall-of-fame").text
    assert "Anna Voorbeeld" in page
    assert f"/challenge/{held.year}/result" in page


# V8: two persons


def test_v8_a_result_is_public_once_officer_and_chair_have_agreed_and_not_before(client, sign_in, officer):
    held = make_held(officer, until_counted=True)
    address, here = f"/challenge/{held.year}/result", f"/challenge/{held.id}"
    assert client.get(address).status_code == 404
    sign_in(client, officer)
    assert client.get(f"{here}/preview").status_code == 200
    for _twice in range(2):
        assert client.post(f"{here}/publish").status_code == 303
    assert fresh(held).state is EditionState.COUNTED
    assert client.post(f"{here}/publish/take-back").status_code == 303
    assert queries.releases(held.id) == {}
    client.post(f"{here}/publish")
    sign_in(client, db.session.get_one(Account, held.chair_id))
    assert client.get(f"{here}/preview").status_code == 200
    assert client.post(f"{here}/publish").headers["Location"].endswith(address)
    assert fresh(held).state is EditionState.PUBLISHED
    assert client.get(address).status_code == 200
    assert queries.last_entry(held.id).kind == "published"


def test_v8_one_person_never_makes_a_result_public_in_two_roles(client, sign_in, officer, make_account):
    held = make_held(officer, until_counted=True)
    other = make_account(roles=("returning_officer",))
    sign_in(client, officer)
    client.post(f"/challenge/{held.id}/publish")
    sign_in(client, other)
    client.post(f"/challenge/{held.id}/publish")
    assert fresh(held).state is EditionState.COUNTED
    assert [one.account_id for one in queries.releases(held.id).values()] == [officer.id]


def test_v8_nobody_else_learns_that_it_was_counted(client, sign_in, officer, make_account):
    held = make_held(officer, until_counted=True)
    sign_in(client, make_account())
    assert client.get(f"/challenge/{held.id}/preview").status_code == 404
    assert client.post(f"/challenge/{held.id}/publish").status_code == 404


def test_v7_a_nominee_chooses_to_be_named_until_the_edition_opens(client, sign_in, officer, nominating):
    person = make_member()
    nominee = services.nominate(nominating.id, person.id, kind=NominationKind.SELF, reason="Ik kan dit.", by=person.id)
    services.agree(nominee.id, terms_version=1, by=person.id)
    db.session.commit()
    sign_in(client, person)
    page = client.get(f"/challenge/nominations/{nominee.id}").text
    assert said("Name me with my points, too") in page
    assert client.post(f"/challenge/nominations/{nominee.id}/naming/1").status_code == 303
    assert queries.nominees_by_number(nominating.id)[nominee.number][1]
