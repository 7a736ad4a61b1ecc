"""G1: a copy and the dates of a series take the materials along, and a file is kept once, for as long as one names it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.agenda.materials.models import Audience, Material, Opens
from app.agenda.models import Gathering
from app.core import files
from app.core.db import db

from .conftest import make_gathering, said
from .test_materials import kept_files, put
from .test_series import RHYTHM, all_dates, filled_like


@pytest.fixture(autouse=True)
def coordinator(client, sign_in, make_account) -> Iterator[Any]:
    return sign_in(client, make_account(roles=("coordinator",)))


def with_both() -> tuple[Gathering, Material, Material]:
    """A gathering with a file for who has a seat, and a link for members, for afterwards."""
    gathering = make_gathering()
    sheets = put(gathering)
    film = put(
        gathering, title="De film", url="https://film.example", audience=Audience.MEMBERS, opens=Opens.AFTERWARDS
    )
    return gathering, sheets, film


def at(gathering: Gathering) -> list[Material]:
    db.session.expire_all()
    return list(
        db.session.scalars(select(Material).where(Material.gathering_id == gathering.id).order_by(Material.title))
    )


def told(materials: list[Material]) -> list[tuple[Any, ...]]:
    return [(one.title, one.audience, one.opens, one.url, one.stored_name) for one in materials]


def test_g1_a_copy_offers_the_materials_with_for_whom_they_are_and_takes_them_along(app, client):
    original, sheets, film = with_both()
    before = kept_files(app)
    page = client.get(f"/bureau/agenda/{original.id}/copy").text
    assert len(re.findall(r'name="materials"\s+value="[0-9a-f-]+" checked', page)) == 2
    assert said("Members") + " · " + said("Once the gathering is over") in page
    chosen = {"materials": [str(sheets.id), str(film.id)]}
    posted: Any = filled_like(original, day="11-2-2027") | chosen
    assert client.post(f"/bureau/agenda/{original.id}/copy", data=posted).status_code == 303
    assert told(at(all_dates()[1])) == told(at(original))
    assert kept_files(app) == before
    copied = at(all_dates()[1])[1]
    assert client.get(f"/bureau/agenda/{copied.gathering_id}/materials/{copied.id}/file").status_code == 200


def test_g1_what_is_unticked_stays_behind(client):
    original, _sheets, film = with_both()
    posted: Any = filled_like(original, day="11-2-2027") | {"materials": [str(film.id)]}
    assert client.post(f"/bureau/agenda/{original.id}/copy", data=posted).status_code == 303
    assert [one.title for one in at(all_dates()[1])] == ["De film"]
    assert client.post(f"/bureau/agenda/{original.id}/copy", data=filled_like(original)).status_code == 303
    assert sum(not at(one) for one in all_dates()) == 1


def test_g1_each_date_of_a_series_gets_the_materials_that_were_ticked(app, client):
    first, sheets, _film = with_both()
    before = kept_files(app)
    address = f"/bureau/agenda/{first.id}/repeat"
    shown = client.post(address, data=RHYTHM).text
    assert len(re.findall(r'name="materials"\s+value="[0-9a-f-]+" checked', shown)) == 2
    days = re.findall(r'name="days"\s+value="([0-9-]+)" checked', shown)
    posted = RHYTHM | {"shown": "1", "days": days, "materials": [str(sheets.id)]}
    assert client.post(address, data=posted).status_code == 303
    assert [[one.title for one in at(date)] for date in all_dates()] == [["De film", "De slides"], *[["De slides"]] * 3]
    assert kept_files(app) == before


def test_g1_a_shared_file_goes_with_the_last_that_names_it(client):
    original, sheets, _film = with_both()
    stored = sheets.stored_name
    posted: Any = filled_like(original, day="11-2-2027") | {"materials": [str(sheets.id)]}
    client.post(f"/bureau/agenda/{original.id}/copy", data=posted)
    copied = all_dates()[1]
    client.post(f"/bureau/agenda/{original.id}/materials/{sheets.id}/remove")
    assert files.path(stored).exists()
    client.post(f"/bureau/agenda/{copied.id}/discard")
    assert not files.path(stored).exists()


def test_g1_what_was_taken_away_meanwhile_is_said_and_nothing_typed_is_lost(client):
    original, sheets, _film = with_both()
    posted: Any = filled_like(original, title="Een andere titel") | {"materials": [str(sheets.id)]}
    client.post(f"/bureau/agenda/{original.id}/materials/{sheets.id}/remove")
    answer = client.post(f"/bureau/agenda/{original.id}/copy", data=posted)
    assert answer.status_code == 422
    assert "Een andere titel" in answer.text
    assert len(all_dates()) == 1
