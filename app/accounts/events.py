"""What accounts tell the other domains."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class AccountConfirmed(Event):
    """Somebody proved to own the address of the account for the first time."""

    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class AccountDisabled(Event):
    """An account was closed by the bureau; its sessions are ended."""

    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class AccountChanged(Event):
    """Somebody's name or address is another one from now on; whoever shows it elsewhere follows."""

    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class AccountAnonymised(Event):
    """L4: who somebody was is forgotten; each domain lets go of its part, or refuses and nothing is forgotten."""

    account_id: UUID
