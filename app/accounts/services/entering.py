"""Signing up and asking for links: the same answer, work and time whether or not an address is known here.

What is asked is written down as a token; a job looks whether anybody has that address and which mail it gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.accounts import hashing, queries, secrecy
from app.accounts.events import AccountConfirmed
from app.accounts.models import Account, AccountToken, Purpose
from app.accounts.services import passwords, tokens
from app.accounts.services.accounts import add_account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.events import publish
from app.jobs import services as jobs

ANSWER = "accounts.answer"
ADMINISTRATOR_LINK_LASTS = timedelta(hours=24)


@dataclass(frozen=True)
class Asked:
    """What the asking browser remembers: the code shows there, so that the link can be opened on another device."""

    token_id: UUID
    code: str


def _answer_later(token: AccountToken) -> None:
    jobs.enqueue(ANSWER, key=f"accounts:{token.id}", payload={"token_id": str(token.id)})


def ask_sign_in_link(email: str, *, browser: str, locale: str, next_page: str, sending: str = "") -> Asked:
    """Ask for a link that signs in, good for ten minutes, once, in this browser (ASVS 6.6.2)."""
    details = {"next": next_page, "locale": locale}
    return _ask_bound(Purpose.SIGN_IN, email, browser=browser, sending=sending, details=details)


def _ask_bound(purpose: Purpose, email: str, *, browser: str, sending: str, details: dict[str, Any]) -> Asked:
    """Ask for a link bound to a browser; one form sent twice, by a double click, gets one mail and one code."""
    address = queries.normal_email(email)
    occasion = f"{purpose.value}:{address}:{sending}"
    if sending:
        code, name = secrecy.derived_code(browser, occasion), secrecy.derived_id(browser, occasion)
        token = tokens.ask_once(name, purpose, email=address, browser=browser, code=code, details=details)
        if token is not None:
            _answer_later(token)
            return Asked(token.id, code)
    code = secrecy.new_code()
    token = tokens.ask(purpose, email=address, browser=browser, code=code, details=details)
    _answer_later(token)
    return Asked(token.id, code)


def ask_reset(email: str, *, locale: str) -> None:
    """Ask for a link to choose a new password, good for half an hour."""
    token = tokens.ask(Purpose.RESET, email=queries.normal_email(email), details={"locale": locale})
    _answer_later(token)


def sign_up(
    *,
    email: str,
    given_name: str,
    family_name: str,
    password: str,
    browser: str,
    locale: str,
    next_page: str,
    sending: str = "",
) -> Asked:
    """M3: start as an applicant.

    There is no account until the address is proven, from this browser or with its code: so nobody can prepare one,
    with a password of their own, for somebody else's address. `sending` is what two sendings of one form share.
    """
    details = {
        "given_name": given_name,
        "family_name": family_name,
        "password": hashing.hashed(password) if password else None,
        "locale": locale,
        "next": next_page,
    }
    return _ask_bound(Purpose.SIGN_UP, email, browser=browser, sending=sending, details=details)


def ask_again(token: AccountToken, *, browser: str, sending: str = "") -> Asked:
    """Ask once more for what an earlier token asked, now bound to this browser; what was filled in is kept."""
    if token.purpose in {Purpose.SIGN_IN, Purpose.SIGN_UP}:
        return _ask_bound(token.purpose, token.email, browser=browser, sending=sending, details=token.details)
    again = tokens.ask(token.purpose, email=token.email, details=token.details, account_id=token.account_id)
    _answer_later(again)
    return Asked(again.id, secrecy.new_code())


def confirm_sign_up(token: AccountToken) -> Account:
    """Open the account that was asked for, its address now proven; whoever opened it meanwhile finds the own one."""
    used = tokens.use(token)
    account = queries.by_email(used.email)
    if account is None:
        details = used.details
        account = add_account(
            email=used.email,
            given_name=details["given_name"],
            family_name=details["family_name"],
            locale=details["locale"],
            kind=audit.ActorKind.PERSON,
        )
        if details["password"]:
            account.password, account.password_set_at = details["password"], clock.real_now()
    used.details = {"next": used.details.get("next", "")}
    _confirmed(account)
    return account


def sign_in_by_link(token: AccountToken) -> Account:
    """Return who a sign-in link lets in, and use it up; opening mail at an address also proves it."""
    used = tokens.use(token)
    account = queries.by_email(used.email)
    if account is None or not account.active:
        raise tokens.LinkIsOver
    _confirmed(account)
    return account


def open_account(
    *, email: str, given_name: str, family_name: str, locale: str = "nl", by: Account | None = None
) -> Account:
    """Open an account without a password for somebody whom the bureau invites; a mail carries the link to set it up."""
    account = add_account(email=email, given_name=given_name, family_name=family_name, locale=locale, by=by)
    ask_set_up(account)
    return account


def ask_set_up(account: Account) -> None:
    """Ask for an invitation, good for a week."""
    _answer_later(tokens.ask(Purpose.SET_UP, email=account.email, account_id=account.id))


def set_up_link_secret(account: Account) -> str:
    """Return the secret of a link to set up an account, for the command line; good for a day."""
    token = tokens.ask(Purpose.SET_UP, email=account.email, account_id=account.id, lasts=ADMINISTRATOR_LINK_LASTS)
    return tokens.arm(token)


def accept_invitation(token: AccountToken, *, password: str) -> Account:
    """Prove the address of an invited account; with a password when one was chosen."""
    used = tokens.use(token)
    assert used.account_id is not None
    account = queries.account(used.account_id)
    if not account.active or account.email != used.email:
        raise tokens.LinkIsOver
    if password:
        passwords.set_password(account, password, how="invitation")
    _confirmed(account)
    return account


def reset_password(token: AccountToken, password: str) -> Account:
    """Choose a new password by link. It ends all sessions and signs nobody in: second factors are asked as ever."""
    used = tokens.use(token)
    account = queries.by_email(used.email)
    if account is None or not account.active:
        raise tokens.LinkIsOver
    passwords.set_password(account, password, how="reset")
    _confirmed(account)
    return account


def _confirmed(account: Account) -> None:
    if account.confirmed_at is None:
        account.confirmed_at = clock.real_now()
        audit.record("accounts.confirmed", by=account.id, on=("account", account.id))
        publish(AccountConfirmed(account_id=account.id))


def ask_sudo_code(account: Account) -> None:
    """Ask for a code by mail, for whoever has neither password nor second factor to prove who they are."""
    assert account.session is not None
    details = {"session": str(account.session.id)}
    _answer_later(tokens.ask(Purpose.SUDO, email=account.email, account_id=account.id, details=details))


def token_of(asked_id: UUID) -> AccountToken | None:
    """Return what a browser asked for before, for asking again."""
    return db.session.get(AccountToken, asked_id)
