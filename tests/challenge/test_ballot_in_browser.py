"""V6, ux 28 and 37: names are ranked by dragging, by buttons, by typing and by the keyboard, and without a script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.challenge import links
from app.challenge.models import Invitee, RollEntry
from app.core.db import atomic, db
from tests.accessibility import complaints
from tests.factories import make_account
from tests.serving import in_threads

from .polls import make_poll

pytestmark = [pytest.mark.browser, pytest.mark.committed]


@pytest.fixture
def vote(committed_app):
    """Where an invited voter votes, and what the trustee will find."""
    with atomic():
        officer = make_account(roles=("returning_officer",))
    poll = make_poll(officer)
    iris = Invitee(edition_id=poll.edition_id, name="Iris", email="iris@ander.example")
    with atomic():
        db.session.add(iris)
        db.session.flush()
        db.session.add(RollEntry(edition_id=poll.edition_id, voter=iris.id))
        token = links.voter_token(iris)
    with in_threads(committed_app) as url:
        yield f"{url}/challenge/vote/{token}", poll


def row(page, name):
    return page.locator(f'[data-ranking] li[data-name^="{name}"]')


def places(page):
    return {name: row(page, name).locator("input").input_value() for name in ("Anna", "Bert", "Carla")}


def sends(page):
    """Look again, keep the code, cast, and return the code."""
    page.get_by_role("button", name="Bekijk mijn stembiljet nog eens").click()
    code = page.locator(".code code").inner_text().replace("-", "")
    page.get_by_role("button", name="Breng mijn stem uit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uw stem is ontvangen")
    return code


def found(poll):
    (ballot,) = poll.opened()
    db.session.rollback()
    return ballot


def test_v6_names_are_ranked_by_dragging_them_above_the_line(open_tab, vote):
    at, poll = vote
    page = open_tab(f"{at}/ballot")
    for name in ("Carla", "Anna"):
        handle, line = row(page, name).locator("[data-handle]"), page.locator("[data-ranking] .divider")
        start, end = handle.bounding_box(), line.bounding_box()
        page.mouse.move(start["x"] + 8, start["y"] + 8)
        page.mouse.down()
        page.mouse.move(start["x"] + 8, end["y"] - 2, steps=8)
        page.mouse.up()
    assert places(page) == {"Carla": "1", "Anna": "2", "Bert": ""}
    code = sends(page)
    assert (found(poll)["code"], found(poll)["ranks"]) == (code, [[3], [1]])


def test_v6_names_are_ranked_by_the_keyboard_alone_and_what_happens_is_said(open_tab, vote):
    at, poll = vote
    page = open_tab(f"{at}/ballot", width=360)
    row(page, "Bert").get_by_role("button", name=re.compile("hoger")).press("Enter")
    expect(page.locator("[data-told]")).to_have_text("Bert Voorbeeld: plaats 1")
    row(page, "Anna").locator("input").fill("1")
    row(page, "Anna").locator("input").press("Tab")
    row(page, "Carla").get_by_role("button", name=re.compile("hoger")).press("Space")
    assert complaints(page) == []
    assert places(page)["Bert"] in {"1", "2"}
    sends(page)
    assert sorted(one for group in found(poll)["ranks"] for one in group) == [1, 2, 3]


def test_v6_without_a_script_buttons_and_numbers_do_the_same(open_tab, vote):
    at, poll = vote
    page = open_tab(f"{at}/ballot", java_script_enabled=False)
    row(page, "Carla").get_by_role("button", name=re.compile("hoger")).click()
    row(page, "Bert").locator("input").fill("1")
    page.get_by_role("button", name="Zet op volgorde van mijn nummers").last.click()
    assert places(page) == {"Carla": "1", "Bert": "1", "Anna": ""}
    sends(page)
    assert found(poll)["ranks"] == [[2, 3]]
