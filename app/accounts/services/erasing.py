"""L4: making somebody nobody, where a row has to stay because others hang on it."""

from __future__ import annotations

from sqlalchemy import delete, or_

from app.accounts.events import AccountAnonymised, AccountChanged
from app.accounts.models import Account, AccountSession, AccountToken, EmailChange, RecoveryCode
from app.accounts.services import sessions
from app.audit import services as audit
from app.core.db import db
from app.core.errors import Refusal
from app.core.events import publish
from app.core.i18n import _l
from app.mail import services as mail

NOBODY = "Anoniem"
DIGITS = 8


class StaffStay(Refusal):
    """B6: whoever acts for the bureau is named in its log."""

    message = _l("This account has a role at the bureau. Take its roles away first.")


def anonymise(account: Account, *, by: Account | None) -> None:
    """L4: take away for good whatever says who somebody is; done twice it changes nothing.

    Every domain lets go of its own part, or refuses while it still needs to know who this is; then nothing happens.
    The log keeps what was done: it can only be added to.
    """
    if account.is_anonymous:
        return
    if account.is_staff:
        raise StaffStay
    sessions.end_all(account, reason="anonymised", by=by)
    email = account.email
    account.email = f"{account.id.hex}@{mail.NOWHERE}"
    account.given_name, account.family_name = NOBODY, account.id.hex[:DIGITS]
    account.active, account.password, account.password_set_at = False, None, None
    account.totp_secret = account.totp_since = account.totp_last_counter = None
    account.passkeys.clear()
    db.session.flush()
    for model in (AccountSession, RecoveryCode, EmailChange):
        db.session.execute(delete(model).where(model.account_id == account.id))
    mine = or_(AccountToken.account_id == account.id, AccountToken.email == email)
    db.session.execute(delete(AccountToken).where(mine))
    mail.forget_reader(account.id, email)
    audit.record("accounts.anonymised", by=by.id if by else None, on=("account", account.id))
    publish(AccountAnonymised(account_id=account.id))
    publish(AccountChanged(account_id=account.id))
