"""B7: what administrators do with accounts. Whatever changes rights ends the sessions that had the old ones."""

from __future__ import annotations

from collections.abc import Mapping

from app.accounts import queries
from app.accounts.events import AccountDisabled
from app.accounts.models import Account, RoleGrant
from app.accounts.roles import Role
from app.accounts.services import sessions
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.events import publish
from app.core.i18n import _l


class LastAdministrator(Refusal):
    """Somebody has to be able to give roles."""

    message = _l("This is the last administrator. Make somebody else administrator first.")


class NotYourself(Refusal):
    """Rights over oneself are for a colleague."""

    message = _l("You cannot do this to your own account. Ask another administrator.")


def grant_role(account: Account, role: Role, *, by: Account | None) -> None:
    """Give a role; the person signs in again, with a second factor, before it opens anything."""
    if role in account.roles:
        return
    before = {"roles": list(account.roles)}
    account.grants.append(RoleGrant(role=role, granted_at=clock.real_now(), granted_by_id=by.id if by else None))
    _roles_changed(account, before, by)


def revoke_role(account: Account, role: Role, *, by: Account | None) -> None:
    """Take a role away; it stops at once."""
    grant = next((grant for grant in account.grants if grant.role is role), None)
    if grant is None:
        return
    if role is Role.ADMINISTRATOR and not queries.other_administrators(account):
        raise LastAdministrator
    before = {"roles": list(account.roles)}
    account.grants.remove(grant)
    _roles_changed(account, before, by)


def _roles_changed(account: Account, before: Mapping[str, object], by: Account | None) -> None:
    db.session.flush()
    after = {"roles": list(account.roles)}
    audit.record(
        "accounts.roles_changed", by=by.id if by else None, on=("account", account.id), before=before, after=after
    )
    sessions.end_all(account, reason="roles_changed", by=by)


def disable(account: Account, *, by: Account) -> None:
    """Close an account: nobody gets in any more, and who is in is out."""
    if account.id == by.id:
        raise NotYourself
    if Role.ADMINISTRATOR in account.roles and not queries.other_administrators(account):
        raise LastAdministrator
    account.active = False
    audit.record(
        "accounts.disabled", by=by.id, on=("account", account.id), before={"active": True}, after={"active": False}
    )
    sessions.end_all(account, reason="disabled", by=by)
    publish(AccountDisabled(account_id=account.id))


def enable(account: Account, *, by: Account) -> None:
    """Open a closed account again."""
    account.active = True
    audit.record(
        "accounts.enabled", by=by.id, on=("account", account.id), before={"active": False}, after={"active": True}
    )


def reset_factors(account: Account, *, by: Account) -> None:
    """Take away the second factors of somebody who lost them, after the bureau has seen who asks; sessions end."""
    if account.id == by.id:
        raise NotYourself
    account.totp_secret = account.totp_since = account.totp_last_counter = None
    account.passkeys.clear()
    audit.record("accounts.factors_reset", by=by.id, on=("account", account.id))
    sessions.end_all(account, reason="factors_reset", by=by)
