"""V4: the jury's work: nominee by nominee, kept as it is typed, until the second the edition closes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.accounts.events import AccountAnonymised
from app.challenge import queries, services
from app.challenge.models import HandedIn, Score
from app.core.db import atomic, db, now_in_database

from .conftest import A_PDF, make_member, said
from .juries import CODES, Judged, make_judged


@pytest.fixture
def judged(officer) -> Judged:
    return make_judged(officer)


def typed(*marks: tuple[str, str], version: int = 0, **more: str) -> dict[str, str]:
    """The rubric as it is sent: a mark in halves and a reason per criterion."""
    form = {"version": str(version), **more}
    for place, (halves, reason) in enumerate(marks):
        form |= {f"marks-{place}-halves": halves, f"marks-{place}-reason": reason}
    return form


def scores(judged: Judged, juror: int, nominee: int) -> dict[str, tuple[int, str]]:
    db.session.expire_all()
    codes = {one.id: one.code for one in judged.edition.criteria}
    held = queries.scores_of(judged.jurors[juror].id)
    wanted = judged.nominees[nominee].id
    return {codes[criterion]: (one.halves, one.reason) for (of, criterion), one in held.items() if of == wanted}


def test_v4_a_juror_finds_the_nominees_with_their_work_and_scores_them_in_halves(client, sign_in, judged):
    sign_in(client, judged.people[0])
    assert "Karim Benali" in client.get(judged.place()).text
    page = client.get(judged.place(0, 1)).text
    assert "De eerste tien dagen" in page
    assert "7,5" in page
    assert client.get(f"{judged.place(0, 1)}/file").data == A_PDF
    answer = client.post(judged.place(0, 1), data=typed(("15", ""), ("14", "Helder.")))
    assert answer.status_code == 303
    assert scores(judged, 0, 1) == {"c1": (15, ""), "c2": (14, "Helder.")}


@pytest.mark.parametrize("halves", ["8", "18", "0", "20"])
def test_v4_a_low_or_high_score_asks_for_a_reason_and_keeps_what_was_typed(client, sign_in, judged, halves):
    sign_in(client, judged.people[0])
    answer = client.post(judged.place(0, 0), data=typed((halves, ""), ("15", "Wat ik al typte.")))
    assert answer.status_code == 422
    assert 'href="#marks-0-reason"' in answer.text
    assert "Wat ik al typte." in answer.text
    assert client.post(judged.place(0, 0), data=typed((halves, "Zonder plan."))).status_code == 303
    assert scores(judged, 0, 0) == {"c1": (int(halves), "Zonder plan.")}


@pytest.mark.parametrize("halves", ["9", "17"])
def test_v4_a_score_in_between_needs_no_reason(client, sign_in, judged, halves):
    sign_in(client, judged.people[0])
    assert client.post(judged.place(0, 0), data=typed((halves, ""))).status_code == 303


@pytest.mark.parametrize("halves", ["21", "-1", "7,5", "veel"])
def test_v4_what_is_no_mark_is_refused(client, sign_in, judged, halves):
    sign_in(client, judged.people[0])
    assert client.post(judged.place(0, 0), data=typed((halves, "Reden."))).status_code == 422
    by_itself = client.post(judged.place(0, 0), data=typed((halves, "Reden."), by_itself="1"))
    assert by_itself.status_code == 409
    assert scores(judged, 0, 0) == {}


def test_v4_a_draft_saves_itself_and_counts_only_where_it_is_whole(client, sign_in, judged):
    sign_in(client, judged.people[0])
    sent = typed(("4", ""), ("14", ""), ("", "Nog geen cijfer."), by_itself="1")
    told = client.post(judged.place(0, 0), data=sent).get_json()
    assert told["version"] == 1
    assert said("One score still needs a reason.") in told["said"]
    assert scores(judged, 0, 0) == {"c2": (14, "")}
    assert "Nog geen cijfer." in client.get(judged.place(0, 0)).text


def test_v4_an_older_window_overwrites_nothing(client, sign_in, judged):
    sign_in(client, judged.people[0])
    client.post(judged.place(0, 0), data=typed(("14", "")))
    older = client.post(judged.place(0, 0), data=typed(("12", "Ouder venster.")))
    assert older.status_code == 422
    assert "Ouder venster." in older.text
    assert scores(judged, 0, 0) == {"c1": (14, "")}
    assert client.post(judged.place(0, 0), data=typed(("12", "Ouder venster."), version=1)).status_code == 303


def test_v4_work_is_handed_in_once_it_is_whole_and_can_still_change(client, sign_in, judged):
    sign_in(client, judged.people[0])
    judged.gives(0, 0, 14, 14, 14, 14, 14)
    assert client.post(f"{judged.place()}/hand-in").status_code == 409
    judged.gives(0, 1, 13, 13, 13, 13, 13)
    assert said("Hand in") in client.get(judged.place()).text
    for _twice in range(2):
        assert client.post(f"{judged.place()}/hand-in").status_code == 303
    assert db.session.scalar(select(HandedIn.juror_id)) == judged.jurors[0].id
    judged.gives(0, 1, 13, 13, 13, 13, None)
    assert queries.progress(judged.edition.id)[judged.jurors[0].id].handed_in is False


def test_v4_scoring_closes_on_the_second_by_the_clock_of_the_database(client, sign_in, judged):
    _closes(now_in_database() - timedelta(seconds=1))
    sign_in(client, judged.people[0])
    assert client.post(judged.place(0, 0), data=typed(("14", ""))).status_code == 409
    by_itself = client.post(judged.place(0, 0), data=typed(("14", ""), by_itself="1"))
    assert by_itself.status_code == 409
    assert client.post(f"{judged.place()}/hand-in").status_code == 409
    assert scores(judged, 0, 0) == {}


@pytest.mark.parametrize("state", ["nomination", "closed", "published", "cancelled"])
def test_v4_there_are_no_score_pages_but_while_the_edition_is_open(client, sign_in, judged, state):
    why = ", cancelled_why = 'Te weinig tijd.'" if state == "cancelled" else ""
    db.session.execute(text(f"UPDATE challenge_edition SET state = '{state}'{why}"))
    db.session.commit()
    sign_in(client, judged.people[0])
    assert client.get(judged.place()).status_code == 200
    for page in ("", "/file", "/recuse"):
        assert client.get(f"{judged.place(0, 0)}{page}").status_code == 404


def test_v4_a_juror_sees_nothing_of_the_others_before_the_close(client, sign_in, judged):
    judged.gives(1, 0, 3, 14, 14, 14, 14, reason="Alleen voor mijzelf.")
    sign_in(client, judged.people[0])
    for page in (judged.place(), judged.place(0, 0), f"/challenge/{judged.edition.id}/chair"):
        assert "Alleen voor mijzelf." not in client.get(page).text
    for page in (judged.place(1), judged.place(1, 0), f"{judged.place(1, 0)}/file", f"{judged.place(1, 0)}/recuse"):
        assert client.get(page).status_code == 404
    sign_in(client, make_member())
    assert client.get(judged.place(0, 0)).status_code == 404
    assert client.post(f"{judged.place()}/hand-in").status_code == 404


def test_v3_where_the_jury_sees_no_names_work_stands_under_a_number_of_its_own(client, sign_in, officer):
    judged = make_judged(officer, is_blind=True)
    seen = {one.account_id: number for number, one in queries.as_the_jury_sees(judged.edition).items()}
    assert sorted(seen.values()) == [1, 2]
    number = seen[judged.nominees[1].account_id]
    place = f"{judged.place()}/nominees/{number}"
    sign_in(client, judged.people[0])
    for page in (judged.place(), place, f"{place}/recuse"):
        assert "Benali" not in client.get(page).text
    assert f"Kandidaat {number}" in client.get(place).text
    assert f"plan-{number}.pdf" in client.get(f"{place}/file").headers["Content-Disposition"]
    assert client.post(place, data=typed(("14", ""))).status_code == 303
    assert scores(judged, 0, 1) == {"c1": (14, "")}


def test_v3_the_public_page_tells_no_number_of_a_nominee_whose_name_the_jury_does_not_see(client, officer):
    judged = make_judged(officer, is_blind=True)
    page = client.get(f"/challenge/{judged.edition.id}").text
    assert page.index("Karim Benali") < page.index("Sanne de Graaf")


def test_v4_a_nominee_who_withdrew_is_no_longer_judged(client, sign_in, judged):
    services.withdraw(judged.nominees[1].id, why="Geen tijd.", by=judged.nominees[1].account_id)
    db.session.commit()
    sign_in(client, judged.people[0])
    assert client.get(judged.place(0, 1)).status_code == 404
    judged.gives(0, 0, 14, 14, 14, 14, 14)
    assert queries.progress(judged.edition.id)[judged.jurors[0].id].complete


@pytest.mark.parametrize(
    "statement", ["UPDATE challenge_score SET halves = 20", "DELETE FROM challenge_score"], ids=["update", "delete"]
)
def test_v4_the_database_itself_refuses_to_change_scores_after_the_close(judged, statement):
    judged.gives(0, 0, 14)
    judged.becomes("closed")
    with pytest.raises(DBAPIError, match="while the edition is open"):
        db.session.execute(text(statement))


def test_l4_whoever_is_forgotten_leaves_scores_and_no_words(judged):
    judged.gives(0, 0, 4, 14, reason="Mijn woorden.")
    with atomic():
        services.forget_juror(AccountAnonymised(account_id=judged.people[0].id))
    held = db.session.scalars(select(Score)).all()
    assert {(one.halves, one.reason) for one in held} == {(4, ""), (14, "")}
    assert queries.sheet(judged.jurors[0].id, judged.nominees[0].id).typed == {}


def test_v4_the_home_page_tells_how_far_a_juror_is(client, sign_in, judged):
    judged.gives(0, 0, *(14 for _code in CODES))
    sign_in(client, judged.people[0])
    assert "1 van 2 kandidaten beoordeeld" in client.get("/home").text


def _closes(at: datetime) -> None:
    stored = at.replace(tzinfo=None) if db.session.get_bind().dialect.name == "sqlite" else at
    earlier = stored - timedelta(hours=1)
    moved = "UPDATE challenge_edition SET opens_at = :opens, work_until = :opens, nominations_until = :opens"
    db.session.execute(text(f"{moved}, closes_at = :closes").bindparams(opens=earlier, closes=stored))
    db.session.commit()
