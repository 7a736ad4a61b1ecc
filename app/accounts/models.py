"""Who people are to the portal: accounts, roles, factors, sessions and the one-time tokens that mails carry."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask_login import UserMixin
from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.roles import Role, permissions_of
from app.core import clock
from app.core.db import Base, Id, state_column
from app.core.permissions import Permission
from app.mail.services import NOWHERE

STAFF_IDLE, STAFF_LONGEST = timedelta(minutes=30), timedelta(hours=12)
MEMBER_IDLE, MEMBER_LONGEST = timedelta(days=14), timedelta(days=90)
SUDO_LASTS = timedelta(minutes=30)
CODE_WITHIN = timedelta(minutes=10)


class Account(UserMixin, Base):
    """One person who can sign in; which factors and rights they have hangs on it, what they do in the portal does not.

    `password` holds a hash. As the signed-in visitor it also carries the `session` it was loaded with.
    """

    __tablename__ = "account"
    __allow_unmapped__ = True  # for `session`, which is no column
    __table_args__ = (Index("ix_account_name", "family_name", "given_name", "id"),)

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    locale: Mapped[str] = mapped_column(String(5), default="nl")
    active: Mapped[bool] = mapped_column(default=True)
    password: Mapped[str | None] = mapped_column(String(255))
    password_set_at: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(Text)
    totp_since: Mapped[datetime | None]
    totp_last_counter: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    confirmed_at: Mapped[datetime | None]

    grants: Mapped[list[RoleGrant]] = relationship(
        back_populates="account",
        cascade="all, delete-orphan",
        foreign_keys="RoleGrant.account_id",
        order_by="RoleGrant.role",
    )
    passkeys: Mapped[list[Passkey]] = relationship(
        back_populates="account", cascade="all, delete-orphan", order_by="Passkey.created_at"
    )

    session: AccountSession | None = None

    @property
    def fs_uniquifier(self) -> str:
        """Flask-Security's name for what a session points to; ours points to a row of `account_session`."""
        return str(self.id)

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def is_anonymous(self) -> bool:
        """Say whether it was forgotten who this is (L4)."""
        return self.email.endswith(f"@{NOWHERE}")

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(grant.role for grant in self.grants)

    @property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.roles)

    @property
    def is_staff(self) -> bool:
        """Say whether the bureau's rules for sessions and second factors hold for this person."""
        return bool(self.grants)

    @property
    def second_factor_proven(self) -> bool:
        return self.session is not None and self.session.second_factor_at is not None

    @property
    def sudo_proven(self) -> bool:
        return self.session is not None and self.session.sudo_proven


class RoleGrant(Base):
    """A role that somebody holds, and who gave it; nobody when it came from the command line."""

    __tablename__ = "role_grant"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = state_column(Role, name="role", primary_key=True)
    granted_at: Mapped[datetime] = mapped_column(default=clock.now)
    granted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))

    account: Mapped[Account] = relationship(back_populates="grants", foreign_keys=[account_id])


class Method(StrEnum):
    """How a session was opened."""

    PASSWORD = "password"  # noqa: S105  the name of a way in, not a secret
    MAIL_LINK = "mail_link"
    PASSKEY = "passkey"


class AccountSession(Base):
    """One signed-in browser. The cookie only points here: what this row says holds, and an ended row never opens again.

    With `second_factor_due` the first factor is proven and the second is still asked: such a session opens nothing.
    """

    __tablename__ = "account_session"
    __table_args__ = (Index("ix_account_session_open", "account_id", "ended_at"),)

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    secret_hash: Mapped[str] = mapped_column(String(64))
    method: Mapped[Method] = state_column(Method, name="method")
    created_at: Mapped[datetime] = mapped_column(default=clock.real_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=clock.real_now)
    agent: Mapped[str] = mapped_column(String(80), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    second_factor_due: Mapped[bool] = mapped_column(default=False)
    second_factor_at: Mapped[datetime | None]
    sudo_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(40))

    account: Mapped[Account] = relationship()

    @property
    def sudo_proven(self) -> bool:
        return self.sudo_at is not None and clock.real_now() - self.sudo_at < SUDO_LASTS

    @property
    def is_over(self) -> bool:
        """Say whether a limit has passed: idle 30 minutes, in all 12 hours for staff; 14 and 90 days for members."""
        idle, longest = (STAFF_IDLE, STAFF_LONGEST) if self.account.is_staff else (MEMBER_IDLE, MEMBER_LONGEST)
        if self.second_factor_due:
            longest = CODE_WITHIN
        now = clock.real_now()
        return now - self.last_seen_at > idle or now - self.created_at > longest


class Passkey(Base):
    """A WebAuthn credential; only used with the device's own check of the person, so it counts as two factors."""

    __tablename__ = "passkey"

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str]] = mapped_column(default=list)
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_used_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(back_populates="passkeys")


class RecoveryCode(Base):
    """One of ten codes for whoever lost the second factor; kept as a hash, good for one time."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "code_hash"),)

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    used_at: Mapped[datetime | None]


class Purpose(StrEnum):
    """What a one-time token is for."""

    SIGN_UP = "sign_up"
    SIGN_IN = "sign_in"
    RESET = "reset"
    SET_UP = "set_up"
    EMAIL_OLD = "email_old"
    EMAIL_NEW = "email_new"
    SUDO = "sudo"
    PASSKEY = "passkey"


class AccountToken(Base):
    """A secret that is good once and for a while, kept as a hash: what a mail link carries, or a passkey's challenge.

    A row is written whether or not the address is known, and a job decides who gets a mail: so both take the same time.
    """

    __tablename__ = "account_token"
    __table_args__ = (Index("ix_account_token_recent", "email", "purpose", "created_at"),)

    id: Mapped[Id]
    purpose: Mapped[Purpose] = state_column(Purpose, name="purpose")
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str | None] = mapped_column(String(64))
    browser_hash: Mapped[str | None] = mapped_column(String(64))
    wrong_codes: Mapped[int] = mapped_column(default=0)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=clock.real_now, index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class EmailChange(Base):
    """A change of address on its way: in force once both the old and the new mailbox have said yes."""

    __tablename__ = "email_change"

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    old_email: Mapped[str] = mapped_column(String(254))
    new_email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(default=clock.real_now)
    expires_at: Mapped[datetime]
    old_confirmed_at: Mapped[datetime | None]
    new_confirmed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
