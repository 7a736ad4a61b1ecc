"""Accounts and roles in the hands of administrators, and of the command line (B7, ASVS 6.3.2, 7.4.2)."""

from __future__ import annotations

import re

import pytest

from app.accounts import queries, totp
from app.accounts.demo import demo_id, printed, seed
from app.accounts.models import Account
from app.accounts.roles import BUNDLES, Role
from app.core.db import atomic, db
from app.core.demo import DemoPlan
from app.core.permissions import Permission
from tests.accounts.conftest import NOON, actions, by_password, is_in, kinds, mails_to, path_in
from tests.factories import PASSWORD

BUREAU = "/bureau/accounts"


@pytest.fixture
def admin(client, make_account, sign_in):
    return sign_in(client, make_account(roles=["administrator"], given_name="Joost"))


def test_ux_45_the_file_of_the_list_holds_exactly_what_is_filtered(client, admin, make_account):
    make_account(roles=["treasurer"], given_name="Henk", family_name="Kassa", email="henk@bureau.example")
    make_account(email="lid@voorbeeld.example")
    lines = client.get(f"{BUREAU}?staff=1&format=csv").get_data().decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "Henk Kassa;henk@bureau.example;Penningmeester" in "\n".join(lines)


def test_giving_a_role_ends_the_sessions_and_asks_for_a_second_factor(client, phone, admin, make_account, sign_in):
    colleague = make_account()
    sign_in(phone, colleague)
    assert client.post(f"{BUREAU}/{colleague.id}/roles/coordinator/grant").status_code == 303
    assert not is_in(phone)
    by_password(phone, colleague.email, PASSWORD)
    assert phone.get("/account").headers["Location"].startswith("/second-factor")
    assert kinds(mails_to(colleague.email)) == ["security_notice"]
    assert "accounts.roles_changed" in actions()


def test_the_page_of_somebody_else_offers_to_close_the_account_and_to_take_lost_factors_away(
    client, admin, make_account
):
    colleague = make_account(roles=["coordinator"], totp=True)
    db.session.commit()
    theirs, own = (client.get(f"{BUREAU}/{account.id}").text for account in (colleague, admin))
    for offer in ("disable", "factors/reset"):
        assert f'action="{BUREAU}/{colleague.id}/{offer}"' in theirs
        assert f'action="{BUREAU}/{admin.id}/{offer}"' not in own


def test_taking_a_role_stops_it_at_once(client, phone, admin, make_account, sign_in):
    colleague = make_account(roles=["administrator"])
    sign_in(phone, colleague)
    assert phone.get(BUREAU).status_code == 200
    client.post(f"{BUREAU}/{colleague.id}/roles/administrator/revoke")
    assert phone.get(BUREAU).status_code == 303


def test_the_last_administrator_stays(client, admin):
    client.post(f"{BUREAU}/{admin.id}/roles/administrator/revoke")
    db.session.refresh(admin)
    assert admin.roles == (Role.ADMINISTRATOR,)


def test_closing_and_opening_an_account(client, phone, admin, make_account, sign_in):
    member = make_account()
    sign_in(phone, member)
    client.post(f"{BUREAU}/{member.id}/disable")
    assert not is_in(phone)
    assert by_password(phone, member.email, PASSWORD).status_code == 422
    client.post(f"{BUREAU}/{member.id}/enable")
    assert by_password(phone, member.email, PASSWORD).status_code == 303


def test_nobody_closes_the_own_account_or_takes_the_own_factors(client, admin, make_account):
    make_account(roles=["administrator"])
    client.post(f"{BUREAU}/{admin.id}/disable")
    client.post(f"{BUREAU}/{admin.id}/factors/reset")
    db.session.refresh(admin)
    assert admin.active
    assert is_in(client)


def test_signing_somebody_out_everywhere(client, phone, admin, make_account, sign_in):
    member = make_account()
    sign_in(phone, member)
    client.post(f"{BUREAU}/{member.id}/sessions/end")
    assert not is_in(phone)


def test_lost_factors_are_taken_away(client, phone, admin, make_account):
    colleague = make_account(roles=["treasurer"], totp=True)
    client.post(f"{BUREAU}/{colleague.id}/factors/reset")
    by_password(phone, colleague.email, PASSWORD)
    answer = phone.get("/second-factor")
    assert answer.headers["Location"].startswith("/second-factor/set-up")
    assert "second factors" in mails_to(colleague.email)[0].text or "tweede" in mails_to(colleague.email)[0].text


def test_roles_ask_for_a_fresh_proof(clock, client, make_account, sign_in):
    admin = sign_in(client, make_account(roles=["administrator"]))
    colleague = make_account()
    clock(minutes=20)
    client.get(BUREAU)
    clock(minutes=11)
    assert client.post(f"{BUREAU}/{colleague.id}/roles/treasurer/grant").headers["Location"] == "/prove"
    db.session.refresh(colleague)
    assert colleague.roles == ()
    assert admin.roles == (Role.ADMINISTRATOR,)


def test_a_colleague_is_invited_with_roles_and_sets_up_the_rest(client, phone, admin):
    form = {
        "given_name": "Fatima",
        "family_name": "el Idrissi",
        "email": "fatima@voorbeeld.example",
        "roles": ["treasurer"],
    }
    assert client.post(f"{BUREAU}/new", data=form).status_code == 303
    account = queries.by_email(form["email"])
    assert account.roles == (Role.TREASURER,)
    phone.post(path_in(mails_to(account.email)[0]), data={"password": "zeven groene fietsen in de gracht"})
    assert phone.get("/bureau/accounts").status_code == 403
    assert phone.get("/account").headers["Location"].startswith("/second-factor")


