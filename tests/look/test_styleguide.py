"""The style guide shows every part in every layout, in development only; what all pages share is held here."""

from __future__ import annotations

import re
from collections import Counter

import pytest

LAYOUTS = ("public", "member", "bureau")
PARTS = {
    "notice", "card", "empty", "steps", "summary", "timeline", "tabs", "figures", "details", "ring", "year", "progress",
    "badge", "leaf", "rows", "chart", "error-summary", "field", "listing", "table",
}  # fmt: skip


@pytest.fixture
def development(development_app):
    return development_app.test_client()


def page(client, layout="public"):
    response = client.get(f"/dev/styleguide/{layout}")
    assert response.status_code == 200
    return response.text


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_part_is_shown_in_every_layout(development, layout):
    classes = {name for value in re.findall(r'class="([^"]*)"', page(development, layout)) for name in value.split()}
    assert classes >= PARTS


def test_it_is_not_there_outside_development(client):
    assert client.get("/dev/styleguide/").status_code == 404


def test_an_unknown_layout_is_not_found(development):
    assert development.get("/dev/styleguide/other").status_code == 404


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_page_has_one_h1_unique_ids_and_starts_with_the_skip_link(development, layout):
    html = page(development, layout)
    assert len(re.findall(r"<h1\b", html)) == 1
    assert [name for name, times in Counter(re.findall(r'\sid="([^"]+)"', html)).items() if times > 1] == []
    first = re.search(r"<(?:a|button|input)\b[^>]*>", html)
    assert first
    assert 'class="skip-link"' in first[0]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_is_inline_that_the_content_policy_forbids(development, layout):
    html = page(development, layout)
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_the_chosen_theme_is_on_the_page_itself_so_that_nothing_flashes(development):
    assert 'data-theme="auto"' in page(development)
    development.get("/dev/styleguide/public?theme=dark")
    html = page(development)
    assert 'data-theme="dark"' in html
    assert "theme=light" in html


def test_switching_the_language_keeps_the_page_and_its_query(development):
    html = page(development, "public?q=oost")
    assert '<html lang="nl"' in html
    address = re.search(r'href="([^"]*lang=en[^"]*)"', html)
    assert address
    response = development.get(address[1].replace("&amp;", "&"), follow_redirects=True)
    assert response.request.full_path == "/dev/styleguide/public?q=oost"
    assert '<html lang="en"' in response.text


def test_help_stands_in_the_same_place_in_every_layout(development):
    footers = {re.sub(r"styleguide/\w+", "", page(development, layout).split("<footer")[1]) for layout in LAYOUTS}
    assert len(footers) == 1


def test_public_pages_carry_no_form_in_their_frame(development):
    frame = page(development, "public").split("<main")[0]
    assert "<form" not in frame


@pytest.mark.parametrize("status", [400, 403, 404, 410, 429, 500, 503])
def test_an_error_page_has_a_way_on_and_a_reference(development, status):
    response = development.get(f"/dev/styleguide/error/{status}")
    assert response.headers["X-Request-ID"] in response.text
    assert 'href="/"' in response.text
    assert "mailto:" in response.text
