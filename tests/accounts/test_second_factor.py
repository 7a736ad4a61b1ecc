"""The second factor: asked on every path, each code once, and set up before the bureau opens (ASVS 6.3.3, 6.5.1)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.accounts import totp
from app.accounts.models import Passkey, RecoveryCode
from app.accounts.services import entering
from app.core.db import atomic, db
from tests.accounts.conftest import actions, ask_link, by_password, is_in, kinds, mails_to, path_in
from tests.factories import PASSWORD

BUREAU = "/bureau/accounts"
NEW_PASSWORD = "zeven groene fietsen in de gracht"


def through_password(client, account):
    return by_password(client, account.email, PASSWORD)


def through_mail_link(client, account):
    ask_link(client, account.email)
    return client.post(path_in(mails_to(account.email)[-1]))


def through_reset(client, account):
    client.post("/password/forgotten", data={"email": account.email})
    client.post(path_in(mails_to(account.email)[-1]), data={"password": NEW_PASSWORD})
    return by_password(client, account.email, NEW_PASSWORD)


def through_invitation(client, account):
    db.session.commit()
    with atomic():
        entering.ask_set_up(account)
    return client.post(path_in(mails_to(account.email)[-1]), data={"password": NEW_PASSWORD})


PATHS = [through_password, through_mail_link, through_reset, through_invitation]


@pytest.mark.parametrize("path", PATHS)
def test_staff_without_a_factor_are_led_to_one_on_every_path(client, make_account, path):
    account = make_account(roles=["administrator"])
    assert path(client, account).status_code == 303
    answer = client.get(BUREAU)
    assert answer.headers["Location"].startswith("/second-factor")
    assert client.get(answer.headers["Location"]).headers["Location"].startswith("/second-factor/set-up")
    assert client.get("/account").status_code == 303
    assert client.post(f"{BUREAU}/{account.id}/sessions/end").status_code == 303
    assert is_in(client) is False


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("roles", [(), ("administrator",)])
def test_whoever_has_an_app_is_asked_for_its_code_on_every_path(client, make_account, path, roles):
    account = make_account(roles=roles, totp=True)
    assert path(client, account).headers["Location"].startswith("/second-factor")
    for place in ("/account", BUREAU, "/second-factor/set-up", "/second-factor/app", "/prove"):
        assert client.get(place).status_code in {303, 404}, place
    assert client.post("/account/passkeys/options").status_code == 303
    assert client.post("/second-factor", data={"code": totp.code(account.totp_secret)}).status_code == 303
    assert is_in(client)
    assert client.get(BUREAU).status_code == (200 if roles else 404)


def test_a_code_works_once_even_within_its_half_minute(clock, client, phone, make_account):
    account = make_account(totp=True)
    code = totp.code(account.totp_secret)
    for browser in (client, phone):
        through_password(browser, account)
    assert client.post("/second-factor", data={"code": code}).status_code == 303
    assert phone.post("/second-factor", data={"code": code}).status_code == 422
    clock(seconds=30)
    assert phone.post("/second-factor", data={"code": totp.code(account.totp_secret)}).status_code == 303


@pytest.mark.parametrize(
    "code", ["", "000000", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\U0001f986", "123456" * 3, "-12345", "1e5"]
)
def test_a_wrong_code_is_refused(clock, client, make_account, code):
    account = make_account(totp=True)
    through_password(client, account)
    if code != totp.code(account.totp_secret):
        assert client.post("/second-factor", data={"code": code}).status_code == 422
    assert not is_in(client)


def test_an_old_code_is_refused(clock, client, make_account):
    account = make_account(totp=True)
    code = totp.code(account.totp_secret)
    clock(minutes=2)
    through_password(client, account)
    assert client.post("/second-factor", data={"code": code}).status_code == 422
    assert "accounts.sign_in_failed" in actions()


def test_the_first_step_waits_ten_minutes_for_the_second(clock, client, make_account):
    account = make_account(totp=True)
    through_password(client, account)
    clock(minutes=10, seconds=1)
    answer = client.post("/second-factor", data={"code": totp.code(account.totp_secret)})
    assert answer.headers["Location"] == "/sign-in"


def test_guessing_codes_is_throttled(throttled, client, make_account):
    account = make_account(totp=True)
    through_password(client, account)
    answers = [client.post("/second-factor", data={"code": "000000"}).status_code for _guess in range(11)]
    assert answers[-1] == 429


def set_up_app(client, *, expect=200):
    page = client.get("/second-factor/app")
    key = re.search(r'class="code small"[^>]*>([A-Z2-7-]+)<', page.text)[1].replace("-", "")
    code = totp._totp()._totp(key=key).generate().token
    answer = client.post("/second-factor/app", data={"code": code})
    assert answer.status_code == expect
    return answer


def codes_on(page):
    return re.findall(r"<li>([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})</li>", page.text)


def test_staff_set_up_an_app_get_ten_codes_and_are_in(client, phone, make_account):
    account = make_account(roles=["administrator"])
    through_password(client, account)
    through_password(phone, account)
    codes = codes_on(set_up_app(client))
    assert len(set(codes)) == 10
    assert client.get(BUREAU).status_code == 200
    assert phone.get(BUREAU).headers["Location"].startswith("/sign-in")
    assert kinds(mails_to(account.email)) == ["security_notice"]
    assert not any(code in str(vars(row)) for row in db.session.scalars(select(RecoveryCode)) for code in codes)


def test_sending_the_set_up_twice_sets_up_one_app_and_tells_where_new_codes_are(client, make_account, sign_in):
    account = sign_in(client, make_account())
    client.get("/second-factor/app")
    with client.session_transaction() as cookie:
        shown = cookie["totp_setup"]
    digits = totp.code(shown)
    client.post("/second-factor/app", data={"code": digits})
    for carried in ({}, {"totp_setup": shown}):
        with client.session_transaction() as cookie:
            cookie.update(carried)
        again = client.post("/second-factor/app", data={"code": digits})
        assert again.headers["Location"] == "/account"
    page = client.get("/account").text
    assert "/second-factor/recovery-codes" in page
    assert 'class="notice info"' in page
    db.session.refresh(account)
    assert account.totp_secret == shown
    assert actions().count("accounts.totp_set_up") == 1


def test_a_failed_replacement_does_not_make_a_used_code_good_again(clock, client, phone, make_account):
    account = make_account(totp=True)
    code = totp.code(account.totp_secret)
    through_password(client, account)
    client.post("/second-factor", data={"code": code})
    client.get("/second-factor/app")
    assert client.post("/second-factor/app", data={"code": "000000"}).status_code == 422
    through_password(phone, account)
    assert phone.post("/second-factor", data={"code": code}).status_code == 422


def test_each_recovery_code_lets_in_once(clock, client, phone, make_account):
    account = make_account()
    through_password(client, account)
    code = codes_on(set_up_app(client))[3]
    for browser, answer in ((phone, 303), (client, 422)):
        browser.post("/sign-out")
        through_password(browser, account)
        assert browser.post("/second-factor", data={"recovery_code": f" {code.upper()} "}).status_code == answer
    assert is_in(phone)
    assert not is_in(client)
    assert "accounts.recovery_code_used" in actions()


def test_new_recovery_codes_end_the_old_ones(client, phone, make_account):
    account = make_account()
    through_password(client, account)
    old = codes_on(set_up_app(client))
    new = codes_on(client.post("/second-factor/recovery-codes"))
    assert not set(old) & set(new)
    through_password(phone, account)
    assert phone.post("/second-factor", data={"recovery_code": old[0]}).status_code == 422
    assert phone.post("/second-factor", data={"recovery_code": new[0]}).status_code == 303


def test_a_wrong_code_keeps_the_key_that_was_scanned(client, make_account, sign_in):
    sign_in(client, make_account())
    first = client.get("/second-factor/app").text
    again = client.post("/second-factor/app", data={"code": "000000"})
    assert again.status_code == 422
    key = re.search(r'class="code small"[^>]*>([A-Z2-7-]+)<', first)[1]
    assert key in again.text


def test_staff_cannot_be_without_a_factor_and_members_can(client, phone, make_account, sign_in):
    staff, member = make_account(roles=["treasurer"], totp=True), make_account(totp=True)
    sign_in(client, staff)
    sign_in(phone, member, second_factor=True)
    client.post("/second-factor/app/remove")
    phone.post("/second-factor/app/remove")
    db.session.refresh(staff)
    db.session.refresh(member)
    assert staff.totp_secret is not None
    assert member.totp_secret is None
    db.session.add(Passkey(account_id=staff.id, credential_id=b"1", public_key=b"1", name="telefoon"))
    client.post("/second-factor/app/remove")
    db.session.refresh(staff)
    assert staff.totp_secret is None


def test_a_session_from_before_the_app_cannot_touch_the_factors(client, phone, make_account, sign_in):
    account = make_account(totp=True)
    sign_in(client, account, second_factor=False)
    assert client.get("/second-factor/app").headers["Location"].startswith("/second-factor")
    assert client.get("/second-factor/set-up").headers["Location"].startswith("/second-factor")
    for place in (
        "/second-factor/recovery-codes",
        "/second-factor/app/remove",
        "/account/passkeys/options",
        "/account/passkeys",
    ):
        assert client.post(place).status_code == 403, place


def test_a_passkey_answer_that_is_junk_is_refused(client, make_account, sign_in):
    for data in (
        {},
        {"token": "x"},
        {"token": "0" * 32, "credential": "{}"},
        {"token": "0" * 32, "credential": "\u2603"},
    ):
        assert client.post("/sign-in/passkey", data=data).status_code in {303, 422}
    started = client.post("/sign-in/passkey/options").get_json()
    assert started["options"]["userVerification"] == "required"
    assert started["options"]["allowCredentials"] == []
    for credential in ("", "null", "[]", '{"rawId": 7}', '{"rawId": "AAAA"}', '{"rawId": "AAAA", "response": {}}', "{"):
        started = client.post("/sign-in/passkey/options").get_json()
        answer = client.post("/sign-in/passkey", data={"token": started["token"], "credential": credential})
        assert answer.headers["Location"] == "/sign-in"
    assert not is_in(client)
    sign_in(client, make_account())
    for credential in ("", "null", "[]", "{", '{"id": "x", "rawId": "eA", "type": "public-key", "response": 5}'):
        started = client.post("/account/passkeys/options").get_json()
        assert client.post(
            "/account/passkeys", data={"token": started["token"], "credential": credential}
        ).status_code in {303, 422}
    assert db.session.scalars(select(Passkey)).all() == []


def test_a_passkey_of_somebody_else_cannot_be_removed(client, make_account, sign_in):
    owner = make_account()
    passkey = Passkey(account_id=owner.id, credential_id=b"1", public_key=b"1", name="telefoon")
    db.session.add(passkey)
    db.session.flush()
    sign_in(client, make_account())
    assert client.post(f"/account/passkeys/{passkey.id}/remove").status_code == 404
    sign_in(client, owner)
    assert client.post(f"/account/passkeys/{passkey.id}/remove").status_code == 303
    assert db.session.scalars(select(Passkey)).all() == []
