"""The own account: proof before what is sensitive, the change of address from both sides (L7, ASVS 6.2.3, 7.5.1)."""

from __future__ import annotations

import re

import pytest

from app.accounts import totp
from app.accounts.models import Passkey
from app.core.db import db
from tests.accounts.conftest import actions, by_password, is_in, kinds, mails_to, path_in
from tests.factories import PASSWORD

SENSITIVE_PAGES = ["/account/email", "/account/password", "/second-factor/set-up", "/second-factor/app"]
SENSITIVE_POSTS = [
    "/second-factor/recovery-codes",
    "/second-factor/app/remove",
    "/account/passkeys/options",
    "/account/passkeys",
]
NEW = "nieuw@voorbeeld.example"


@pytest.mark.parametrize("path", SENSITIVE_PAGES)
def test_what_is_sensitive_asks_for_a_fresh_proof_and_goes_on_from_there(clock, client, make_account, sign_in, path):
    sign_in(client, make_account())
    assert client.get(path).status_code == 200
    clock(minutes=30)
    assert client.get(path).headers["Location"] == f"/prove?next={path}"
    assert client.post("/prove", data={"password": "fout", "next": path}).status_code == 422
    assert client.get(path).status_code == 303
    assert client.post("/prove", data={"password": PASSWORD, "next": path}).headers["Location"] == path
    assert client.get(path).status_code == 200
    clock(minutes=30)
    assert client.get(path).status_code == 303


@pytest.mark.parametrize("path", SENSITIVE_POSTS)
def test_posting_straight_to_it_asks_too(clock, client, make_account, sign_in, path):
    sign_in(client, make_account())
    clock(minutes=31)
    assert client.post(path).headers["Location"] == "/prove"


def test_proving_again_gives_the_session_a_new_secret(clock, client, phone, make_account, sign_in):
    sign_in(client, make_account())
    copied = client.get_cookie("session").value
    clock(minutes=31)
    client.post("/prove", data={"password": PASSWORD})
    phone.set_cookie("session", copied)
    assert is_in(client)
    assert not is_in(phone)


def test_a_code_of_the_app_proves_too_and_once(clock, client, make_account, sign_in):
    account = make_account(totp=True, password=None)
    sign_in(client, account, second_factor=True)
    clock(minutes=31)
    code = totp.code(account.totp_secret)
    assert client.post("/prove", data={"way": "totp", "code": code}).status_code == 303
    clock(minutes=0, seconds=1)
    client.post("/sign-out")
    sign_in(client, account, second_factor=True)
    clock(minutes=31)
    assert client.post("/prove", data={"way": "totp", "code": code}).status_code == 422


def test_whoever_has_only_mail_proves_by_a_mailed_code(clock, client, make_account, sign_in):
    account = make_account(password=None)
    sign_in(client, account)
    clock(minutes=31)
    assert client.post("/prove/mail").status_code == 303
    (mail,) = mails_to(account.email)
    code = re.search(r"\d{3} \d{3}", mail.text)[0]
    assert client.post("/prove", data={"way": "mail", "code": "000000"}).status_code == 422
    assert client.post("/prove", data={"way": "mail", "code": code}).status_code == 303
    assert client.get("/account/email").status_code == 200


def test_a_mailed_code_is_no_way_around_a_password(clock, client, make_account, sign_in):
    account = make_account()
    sign_in(client, account)
    clock(minutes=31)
    client.post("/prove/mail")
    code = re.search(r"\d{3} \d{3}", mails_to(account.email)[0].text)[0]
    assert client.post("/prove", data={"way": "mail", "code": code}).status_code == 422


def ask_change(client, account, sign_in):
    sign_in(client, account)
    assert client.post("/account/email", data={"email": " Nieuw@Voorbeeld.example"}).headers["Location"] == "/account"
    return path_in(mails_to(account.email)[-1]), path_in(mails_to(NEW)[-1])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_address_changes_once_both_mailboxes_agree_and_the_old_one_hears(
    client, phone, app, make_account, sign_in, order
):
    account = make_account()
    old_address = account.email
    links = ask_change(client, account, sign_in)
    sign_in(phone, account)
    stranger = app.test_client()
    first, second = (links[number] for number in order)
    for link in links:
        assert stranger.get(link).status_code == 200
        assert stranger.head(link).status_code == 200
    assert stranger.post(first).status_code == 200
    db.session.refresh(account)
    assert account.email == old_address
    assert client.post(second).status_code == 200
    db.session.refresh(account)
    assert account.email == NEW
    assert is_in(client)
    assert not is_in(phone)
    assert kinds(mails_to(old_address))[-1] == "email_changed"
    assert by_password(phone, NEW, PASSWORD).status_code == 303
    assert client.post(first).status_code == 410


def test_a_change_can_be_called_off(client, make_account, sign_in):
    account = make_account()
    links = ask_change(client, account, sign_in)
    assert NEW in client.get("/account").text
    client.post("/account/email/cancel")
    assert NEW not in client.get("/account").text
    client.post(links[0])
    client.post(links[1])
    db.session.refresh(account)
    assert account.email != NEW


def test_a_change_to_somebody_elses_address_says_nothing_until_both_mailboxes_are_proven(client, make_account, sign_in):
    make_account(email=NEW)
    account = make_account()
    links = ask_change(client, account, sign_in)
    assert client.post(links[0]).status_code == 200
    assert client.post(links[1]).status_code in {303, 409}
    db.session.refresh(account)
    assert account.email != NEW


def test_a_change_waits_two_days(clock, client, make_account, sign_in):
    account = make_account()
    links = ask_change(client, account, sign_in)
    clock(days=2, seconds=1)
    assert [client.post(link).status_code for link in links] == [410, 410]


@pytest.mark.parametrize("email", ["", "geen adres", "x@y", "a@b.example\nBcc: c@d.example"])
def test_a_new_address_that_is_none_is_explained(client, make_account, sign_in, email):
    sign_in(client, make_account())
    assert client.post("/account/email", data={"email": email}).status_code == 422


def test_the_same_address_is_no_change(client, make_account, sign_in):
    account = make_account()
    sign_in(client, account)
    assert client.post("/account/email", data={"email": account.email.upper()}).status_code == 422


def test_name_and_language_are_ones_own_to_correct_and_nothing_else_is(client, make_account, sign_in):
    account = make_account()
    sign_in(client, account)
    form = {"given_name": "Sien", "family_name": "d'Arc", "locale": "en"}
    mass = form | {"active": "", "email": "x@y.example", "roles": "administrator", "is_staff": "1", "confirmed_at": ""}
    assert client.post("/account/details", data=mass).status_code == 303
    db.session.refresh(account)
    assert (account.name, account.locale, account.roles, account.active) == ("Sien d'Arc", "en", (), True)
    assert account.email != "x@y.example"
    assert client.post("/account/details", data=form | {"locale": "xx"}).status_code == 422
    assert "My account" in client.get("/account").text
    assert "accounts.details_changed" in actions()


def test_the_page_of_the_own_account_stays_within_its_queries(client, make_account, sign_in, count_queries):
    account = make_account(totp=True)
    db.session.add_all(
        Passkey(account_id=account.id, credential_id=bytes([number]), public_key=b"1", name=f"sleutel {number}")
        for number in range(5)
    )
    for _session in range(5):
        sign_in(client, account, second_factor=True)
    with count_queries() as counted:
        assert client.get("/account").status_code == 200
    assert len(counted) <= 7, counted
