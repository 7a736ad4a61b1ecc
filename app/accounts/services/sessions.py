"""Sessions that live here: opened, proven, ended in a row that the cookie only points to (ASVS 7.4.1)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from app.accounts import queries, secrecy
from app.accounts.models import Account, AccountSession, Method
from app.audit import services as audit
from app.core import clock
from app.core.db import db

SEEN_EVERY = timedelta(minutes=5)


def open_session(
    account: Account,
    *,
    method: Method,
    agent: str,
    address: str,
    verified_by_device: bool = False,
    second_factor_due: bool = False,
) -> tuple[AccountSession, str]:
    """Open a session after the first factor; return it with the secret for the cookie.

    A passkey checked by its device proves both factors at once. With `second_factor_due` it opens nothing yet.
    """
    secret, now = secrecy.new_secret(), clock.real_now()
    row = AccountSession(
        account=account,
        account_id=account.id,
        secret_hash=secrecy.digest(secret),
        method=method,
        created_at=now,
        last_seen_at=now,
        agent=agent,
        address=address[:45],
        second_factor_due=second_factor_due,
        second_factor_at=now if verified_by_device else None,
        sudo_at=None if second_factor_due else now,
    )
    db.session.add(row)
    db.session.flush()
    if not second_factor_due:
        audit.record("accounts.signed_in", by=account.id, on=("account", account.id), after={"method": method})
    return row, _pointer(row, secret)


def resolve(pointer: str) -> AccountSession | None:
    """Return the session a cookie points to, or None when it is ended, over, disabled or made up."""
    id_text, _dot, secret = pointer.partition(".")
    try:
        session_id = UUID(hex=id_text)
    except ValueError:
        return None
    row = queries.session_with_account(session_id)
    if row is None or row.ended_at is not None or not row.account.active or row.is_over:
        return None
    return row if secrecy.matches(secret, row.secret_hash) else None


def prove_second_factor(row: AccountSession, *, how: str) -> str:
    """Note that the second factor is proven; return the new secret for the cookie (ASVS 7.2.4)."""
    was_due, now = row.second_factor_due, clock.real_now()
    row.second_factor_due, row.second_factor_at, row.sudo_at = False, now, now
    action = "accounts.signed_in" if was_due else "accounts.second_factor_proven"
    audit.record(
        action, by=row.account_id, on=("account", row.account_id), after={"method": row.method, "second_factor": how}
    )
    return _renewed(row)


def prove_again(row: AccountSession, *, how: str) -> str:
    """Note a recent proof of identity, good for 30 minutes; return the new secret for the cookie."""
    row.sudo_at = clock.real_now()
    audit.record("accounts.identity_proven", by=row.account_id, on=("account", row.account_id), after={"how": how})
    return _renewed(row)


def _renewed(row: AccountSession) -> str:
    secret = secrecy.new_secret()
    row.secret_hash = secrecy.digest(secret)
    db.session.flush()
    return _pointer(row, secret)


def _pointer(row: AccountSession, secret: str) -> str:
    return f"{row.id.hex}.{secret}"


def end(row: AccountSession, *, by: Account, reason: str) -> None:
    """End one session; ending it twice is the same."""
    if row.ended_at is None:
        row.ended_at, row.end_reason = clock.real_now(), reason
        action = "accounts.signed_out" if reason == "signed_out" else "accounts.session_ended"
        audit.record(action, by=by.id, on=("account", row.account_id), after={"reason": reason})


def end_all(account: Account, *, reason: str, by: Account | None, but: AccountSession | None = None) -> None:
    """End every session of an account at once, except the one it is done from when that is given."""
    statement = (
        update(AccountSession)
        .where(AccountSession.account_id == account.id, AccountSession.ended_at.is_(None))
        .values(ended_at=clock.real_now(), end_reason=reason)
    )
    if but is not None:
        statement = statement.where(AccountSession.id != but.id)
    db.session.execute(statement)
    audit.record(
        "accounts.sessions_ended", by=by.id if by else None, on=("account", account.id), after={"reason": reason}
    )


def seen(row_id: UUID) -> None:
    """Note that a session is in use, at most once in five minutes: idle limits count from here."""
    now = clock.real_now()
    db.session.execute(
        update(AccountSession)
        .where(AccountSession.id == row_id, AccountSession.last_seen_at < now - SEEN_EVERY)
        .values(last_seen_at=now)
    )
