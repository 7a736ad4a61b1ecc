"""Reminding of overdue bills, once per level, and leaving a bill alone for a reason (P9)."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import atomic, db, forget_reads, insert_once
from app.core.errors import Refusal
from app.core.events import publish
from app.core.i18n import _l
from app.payments import queries
from app.payments.events import BillReminded
from app.payments.models import DunningHold, DunningLevel, Reminder
from app.payments.services.bills import locked
from app.payments.services.deriving import left_to_pay

log = logging.getLogger(__name__)


class NothingToRemindOf(Refusal):
    """Who owes nothing is not reminded."""

    message = _l("There is nothing to remind of: this bill is not issued, is paid, or was withdrawn.")


class SameDay(Refusal):
    """Two levels on one day would be two mails at once."""

    message = _l("Another reminder goes out on that day. Choose another number of days.")


def remind(bill_id: UUID, level: int, *, by: Account | None = None) -> bool:
    """Write about a bill at a level; False when that was done before. Without `by` the daily job does it."""
    bill = locked(bill_id)
    due = left_to_pay(bill)
    if bill.state not in queries.REMINDABLE or due <= 0:
        raise NothingToRemindOf
    new = insert_once(
        Reminder,
        id=uuid.uuid4(),
        bill_id=bill.id,
        level=level,
        due_cents=due,
        sent_at=clock.now(),
        sent_by=by.id if by else None,
    )
    if new:
        audit.record("payments.bill.reminded", by=by.id if by else None, on=("bill", bill.id), after={"level": level})
        publish(BillReminded(bill_id=bill.id, person_id=bill.person_id, level=level))
    return new


def remind_overdue(on: date | None = None) -> int:
    """Remind of every bill that came to its next level by a day; return how many. Twice a day is once.

    Each bill in a transaction of its own: one that cannot be written about keeps no other waiting.
    """
    today = on or clock.today()
    reminded = 0
    for bill_id in list(queries.overdue(today)):
        try:
            with atomic():
                bill = locked(bill_id)
                level = queries.next_level(bill, today)
                if level and queries.hold_of(bill_id, today) is None and left_to_pay(bill) > 0:
                    reminded += remind(bill_id, level.level)
        except Exception as error:  # noqa: BLE001  whatever one bill meets, the others get their turn
            forget_reads()
            log.warning("bill_not_reminded", extra={"error": type(error).__name__, "bill_id": str(bill_id)})
    return reminded


def hold(bill_id: UUID, *, reason: str, until: date | None, by: Account) -> None:
    """Leave a bill alone until a day, or until somebody lets go; said again, the newest reason stands."""
    bill = locked(bill_id)
    release(bill_id, by=by)
    db.session.add(DunningHold(bill_id=bill.id, reason=reason, until=until, held_by=by.id))
    after = {"reason": reason, "until": until.isoformat() if until else None}
    audit.record("payments.bill.held", by=by.id, on=("bill", bill.id), after=after)


def release(bill_id: UUID, *, by: Account) -> bool:
    """Let reminders go on; False when nothing held them."""
    bill = locked(bill_id)
    query = select(DunningHold).where(DunningHold.bill_id == bill_id, DunningHold.released_at.is_(None))
    held = db.session.scalar(query.with_for_update())
    if held is None:
        return False
    held.released_at, held.released_by = clock.now(), by.id
    db.session.flush()
    audit.record("payments.bill.released", by=by.id, on=("bill", bill.id), before={"reason": held.reason})
    return True


def change_level(
    number: int, *, days_after: int, is_active: bool, texts: Mapping[str, Mapping[str, str]], by: Account
) -> DunningLevel:
    """Change when a level is sent and what it says; what was sent stays as it was sent."""
    level = db.session.get_one(DunningLevel, number, with_for_update=True, populate_existing=True)
    same = select(DunningLevel.level).where(DunningLevel.days_after == days_after, DunningLevel.level != number)
    if db.session.scalar(same):
        raise SameDay
    before = {"days_after": level.days_after, "is_active": level.is_active}
    changed_texts = {language: dict(text) for language, text in texts.items()} != level.texts
    level.days_after, level.is_active = days_after, is_active
    level.texts = {language: dict(text) for language, text in texts.items()}
    level.changed_at, level.changed_by = clock.now(), by.id
    after = {"days_after": days_after, "is_active": is_active, "texts_changed": changed_texts}
    audit.record("payments.dunning_level.changed", by=by.id, on=("dunning_level", number), before=before, after=after)
    return level
