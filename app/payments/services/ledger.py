"""The ledger: entries go in once, and the rest is derived from them (P3, P4, P6)."""

from __future__ import annotations

import uuid
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import Account
from app.audit import services as audit
from app.core.db import add_once, db
from app.core.events import publish
from app.payments.events import MoneyReturned
from app.payments.models import Bill, LedgerEntry, LedgerKind
from app.payments.services.crediting import credit
from app.payments.services.deriving import MONEY_IN, asked, derive, held, payment_behind


def enter(
    bill: Bill,
    *,
    kind: LedgerKind,
    amount_cents: int,
    provider: str,
    reference: str,
    method: str,
    occurred_at: datetime,
    attempt_id: UUID | None = None,
    of_reference: str = "",
    reason: str = "",
    by: Account | None = None,
) -> bool:
    """Write down money that moved for a locked bill, and what follows; False when this movement is known already.

    `of_reference` is the payment that money went back of; the newest with so much left when nobody says. Money for a
    bill that is void or covered changes nothing else: it becomes a task to send it back (P4). `reason` is why money
    goes back, for the credit note that may follow.
    """
    before, entries = held(bill), bill.entries
    if amount_cents < 0 and not of_reference:
        of_reference = payment_behind(bill.id, -amount_cents)
    entry = add_once(
        LedgerEntry,
        id=uuid.uuid4(),
        bill_id=bill.id,
        attempt_id=attempt_id,
        kind=kind,
        amount_cents=amount_cents,
        provider=provider,
        reference=reference,
        of_reference=of_reference,
        method=method,
        occurred_at=occurred_at,
        recorded_by=by.id if by else None,
    )
    if entry is None:
        return False
    set_committed_value(bill, "entries", [*entries, entry])
    audit.record(
        f"payments.ledger.{kind.value}",
        by=by.id if by else None,
        on=("bill", bill.id),
        after={"amount_cents": amount_cents, "reference": reference},
        kind=None if by else audit.ActorKind.PROVIDER,
    )
    if kind is LedgerKind.REFUND:
        _give_up_claim(bill, entry.id, -amount_cents, before, reason, by)
    derive(bill, by=by)
    return True


def to_credit(bill: Bill, amount_cents: int, held_cents: int) -> int:
    """P6: return how much of a refund takes the invoice back, given what we hold for the bill before it.

    What came in beyond what the bill asks goes back first and is no part of it; so does all that came in for a bill
    that is not covered: the claim stays.
    """
    wanted = asked(bill)
    if held_cents < wanted:
        return 0
    return max(min(amount_cents - (held_cents - wanted), wanted), 0)


def _give_up_claim(
    bill: Bill, entry_id: UUID, amount_cents: int, held_cents: int, reason: str, by: Account | None
) -> None:
    part = to_credit(bill, amount_cents, held_cents)
    if part:
        credit(bill, gross_cents=part, cause=f"refund:{entry_id}", reason=reason, by=by)
    else:
        publish(MoneyReturned(bill_id=bill.id, person_id=bill.person_id, entry_id=entry_id, amount_cents=amount_cents))


def payment_entry(provider: str, reference: str) -> LedgerEntry | None:
    """Return the entry of money that came in under this reference."""
    return db.session.scalar(
        select(LedgerEntry).where(
            LedgerEntry.provider == provider, LedgerEntry.reference == reference, LedgerEntry.kind.in_(MONEY_IN)
        )
    )
