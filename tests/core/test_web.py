"""What every request passes: hosts, proxies, junk, headers, language, theme, ways back that stay here."""

from __future__ import annotations

import pytest
from flask import request
from hypothesis import given
from hypothesis import strategies as st

from app import create_app
from app.core import access
from app.core.web import safe_next
from tests.conftest import settings
from tests.factories import make_account, sign_in

PAGES = ("/", "/agenda", "/sign-in", "/nowhere", "/home", "/healthz", "/static/css/base.css")


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "object-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers
    assert path.startswith("/static") or headers["X-Request-ID"]


def test_in_production_every_answer_says_to_come_by_https_only(database_url, tmp_path):
    app = create_app(settings(database_url, tmp_path) | {"ENV": "production"})
    for path in ("/nowhere", "/static/css/base.css"):
        with app.test_client().get(path) as answer:
            assert "includeSubDomains" in answer.headers["Strict-Transport-Security"]


def test_a_host_that_is_not_ours_is_refused(client):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/agenda?kind=%ff",
        "/agenda?kind=%00",
        "/%00",
        "/%ff",
        "/sign-in?next=/home&next=/evil",
        "/agenda?lang=en&lang=nl",
    ],
)
def test_junk_bytes_and_doubled_keys_answer_400(client, path):
    assert client.get(path).status_code == 400


def test_junk_in_a_form_answers_400(client):
    assert client.post("/sign-in", data={"email": "a\x00b@voorbeeld.example"}).status_code == 400
    assert (
        client.post("/sign-in", data=b"email=%ff%fe", content_type="application/x-www-form-urlencoded").status_code
        == 400
    )
    ten_thousand = {f"key{number}": "x" for number in range(10_000)}
    assert client.post("/sign-in", data=ten_thousand).status_code in (400, 413, 422)


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "QUACK"])
def test_odd_methods_are_not_served(client, method):
    assert client.open("/", method=method).status_code in (400, 405)


@pytest.mark.parametrize(("hops", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.1")])
def test_exactly_as_many_proxies_are_believed_as_there_are(database_url, tmp_path, hops, seen):
    app = create_app(settings(database_url, tmp_path) | {"PROXY_HOPS": hops})
    app.add_url_rule("/whoami", "whoami", access.public(lambda: request.remote_addr))
    forwarded = {"X-Forwarded-For": "192.0.2.7, 198.51.100.1, 203.0.113.9"}
    assert app.test_client().get("/whoami", headers=forwarded).text == seen


@pytest.mark.parametrize(("choice", "word"), [("en", 'lang="en"'), ("nl", 'lang="nl"')])
def test_switching_the_language_keeps_the_page_and_its_filters(client, choice, word):
    answer = client.get(f"/agenda?kind=masterclass&lang={choice}")
    assert answer.status_code == 303
    assert answer.location == "/agenda?kind=masterclass"
    assert word in client.get(answer.location).text


def test_the_theme_is_in_the_page_from_the_first_byte(client):
    client.get("/?theme=dark")
    assert 'data-theme="dark"' in client.get("/").text
    assert client.get("/?theme=pink").status_code == 303
    assert 'data-theme="dark"' in client.get("/").text


def test_dutch_is_what_is_spoken_until_somebody_chooses(client):
    assert 'lang="nl"' in client.get("/", headers={"Accept-Language": "en-GB"}).text


def test_somebodys_own_language_is_spoken_after_signing_in(client):
    sign_in(client, make_account(locale="en"))
    assert 'lang="en"' in client.get("/account").text


def test_pages_of_somebody_signed_in_are_not_kept(client):
    sign_in(client, make_account())
    assert client.get("/account").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("referrer", "way_back"),
    [
        ("http://localhost/application/motivation?step=4", "/application/motivation?step=4"),
        ("http://evil.example/form", None),
        ("http://localhost//evil.example", None),
        ("", None),
    ],
)
def test_too_much_at_once_leads_back_to_the_form_it_came_from(client, referrer, way_back):
    sent = b"x" * 13 * 1024 * 1024
    kind = "multipart/form-data; boundary=x"
    answer = client.post("/sign-in", data=sent, content_type=kind, headers={"Referer": referrer})
    assert answer.status_code == 413
    assert ("Terug naar het formulier" in answer.text) is (way_back is not None)
    assert way_back is None or f'href="{way_back}"' in answer.text
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "/%0d%0a/../\r\nX: y",
        "evil",
        "",
        None,
        "/a b",
        "\t//e",
    ],
)
def test_the_way_back_never_leads_away(target):
    way = safe_next(target, "/home")
    assert way == "/home" or (way.startswith("/") and "\n" not in way)


@given(st.text(max_size=60))
def test_whatever_is_asked_the_way_back_stays_on_this_host(target):
    way = safe_next(target, "/home")
    assert way.startswith("/")
    assert not way.startswith(("//", "/\\"))
    assert "\r" not in way
    assert "\n" not in way
