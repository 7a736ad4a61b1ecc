"""The demo's accounts: one per role with a known password, and any number of members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID, uuid5

from app.accounts import hashing, queries, totp
from app.accounts.models import Account, RoleGrant
from app.accounts.roles import Role
from app.core import clock
from app.core.db import db, insert_rows
from app.core.demo import DOMAIN, PASSWORD, DemoPlan

_SPACE = UUID("6a0d7f5e-2f3b-4c58-9d6a-0c1f8b1e7a42")
_CAST: tuple[tuple[str, str, str, Role | None], ...] = (
    ("lid", "Marjolein", "van Asperen", None),
    ("aspirant", "Ruben", "Hoekstra", None),
    ("coordinator", "Annelies", "Brouwer", Role.COORDINATOR),
    ("treasurer", "Henk", "Terpstra", Role.TREASURER),
    ("returning-officer", "Fatima", "el Idrissi", Role.RETURNING_OFFICER),
    ("admin", "Joost", "Wiersma", Role.ADMINISTRATOR),
)


@dataclass(frozen=True)
class DemoAccount:
    """What is printed, to sign in with."""

    email: str
    password: str
    totp_secret: str | None


def demo_id(who: str) -> UUID:
    """Return the id of a demo account, such as "lid": the same on every machine."""
    return uuid5(_SPACE, who)


def seed(plan: DemoPlan) -> list[DemoAccount]:
    """Make the six demo accounts and one for everybody in the cast; only the six can sign in by password."""
    hash_ = hashing.hashed(PASSWORD)
    now = clock.now()
    made = []
    for who, given, family, role in _CAST:
        secret = totp.new_secret() if role else None
        account = Account(
            id=demo_id(who),
            email=f"{who}@{DOMAIN}",
            given_name=given,
            family_name=family,
            password=hash_,
            password_set_at=now,
            confirmed_at=now,
            totp_secret=secret,
            totp_since=now if secret else None,
        )
        account.grants = [RoleGrant(role=role)] if role else []
        db.session.add(account)
        made.append(DemoAccount(account.email, PASSWORD, totp.plain(secret) if secret else None))
    db.session.flush()
    chance = plan.chance("accounts")
    midday = clock.at_home(datetime.combine(plan.today, time(12)))
    insert_rows(
        Account,
        [
            {
                "id": person.id,
                "email": person.email,
                "given_name": person.given_name,
                "family_name": person.family_name,
                "locale": "nl",
                "active": True,
                "created_at": (joined := midday - timedelta(days=chance.randrange(30, 2000))),
                "confirmed_at": joined,
            }
            for person in plan.people
        ],
    )
    return made


def printed() -> list[DemoAccount]:
    """Return the demo accounts as they stand in the database, to print them again."""
    found = [queries.by_email(f"{who}@{DOMAIN}") for who, _given, _family, _role in _CAST]
    return [
        DemoAccount(account.email, PASSWORD, totp.plain(account.totp_secret) if account.totp_secret else None)
        for account in found
        if account is not None
    ]
