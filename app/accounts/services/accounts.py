"""Opening accounts and what a person may change about the own one."""

from __future__ import annotations

from app.accounts import queries
from app.accounts.events import AccountChanged
from app.accounts.models import Account
from app.audit import services as audit
from app.core.db import db
from app.core.errors import Refusal
from app.core.events import publish
from app.core.i18n import _l


class AddressTaken(Refusal):
    """Only shown to staff and to whoever proved to own both addresses."""

    message = _l("There is already an account with this e-mail address.")


def add_account(
    *,
    email: str,
    given_name: str,
    family_name: str,
    locale: str = "nl",
    by: Account | None = None,
    kind: audit.ActorKind | None = None,
) -> Account:
    """Write down a new account, whose address is still to be proven; `kind` tells a visitor from the shell."""
    if queries.by_email(email):
        raise AddressTaken
    account = Account(
        email=queries.normal_email(email),
        given_name=given_name.strip(),
        family_name=family_name.strip(),
        locale=locale,
    )
    db.session.add(account)
    db.session.flush()
    audit.record(
        "accounts.opened",
        by=by.id if by else None,
        kind=kind,
        on=("account", account.id),
        after={"email": account.email},
    )
    return account


def change_details(account: Account, *, given_name: str, family_name: str, locale: str) -> None:
    """L7: correct one's own name and language."""
    before = {"given_name": account.given_name, "family_name": account.family_name, "locale": account.locale}
    account.given_name, account.family_name, account.locale = given_name.strip(), family_name.strip(), locale
    after = {"given_name": account.given_name, "family_name": account.family_name, "locale": locale}
    if before != after:
        audit.record("accounts.details_changed", by=account.id, on=("account", account.id), before=before, after=after)
        publish(AccountChanged(account_id=account.id))
