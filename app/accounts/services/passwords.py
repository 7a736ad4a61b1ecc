"""Choosing, checking and replacing passwords."""

from __future__ import annotations

from collections.abc import Iterable

from app.accounts import hashing, queries
from app.accounts.blocklist import LONGEST_PASSWORD, SHORTEST_PASSWORD, is_guessable
from app.accounts.models import Account, AccountSession
from app.accounts.services import sessions
from app.audit import services as audit
from app.core import clock
from app.core.errors import Refusal
from app.core.i18n import _, _l


class PasswordRefused(Refusal):
    """A password too short or too easy to guess; the message says what does better."""

    status = 422


class WrongPassword(Refusal):
    """Told alike for an unknown address, a wrong password and a closed account."""

    status = 422
    message = _l("This e-mail address and password do not belong together. Try again, or let us mail you a link.")


def check_choice(password: str, *, names: Iterable[str], house: Iterable[str]) -> None:
    """Refuse a password that is too short, or that others would guess from common words, the person or the bureau."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordRefused(
            _(
                "Choose a password of at least %(min)s characters; a short sentence is fine and easy to remember.",
                min=SHORTEST_PASSWORD,
            )
        )
    if len(password) > LONGEST_PASSWORD:
        raise PasswordRefused(_("Choose a password of at most %(max)s characters.", max=LONGEST_PASSWORD))
    if is_guessable(password, (*names, *house)):
        raise PasswordRefused(
            _("This password is easy to guess: common words, rows or your own details. Add some words of your own.")
        )


def known_about(account: Account) -> tuple[str, ...]:
    """Return what a guesser would try first for this person."""
    return (account.given_name, account.family_name, account.email)


def with_password(email: str, password: str) -> Account:
    """Return the account that this address and password open; the costly part is the same for an unknown address."""
    account = queries.by_email(email)
    right = hashing.fits(password, account)
    if account is None or not right or not account.active or account.confirmed_at is None:
        note_failure(account, how="password")
        raise WrongPassword
    return account


def note_failure(account: Account | None, *, how: str) -> None:
    """Put a failed sign-in in the log, never what was typed: people type passwords into the wrong field."""
    audit.record(
        "accounts.sign_in_failed",
        by=None,
        kind=audit.ActorKind.PERSON,
        on=("account", account.id if account else "unknown"),
        after={"how": how},
    )


def set_password(account: Account, password: str, *, but: AccountSession | None = None, how: str) -> None:
    """Replace the password and end every other session: whoever knew the old one is out (ASVS 7.4.3)."""
    account.password, account.password_set_at = hashing.hashed(password), clock.real_now()
    sessions.end_all(account, reason="password_changed", by=account, but=but)
    audit.record("accounts.password_changed", by=account.id, on=("account", account.id), after={"how": how})
