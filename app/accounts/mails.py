"""The mails of accounts, and the job that decides which one an asked-for address gets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.accounts import queries, secrecy
from app.accounts.models import Account, AccountToken, EmailChange, Purpose
from app.accounts.services import addresses, entering, tokens
from app.core import clock
from app.core.db import atomic, db
from app.jobs import handler, schedule
from app.mail import services as mail


@handler(entering.ANSWER, backoff=timedelta(seconds=5))
def answer(*, token_id: str) -> None:
    """Mail whoever has the address that was asked for; nobody else gets anything, and the asker cannot tell."""
    with atomic():
        token = db.session.get(AccountToken, UUID(token_id))
        if token is None or token.secret_hash:
            return
        if tokens.state_of(token) is tokens.LinkState.GOOD and not tokens.too_many_mails(token):
            account = queries.account(token.account_id) if token.account_id else queries.by_email(token.email)
            _ANSWERS[token.purpose](token, account if account is None or account.active else None)


def _answer_sign_in(token: AccountToken, account: Account | None) -> None:
    if account is not None:
        _to(account, "sign_in_link", token, secret=tokens.arm(token))


def _answer_sign_up(token: AccountToken, account: Account | None) -> None:
    """Mail a link that opens the account; whoever has one already hears how to get in, if it is not closed."""
    if account is None and queries.by_email(token.email) is not None:
        return
    if account is not None:
        token.details = {}
        _to(account, "already_known", token)
        return
    name = f"{token.details['given_name']} {token.details['family_name']}"
    mail.post(
        template="accounts/sign_up_link",
        to=token.email,
        name=name,
        locale=token.details["locale"],
        key=f"accounts:{token.id}",
        values={"secret": tokens.arm(token)},
    )


def _answer_reset(token: AccountToken, account: Account | None) -> None:
    if account is not None:
        _to(account, "reset_link", token, secret=tokens.arm(token))


def _answer_set_up(token: AccountToken, account: Account | None) -> None:
    if account is not None:
        _to(account, "invitation", token, secret=tokens.arm(token))


def _answer_sudo(token: AccountToken, account: Account | None) -> None:
    if account is not None:
        code = secrecy.new_code()
        token.code_hash = secrecy.digest(code)
        tokens.arm(token)
        _to(account, "identity_code", token, code=code)


_ANSWERS = {
    Purpose.SIGN_IN: _answer_sign_in,
    Purpose.SIGN_UP: _answer_sign_up,
    Purpose.RESET: _answer_reset,
    Purpose.SET_UP: _answer_set_up,
    Purpose.SUDO: _answer_sudo,
}


def _to(account: Account, template: str, token: AccountToken, **values: Any) -> None:
    mail.post(
        template=f"accounts/{template}",
        to=account.email,
        name=account.name,
        locale=account.locale,
        key=f"accounts:{token.id}",
        values=values,
        account_id=account.id,
    )


def email_change_links(account: Account, change: EmailChange) -> None:
    """Ask both mailboxes for their yes."""
    for side, address in ((Purpose.EMAIL_OLD, change.old_email), (Purpose.EMAIL_NEW, change.new_email)):
        mail.post(
            template=f"accounts/{side.value}_link",
            to=address,
            name=account.name,
            locale=account.locale,
            key=f"accounts:{side.value}:{change.id}",
            values={"secret": addresses.link_secret(change, side), "new_email": change.new_email},
            account_id=account.id,
        )


def email_changed(account: Account, change: EmailChange) -> None:
    """Tell the old address that it is no longer in use."""
    mail.post(
        template="accounts/email_changed",
        to=change.old_email,
        name=account.name,
        locale=account.locale,
        key=f"accounts:changed:{change.id}",
        values={"new_email": change.new_email},
        account_id=account.id,
    )


def notice(account: Account, what: str, *, detail: str = "") -> None:
    """Tell a person that something of their security changed, so that a stranger's doing is noticed."""
    now = clock.now()
    mail.post(
        template="accounts/security_notice",
        to=account.email,
        name=account.name,
        locale=account.locale,
        key=f"accounts:{what}:{account.id}:{now.isoformat()}",
        values={"what": what, "detail": detail, "at": now},
        account_id=account.id,
    )


@handler("accounts.prune")
def prune() -> None:
    """Forget old tokens."""
    with atomic():
        tokens.prune()


def register() -> None:
    """Let pruning recur."""
    schedule("accounts.prune", handler="accounts.prune", daily_at="04:20")
