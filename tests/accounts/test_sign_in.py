"""Signing in by password and by mail link, and what strangers learn from trying (ASVS 6.3, 6.6)."""

from __future__ import annotations

import re

import pytest

from app.accounts import hashing
from app.core.db import db
from tests.accounts.conftest import actions, ask_link, by_password, code_on, is_in, kinds, mails_to, path_in
from tests.factories import PASSWORD


def masked(response, email):
    """A page without what differs by nature: the address, codes, tokens and references."""
    page = response.text.replace(email, "ADDRESS")
    return re.sub(r'value="[\w.-]{40,}"|[0-9a-f]{16}|\d{3} \d{3}', "…", page)


def test_address_and_password_let_you_in_and_on_to_the_page_you_wanted(client, make_account):
    account = make_account(email="sanne@voorbeeld.example")
    assert client.get("/account/details").headers["Location"] == "/sign-in?next=/account/details"
    page = client.post("/sign-in", data={"email": " Sanne@Voorbeeld.example ", "next": "/account/details"})
    assert page.status_code == 200
    assert 'value="link"' in page.text
    answer = by_password(client, "SANNE@voorbeeld.example", PASSWORD, next="/account/details")
    assert answer.headers["Location"] == "/account/details"
    assert is_in(client)
    assert actions() == ["accounts.signed_in"]
    assert account.name in client.get("/account").text


@pytest.mark.parametrize("password", ["verkeerd", PASSWORD + " ", PASSWORD.upper(), "", "\U0001f986" * 20, "x" * 300])
def test_a_wrong_password_is_refused_and_what_was_typed_stays_out_of_page_and_log(client, make_account, password):
    account = make_account()
    answer = by_password(client, account.email, password)
    assert answer.status_code == 422
    assert account.email in answer.text
    assert not is_in(client)
    if password.strip():
        assert f'value="{password}"' not in answer.text


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer_after_the_same_work(
    client, make_account, monkeypatch
):
    known, unknown = make_account().email, "niemand@voorbeeld.example"
    without = make_account(password=None).email
    closed = make_account(active=False).email
    hashes = []
    verify = hashing.verify_password
    monkeypatch.setattr(hashing, "verify_password", lambda *given: hashes.append(1) or verify(*given))
    answers = {}
    for email in (known, unknown, without, closed):
        answer = by_password(client, email, "dit is het toch echt niet")
        answers[email] = (answer.status_code, masked(answer, email), len(hashes))
        hashes.clear()
    assert len(set(answers.values())) == 1
    assert answers[known][2] == 1
    assert actions() == ["accounts.sign_in_failed"] * 4


def test_a_closed_account_does_not_open_with_the_right_password(client, make_account):
    assert by_password(client, make_account(active=False).email, PASSWORD).status_code == 422


def test_asking_for_a_link_answers_the_same_for_known_and_unknown_and_mails_only_the_known(client, phone, make_account):
    known, unknown = make_account().email, "niemand@voorbeeld.example"
    first, second = ask_link(client, known), ask_link(phone, unknown)
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"])
    assert masked(client.get("/mail-sent"), known) == masked(phone.get("/mail-sent"), unknown)
    assert kinds(mails_to(known)) == ["sign_in_link"]
    assert mails_to(unknown) == []


def test_the_link_signs_in_once_by_its_button_in_the_browser_that_asked(client, phone, make_account):
    account = make_account(password=None)
    ask_link(client, account.email, next="/account/details")
    path = path_in(mails_to(account.email)[0])
    assert client.get(path).status_code == 200
    assert not is_in(client)
    assert client.post(path).headers["Location"] == "/account/details"
    assert is_in(client)
    assert client.post(path).headers["Location"] == "/account/details"
    assert phone.post(path).status_code == 410
    assert client.get(path).status_code == 410
    client.post("/sign-out")
    assert client.post(path).status_code == 410
    assert not is_in(client)


def test_a_double_click_on_the_mail_link_button_sends_one_mail(client, make_account):
    account = make_account()
    for _click in range(2):
        ask_link(client, account.email, csrf_token="as shown at noon")
    assert len(mails_to(account.email)) == 1
    ask_link(client, account.email, csrf_token="as shown a minute later")
    assert len(mails_to(account.email)) == 2


def test_a_mail_scanner_that_opens_the_link_uses_nothing_up(client, phone, make_account):
    account = make_account()
    ask_link(client, account.email)
    path = path_in(mails_to(account.email)[0])
    for _look in range(5):
        assert phone.get(path).status_code == 200
        assert phone.head(path).status_code == 200
    assert client.post(path).status_code == 303


def test_elsewhere_the_link_takes_the_code_that_the_asking_browser_shows(client, phone, make_account):
    account = make_account()
    ask_link(client, account.email)
    code = code_on(client.get("/mail-sent"))
    path = path_in(mails_to(account.email)[0])
    assert phone.post(path).status_code == 422
    assert phone.post(path, data={"code": "000 000" if code != "000000" else "111111"}).status_code == 422
    assert not is_in(phone)
    assert phone.post(path, data={"code": f"{code[:3]} {code[3:]}"}).status_code == 303
    assert is_in(phone)
    assert not is_in(client)


