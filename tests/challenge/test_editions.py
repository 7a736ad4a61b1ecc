"""V1, V8: an edition from its first draft until it is closed, as the bureau runs it and everybody reads it."""

from __future__ import annotations

import hashlib
from io import BytesIO

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.audit import queries as audit
from app.audit.models import AuditEntry
from app.challenge import queries, services
from app.challenge.board import first_fault
from app.challenge.models import Edition, EditionState
from app.core import clock
from app.core.db import atomic, db
from app.core.i18n import speaking
from tests.agenda.test_pages import statements

from .conftest import A_PDF, fresh, make_edition, said

MOST_QUERIES = 10


def filled(**changes: str) -> dict[str, str]:
    """The form of an edition, as it comes with a new one."""
    day = clock.today()
    return {
        "year": str(day.year),
        "title": "Interim Challenge",
        "scope": "broad",
        "intro": "Rust brengen zonder stil te staan.",
        "model": "points",
        "jury_share": "60",
        "quorum_percent": "20",
        "tie_order": "heaviest_criterion,member_points,first_preferences,shared_title",
        "terms_text": "Ik werk de zaak zelf uit.",
    } | changes


def weights(*percentages: str) -> dict[str, str]:
    form = {}
    for number, weight in enumerate(percentages):
        form |= {
            f"criteria-{number}-name_nl": f"Maatstaf {number}",
            f"criteria-{number}-name_en": f"Criterion {number}",
            f"criteria-{number}-weight": weight,
        }
    return form


def test_v1_a_new_edition_starts_with_the_five_vs_at_equal_weight(client, at_work):
    answer = client.post("/bureau/challenge/new", data=filled())
    assert answer.status_code == 303
    edition = queries.edition(db.session.scalars(select(Edition.id)).one())
    assert [one.name_nl for one in edition.criteria] == [
        "Versterking",
        "Vervanging",
        "Verandering",
        "Vertrouwen",
        "Verbinding",
    ]
    assert {one.weight for one in edition.criteria} == {2000}
    assert edition.jury_share == 6000
    assert edition.tie_order[0] == "heaviest_criterion"
    assert [one.method for one in edition.rounds] == ["open", "rubric", "borda"]


def test_v1_an_empty_form_is_told_by_its_fields_and_keeps_what_was_typed(client, at_work):
    answer = client.post("/bureau/challenge/new", data={"intro": "Getypt"})
    assert answer.status_code == 422
    for field in ("year", "title", "scope", "model", "jury_share", "terms_text"):
        assert f'href="#{field}' in answer.text
    assert "Getypt" in answer.text


def test_v1_a_date_before_the_one_it_follows_is_refused_by_its_field(client, at_work):
    dates = {
        "nominations_from-day": "1-3-2027",
        "nominations_from-time": "9.00",
        "nominations_until-day": "1-2-2027",
        "nominations_until-time": "9.00",
        "work_until-day": "1-4-2027",
    }
    answer = client.post("/bureau/challenge/new", data=filled(**dates))
    assert answer.status_code == 422
    assert 'href="#nominations_until-day"' in answer.text
    assert 'href="#work_until-time"' in answer.text


def test_v1_one_edition_a_year_unless_it_was_cancelled(client, at_work, prepared):
    answer = client.post("/bureau/challenge/new", data=filled())
    assert answer.status_code == 422
    assert (
        said("There is an edition of that year already. Choose another year, or cancel that one first.") in answer.text
    )
    client.post(f"/bureau/challenge/{prepared.id}/cancel", data={"reason": "Te weinig tijd."})
    assert client.post("/bureau/challenge/new", data=filled()).status_code == 303


def test_v1_weights_that_make_no_whole_are_refused_with_their_sum(client, at_work, prepared):
    place = f"/bureau/challenge/{prepared.id}/criteria"
    answer = client.post(place, data=weights("50", "22,5"))
    assert answer.status_code == 422
    assert "72,5%" in answer.text
    assert client.post(place, data=weights("77,5", "22,5", "0")).status_code == 303
    assert [one.weight for one in fresh(prepared).criteria] == [7750, 2250, 0]


def test_v1_a_round_takes_a_method_of_its_own_kind(client, at_work, prepared):
    place = f"/bureau/challenge/{prepared.id}/rounds"
    wrong = {
        "rounds-0-kind": "nomination",
        "rounds-0-method": "open",
        "rounds-1-kind": "jury",
        "rounds-1-method": "irv",
    }
    answer = client.post(place, data=wrong)
    assert answer.status_code == 422
    assert 'href="#rounds-1-method' in answer.text
    assert client.post(place, data=wrong | {"rounds-1-kind": "ballot"}).status_code == 303
    assert [one.method for one in fresh(prepared).rounds] == ["open", "irv"]


def test_v1_the_case_is_kept_with_its_digest_and_given_back(client, at_work, prepared):
    place = f"/bureau/challenge/{prepared.id}/case"
    content = A_PDF.replace(b"842", b"841")
    client.post(place, data={"text": "De zaak.", "file": (BytesIO(content), "zaak.pdf")})
    edition = fresh(prepared)
    assert edition.case_sha256 == hashlib.sha256(content).hexdigest()
    assert client.get(f"{place}/file").data == content
    assert client.get(f"/challenge/{edition.id}/case").status_code == 404
    refused = client.post(place, data={"text": "De zaak.", "file": (BytesIO(b"geen pdf"), "zaak.pdf")})
    assert refused.status_code == 422
    client.post(place, data={"text": "De zaak.", "without_file": "1"})
    assert fresh(prepared).case_file == ""


