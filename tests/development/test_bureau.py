"""G8, L6, B9: certificates and schemes as the bureau keeps them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app.audit import queries as audit
from app.audit.models import AuditEntry
from app.core.db import db
from app.core.i18n import speaking
from app.development import codes, queries
from app.development.models import Basis, PeRules, PeScheme
from tests.agenda.test_pages import statements

from .conftest import make_scheme, said

MOST_QUERIES = 6
NAMED = {"name_nl": "Coachregister", "name_en": "Register of coaches", "body": "NVC", "website": "", "on_offer": "1"}
COUNTED = {
    "valid_from": "1-1-2027",
    "months": "36",
    "least": "60",
    "carry": "10",
    "basis": "time",
    "per_hour": "1",
    "least_percent": "0",
    "least_minutes": "45",
    "step": "5",
    "rounding": "down",
    "kinds": ["session", "course"],
    "own": "",
}


@pytest.fixture
def coordinator(client, sign_in, bureau):
    return sign_in(client, bureau)


def save(client, path: str, form: dict) -> object:
    """Fill the rules in, look at what they come to, and save them."""
    preview = client.post(path, data=form)
    assert preview.status_code == 200
    assert said("This is what it comes to") in preview.text
    mark = preview.text.split('name="previewed"')[1].split('value="')[1].split('"')[0]
    return client.post(path, data=form | {"previewed": mark})


def test_l6_a_register_gets_rules_that_are_looked_at_before_they_are_saved(client, coordinator):
    answer = client.post("/bureau/development/schemes/new", data=NAMED)
    assert answer.status_code == 303
    assert db.session.scalars(select(PeRules)).all() == []
    assert queries.schemes_on_offer() == []
    assert save(client, answer.headers["Location"], COUNTED).status_code == 303
    db.session.expire_all()
    rules = db.session.scalars(select(PeRules)).one()
    assert (rules.months, rules.least_tenths, rules.basis, rules.least_minutes) == (36, 600, Basis.TIME, 45)
    assert rules.kinds == ["session", "course"]
    assert [one.name_nl for one in queries.schemes_on_offer()] == ["Coachregister"]


def test_l6_what_was_changed_after_the_preview_is_shown_again_before_it_is_saved(client, coordinator):
    scheme = make_scheme()
    place = f"/bureau/development/schemes/{scheme.id}/rules"
    mark = client.post(place, data=COUNTED).text.split('name="previewed"')[1].split('value="')[1].split('"')[0]
    answer = client.post(place, data=COUNTED | {"previewed": mark, "months": "12"})
    assert answer.status_code == 200
    assert len(db.session.scalars(select(PeRules)).all()) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"valid_from": ""}, "valid_from"),
        ({"months": "0"}, "months"),
        ({"months": "121"}, "months"),
        ({"least": "-1"}, "least"),
        ({"basis": "x"}, "basis"),
        ({"per_hour": ""}, "per_hour"),
        ({"least_percent": "101"}, "least_percent"),
        ({"step": "3"}, "step"),
        ({"kinds": []}, "kinds"),
        ({"own": "veel"}, "own"),
    ],
)
def test_l6_rules_that_make_no_sense_are_told_by_the_field(client, coordinator, changes, field):
    scheme = make_scheme()
    answer = client.post(f"/bureau/development/schemes/{scheme.id}/rules", data=COUNTED | changes)
    assert answer.status_code == 422
    assert f'<a href="#{field}' in answer.text


def test_l6_an_empty_form_is_refused_whole(client, coordinator):
    assert client.post("/bureau/development/schemes/new", data={}).status_code == 422
    assert client.post("/bureau/development/schemes/circle/rules", data={"months": ""}).status_code == 422


def test_l6_the_circle_counts_by_its_own_rules_from_the_day_they_are_laid_down(client, coordinator):
    assert queries.circle_rules()[0].least_percent == 75
    save(client, "/bureau/development/schemes/circle/rules", COUNTED | {"basis": "given", "least_percent": "50"})
    assert [rules.least_percent for rules in queries.circle_rules()] == [50]
    save(client, "/bureau/development/schemes/circle/rules", COUNTED | {"basis": "given", "least_percent": "60"})
    assert [rules.least_percent for rules in queries.circle_rules()] == [60]
    assert "60%" in client.get("/bureau/development/schemes/circle").text


def test_l6_a_closed_register_is_chosen_by_nobody_and_kept_by_who_is_in_it(client, coordinator):
    scheme = make_scheme()
    form = {name: value for name, value in NAMED.items() if name != "on_offer"}
    assert client.post(f"/bureau/development/schemes/{scheme.id}/edit", data=form).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(PeScheme, scheme.id).name_nl == "Coachregister"
    assert queries.schemes_on_offer() == []
    assert said("Closed") in client.get("/bureau/development/schemes").text


def test_g8_the_list_of_certificates_is_searched_by_code_name_and_gathering(client, certified, coordinator):
    for wanted in (codes.shown(certified.code), certified.code.lower(), "graaf", "zonder macht"):
        assert codes.shown(certified.code) in client.get("/bureau/development", query_string={"q": wanted}).text
    assert said("Nothing found") in client.get("/bureau/development?q=iemandanders").text
    assert codes.shown(certified.code) in client.get("/bureau/development?state=stands").text
    assert codes.shown(certified.code) not in client.get("/bureau/development?state=withdrawn").text
    assert codes.shown(certified.code) in client.get("/bureau/development?format=csv").text


def test_g8_the_list_asks_few_questions(client, certified, coordinator):
    assert statements(lambda: client.get("/bureau/development")) <= MOST_QUERIES


def test_b6_what_was_done_reads_as_sentences(certified):
    scheme = make_scheme("Toetsregister")
    rows = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action.in_(["certificate.issued", "pe_rules.set", "pe_entry.credited"]))
    ).all()
    with speaking("nl"):
        told = " ".join(one.sentence for one in audit.told(rows).values())
    for expected in ("Sanne de Graaf", "Veranderen zonder macht", scheme.name_nl, "2020"):
        assert expected in told


@pytest.mark.parametrize("role", ["treasurer", "administrator"])
def test_b7_who_keeps_the_books_or_the_accounts_sees_no_certificates(client, sign_in, make_account, certified, role):
    sign_in(client, make_account(roles=(role,)))
    for path in ("", f"/certificates/{certified.id}", "/schemes"):
        assert client.get(f"/bureau/development{path}").status_code == 403


def test_l6_rules_of_an_earlier_day_do_not_move_the_goal_of_a_period_that_runs(client, coordinator, sanne):
    scheme = make_scheme(least_tenths=100, valid_from=date(2020, 1, 1))
    save(client, f"/bureau/development/schemes/{scheme.id}/rules", COUNTED | {"valid_from": "1-6-2026", "least": "99"})
    db.session.expire_all()
    found = queries.scheme(scheme.id)
    assert [rules.least_tenths for rules in found.rules] == [100, 990]
