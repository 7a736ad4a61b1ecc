"""Second factors: the authenticator app, recovery codes, and what happens when one comes or goes."""

from __future__ import annotations

import secrets
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update

from app.accounts import queries, secrecy, totp
from app.accounts.models import Account, RecoveryCode
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.i18n import _l

CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class WrongTotp(Refusal):
    """The digits are not of this moment, or were used before."""

    status = 422
    message = _l(
        "This code is not right or was used already. Wait for the next one in your app and type its six digits."
    )


class WrongRecoveryCode(Refusal):
    """Not one of the codes, or used before."""

    status = 422
    message = _l("This recovery code is not right or was used already. Each code works once.")


class StaffNeedsFactor(Refusal):
    """Staff cannot be without a second factor."""

    message = _l("With a role at the bureau you need a second factor. Set up another one before you remove this one.")


def _locked(account: Account) -> Account:
    """Hold the account's row, so that of two requests with the same code one is too late."""
    statement = (
        select(Account).where(Account.id == account.id).with_for_update().execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).one()


def check_totp(account: Account, digits: str) -> None:
    """Use up a code of the authenticator app, or raise WrongTotp (ASVS 6.5.1)."""
    account = _locked(account)
    if (
        account.totp_since is None
        or account.totp_secret is None
        or not totp.verify(digits, account, account.totp_secret)
    ):
        raise WrongTotp
    db.session.flush()


def set_up_totp(account: Account, secret: str, digits: str) -> None:
    """Take an authenticator app into use once it shows the right code; a wrong one leaves the app in use as it was."""
    account = _locked(account)
    used, account.totp_last_counter = account.totp_last_counter, None
    if not totp.verify(digits, account, secret):
        account.totp_last_counter = used
        raise WrongTotp
    account.totp_secret, account.totp_since = secret, clock.real_now()
    audit.record("accounts.totp_set_up", by=account.id, on=("account", account.id))


def remove_totp(account: Account) -> None:
    """Take the authenticator app out of use; recovery codes go when no second factor is left."""
    if account.is_staff and not account.passkeys:
        raise StaffNeedsFactor
    account.totp_secret = account.totp_since = account.totp_last_counter = None
    audit.record("accounts.totp_removed", by=account.id, on=("account", account.id))
    if not account.passkeys:
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))


def new_recovery_codes(account: Account) -> list[str]:
    """Make ten codes, which are shown this once; earlier ones stop working."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    codes = [
        "-".join("".join(secrets.choice(_ALPHABET) for _char in range(4)) for _group in range(3))
        for _code in range(CODES)
    ]
    db.session.add_all([RecoveryCode(account_id=account.id, code_hash=secrecy.digest(code)) for code in codes])
    audit.record("accounts.recovery_codes_made", by=account.id, on=("account", account.id))
    db.session.flush()
    return codes


def use_recovery_code(account: Account, typed: str) -> int:
    """Use up a recovery code, or raise; return how many are left."""
    plain = "".join(char for char in typed.lower() if char.isalnum())
    code = "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))
    taken = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.code_hash == secrecy.digest(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.real_now())
        .execution_options(synchronize_session=False)
    )
    if not cast("CursorResult[Any]", taken).rowcount:
        raise WrongRecoveryCode
    audit.record("accounts.recovery_code_used", by=account.id, on=("account", account.id))
    return queries.factors(account).recovery_codes