def test_an_invitation_to_a_known_address_is_refused_in_the_form(client, admin, make_account):
    known = make_account()
    form = {"given_name": "Fatima", "family_name": "el Idrissi", "email": known.email}
    answer = client.post(f"{BUREAU}/new", data=form)
    assert answer.status_code == 422
    assert 'value="Fatima"' in answer.text


@pytest.mark.parametrize("path", ["/roles/koning/grant", "/roles/administrator%00/grant"])
def test_a_role_that_is_none_is_not_found(client, admin, make_account, path):
    assert client.post(f"{BUREAU}/{make_account().id}{path}").status_code in {400, 404}


def test_the_list_searches_literally_and_filters_by_role(client, admin, make_account):
    make_account(given_name="Truus", family_name="Procent", email="a_b@voorbeeld.example", roles=["treasurer"])
    page = client.get(f"{BUREAU}?q=truus").text
    assert "Truus Procent" in page
    assert "Joost" not in page.split("<main")[1]
    assert "Truus" not in client.get(f"{BUREAU}?q=%25").text.split("<main")[1]
    assert "Truus" in client.get(f"{BUREAU}?role=treasurer").text
    assert "Truus" not in client.get(f"{BUREAU}?role=coordinator").text.split("<main")[1]


def test_the_list_stays_within_its_queries(client, admin, make_account, count_queries):
    for _number in range(40):
        make_account(roles=["treasurer"])
    with count_queries() as counted:
        assert client.get(BUREAU).status_code == 200
    assert len(counted) <= 4, counted


def test_the_page_of_an_account_shows_no_secret(client, admin, make_account):
    colleague = make_account(roles=["treasurer"], totp=True)
    page = client.get(f"{BUREAU}/{colleague.id}").text
    for secret in (colleague.password, colleague.totp_secret, totp.plain(colleague.totp_secret)):
        assert secret not in page


def test_being_refused_is_in_the_log(client, phone, make_account, sign_in):
    sign_in(client, make_account())
    sign_in(phone, make_account(roles=["treasurer"]))
    assert client.get(BUREAU).status_code == 404
    assert phone.get(BUREAU).status_code == 403
    assert actions().count("accounts.denied") == 2


def test_every_permission_belongs_to_a_role_and_every_role_enters_the_bureau():
    given = frozenset().union(*BUNDLES.values())
    assert given <= frozenset(Permission)
    assert all(Permission.BUREAU_ENTER in bundle for bundle in BUNDLES.values())
    assert set(BUNDLES) == set(Role)


def test_the_first_administrator_comes_from_the_command_line(app, client):
    run = app.test_cli_runner().invoke
    made = run(
        args=["accounts", "create-admin", "Baas@Voorbeeld.example", "--given-name", "Ina", "--family-name", "Baas"]
    )
    assert made.exit_code == 0, made.output
    path = re.search(r"https?://[^/\s]+(/\S+)", made.output)[1]
    assert client.post(path, data={"password": "zeven groene fietsen in de gracht"}).status_code == 303
    assert client.get(BUREAU).headers["Location"].startswith("/second-factor")
    assert client.post(path).status_code == 410
    db.session.expire_all()
    assert queries.by_email("baas@voorbeeld.example").roles == (Role.ADMINISTRATOR,)


def test_the_command_line_gives_and_takes_roles(app, make_account):
    account = make_account(email="lid@voorbeeld.example")
    db.session.commit()
    run = app.test_cli_runner().invoke
    assert run(args=["accounts", "grant", account.email, "treasurer"]).exit_code == 0
    db.session.expire_all()
    assert account.roles == (Role.TREASURER,)
    assert run(args=["accounts", "revoke", account.email, "treasurer"]).exit_code == 0
    assert run(args=["accounts", "grant", "niemand@voorbeeld.example", "treasurer"]).exit_code == 1
    assert run(args=["accounts", "grant", account.email, "koning"]).exit_code == 2
    assert run(args=["accounts", "create-admin", account.email, "--given-name", "", "--family-name", ""]).exit_code == 0
    db.session.expire_all()
    assert run(args=["accounts", "revoke", account.email, "administrator"]).exit_code == 1


def test_the_demo_has_an_account_per_role_and_as_many_members_as_asked(clock, app, client):
    with atomic():
        made = seed(DemoPlan(members=30, sessions=1, bookings=1, seed=7, today=NOON.date()))
    assert [account.email.split("@")[0] for account in made][:6] == [
        "lid", "aspirant", "coordinator", "treasurer", "returning-officer", "admin",
    ]  # fmt: skip
    assert db.session.query(Account).count() == 30 + len(made)
    assert printed() == made
    admin = made[5]
    assert by_password(client, admin.email, admin.password).headers["Location"].startswith("/second-factor")
    code = totp._totp()._totp(key=admin.totp_secret).generate().token
    assert client.post("/second-factor", data={"code": code}).status_code == 303
    assert client.get(BUREAU).status_code == 200
    assert db.session.get(Account, demo_id("lid")).email == "lid@demo.example"
