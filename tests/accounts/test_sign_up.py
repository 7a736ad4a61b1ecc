"""Starting as an applicant, invitations, and choosing a new password (M3, ASVS 6.4)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from app.accounts import queries
from app.accounts.models import Account, AccountToken
from app.accounts.services import entering, tokens
from app.core.db import atomic, db
from tests.accounts.conftest import actions, by_password, code_on, is_in, kinds, mails_to, path_in
from tests.factories import PASSWORD

DETAILS = {"given_name": "Ruben", "family_name": "Hoekstra", "email": "ruben@voorbeeld.example", "password": PASSWORD}
ANOTHER = "zeven groene fietsen in de gracht"


def sign_up(client, **changes):
    return client.post("/sign-up", data=DETAILS | changes)


def test_an_applicant_fills_in_a_form_opens_the_mail_and_is_in_on_the_wanted_page(client):
    assert sign_up(client, next="/account/details").headers["Location"] == "/mail-sent"
    assert db.session.scalar(select(func.count()).select_from(Account)) == 0
    (mail,) = mails_to(DETAILS["email"])
    assert kinds([mail]) == ["sign_up_link"]
    path = path_in(mail)
    assert client.get(path).status_code == 200
    assert db.session.scalar(select(func.count()).select_from(Account)) == 0
    assert client.post(path).headers["Location"] == "/account/details"
    account = queries.by_email(DETAILS["email"])
    assert (account.name, account.confirmed_at is not None) == ("Ruben Hoekstra", True)
    assert "Ruben Hoekstra" in client.get("/account").text
    client.post("/sign-out")
    assert by_password(client, DETAILS["email"], PASSWORD).status_code == 303
    assert actions()[:3] == ["accounts.opened", "accounts.confirmed", "accounts.signed_in"]


def test_a_password_can_wait(client):
    sign_up(client, password="")
    assert client.post(path_in(mails_to(DETAILS["email"])[0])).status_code == 303
    assert queries.by_email(DETAILS["email"]).password is None
    assert is_in(client)


def test_a_known_address_gets_the_same_answer_and_its_owner_a_mail(client, phone, make_account):
    account = make_account(email=DETAILS["email"])
    first, second = sign_up(client), sign_up(phone, email="nieuw@voorbeeld.example")
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"])
    pages = [
        re.sub(r"ruben@|nieuw@|\d{3} \d{3}|[0-9a-f]{16}|value=\"[\w.-]{40,}\"", "…", browser.get("/mail-sent").text)
        for browser in (client, phone)
    ]
    assert pages[0] == pages[1]
    assert kinds(mails_to(account.email)) == ["already_known"]
    assert kinds(mails_to("nieuw@voorbeeld.example")) == ["sign_up_link"]
    assert db.session.scalar(select(func.count()).select_from(Account)) == 1


def test_signing_up_for_somebody_else_gives_no_way_into_what_they_confirm(client, phone):
    sign_up(client, password=PASSWORD)
    path = path_in(mails_to(DETAILS["email"])[0])
    assert phone.post(path).status_code == 422
    assert phone.post(path, data={"code": "000"}).status_code == 422
    assert queries.by_email(DETAILS["email"]) is None


def test_on_another_device_the_code_confirms(client, phone):
    sign_up(client)
    code = code_on(client.get("/mail-sent"))
    assert phone.post(path_in(mails_to(DETAILS["email"])[0]), data={"code": code}).status_code == 303
    assert is_in(phone)


def test_a_lost_mail_is_sent_again_with_everything_kept(clock, client):
    sign_up(client, next="/account/details")
    first = path_in(mails_to(DETAILS["email"])[0])
    clock(minutes=1)
    assert client.post("/mail-sent").headers["Location"] == "/mail-sent"
    again = path_in(mails_to(DETAILS["email"])[-1])
    assert client.post(first).status_code == 410
    assert client.post(again).headers["Location"] == "/account/details"


def test_a_double_click_on_confirm_opens_one_account(client):
    sign_up(client)
    path = path_in(mails_to(DETAILS["email"])[0])
    assert {client.post(path).headers["Location"] for _click in range(2)} == {"/home"}
    assert db.session.scalar(select(func.count()).select_from(Account)) == 1


def test_a_double_click_whose_first_answer_the_browser_threw_away_lets_in_all_the_same_but_not_later(clock, client):
    sign_up(client)
    path = path_in(mails_to(DETAILS["email"])[0])
    client.get(path)
    cookie = client.get_cookie("session")
    client.post(path)
    client.set_cookie("session", cookie.value)
    assert client.post(path).headers["Location"] == "/home"
    assert is_in(client)
    clock(minutes=1)
    client.set_cookie("session", cookie.value)
    assert client.post(path).status_code == 410
    assert not is_in(client)


def test_a_double_click_on_sign_up_sends_one_mail_whose_link_needs_no_code(client):
    client.get("/sign-up")
    for _click in range(2):
        sign_up(client, csrf_token="as shown at noon")
    (mail,) = mails_to(DETAILS["email"])
    assert code_on(client.get("/mail-sent")).isdigit()
    assert client.post(path_in(mail)).status_code == 303


def test_the_same_page_sent_back_with_a_better_name_keeps_the_last_word(client, phone):
    sign_up(client, given_name="Robin", csrf_token="as shown at noon")
    sign_up(client, csrf_token="as shown at noon")
    code = code_on(client.get("/mail-sent"))
    (mail,) = mails_to(DETAILS["email"])
    assert phone.post(path_in(mail), data={"code": code}).status_code == 303
    assert queries.by_email(DETAILS["email"]).name == "Ruben Hoekstra"


def test_the_same_page_sent_back_after_its_link_was_used_asks_anew(client):
    sign_up(client, csrf_token="as shown at noon")
    path = path_in(mails_to(DETAILS["email"])[0])
    client.post(path)
    client.post("/sign-out")
    sign_up(client, csrf_token="as shown at noon")
    assert kinds(mails_to(DETAILS["email"]))[-1] == "already_known"


def test_two_sign_ups_for_one_address_open_one_account(client, phone, clock):
    sign_up(client)
    clock(seconds=5)
    sign_up(phone, given_name="Robin")
    paths = [path_in(mail) for mail in mails_to(DETAILS["email"])]
    assert [client.post(paths[0]).status_code, phone.post(paths[1]).status_code] == [303, 303]
    assert db.session.scalar(select(func.count()).select_from(Account)) == 1


def test_what_is_asked_is_not_readable_in_the_database(client):
    sign_up(client)
    run = mails_to(DETAILS["email"])
    token = db.session.scalars(select(AccountToken)).one()
    secret = path_in(run[0]).rsplit("/", 1)[1]
    assert secret not in str(vars(token))
    assert PASSWORD not in str(token.details)
    assert token.details["password"].startswith("$argon2")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "geen adres"),
        ("email", ""),
        ("given_name", ""),
        ("family_name", "   "),
        ("given_name", "x" * 300),
        ("password", "kort"),
        ("given_name", "a\x07b"),
        ("email", "a@b.example\nBcc: x@y.example"),
    ],
)
def test_bad_input_is_explained_by_the_field_and_the_rest_is_kept(client, field, value):
    answer = sign_up(client, **{field: value})
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    kept = "family_name" if field == "given_name" else "given_name"
    assert f'value="{DETAILS[kept]}"' in answer.text
    assert PASSWORD not in answer.text


def test_a_name_with_markup_is_text(client):
    sign_up(client, given_name='"><svg/onload=alert(1)>')
    (mail,) = mails_to(DETAILS["email"])
    assert "<svg" not in mail.html
    client.post(path_in(mail))
    assert "<svg/onload" not in client.get("/account").text


def forgot(client, email):
    return client.post("/password/forgotten", data={"email": email})


def test_a_forgotten_password_is_replaced_by_link_once_and_ends_all_sessions(client, phone, make_account, sign_in):
    account = make_account()
    sign_in(phone, account)
    assert forgot(client, account.email).status_code == 200
    path = path_in(mails_to(account.email)[0])
    assert client.get(path).status_code == 200
    assert client.post(path, data={"password": "kort"}).status_code == 422
    assert client.post(path, data={"password": ANOTHER}).headers["Location"] == "/sign-in"
    assert not is_in(phone)
    assert not is_in(client)
    assert by_password(client, account.email, PASSWORD).status_code == 422
    assert by_password(client, account.email, ANOTHER).status_code == 303
    assert client.post(path, data={"password": ANOTHER}).status_code == 410
    assert kinds(mails_to(account.email)) == ["reset_link", "security_notice"]


def test_forgetting_the_password_of_an_unknown_address_looks_the_same(client, phone, make_account):
    known, unknown = make_account().email, "niemand@voorbeeld.example"
    pages = [
        re.sub(r"[0-9a-f]{16}|value=\"[\w.-]{40,}\"", "…", forgot(browser, email).text.replace(email, "…"))
        for browser, email in ((client, known), (phone, unknown))
    ]
    assert pages[0] == pages[1]
    assert mails_to(unknown) == []
    assert db.session.scalar(select(func.count()).select_from(AccountToken)) == 2


def test_a_reset_link_is_too_old_after_half_an_hour_and_dead_after_a_newer_one(clock, client, make_account):
    account = make_account()
    forgot(client, account.email)
    first = path_in(mails_to(account.email)[0])
    clock(minutes=1)
    forgot(client, account.email)
    second = path_in(mails_to(account.email)[-1])
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    clock(minutes=30)
    assert client.post(second, data={"password": ANOTHER}).status_code == 410


def test_an_address_gets_so_many_mails_an_hour_whoever_asks(clock, client, make_account, monkeypatch):
    monkeypatch.setattr(tokens, "MAILS_PER_HOUR", 3)
    account = make_account()
    for _request in range(5):
        forgot(client, account.email)
        mails_to(account.email)
    assert len(mails_to(account.email)) == 3
    clock(hours=1, seconds=1)
    forgot(client, account.email)
    assert len(mails_to(account.email)) == 4


def invited(**values):
    with atomic():
        account = entering.open_account(email="gast@voorbeeld.example", given_name="Mira", family_name="Bos", **values)
    return account, path_in(mails_to(account.email)[0])


def test_an_invitation_opens_the_account_once_with_or_without_a_password(client, phone, app):
    account, path = invited()
    assert by_password(phone, account.email, "").status_code == 422
    assert client.get(path).status_code == 200
    assert client.post(path, data={"password": ""}).headers["Location"] == "/home"
    assert is_in(client)
    assert phone.post(path).status_code == 410


def test_an_invitation_is_good_for_a_week(clock, client):
    _account, path = invited()
    clock(days=7, seconds=1)
    assert client.post(path).status_code == 410
