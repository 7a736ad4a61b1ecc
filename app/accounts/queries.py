"""Finding accounts, sessions and factors; whoever may not see one gets NotFound, like for one that is not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, Uuid, bindparam, exists, func, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from app.accounts.models import Account, AccountSession, EmailChange, Passkey, RecoveryCode, RoleGrant
from app.accounts.roles import Role
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound

_SESSION = (
    select(AccountSession)
    .where(AccountSession.id == bindparam("id", type_=Uuid()))
    .options(joinedload(AccountSession.account, innerjoin=True).joinedload(Account.grants))
)


def normal_email(text: str) -> str:
    """Return an address the way it is stored and compared."""
    return text.strip().lower()


def account(id: UUID) -> Account:
    """Return an account, or raise NotFound."""
    found = db.session.get(Account, id)
    if found is None:
        raise NotFound
    return found


def by_ids(ids: Collection[UUID]) -> list[Account]:
    """Return these accounts, for work on many people at once."""
    return list(db.session.scalars(select(Account).where(Account.id.in_(ids))))


def by_email(email: str) -> Account | None:
    """Return the account with this address, if there is one."""
    return db.session.scalar(select(Account).where(Account.email == normal_email(email)))


def names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return what to call each of these people."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = db.session.execute(select(Account.id, Account.given_name, Account.family_name).where(Account.id.in_(wanted)))
    return {row.id: f"{row.given_name} {row.family_name}" for row in rows}


def name_of(account_id: ColumnElement[UUID] | InstrumentedAttribute[UUID]) -> ScalarSelect[str]:
    """Return, as part of another domain's statement, what to call the person that a column names."""
    called = select(Account.given_name + " " + Account.family_name).where(Account.id == account_id)
    return called.correlate_except(Account).scalar_subquery()


class Person(NamedTuple):
    """What lists of people show of an account."""

    id: UUID
    given_name: str
    family_name: str
    email: str

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


def people(ids: Iterable[UUID]) -> dict[UUID, Person]:
    """Return the name and address of each of these people, for lists of any size."""
    columns = (Account.id, Account.given_name, Account.family_name, Account.email)
    rows = db.session.execute(select(*columns).where(Account.id.in_(list(ids))))
    return {row.id: Person(*row) for row in rows}


def holders(role: Role) -> list[Account]:
    """Return who holds a role, for mail to whoever has to act."""
    statement = select(Account).join(RoleGrant, RoleGrant.account_id == Account.id)
    return list(
        db.session.scalars(statement.where(RoleGrant.role == role, Account.active).order_by(Account.family_name))
    )


def staff() -> list[tuple[UUID, str]]:
    """Return everybody with a role, by name."""
    statement = select(Account).where(exists().where(RoleGrant.account_id == Account.id)).order_by(Account.family_name)
    return [(found.id, found.name) for found in db.session.scalars(statement)]


def session_with_account(id: UUID) -> AccountSession | None:
    """Load a session, its account and roles in the one query that every signed-in request makes."""
    return db.session.scalars(_SESSION, {"id": id}).unique().one_or_none()


def open_sessions(account_id: UUID) -> list[AccountSession]:
    """L7: return where somebody is signed in, the latest first."""
    statement = select(AccountSession).options(joinedload(AccountSession.account).selectinload(Account.grants))
    rows = db.session.scalars(
        statement.where(
            AccountSession.account_id == account_id,
            AccountSession.ended_at.is_(None),
            AccountSession.second_factor_due.is_(False),
        ).order_by(AccountSession.last_seen_at.desc())
    )
    return [row for row in rows if not row.is_over]


def own_session(id: UUID, *, owner: Account) -> AccountSession:
    """Return one open session of its owner; anyone else's is not there."""
    found = db.session.get(AccountSession, id)
    if found is None or found.account_id != owner.id or found.ended_at is not None:
        raise NotFound
    return found


def own_passkey(id: UUID, *, owner: Account) -> Passkey:
    """Return one passkey of its owner; anyone else's is not there."""
    found = db.session.get(Passkey, id)
    if found is None or found.account_id != owner.id:
        raise NotFound
    return found


def passkey_by_credential(credential_id: bytes) -> Passkey | None:
    """Return the passkey that an authenticator names."""
    return db.session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))


@dataclass(frozen=True)
class Factors:
    """What somebody can prove themselves with."""

    password: bool
    totp: bool
    passkeys: int
    recovery_codes: int

    @property
    def second(self) -> bool:
        """Say whether a second factor is set up; a passkey counts, being checked by the device."""
        return self.totp or self.passkeys > 0


def factors(owner: Account) -> Factors:
    """Return what an account can prove itself with, in one query."""
    keys = select(func.count()).where(Passkey.account_id == owner.id).scalar_subquery()
    codes = (
        select(func.count())
        .where(RecoveryCode.account_id == owner.id, RecoveryCode.used_at.is_(None))
        .scalar_subquery()
    )
    counted = db.session.execute(select(keys, codes)).one()
    return Factors(bool(owner.password), owner.totp_since is not None, counted[0], counted[1])


def has_second_factor(owner: Account) -> bool:
    """Say whether a second factor can be asked."""
    return factors(owner).second


def pending_email_change(account_id: UUID) -> EmailChange | None:
    """Return the change of address that is on its way, if any."""
    return db.session.scalar(
        select(EmailChange)
        .where(
            EmailChange.account_id == account_id,
            EmailChange.closed_at.is_(None),
            EmailChange.expires_at > clock.real_now(),
        )
        .order_by(EmailChange.created_at.desc())
        .limit(1)
    )


def has_anybody() -> bool:
    """Say whether there is any account at all."""
    return db.session.scalar(select(Account.id).limit(1)) is not None


def other_administrators(than: Account) -> bool:
    """Say whether somebody else active can give roles: the last one may not be lost."""
    statement = exists().where(
        RoleGrant.role == Role.ADMINISTRATOR,
        RoleGrant.account_id != than.id,
        Account.id == RoleGrant.account_id,
        Account.active.is_(True),
    )
    return bool(db.session.scalar(select(statement)))


def listed() -> Select[Any, Any, Any, Any, Any, Any]:
    """Return every account with its roles and when it was last seen, for the list of those who may see all accounts."""
    roles = (
        select(func.aggregate_strings(RoleGrant.role, ","))
        .where(RoleGrant.account_id == Account.id)
        .correlate(Account)
        .scalar_subquery()
    )
    seen = (
        select(func.max(AccountSession.last_seen_at))
        .where(AccountSession.account_id == Account.id)
        .correlate(Account)
        .scalar_subquery()
    )
    name = Account.given_name + " " + Account.family_name
    return select(
        Account.id,
        name.label("name"),
        Account.email,
        Account.active,
        type_coerce(roles, String).label("roles"),
        seen.label("last_seen_at"),
    )


def seen_since(moment: datetime) -> Select[UUID]:
    """M12: give whoever was signed in at or after a moment, as a selectable."""
    return select(AccountSession.account_id).where(AccountSession.last_seen_at >= moment)


def last_seen(account_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """M12: return when each of these people last used the portal; whoever never did is not in it."""
    wanted = select(AccountSession.account_id, func.max(AccountSession.last_seen_at))
    rows = db.session.execute(
        wanted.where(AccountSession.account_id.in_(account_ids)).group_by(AccountSession.account_id)
    )
    return {row[0]: row[1] for row in rows}
