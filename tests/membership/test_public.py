"""M1, M2: what anybody may read, and the self-test that keeps nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.core.db import Base, db
from app.membership.models import Plan, YearPolicy
from app.membership.self_test import HIGHEST, QUESTIONS, Outcome, result_of

from .conftest import said, statements, the_plan

PUBLIC = ("/", "/membership", "/apply", "/self-test")
ALL_A = {question.name: "a" for question in QUESTIONS}


def everything_kept() -> dict[str, int]:
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_set_no_cookie(lists, client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", PUBLIC[:3])
def test_public_pages_may_be_kept_by_a_cache_until_somebody_signs_in(lists, client, make_account, sign_in, path):
    assert client.get(path).headers["Cache-Control"] == "public, max-age=300"
    sign_in(client, make_account())
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_m1_the_price_is_told_without_and_with_vat(lists, client):
    page = client.get("/membership").text
    assert "€\u00a0495,00" in page
    assert "€\u00a0598,95" in page
    assert "Alleen een bijeenkomst waarbij een prijs staat, kost meer." in page


def test_m1_in_a_fixed_year_the_page_says_what_the_rest_of_it_costs(lists, client, calendar):
    plan = the_plan()
    plan.policy, plan.notice_month, plan.notice_day = YearPolicy.CALENDAR, 12, 1
    db.session.commit()
    calendar.move_to(datetime(2027, 10, 12, 8, tzinfo=UTC))
    page = client.get("/membership").text.replace("\u00a0", " ")
    assert "€ 495,00" in page
    assert "wie in oktober 2027 wordt toegelaten, betaalt € 123,75 exclusief btw (€ 149,74 inclusief btw)" in page
    assert "tot en met 31 december 2027" in page
    assert "Wie na 1 december 2027 opzegt, heeft nog één jaar." in page
    assert "Het loopt tot de dag vóór" not in page
    calendar.move_to(datetime(2028, 1, 12, 8, tzinfo=UTC))
    page = client.get("/membership").text.replace("\u00a0", " ")
    assert "wie in januari 2028 wordt toegelaten, betaalt € 495,00" in page


def test_m1_of_a_rolling_year_no_part_is_told(lists, client):
    assert "wat ervan over is" not in client.get("/membership").text


def test_m1_membership_promises_no_assignments(lists, client):
    assert said("No guarantee of assignments") in client.get("/membership").text
    assert said("Membership gives no guarantee of assignments.") in client.get("/").text


def test_m1_the_pages_stand_before_a_plan_has_a_price(app, client):
    assert db.session.scalar(select(func.count()).select_from(Plan)) == 0
    for path in PUBLIC:
        assert client.get(path).status_code == 200


def test_m2_five_good_answers_give_the_advice(client):
    page = client.get("/self-test", query_string=ALL_A)
    assert page.status_code == 200
    assert said(QUESTIONS[0].answers[0].remark) in page.text


def test_m2_nothing_is_stored(client):
    before = everything_kept()
    client.get("/self-test", query_string=ALL_A)
    assert everything_kept() == before


@pytest.mark.parametrize("typed", [{"q1": "a"}, ALL_A | {"q3": "z"}, ALL_A | {"q5": ""}, {"whatever": "1"}])
def test_m2_what_is_missing_is_asked_and_the_rest_kept(client, typed):
    page = client.get("/self-test", query_string=typed)
    assert page.status_code == 422
    assert 'class="error-summary"' in page.text
    if typed.get("q1") == "a":
        assert 'id="q1-0" name="q1" value="a" checked' in " ".join(page.text.split())


def test_ux_10_a_field_whose_label_is_a_question_is_named_in_the_words_of_a_sentence(client, as_applicant):
    assert "Maak een keuze bij vraag 1." in client.get("/self-test?advice=1").text
    as_applicant.post("/application")
    refused = as_applicant.post("/application/person", data={"place": "", "go_on": "1"}).text
    assert "Vul uw woonplaats in." in refused
    assert "de talen waarin u leidinggeeft" in refused
    assert "woont u?”" not in refused


@given(st.fixed_dictionaries({question.name: st.sampled_from("abc") for question in QUESTIONS}))
def test_m2_each_way_of_answering_gives_one_advice(answers):
    result = result_of(answers)
    assert 0 <= result.points <= HIGHEST
    assert len(result.strong) + len(result.weak) == len(QUESTIONS)
    assert (result.outcome is Outcome.SUITS) == (result.points >= 8)


def test_m2_a_better_answer_never_makes_the_advice_worse():
    order = [Outcome.NOT_YET, Outcome.ALMOST, Outcome.SUITS]
    for keys in product("abc", repeat=len(QUESTIONS)):
        answers = dict(zip(ALL_A, keys, strict=True))
        for name in answers:
            better = result_of(answers | {name: "a"})
            assert order.index(better.outcome) >= order.index(result_of(answers).outcome)


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_ask_little_of_the_database(lists, client, path):
    client.get(path)
    assert statements(lambda: client.get(path)) <= 8
