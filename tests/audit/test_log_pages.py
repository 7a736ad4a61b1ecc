from __future__ import annotations

import re
from html import unescape
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.audit import services
from app.audit.models import AuditEntry
from app.core.db import atomic, db
from app.core.observability import statements_so_far

BUDGET = 12


@pytest.fixture
def administrator(client, make_account, sign_in):
    account = sign_in(client, make_account(roles=["administrator"], given_name="Bram", family_name="Visser"))
    db.session.commit()
    return account


def record(count: int, **options) -> None:
    with atomic():
        for number in range(count):
            services.record(
                options.get("action", "portal.tried"), by=options.get("by"), on=("portal", number), after={"n": number}
            )


def test_staff_read_sentences_with_names_within_a_budget(client, administrator):
    record(30, by=administrator.id)
    before = statements_so_far()
    page = client.get("/bureau/audit")
    assert statements_so_far() - before <= BUDGET
    assert page.text.count("Bram Visser: portal.tried") == 25


def test_a_page_of_all_kinds_of_objects_costs_one_query_for_each_kind(client, administrator):
    with atomic():
        for kind in ("bill", "booking", "gathering", "application", "membership", "consent_text", "endpoint") * 3:
            services.record("portal.tried", by=administrator.id, on=(kind, uuid4()))
    before = statements_so_far()
    client.get("/bureau/audit")
    assert statements_so_far() - before <= BUDGET + 6


def test_the_log_is_narrowed_by_person_action_and_day(client, administrator):
    record(2, by=administrator.id)
    record(3, by=uuid4())
    assert client.get(f"/bureau/audit?actor={administrator.id}").text.count("portal.tried (") == 2
    assert client.get("/bureau/audit?at_until=1-1-2020").text.count("portal.tried (") == 0
    assert client.get("/bureau/audit?actor=junk&action=junk&at_from=junk").status_code == 200


def test_an_entry_shows_before_and_after(client, administrator):
    with atomic():
        services.record(
            "member.edited",
            by=administrator.id,
            on=("member", 7),
            before={"city": "Utrecht"},
            after={"city": "<b>Zwolle"},
        )
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    page = client.get(f"/bureau/audit/{entry.id}").text
    assert "Utrecht" in page
    assert "&lt;b&gt;Zwolle" in page


def latest() -> UUID:
    return db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.seq.desc())).first()


def entry_page(client) -> str:
    return words(client.get(f"/bureau/audit/{latest()}"))


def words(page) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def options(page) -> list[str]:
    return [unescape(text).strip() for text in re.findall(r"<option[^>]*>([^<]+)</option>", page.text)]


def test_every_action_has_a_name_in_the_readers_language(client, administrator):
    """The filter offers no keys of the code, and nothing on the Dutch page reads as on the English one."""
    dutch = client.get("/bureau/audit")
    client.set_cookie("lang", "en")
    english = client.get("/bureau/audit")
    assert {"Inloggen mislukt", "Rekening opgesteld", "Aanvrager toegelaten"} <= set(options(dutch))
    keys = [text for text in options(dutch) + options(english) if re.search(r"[a-z][._][a-z]", text)]
    assert keys == []
    assert set(options(dutch)) & set(options(english)) <= {"Bram Visser"}


def test_the_page_of_an_entry_says_names_and_keeps_keys_as_small_print(client, administrator, make_account):
    ruben = make_account(given_name="Ruben", family_name="Prins")
    db.session.commit()
    with atomic():
        services.record(
            "accounts.signed_in",
            by=ruben.id,
            on=("account", ruben.id),
            after={"method": "password", "second_factor": "totp"},
        )
    page = entry_page(client)
    for told in ("Ruben Prins logde in", "Ingelogd accounts.signed_in", f"Account Ruben Prins account {ruben.id}"):
        assert told in page
    assert "Tweede factor second_factor – Authenticator-app" in page
    assert "Manier method – Wachtwoord" in page
    assert f'href="/bureau/accounts/{ruben.id}"' in client.get(f"/bureau/audit/{latest()}").text


@pytest.mark.parametrize(
    ("action", "on", "after", "reads"),
    [
        ("accounts.sign_in_failed", None, {"how": "proof_totp"}, "in te loggen bij Ruben Prins mislukte"),
        ("accounts.roles_changed", None, {"roles": ["treasurer", "administrator"]}, "Penningmeester, Beheerder"),
        ("accounts.denied", ("endpoint", "audit.log"), {"method": "GET"}, "kreeg geen toegang tot de pagina Logboek"),
        (
            "accounts.denied",
            ("endpoint", "audit.show"),
            {"method": "GET"},
            "kreeg geen toegang tot de pagina /bureau/audit/…",
        ),
        (
            "consent.given",
            ("consent_text", 7),
            {"kind": "reference_check", "version": 2},
            "“Mijn referenten”, versie 2",
        ),
        ("payments.ledger.transfer", ("bill", 7), {"amount_cents": 598_95, "reference": "x"}, "€\u00a0598,95"),
        ("membership.activated", ("membership", 7), {"starts_on": "2027-01-04"}, "van 4 januari 2027"),
        ("profile.changed", None, {"listed": True}, "wijzigde het profiel van Ruben Prins"),
    ],
)
def test_sentences_name_people_and_speak_the_house_form(client, administrator, make_account, action, on, after, reads):
    ruben = make_account(given_name="Ruben", family_name="Prins")
    db.session.commit()
    with atomic():
        services.record(action, by=administrator.id, on=on or ("account", ruben.id), after=after)
    assert reads in unescape(client.get("/bureau/audit").text)


def test_the_log_leaves_as_a_file(client, administrator):
    record(3)
    answer = client.get("/bureau/audit?format=csv")
    assert answer.status_code == 200
    assert answer.text.count("portal.tried") == 3


def test_the_log_is_for_who_may_read_it(client, make_account, sign_in):
    assert client.get("/bureau/audit").status_code == 303
    sign_in(client, make_account())
    assert client.get("/bureau/audit").status_code == 404
    assert client.get(f"/bureau/audit/{uuid4()}").status_code == 404
