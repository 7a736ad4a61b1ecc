"""One-time tokens: asked for, armed with a secret, used once (ASVS 6.4.1, 6.6.2)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select, update

from app.accounts import secrecy
from app.accounts.models import AccountToken, Purpose
from app.core import clock
from app.core.db import db, insert_once
from app.core.errors import Refusal
from app.core.i18n import _l

LASTS = {
    Purpose.SIGN_UP: timedelta(hours=24),
    Purpose.SIGN_IN: timedelta(minutes=10),
    Purpose.RESET: timedelta(minutes=30),
    Purpose.SET_UP: timedelta(days=7),
    Purpose.EMAIL_OLD: timedelta(days=2),
    Purpose.EMAIL_NEW: timedelta(days=2),
    Purpose.SUDO: timedelta(minutes=10),
    Purpose.PASSKEY: timedelta(minutes=5),
}
WRONG_CODES = 5
MAILS_PER_HOUR = 30
KEPT = timedelta(days=30)
A_DOUBLE_CLICK = timedelta(seconds=20)


class LinkState(StrEnum):
    """What can be said of a link to whoever opens it."""

    GOOD = "good"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class LinkIsOver(Refusal):
    """A link was used before, has expired, or was replaced by a newer one."""

    message = _l("This link has been used or is too old. Ask for a new one.")


class WrongCode(Refusal):
    """The code does not belong to the link; after five the link is worthless."""

    status = 422
    message = _l("This is not the code. Look at the page where you asked for the mail, and type its six digits.")


def ask(
    purpose: Purpose,
    *,
    email: str = "",
    account_id: UUID | None = None,
    browser: str | None = None,
    code: str | None = None,
    details: dict[str, Any] | None = None,
    lasts: timedelta | None = None,
) -> AccountToken:
    """Write down that somebody asks for a token; it opens nothing until it is armed."""
    token = AccountToken(**_asked(purpose, email, account_id, browser, code, details, lasts))
    db.session.add(token)
    db.session.flush()
    return token


def ask_once(
    token_id: UUID, purpose: Purpose, *, email: str, browser: str, code: str, details: dict[str, Any]
) -> AccountToken | None:
    """Write down what one form asks, however often it is sent: the last word counts; None once that token is over."""
    insert_once(AccountToken, id=token_id, **_asked(purpose, email, None, browser, code, details, None))
    token = db.session.get(AccountToken, token_id, with_for_update={"of": AccountToken}, populate_existing=True)
    if token is None or state_of(token) is not LinkState.GOOD:
        return None
    token.details = details
    return token


def _asked(
    purpose: Purpose,
    email: str,
    account_id: UUID | None,
    browser: str | None,
    code: str | None,
    details: dict[str, Any] | None,
    lasts: timedelta | None,
) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "email": email,
        "account_id": account_id,
        "browser_hash": secrecy.digest(browser) if browser else None,
        "code_hash": secrecy.digest(code) if code else None,
        "details": details or {},
        "wrong_codes": 0,
        "created_at": clock.real_now(),
        "expires_at": clock.real_now() + (lasts or LASTS[purpose]),
    }


def arm(token: AccountToken) -> str:
    """Give a token its secret and return it; earlier ones for the same purpose and address stop working.

    Of links bound to a browser only those of the same browser: so a stranger who asks does not spoil the owner's.
    """
    earlier = update(AccountToken).where(
        AccountToken.purpose == token.purpose,
        AccountToken.email == token.email,
        AccountToken.account_id == token.account_id if token.account_id else AccountToken.account_id.is_(None),
        AccountToken.browser_hash == token.browser_hash if token.browser_hash else AccountToken.browser_hash.is_(None),
        AccountToken.used_at.is_(None),
        AccountToken.id != token.id,
        AccountToken.created_at <= token.created_at,
        AccountToken.expires_at > clock.real_now(),
    )
    db.session.execute(earlier.values(expires_at=clock.real_now()))
    secret = secrecy.new_secret()
    token.secret_hash = secrecy.digest(secret)
    db.session.flush()
    return secret


def too_many_mails(token: AccountToken) -> bool:
    """Say whether an address has had enough mail in the last hour, whoever asked for it."""
    recent = select(func.count()).where(
        AccountToken.email == token.email,
        AccountToken.secret_hash.is_not(None),
        AccountToken.created_at > clock.real_now() - timedelta(hours=1),
    )
    return (db.session.scalar(recent) or 0) >= MAILS_PER_HOUR


def find(secret: str, *purposes: Purpose) -> AccountToken | None:
    """Return the token a link carries, whatever has become of it."""
    found = db.session.scalar(select(AccountToken).where(AccountToken.secret_hash == secrecy.digest(secret)))
    return found if found is not None and found.purpose in purposes else None


def state_of(token: AccountToken | None) -> LinkState:
    """Say whether a link still works, and if not why."""
    if token is None:
        return LinkState.UNKNOWN
    if token.used_at is not None:
        return LinkState.USED
    return (
        LinkState.EXPIRED
        if token.expires_at <= clock.real_now() or token.wrong_codes >= WRONG_CODES
        else LinkState.GOOD
    )


def used_just_now(token: AccountToken) -> bool:
    """Say whether a link was used within the seconds that a double click and its slow answer take."""
    return token.used_at is not None and clock.real_now() - token.used_at < A_DOUBLE_CLICK


def is_from(token: AccountToken, browser: str | None) -> bool:
    """Say whether this browser is the one that asked."""
    return browser is not None and secrecy.matches(browser, token.browser_hash)


def admits(token: AccountToken, *, browser: str | None, code: str) -> bool:
    """Say whether a bound link may be used here: in the asking browser, or elsewhere with the code shown there.

    A wrong code is counted by the caller's transaction, so this does not raise.
    """
    if is_from(token, browser):
        return True
    if secrecy.matches("".join(code.split()), token.code_hash):
        return True
    token.wrong_codes += 1
    return False


def check_sudo_code(session_id: UUID, account_id: UUID, code: str) -> bool:
    """Use up the newest mailed code of this session; a wrong one is counted, so this does not raise."""
    found = db.session.scalars(
        select(AccountToken)
        .where(AccountToken.account_id == account_id, AccountToken.purpose == Purpose.SUDO)
        .order_by(AccountToken.created_at.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if found is None or state_of(found) is not LinkState.GOOD or found.details.get("session") != str(session_id):
        return False
    if not secrecy.matches("".join(code.split()), found.code_hash):
        found.wrong_codes += 1
        return False
    found.used_at = clock.real_now()
    return True


def use(token: AccountToken | None) -> AccountToken:
    """Use a token up; of two that try at once, one gets LinkIsOver."""
    if token is None or state_of(token) is not LinkState.GOOD:
        raise LinkIsOver
    taken = db.session.execute(
        update(AccountToken)
        .where(AccountToken.id == token.id, AccountToken.used_at.is_(None))
        .values(used_at=clock.real_now())
        .execution_options(synchronize_session=False)
    )
    if not cast("CursorResult[Any]", taken).rowcount:
        raise LinkIsOver
    db.session.refresh(token)
    return token


def prune() -> None:
    """Forget tokens a month after they ended, and challenges after a day.

    A token's details may hold what somebody typed who never came back.
    """
    now = clock.real_now()
    db.session.execute(delete(AccountToken).where(AccountToken.expires_at < now - KEPT))
    challenge = AccountToken.purpose == Purpose.PASSKEY
    db.session.execute(delete(AccountToken).where(challenge, AccountToken.expires_at < now - timedelta(days=1)))
