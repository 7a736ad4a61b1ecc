"""What accounts write, word for word in both languages."""

from __future__ import annotations

import re

import pytest

from app.accounts import mails
from app.accounts.models import Account, AccountToken, Purpose
from app.accounts.services import addresses, entering
from app.core.db import atomic, db
from tests.accounts.conftest import kinds, mails_to
from tests.golden import assert_mail_matches

SANNE = {"given_name": "Sanne", "family_name": "Verhoeven", "email": "sanne@voorbeeld.example"}
NOTICES = [
    "password_changed",
    "totp_set_up",
    "totp_removed",
    "recovery_codes_made",
    "recovery_code_used",
    "passkey_added",
    "passkey_removed",
    "roles_changed",
    "factors_reset",
]


@pytest.fixture(params=["nl", "en"])
def sanne(clock, make_account, request) -> Account:
    account = make_account(**SANNE, locale=request.param)
    db.session.commit()
    return account


def asked(action) -> None:
    with atomic():
        action()


def steady(mail):
    """The code is another each time."""
    for part in ("text", "html"):
        setattr(mail, part, re.sub(r"\b\d{3} \d{3}\b(?! \d)", "123 456", getattr(mail, part)))
    return mail


def test_the_links_that_are_asked_for(sanne):
    asked(lambda: entering.ask_sign_in_link(sanne.email, browser="b", locale="nl", next_page=""))
    asked(lambda: entering.ask_reset(sanne.email, locale="nl"))
    asked(lambda: entering.ask_set_up(sanne))
    found = mails_to(sanne.email)
    assert sorted(kinds(found)) == ["invitation", "reset_link", "sign_in_link"]
    for mail, kind in zip(found, kinds(found), strict=True):
        assert_mail_matches(mail, f"accounts_{kind}")


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_signing_up(clock, app, locale):
    new = SANNE | {"email": "nieuw@voorbeeld.example"}
    asked(lambda: entering.sign_up(**new, password="", browser="b", locale=locale, next_page=""))
    (mail,) = mails_to(new["email"])
    assert_mail_matches(mail, "accounts_sign_up_link")


def test_signing_up_with_a_known_address(sanne):
    asked(lambda: entering.sign_up(**SANNE, password="", browser="b", locale="nl", next_page=""))
    (mail,) = mails_to(sanne.email)
    assert_mail_matches(mail, "accounts_already_known")
    assert db.session.query(AccountToken).filter_by(purpose=Purpose.SIGN_UP).one().details == {}


def test_a_code_to_prove_who_it_is(sanne, client, sign_in):
    sign_in(client, sanne)
    client.post("/prove/mail")
    (mail,) = mails_to(sanne.email)
    db.session.expunge(mail)
    assert_mail_matches(steady(mail), "accounts_identity_code")


def test_a_change_of_address(sanne):
    with atomic():
        change = addresses.ask_email_change(sanne, "nieuw@voorbeeld.example")
        mails.email_change_links(sanne, change)
        mails.email_changed(sanne, change)
    for mail in mails_to(sanne.email) + mails_to("nieuw@voorbeeld.example"):
        assert_mail_matches(mail, f"accounts_{kinds([mail])[0]}")


@pytest.mark.parametrize("what", NOTICES)
def test_a_notice_of_something_sensitive(sanne, what):
    with atomic():
        mails.notice(sanne, what, detail="mijn telefoon" if what.startswith("passkey") else "")
    (mail,) = mails_to(sanne.email)
    assert_mail_matches(mail, f"accounts_{what}")
