"""L1: a member keeps an own profile, part by part."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.accounts.events import AccountChanged
from app.audit.queries import about
from app.core import clock, events
from app.core.db import db
from app.core.observability import statements_so_far
from app.membership.events import ApplicationAccepted
from app.membership.models import Application, ApplicationState, ApplicationTerm
from app.profiles import services
from app.profiles.models import Field, MemberCard, Profile
from tests.factories import make_account, sign_in
from tests.profiles.people import lists, tell, term


def test_l1_a_member_tells_in_one_line_and_a_story_and_sees_it(client, member):
    answer = client.post(
        "/profile/introduction",
        data={"headline": "Brengt rust", "about": "**Bel** mij\n\n- over crisis", "website": "www.oostveen.example"},
        follow_redirects=True,
    )
    assert answer.status_code == 200
    assert "Brengt rust" in answer.text
    assert "<strong>Bel</strong>" in answer.text
    assert "https://www.oostveen.example" in answer.text


def test_l1_work_is_chosen_from_the_lists_of_the_bureau(client, member):
    finance, region, english = term("finance"), term("utrecht"), term("en")
    answer = client.post(
        "/profile/work",
        data={
            "disciplines": [str(finance.id)],
            "region": str(region.id),
            "languages": [str(english.id)],
            "available_from": "1 maart 2027",
            "days_a_week": "3",
        },
    )
    assert answer.status_code == 303
    profile = db.session.get(Profile, member.id)
    assert {link.term_id for link in profile.terms} == {finance.id, region.id, english.id}
    assert (profile.available_from, profile.days_a_week) == (date(2027, 3, 1), 3)


def test_l1_a_competence_has_a_level_and_level_none_takes_it_away(client, member):
    page = client.get("/profile/expertise").text
    competence = term("restructuring")
    answers = dict.fromkeys(_levels(page), "0")
    client.post("/profile/expertise", data={**answers, f"level_{competence.id.hex}": "4"})
    assert [(link.term_id, link.level) for link in db.session.get(Profile, member.id).terms] == [(competence.id, 4)]
    client.post("/profile/expertise", data=answers)
    assert db.session.get(Profile, member.id).terms == []


def test_l1_strengths_leave_expertise_alone(client, member):
    tell(member, levels={"restructuring": 3})
    answers = dict.fromkeys(_levels(client.get("/profile/strengths").text), "2")
    client.post("/profile/strengths", data=answers)
    levels = {link.term_id: link.level for link in db.session.get(Profile, member.id).terms}
    assert levels[term("restructuring").id] == 3
    assert levels[term("listening").id] == 2


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "ftp://x.example", "jan"])
def test_a_website_leads_to_a_web_page_and_what_was_typed_stays(client, member, address):
    answer = client.post("/profile/introduction", data={"headline": "Rust", "website": address})
    assert answer.status_code == 422
    assert "Rust" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert db.session.get(Profile, member.id).website == ""


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"days_a_week": "9"}, "9"),
        ({"available_from": "ooit"}, "ooit"),
        ({"disciplines": "junk"}, ""),
        ({"region": "x" * 400}, ""),
    ],
)
def test_work_that_makes_no_sense_is_refused_by_the_field(client, member, data, kept):
    answer = client.post("/profile/work", data=data)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert kept in answer.text


def test_l1_what_is_missing_is_told_until_nothing_is(client, member):
    assert "0 van 8" in client.get("/profile").text or "0 of 8" in client.get("/profile").text
    tell(
        member,
        "discipline:finance",
        "sector:hospitals",
        "region:utrecht",
        headline="Rust",
        about="Meer",
        days_a_week=3,
        levels={"restructuring": 3},
    )
    assert "7 van 8" in client.get("/profile").text or "7 of 8" in client.get("/profile").text


def test_a_change_is_in_the_log_and_no_change_is_not(client, member):
    client.post("/profile/introduction", data={"headline": "Rust"})
    client.post("/profile/introduction", data={"headline": "Rust"})
    entries = [entry for entry in about("account", member.id) if entry.action == "profile.changed"]
    assert [(entry.before, entry.after) for entry in entries] == [({"headline": ""}, {"headline": "Rust"})]


def test_whoever_was_never_admitted_is_told_when_a_profile_begins(client):
    sign_in(client, make_account())
    assert client.get("/profile").status_code == 200
    for address in ("/profile/work", "/profile/preview"):
        assert client.get(address).status_code == 404
    assert client.post("/profile/introduction", data={"headline": "x"}).status_code == 404


def test_an_unknown_part_is_not_there(client, member):
    assert client.get("/profile/secrets").status_code == 404
    assert client.post("/profile/secrets").status_code == 404


def test_nobody_sets_what_is_not_asked(client, member):
    client.post(
        "/profile/introduction",
        data={
            "headline": "Rust",
            "account_id": "00000000-0000-0000-0000-000000000000",
            "listed": "",
            "updated_at": "2020-01-01",
        },
    )
    profile = db.session.get(Profile, member.id)
    assert profile.listed
    assert profile.account_id == member.id


def test_m3_a_profile_begins_with_what_the_application_told(app):
    lists()
    person = make_account()
    application = Application(account_id=person.id, state=ApplicationState.ACCEPTED, submitted_at=clock.now())
    application.linkedin_url = "https://profiel.example/marit"
    db.session.add(application)
    db.session.flush()
    for slug, level in (("finance", None), ("restructuring", 3)):
        db.session.add(ApplicationTerm(application_id=application.id, term_id=term(slug).id, level=level))
    db.session.flush()
    accepted = ApplicationAccepted(application_id=application.id, account_id=person.id, bill_id=person.id)
    services.open_after_admission(accepted)
    services.open_after_admission(accepted)
    profile = db.session.get(Profile, person.id)
    assert {link.term_id: link.level for link in profile.terms} == {
        term("finance").id: None,
        term("restructuring").id: 3,
    }
    assert profile.website == "https://profiel.example/marit"
    assert not profile.shows(Field.EMAIL)


def test_a_changed_name_is_followed_by_the_directory(client, member):
    member.family_name = "van der Zwaan"
    db.session.flush()
    events.publish(AccountChanged(account_id=member.id))
    card = db.session.get(MemberCard, member.id)
    assert (card.name, card.sort_key) == ("Marit van der Zwaan", "zwaan marit")


@pytest.mark.parametrize("page", ["", "/preview", "/introduction", "/work", "/expertise", "/strengths", "/visibility"])
def test_a_page_of_the_profile_costs_at_most_eight_queries(client, member, page):
    tell(member, "discipline:finance", levels={"restructuring": 3})
    client.get(f"/profile{page}")
    before = statements_so_far()
    assert client.get(f"/profile{page}").status_code == 200
    assert statements_so_far() - before <= 8


def _levels(page: str) -> set[str]:
    return set(re.findall(r'name="(level_[0-9a-f]{32})"', page))
