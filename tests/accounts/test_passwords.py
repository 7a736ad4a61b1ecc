"""What may be a password (ASVS 6.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import hashing
from app.accounts.blocklist import common_words, is_guessable
from app.accounts.services import passwords
from tests.accounts.conftest import by_password, is_in
from tests.factories import PASSWORD

CONTEXT = (
    "Sanne",
    "de Vries",
    "sanne.devries@voorbeeld.nl",
    "Binnenkring",
    "Van Dalen & Partners",
    "interim management",
)
GOOD = [
    "correct horse battery staple",
    "  een spatie vooraan telt mee",
    "tulpen ruiken naar regen",
    "kq7#Vw!m2Zp9xLrT",
    "🦆🚲🌧️🧀🌷⛵🏡🪁🎷🥨🧭🪴🐝🍐🔭",
    "zeeën ëlf naïeve çedilles",
    "密码密码不是一个好主意因为太短了吧",
    "Mijn fiets staat naast de brug " * 8,
]
SHORT = ["", "kort", "veertien tekens"[:14], "🦆" * 14, " " * 14]
GUESSABLE = [
    "passwordpassword",
    "P@ssw0rdP@ssw0rd!",
    "Welkom2027Welkom2027",
    "wachtwoord12345",
    "123456789012345",
    "qwertyuiop12345",
    "aaaaaaaaaaaaaaaa",
    "abcabcabcabcabcabc",
    "zomer2026zomer2026",
    "SanneDeVries2026!",
    "sanne.devries@voorbeeld.nl",
    "Binnenkring-Binnenkring",
    "interim-management2027",
    "VanDalenPartners1",
    "😀" * 15,
    " " * 20,
    "1234512345123451",
]


@pytest.mark.parametrize("password", GOOD)
def test_anything_long_of_ones_own_will_do(password):
    chosen = password[:256]
    passwords.check_choice(chosen, names=CONTEXT, house=())
    assert len(chosen) >= passwords.SHORTEST_PASSWORD
    assert not is_guessable(chosen, CONTEXT)


@pytest.mark.parametrize("password", SHORT)
def test_less_than_fifteen_characters_is_refused(app, password):
    with pytest.raises(passwords.PasswordRefused, match="15"):
        passwords.check_choice(password, names=CONTEXT, house=())


@pytest.mark.parametrize("password", GUESSABLE)
def test_what_others_would_guess_is_refused(app, password):
    with pytest.raises(passwords.PasswordRefused):
        passwords.check_choice(password, names=CONTEXT, house=())


def test_more_than_two_hundred_and_fifty_six_characters_is_refused(app):
    with pytest.raises(passwords.PasswordRefused):
        passwords.check_choice(GOOD[0] * 20, names=(), house=())


@given(st.text(max_size=80), st.lists(st.text(max_size=20), max_size=3))
def test_the_rule_has_an_answer_for_any_text(password, context):
    assert is_guessable(password, context) in {True, False}


LONG_WORDS = sorted(word for word in common_words() if len(word) > 4)


@given(st.lists(st.sampled_from(LONG_WORDS), min_size=1, max_size=6), st.sampled_from([" ", "-", "1", "2027!"]))
def test_common_words_in_any_order_are_guessable(words, glue):
    assert is_guessable(glue.join(words))


@pytest.mark.parametrize("password", [GOOD[1], GOOD[4], GOOD[5]])
def test_a_password_is_taken_as_it_was_typed(client, make_account, password):
    account = make_account(password=password)
    assert by_password(client, account.email, password.strip() + "x").status_code == 422
    if password != password.strip():
        assert by_password(client, account.email, password.strip()).status_code == 422
    assert by_password(client, account.email, password).status_code == 303


def test_the_same_characters_from_another_keyboard_are_the_same_password(app, make_account):
    composed, decomposed = "caf\u00e9 bij de brug om acht", "cafe\u0301 bij de brug om acht"
    assert hashing.fits(decomposed, make_account(password=composed))


def test_changing_it_ends_other_browsers_tells_by_mail_and_keeps_this_one(client, phone, make_account, sign_in):
    account = make_account()
    sign_in(client, account)
    sign_in(phone, account)
    assert client.post("/account/password", data={"password": account.name + " 2027"}).status_code == 422
    assert client.post("/account/password", data={"password": GOOD[0]}).headers["Location"] == "/account"
    assert is_in(client)
    assert not is_in(phone)
    assert by_password(phone, account.email, PASSWORD).status_code == 422
    assert by_password(phone, account.email, GOOD[0]).status_code == 303


@pytest.mark.parametrize("path", ["/sign-up", "/account/password"])
def test_password_fields_are_friends_with_password_managers(client, make_account, sign_in, path):
    if path.startswith("/account"):
        sign_in(client, make_account())
    page = client.get(path).text
    assert 'autocomplete="new-password"' in page
    assert "onpaste" not in page