def test_five_wrong_codes_end_the_link(client, phone, make_account):
    account = make_account()
    ask_link(client, account.email)
    code = code_on(client.get("/mail-sent"))
    path = path_in(mails_to(account.email)[0])
    for _guess in range(5):
        assert phone.post(path, data={"code": "12345"}).status_code == 422
    assert phone.post(path, data={"code": code}).status_code == 410
    assert client.post(path).status_code == 410


def test_the_link_works_for_ten_minutes_and_then_gives_a_new_one_with_one_click(clock, client, make_account):
    account = make_account()
    ask_link(client, account.email, next="/account/details")
    path = path_in(mails_to(account.email)[0])
    clock(minutes=10, seconds=1)
    page = client.get(path)
    assert page.status_code == 410
    secret = re.search(r'name="secret" value="([^"]+)"', page.text)[1]
    assert client.post("/mail-sent", data={"secret": secret}).headers["Location"] == "/mail-sent"
    newest = path_in(mails_to(account.email)[-1])
    assert client.post(newest).headers["Location"] == "/account/details"


def test_a_stranger_who_asks_for_a_link_does_not_spoil_the_owners(clock, client, phone, make_account):
    account = make_account()
    ask_link(client, account.email)
    owners = path_in(mails_to(account.email)[0])
    clock(minutes=1)
    ask_link(phone, account.email)
    assert len(mails_to(account.email)) == 2
    assert client.post(owners).status_code == 303


def test_a_newer_link_ends_the_older_one(clock, client, make_account):
    account = make_account()
    ask_link(client, account.email)
    older = path_in(mails_to(account.email)[0])
    clock(minutes=1)
    client.post("/mail-sent")
    newer = path_in(mails_to(account.email)[-1])
    assert older != newer
    assert client.post(older).status_code == 410
    assert client.post(newer).status_code == 303


@pytest.mark.parametrize("path", ["/sign-in/link/x", "/sign-in/link/%00", "/sign-up/link/" + "a" * 300, "/welcome/é"])
def test_a_made_up_link_explains_itself(client, path):
    assert client.get(path).status_code in {400, 410}
    assert client.post(path).status_code in {400, 410}


def test_a_link_for_one_purpose_does_not_serve_another(client, make_account):
    account = make_account()
    ask_link(client, account.email)
    secret = path_in(mails_to(account.email)[0]).rsplit("/", 1)[1]
    for place in ("/sign-up/link/", "/password/new/", "/welcome/", "/account/email/"):
        assert client.post(place + secret).status_code == 410


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "/\r\nX: y",
        "javascript:alert(1)",
        "/ok\x00",
    ],
)
def test_nobody_is_sent_to_another_host(client, make_account, target):
    account = make_account()
    answer = by_password(client, account.email, PASSWORD, next=target)
    assert answer.status_code in {303, 400}
    assert answer.headers.get("Location", "/home") == "/home"
    assert client.get("/sign-in", query_string={"next": target}).headers.get("Location", "/home") == "/home"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"email": ""},
        {"email": "x" * 5000},
        {"email": "a@b.example\r\nBcc: c@d.example", "way": "link"},
        {"email": "a@b.example", "way": "onzin"},
        {"email": "a@b.example", "way": "password", "password": "x" * 100_000},
        {"email": "Robert'); DROP TABLE account;--@x.example", "way": "password", "password": "x"},
    ],
)
def test_junk_in_the_sign_in_form_is_answered_not_crashed_on(client, data):
    assert client.post("/sign-in", data=data).status_code in {200, 400, 422}


def test_an_address_given_twice_is_refused(client):
    assert client.post("/sign-in", data={"email": ["a@b.example", "c@d.example"]}).status_code == 400


def test_ten_attempts_in_five_minutes_then_wait_while_the_owner_gets_in_from_elsewhere(
    throttled, client, phone, make_account
):
    account = make_account()
    codes = [by_password(client, account.email, "fout").status_code for _attempt in range(11)]
    assert codes == [422] * 10 + [429]
    refused = by_password(client, account.email, PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 301
    owner = phone.post(
        "/sign-in",
        data={"email": account.email, "way": "password", "password": PASSWORD},
        environ_overrides={"REMOTE_ADDR": "203.0.113.7"},
    )
    assert owner.status_code == 303


def test_throttling_comes_before_hashing(throttled, client, make_account, monkeypatch):
    account = make_account()
    for _attempt in range(10):
        by_password(client, account.email, "fout")
    monkeypatch.setattr(hashing, "verify_password", lambda *_given: pytest.fail("hashed after all"))
    assert by_password(client, account.email, PASSWORD).status_code == 429


def test_mails_are_throttled_too(throttled, client, make_account):
    account = make_account()
    answers = [ask_link(client, account.email).status_code for _request in range(7)]
    assert answers == [303] * 6 + [429]


def test_an_outdated_hash_is_replaced_when_its_owner_signs_in(app, client, make_account):
    account = make_account()
    context = app.extensions["security"].pwd_context
    account.password = context.using(argon2__time_cost=3, argon2__memory_cost=64).hash(PASSWORD)
    outdated = account.password
    db.session.flush()
    assert by_password(client, account.email, PASSWORD).status_code == 303
    db.session.refresh(account)
    assert account.password != outdated