def test_v8_the_page_before_a_phase_lists_what_is_missing_and_offers_no_button(client, at_work, officer):
    edition = make_edition(officer, intro="", closes_at=None)
    page = client.get(f"/bureau/challenge/{edition.id}/next").text
    assert said("An introduction") in page
    assert f"/bureau/challenge/{edition.id}/next/nomination" not in page
    refused = client.post(f"/bureau/challenge/{edition.id}/next/nomination")
    assert refused.status_code == 409
    assert fresh(edition).state is EditionState.CONCEPT


def test_v8_each_step_stands_on_the_board_and_in_the_log(client, at_work, prepared):
    assert said("Everything is there") in client.get(f"/bureau/challenge/{prepared.id}/next").text
    assert client.post(f"/bureau/challenge/{prepared.id}/next/nomination").status_code == 303
    client.post(f"/bureau/challenge/{prepared.id}/cancel", data={"reason": "Te weinig kandidaten."})
    entries = queries.board(prepared.id)
    assert [entry.kind for entry in entries] == ["nominations", "cancelled"]
    assert first_fault((one.entry, one.hash) for one in entries) is None
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.object_type == "edition")).all()
    with speaking("nl"):
        told = " ".join(one.sentence for one in audit.told(rows).values())
    assert "Te weinig kandidaten." in told
    assert "Fatima el Idrissi" in told


def test_v8_a_step_that_does_not_follow_is_refused(client, at_work, nominating):
    assert client.post(f"/bureau/challenge/{nominating.id}/next/nomination").status_code == 409
    assert client.post(f"/bureau/challenge/{nominating.id}/next/closed").status_code == 409
    assert client.post(f"/bureau/challenge/{nominating.id}/next/published").status_code == 404
    assert fresh(nominating).state is EditionState.NOMINATION


def test_v8_what_was_changed_or_left_out_on_the_board_is_found(nominating, officer):
    with atomic():
        services.cancel_edition(nominating.id, why="Een reden.", by=officer.id)
    entries = queries.board(nominating.id)
    db.session.expunge_all()
    assert first_fault((one.entry, one.hash) for one in entries[1:]) == 1
    entries[0].payload = entries[0].payload | {"case_sha256": "0" * 64}
    assert first_fault((one.entry, one.hash) for one in entries) == 1


@pytest.mark.parametrize("statement", ["UPDATE challenge_board SET kind = 'open'", "DELETE FROM challenge_board"])
def test_v8_the_board_only_grows(nominating, statement):
    with pytest.raises(DBAPIError, match="never changed"):
        db.session.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE challenge_criterion SET weight = 0",
        "DELETE FROM challenge_round",
        "UPDATE challenge_edition SET jury_share = 1",
        "UPDATE challenge_edition SET case_text = ''",
    ],
)
def test_v8_the_database_itself_refuses_to_change_what_is_frozen(nominating, statement):
    db.session.execute(text("UPDATE challenge_edition SET state = 'open'"))
    with pytest.raises(DBAPIError, match="frozen"):
        db.session.execute(text(statement))


def test_v8_pages_that_change_what_is_frozen_say_why_not(client, at_work, nominating):
    db.session.execute(text("UPDATE challenge_edition SET state = 'open'"))
    for part in ("edit", "case", "criteria", "rounds"):
        answer = client.get(f"/bureau/challenge/{nominating.id}/{part}")
        assert answer.status_code == 409
        assert "bevroren" in answer.text


def test_v1_everybody_reads_the_edition_that_runs(client, nominating):
    page = client.get("/challenge").text
    for expected in (nominating.title, "De Waterlelie", "Verbinding", "20%", "Borda"):
        assert expected in page
    assert client.get(f"/challenge/{nominating.id}/case").data == A_PDF
    assert queries.last_entry(nominating.id).hash in client.get(f"/challenge/{nominating.id}/board").text
    assert "Reinforcement" in client.get("/challenge?lang=en", follow_redirects=True).text


def test_v1_an_edition_being_prepared_is_nobodys_business(client, prepared):
    assert said("No edition runs now") in client.get("/challenge").text
    for page in ("", "/case", "/board"):
        assert client.get(f"/challenge/{prepared.id}{page}").status_code == 404


def test_b7_a_coordinator_reads_editions_and_changes_none(client, sign_in, make_account, prepared):
    sign_in(client, make_account(roles=("coordinator",)))
    assert client.get(f"/bureau/challenge/{prepared.id}").status_code == 200
    assert client.get(f"/bureau/challenge/{prepared.id}/edit").status_code == 403
    assert client.post(f"/bureau/challenge/{prepared.id}/next/nomination").status_code == 403
    sign_in(client, make_account(roles=("treasurer",)))
    assert client.get(f"/bureau/challenge/{prepared.id}").status_code == 403


def test_v1_the_pages_ask_few_questions(client, at_work, nominating):
    for path in ("/challenge", "/bureau/challenge", f"/bureau/challenge/{nominating.id}"):
        assert statements(lambda path=path: client.get(path)) <= MOST_QUERIES, path
