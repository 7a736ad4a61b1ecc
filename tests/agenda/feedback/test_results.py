"""G8: the results: shown when enough people answered, to whom they are for, beside what is usual."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.agenda.feedback import queries
from app.agenda.feedback.models import (
    FeedbackComment,
    FeedbackRound,
    FeedbackTally,
)
from app.agenda.models import GatheringState
from app.core.db import db
from tests.agenda.conftest import make_gathering, make_member, said
from tests.agenda.test_pages import statements

from .conftest import STARTS, answers, asked, filled, form_of


@pytest.mark.parametrize("number", [0, 1, 4])
def test_g8_of_too_few_answers_nobody_sees_more_than_how_many(client, sign_in, bureau, evening, afterwards, number):
    answers(evening, afterwards, (5,) * number, helped="Dit leest nog niemand")
    sign_in(client, bureau)
    for page in (f"/bureau/agenda/{evening.id}", f"/bureau/agenda/{evening.id}/feedback"):
        told = client.get(page).text
        assert "Dit leest nog niemand" not in told
        assert '<figure class="chart"' not in told
    assert f"{number} van 7" in told
    assert said("Too few answers to show") in told
    assert client.get(f"/bureau/agenda/{evening.id}/feedback.csv").status_code == 404
    comment = db.session.scalars(select(FeedbackComment)).first()
    if comment is not None:
        assert client.get(f"/bureau/agenda/{evening.id}/feedback/{comment.id}/hide").status_code == 404


# What is told.


@pytest.fixture
def results_page(client, sign_in, bureau, evening, afterwards):
    answers(evening, afterwards, (4, 4, 5, 3, 4), helped="De oefening <b>in</b> drietallen.")
    sign_in(client, bureau)
    return lambda: client.get(f"/bureau/agenda/{evening.id}/feedback").text


def test_g8_the_results_are_charts_with_their_table_and_a_file(client, results_page, evening):
    page = results_page()
    assert page.count('<figure class="chart"') == 2
    assert "5 van 7" in page
    assert "71%" in page
    assert re.search(r'<th scope="row">De inhoud</th>(<td>\d</td>){5}<td>4,0</td><td>–</td>', page)
    assert "De oefening &lt;b&gt;in&lt;/b&gt; drietallen." in page
    file = client.get(f"/bureau/agenda/{evening.id}/feedback.csv")
    lines = file.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 4 * 5 + 11
    assert lines[4].startswith("De inhoud;4;3;4,00;")
    assert said("What people thought") in client.get(f"/bureau/agenda/{evening.id}").text


def test_g8_marks_stand_beside_what_this_kind_of_gathering_usually_gets(evening, afterwards):
    answers(evening, afterwards)
    question = asked()[0]
    for number in range(3):
        other = make_gathering(title=f"Eerder {number}", starts_at=STARTS - timedelta(days=30 + number))
        db.session.add(FeedbackRound(gathering_id=other.id, answers=10))
        db.session.add(FeedbackTally(gathering_id=other.id, question_id=question.id, value=3, votes=10))
        db.session.commit()
        usual = queries.results(evening).marks[0].usual
        assert (usual is None) == (number < 2)
    assert usual == 3


def test_g8_the_bureau_hides_a_comment_that_hurts_with_a_reason_and_shows_it_again(
    client, results_page, sign_in, make_account, evening
):
    comment = db.session.scalars(select(FeedbackComment)).first()
    here = f"/bureau/agenda/{evening.id}/feedback/{comment.id}"
    assert client.post(f"{here}/hide", data={"reason": ""}).status_code == 422
    assert client.post(f"{here}/hide", data={"reason": "Noemt een collega bij naam."}).status_code == 303
    page = results_page()
    assert page.count("<blockquote") == 5
    assert "Noemt een collega bij naam." in page
    client.post(f"{here}/show")
    db.session.expire_all()
    assert db.session.get_one(FeedbackComment, comment.id).hidden_why == ""
    sign_in(client, make_account(roles=("administrator",)))
    log = client.get("/bureau/audit").text
    assert "verborg een reactie" in log
    assert "toonde een reactie" in log
    assert "drietallen" not in log


def test_g8_who_spoke_sees_the_results_of_that_gathering_and_nobody_else_does(
    client, sign_in, results_page, evening, make_account
):
    speaker = make_account()
    evening.speakers[0].account_id = speaker.id
    hidden = db.session.scalars(select(FeedbackComment)).first()
    hidden.hidden_why = "Noemt een collega."
    db.session.commit()
    sign_in(client, speaker)
    page = client.get(f"/agenda/{evening.id}/feedback").text
    assert page.count('<figure class="chart"') == 2
    assert page.count("<blockquote") == 4
    assert "Noemt een collega" not in page
    assert said("What people thought") in client.get(f"/agenda/{evening.id}").text
    sign_in(client, make_member())
    assert client.get(f"/agenda/{evening.id}/feedback").status_code == 404
    assert client.get(f"/bureau/agenda/{evening.id}/feedback").status_code == 404


def test_g8_before_the_end_and_of_what_was_called_off_there_are_no_results(client, sign_in, bureau):
    sign_in(client, bureau)
    for one in (make_gathering(), make_gathering(state=GatheringState.CANCELLED, starts_at=STARTS - timedelta(9))):
        assert client.get(f"/bureau/agenda/{one.id}/feedback").status_code == 404
        assert said("What people thought") not in client.get(f"/bureau/agenda/{one.id}").text


def test_g8_the_questions_are_the_bureaus(client, sign_in, bureau, evening, afterwards, make_account):
    sign_in(client, bureau)
    new = {"text_nl": "De locatie", "text_en": "The venue", "position": "2", "asked": "1"}
    assert client.post("/bureau/agenda/questions/new", data=new).status_code == 303
    (made,) = [one for one in asked() if one.text_nl == "De locatie"]
    assert "De locatie" in client.get(form_of(afterwards[0], evening)).text
    off = {**new, "text_nl": "De zaal"} | {"asked": ""}
    assert client.post(f"/bureau/agenda/questions/{made.id}", data=off).status_code == 303
    assert "De zaal" not in client.get(form_of(afterwards[0], evening)).text
    assert "De zaal" in client.get("/bureau/agenda/questions").text
    for number in range(3):
        assert client.post("/bureau/agenda/questions/new", data={**new, "text_nl": f"N {number}"}).status_code == 303
    full = client.post("/bureau/agenda/questions/new", data={**new, "text_nl": "Te veel"})
    assert full.status_code == 422
    assert 'value="Te veel"' in full.text
    sign_in(client, make_account(roles=("administrator",)))
    assert "De zaal" in client.get("/bureau/audit").text


def test_g8_pages_cost_few_questions(client, sign_in, bureau, results_page, evening, afterwards):
    db.session.commit()
    assert statements(results_page) <= 10
    address = form_of(afterwards[6], evening)
    assert statements(lambda: client.get(address)) <= 5
    assert statements(lambda: client.post(address, data=filled(helped="Ja"))) <= 18
    sign_in(client, afterwards[5])
    db.session.commit()
    assert statements(lambda: client.get("/agenda/mine")) <= 8
