"""G8: the public page that says whether a certificate is genuine, and how little it tells of its holder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.core import limits
from app.development import codes, words
from app.development.codes import LENGTH, LETTERS

from .conftest import said


@pytest.mark.parametrize(
    "write", [codes.shown, str, str.lower, lambda code: " ".join(code[n : n + 3] for n in (0, 3, 6, 9))]
)
def test_g8_whoever_holds_the_paper_reads_that_it_is_genuine(client, certified, evening, write):
    page = client.get(f"/certificates/{write(certified.code)}")
    assert page.status_code == 200
    for told in (said("This certificate is genuine"), evening.title, "donderdag 14 januari 2027, 19.30–21.30 uur"):
        assert told in page.text


def test_g8_of_the_holder_it_tells_the_initials_until_they_agree_to_more(client, sign_in, certified, sanne):
    page = client.get(f"/certificates/{certified.code}").text
    assert "S.G." in page
    assert "Graaf" not in page
    sign_in(client, sanne)
    client.post("/development/certificates/name", data={"shows_name": "1"})
    assert "Sanne de Graaf" in client.get(f"/certificates/{certified.code}").text
    client.post("/development/certificates/name", data={})
    assert "Graaf" not in client.get(f"/certificates/{certified.code}").text


def test_g8_it_is_kept_by_nobody_and_found_by_no_search_engine(client, certified):
    headers = client.get(f"/certificates/{certified.code}").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("code", ["0000-0000-0000", "x", "'; DROP TABLE pe_entry", "%25", "a" * 300])
def test_g8_of_an_unknown_code_it_says_plainly_that_it_is_none_of_ours(client, certified, code):
    page = client.get(f"/certificates/{code}")
    assert page.status_code == 404
    assert said("No certificate with this code") in page.text


def test_g8_a_typed_code_leads_to_its_page_and_one_that_is_none_is_told_by_the_field(client, certified):
    assert client.get("/certificates").status_code == 200
    answer = client.get("/certificates", query_string={"code": codes.shown(certified.code).lower()})
    assert answer.headers["Location"] == f"/certificates/{codes.shown(certified.code)}"
    for typed in ("", "1234", "UUUU-UUUU-UUUU"):
        page = client.get("/certificates", query_string={"code": typed})
        assert page.status_code == 422
        assert '<a href="#code">' in page.text


def test_g8_guessing_codes_is_slowed_down_and_checking_one_is_not(client, certified, monkeypatch):
    monkeypatch.setattr(limits.limiter, "_limiter", MovingWindowRateLimiter(MemoryStorage()))
    monkeypatch.setattr(limits.limiter, "enabled", True)
    answers = [client.get(f"/certificates/{number:012}").status_code for number in range(21)]
    assert answers == [404] * 20 + [429]
    assert client.get(f"/certificates/{certified.code}").status_code == 200


@given(st.text(alphabet=LETTERS, min_size=LENGTH, max_size=LENGTH))
def test_g8_a_code_reads_back_as_it_is_written(code):
    assert codes.read(codes.shown(code)) == codes.read(codes.shown(code).lower()) == code


@given(st.text())
def test_g8_any_text_is_read_or_refused_and_never_breaks(text):
    found = codes.read(text)
    assert found is None or set(found) <= set(LETTERS)


def test_g8_codes_are_drawn_anew_each_time():
    assert len({codes.new() for _ in range(200)}) == 200


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Sanne de Graaf", "S.G."), ("Anna Maria Prins-Bos", "A.M.P."), ("ada", "A."), ("", "")],
)
def test_g8_initials_leave_small_words_out(name, initials):
    assert words.initials(name) == initials
