"""L7: changing one's e-mail address, confirmed from both mailboxes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from app.accounts import queries
from app.accounts.events import AccountChanged
from app.accounts.models import Account, AccountSession, AccountToken, EmailChange, Purpose
from app.accounts.services import sessions, tokens
from app.accounts.services.accounts import AddressTaken
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound, Refusal
from app.core.events import publish
from app.core.i18n import _l


class SameAddress(Refusal):
    """The new address is the one in use."""

    status = 422
    message = _l("This is the address you have now. Fill in the new one.")


def ask_email_change(account: Account, new_email: str) -> EmailChange:
    """Start a change, dropping an earlier one. Whether somebody has the new address stays untold."""
    new_email = queries.normal_email(new_email)
    if new_email == account.email:
        raise SameAddress
    cancel_email_change(account)
    now = clock.real_now()
    change = EmailChange(
        account_id=account.id,
        old_email=account.email,
        new_email=new_email,
        created_at=now,
        expires_at=now + tokens.LASTS[Purpose.EMAIL_NEW],
    )
    db.session.add(change)
    db.session.flush()
    audit.record("accounts.email_change_asked", by=account.id, on=("account", account.id), after={"email": new_email})
    return change


def cancel_email_change(account: Account) -> None:
    """Drop a change that is under way; its links stop working."""
    db.session.execute(
        update(EmailChange)
        .where(EmailChange.account_id == account.id, EmailChange.closed_at.is_(None))
        .values(closed_at=clock.real_now())
    )


def link_secret(change: EmailChange, side: Purpose) -> str:
    """Return the secret of one mailbox's link."""
    email = change.old_email if side is Purpose.EMAIL_OLD else change.new_email
    token = tokens.ask(side, email=email, account_id=change.account_id, details={"change": str(change.id)})
    return tokens.arm(token)


def change_of(token: AccountToken) -> EmailChange:
    """Return the change a link belongs to, if it is still under way."""
    change = db.session.get(EmailChange, UUID(token.details["change"]))
    if change is None:
        raise NotFound
    if change.closed_at is not None or change.expires_at <= clock.real_now():
        raise tokens.LinkIsOver
    return change


def confirm_side(token: AccountToken, *, here: AccountSession | None) -> EmailChange:
    """Note one mailbox's yes; with both, the new address is in force and all sessions but the one here end."""
    change = change_of(token)
    used = tokens.use(token)
    if used.purpose is Purpose.EMAIL_OLD:
        change.old_confirmed_at = clock.real_now()
    else:
        change.new_confirmed_at = clock.real_now()
    if change.old_confirmed_at and change.new_confirmed_at:
        _put_in_force(change, here)
    return change


def _put_in_force(change: EmailChange, here: AccountSession | None) -> None:
    account = queries.account(change.account_id)
    change.closed_at = clock.real_now()
    if queries.by_email(change.new_email):
        raise AddressTaken
    before = {"email": account.email}
    account.email = change.new_email
    sessions.end_all(account, reason="email_changed", by=account, but=here)
    audit.record(
        "accounts.email_changed",
        by=account.id,
        on=("account", account.id),
        before=before,
        after={"email": account.email},
    )
    publish(AccountChanged(account_id=account.id))


def is_done(change: EmailChange) -> bool:
    """Say whether both sides have confirmed."""
    return bool(change.old_confirmed_at and change.new_confirmed_at)
