"""P10: bills that somebody without an account pays: mails go there, and who vouches for them does not see the bill."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement

from app.accounts import queries as accounts
from app.payments.models import Bill


class Addressee(NamedTuple):
    """Who is written to about a bill: an account, or somebody for whom `page` and `about_id` stand in its place."""

    name: str
    email: str
    locale: str
    account_id: UUID | None = None
    page: str = ""
    about_id: UUID | None = None


_others: dict[str, Callable[[UUID], Addressee | None]] = {}


def is_paid_by_another(subject_type: str, find: Callable[[UUID], Addressee | None]) -> None:
    """Let bills of this kind be somebody else's; `find` tells whose, or None when that was erased (L4)."""
    _others[subject_type] = find


def addressee_of(bill: Bill) -> Addressee | None:
    """Return who is written to about a bill; None when nobody is left."""
    if find := _others.get(bill.subject_type):
        return find(bill.subject_id)
    account = accounts.account(bill.person_id)
    return Addressee(account.name, account.email, account.locale, account_id=account.id)


def seen_by(person_id: UUID) -> ColumnElement[bool]:
    """Say as SQL that a bill is somebody's own to see and to pay."""
    own: ColumnElement[bool] = Bill.person_id == person_id
    return own & Bill.subject_type.not_in(_others) if _others else own
