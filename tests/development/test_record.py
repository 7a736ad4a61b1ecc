"""L6: a member's own record: registers, own activities with proof, years, and the file for a professional body."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO

import openpyxl
import pytest
from sqlalchemy import select

from app.agenda.models import GatheringKind
from app.audit.models import AuditEntry
from app.core import files
from app.core.db import db
from app.development import queries, services
from app.development.models import EntryState, Kind, PeRegistration
from tests.agenda.test_pages import statements

from .conftest import A_PDF, NEXT_DAY, entries, make_gathering, make_member, make_scheme, said, with_proof

MOST_QUERIES = 10


@pytest.fixture
def member(client, sign_in, sanne):
    return sign_in(client, sanne)


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))


def test_l6_an_empty_record_says_what_comes_and_where_to_begin(client, member):
    page = client.get("/development").text
    assert said("Nothing on your record yet") in page
    assert said("The years appear here with your first activity.") in page
    assert 'href="/development/entries/new"' in page


def test_l6_an_own_activity_stands_on_the_record_with_its_proof(client, member):
    assert client.post("/development/entries/new", data=with_proof()).status_code == 303
    (entry,) = entries()
    assert (entry.kind, entry.minutes, entry.tenths, entry.own) == (Kind.COURSE, 420, 60, True)
    page = client.get("/development").text
    assert "Governance voor toezichthouders" in page
    proof = client.get(f"/development/entries/{entry.id}/proof")
    assert proof.data == A_PDF
    assert "attachment" in proof.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "session"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"title": ""}, "title"),
        ({"title": "x" * 161}, "title"),
        ({"organiser": ""}, "organiser"),
        ({"done_on": "5-1-2027"}, "done_on"),
        ({"done_on": "1-1-2001"}, "done_on"),
        ({"done_on": "morgen"}, "done_on"),
        ({"hours": "0"}, "hours"),
        ({"hours": "501"}, "hours"),
        ({"hours": "veel"}, "hours"),
        ({"points": "-1"}, "points"),
        ({"proof": (BytesIO(b""), "")}, "proof"),
        ({"proof": (BytesIO(b"<html>"), "bewijs.pdf")}, "proof"),
    ],
)
def test_l6_what_cannot_be_is_told_by_the_field_and_what_was_typed_is_kept(client, member, changes, field):
    answer = client.post("/development/entries/new", data=with_proof(**changes))
    assert answer.status_code == 422
    assert f'<a href="#{field}' in answer.text
    if field != "organiser":
        assert 'value="Hogeschool voor Bestuur"' in answer.text
    assert entries() == []


def test_l6_changing_keeps_the_proof_and_a_new_one_takes_its_place(client, member):
    client.post("/development/entries/new", data=with_proof())
    (entry,) = entries()
    first = files.path(entry.proof)
    changed = with_proof(hours="3,5", points="")
    changed.pop("proof")
    assert client.post(f"/development/entries/{entry.id}", data=changed).status_code == 303
    (entry,) = entries()
    assert (entry.minutes, entry.tenths, files.path(entry.proof)) == (210, None, first)
    newer = with_proof(proof=(BytesIO(b"\x89PNG\r\n\x1a\n..."), "foto.png"))
    assert client.post(f"/development/entries/{entry.id}", data=newer).status_code == 303
    (entry,) = entries()
    assert (entry.proof_name, entry.proof_type) == ("foto.png", "image/png")
    assert files.path(entry.proof).exists()
    assert not first.exists()


def test_l6_what_is_taken_off_can_be_put_back_for_a_month(client, member, calendar):
    client.post("/development/entries/new", data=with_proof())
    (entry,) = entries()
    client.post(f"/development/entries/{entry.id}/remove")
    assert "Governance" not in client.get("/development?format=csv").text
    assert client.get(f"/development/entries/{entry.id}").status_code == 404
    client.post(f"/development/entries/{entry.id}/restore")
    assert "Governance" in client.get("/development").text
    client.post(f"/development/entries/{entry.id}/remove")
    proof = files.path(entry.proof)
    assert proof.exists()
    calendar.move_to(NEXT_DAY.replace(month=3), tick=False)
    services.forget_removed()
    assert entries() == []
    assert not proof.exists()


def test_l6_somebody_elses_activity_is_not_there(client, sign_in, member):
    client.post("/development/entries/new", data=with_proof())
    (entry,) = entries()
    sign_in(client, make_member())
    assert client.get(f"/development/entries/{entry.id}").status_code == 404
    assert client.get(f"/development/entries/{entry.id}/proof").status_code == 404
    for act in ("", "/remove", "/restore"):
        assert client.post(f"/development/entries/{entry.id}{act}", data=with_proof()).status_code == 404
    assert "Governance" not in client.get("/development").text
    assert entries()[0].state is EntryState.COUNTS


def test_l6_the_log_tells_that_something_was_entered_and_never_what(client, member):
    client.post("/development/entries/new", data=with_proof())
    told = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "pe_entry.entered")).one()
    assert told.after == {"kind": "course"}


def test_l6_a_register_counts_what_was_done_before_by_its_own_rules(client, member):
    scheme = make_scheme(least_tenths=100, months=24)
    client.post("/development/entries/new", data=with_proof())
    assert said("Choose a register") in client.get("/development").text
    answer = client.post(
        "/development/registers/new", data={"scheme": str(scheme.id), "starts_on": "1-1-2026", "number": "4711"}
    )
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).text
    assert said("%(points)s of %(least)s points", points="6", least="10") in page
    assert "4711" in page
    assert "1 januari 2026 tot en met 31 december 2027" in page
    assert said("%(points)s of %(least)s points", points="6", least="10") in client.get("/development").text


def test_l6_a_register_is_chosen_once_and_can_be_left_and_taken_up_again(client, member):
    scheme = make_scheme()
    form = {"scheme": str(scheme.id), "starts_on": "1-1-2026"}
    place = client.post("/development/registers/new", data=form).headers["Location"]
    assert client.post("/development/registers/new", data=form).status_code == 422
    assert client.post(f"{place}/end").status_code == 303
    assert client.get(place).status_code == 404
    assert client.post(f"{place}/resume").status_code == 303
    assert client.get(place).status_code == 200
    client.post(f"{place}/end")
    assert client.post("/development/registers/new", data=form).status_code == 303
    assert client.post(f"{place}/resume").status_code == 409
    assert len(db.session.scalars(select(PeRegistration)).all()) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"scheme": ""}, "scheme"), ({"scheme": "x"}, "scheme"), ({"starts_on": ""}, "starts_on")],
)
def test_l6_choosing_without_register_or_day_is_told_by_the_field(client, member, changes, field):
    scheme = make_scheme()
    answer = client.post(
        "/development/registers/new", data={"scheme": str(scheme.id), "starts_on": "1-1-2026"} | changes
    )
    assert answer.status_code == 422
    assert f'<a href="#{field}' in answer.text


def test_l6_somebody_elses_register_is_not_there(client, sign_in, member):
    scheme = make_scheme()
    place = client.post("/development/registers/new", data={"scheme": str(scheme.id), "starts_on": "1-1-2026"}).headers[
        "Location"
    ]
    sign_in(client, make_member())
    assert client.get(place).status_code == client.post(f"{place}/end").status_code == 404


def test_l6_the_years_add_up_what_was_earned_here_and_elsewhere(client, member, sanne, certified):
    client.post("/development/entries/new", data=with_proof())
    client.post("/development/entries/new", data=with_proof(done_on="10-1-2027", points="4"))
    found = queries.record(sanne.id)
    assert [(one.year, one.circle, one.own) for one in found.years] == [(2027, 20, 40), (2026, 0, 60)]
    page = client.get("/development").text
    assert said("PE points by year") in page
    assert said("Points in %(year)s", year=2027) in page


def test_l6_the_file_for_a_body_holds_one_period_with_the_points_of_that_register(client, member, certified):
    scheme = make_scheme(basis="time", tenths_per_hour=10, step_tenths=10)
    place = client.post("/development/registers/new", data={"scheme": str(scheme.id), "starts_on": "1-1-2026"}).headers[
        "Location"
    ]
    client.post("/development/entries/new", data=with_proof())
    (this_year,) = rows(client.get(f"{place}?format=csv"))
    (last_year,) = rows(client.get(f"{place}?start=2026-01-01&format=csv"))
    assert (this_year["Activiteit"], this_year["Punten"], this_year["Minuten"]) == (
        "Veranderen zonder macht", "2", "120",
    )  # fmt: skip
    assert this_year["Bewijs"].replace("-", "") == certified.code
    assert (last_year["Activiteit"], last_year["Punten"], last_year["Bij"]) == (
        "Governance voor toezichthouders", "7", "Hogeschool voor Bestuur",
    )  # fmt: skip
    book = openpyxl.load_workbook(BytesIO(client.get(f"{place}?format=xlsx").data))
    assert book.active.max_row == 2


def test_l6_an_activity_that_looks_like_a_formula_is_none_in_the_file(client, member):
    client.post("/development/entries/new", data=with_proof(title="=1+1 met Excel"))
    (row,) = rows(client.get("/development?format=csv"))
    assert row["Activiteit"] == "'=1+1 met Excel"


def test_g8_an_open_peer_review_counts_as_peer_review(sanne, was_there):
    was_there(sanne, make_gathering(kind=GatheringKind.OPEN_PEER_REVIEW, pe_tenths=15))
    services.credit_all()
    (entry,) = entries()
    assert (entry.kind, entry.done_on) == (Kind.PEER_REVIEW, date(2027, 1, 14))


def test_l6_a_record_of_any_size_asks_the_same_few_questions(client, member, sanne, app):
    make_scheme()
    client.post("/development/entries/new", data=with_proof())
    few = statements(lambda: client.get("/development"))
    for number in range(30):
        client.post("/development/entries/new", data=with_proof(title=f"Cursus {number}"))
    assert statements(lambda: client.get("/development")) <= few + 1 <= MOST_QUERIES + 3
