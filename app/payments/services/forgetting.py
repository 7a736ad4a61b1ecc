"""L4: what payments keep of people for no longer than it serves; what tax law asks for stays its seven years."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from app.accounts.events import AccountAnonymised
from app.audit import services as audit
from app.core import clock, search
from app.core.db import atomic, db, forget_reads
from app.core.errors import Refusal
from app.core.i18n import _l
from app.payments import queries
from app.payments.models import Attempt, Bill, BillState, EventState, ProviderEvent
from app.payments.services.bills import locked, void
from app.payments.services.methods import disagree, withdraw_method

KEEP_MESSAGES = timedelta(days=90)
AT_ONCE = 500
BARE = "bare"
ENVELOPE = ("id", "type", "api_version", "created", "livemode")
FACTS = (
    "id", "object", "status", "payment_status", "amount", "amount_total", "amount_received", "amount_refunded",
    "currency", "payment_intent", "charge", "client_reference_id", "reason", "created",
)  # fmt: skip
MARKS = ("attempt", "bill", "refund")
OWING = (BillState.ISSUED, BillState.SHORT)
LOOKED_INTO = (EventState.DONE, EventState.DEAD)


class StillOwing(Refusal):
    """L4: while money is claimed from somebody, who that is has to be known."""

    message = _l("An invoice of this person is still to be paid. Let it be paid, or credit it, first.")


def bare_message(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a provider's message what moved and whose it is by our own names: nothing that names a person."""
    told = payload.get("data")
    thing = told.get("object") if isinstance(told, dict) else None
    thing = thing if isinstance(thing, dict) else {}
    marks = thing.get("metadata")
    kept = {name: thing[name] for name in FACTS if isinstance(thing.get(name), str | int | bool)}
    kept["metadata"] = {name: marks[name] for name in MARKS if name in marks} if isinstance(marks, dict) else {}
    return {**{name: payload[name] for name in ENVELOPE if name in payload}, "data": {"object": kept}, BARE: True}


def forget_messages(*, dry_run: bool = False) -> int:
    """L4: leave of messages that were looked into long ago the bare facts; return how many, or would be.

    Nobody reads a message after that: the facts are in the ledger, and the provider can be asked for the rest.
    """
    old = _whole().where(ProviderEvent.state.in_(LOOKED_INTO), ProviderEvent.handled_at < clock.now() - KEEP_MESSAGES)
    if dry_run:
        return db.session.scalar(select(func.count()).select_from(old.subquery())) or 0
    forgotten = 0
    while True:
        with atomic() as session:
            found = session.scalars(old.limit(AT_ONCE).with_for_update(skip_locked=True)).all()
            for event in found:
                event.payload = bare_message(event.payload)
        forget_reads()
        forgotten += len(found)
        if len(found) < AT_ONCE:
            return forgotten


def _whole() -> Select[ProviderEvent]:
    return select(ProviderEvent).where(ProviderEvent.payload[BARE].as_boolean().is_(None))


def forget_payer(event: AccountAnonymised) -> None:
    """L4: let go of what was to be charged and billed, of the saved method, and of names where no invoice needs them.

    Invoices and the ledger stay: money that is on its way still lands on them, and is told to the treasurer (P4).
    """
    mine = select(Bill).where(Bill.person_id == event.account_id)
    if db.session.scalar(mine.where(Bill.state.in_(OWING)).limit(1)) is not None:
        raise StillOwing
    withdraw_method(event.account_id, by=None)
    for attempt in db.session.scalars(select(Attempt).join(Bill).where(Bill.person_id == event.account_id)):
        disagree(attempt)
    for bill in db.session.scalars(mine.where(Bill.number.is_(None)).order_by(Bill.id)).all():
        _forget_buyer(bill.id)
    ours = select(Attempt.reference).join(Bill).where(Bill.person_id == event.account_id)
    for message in db.session.scalars(_whole().where(ProviderEvent.reference.in_(ours))):
        message.payload = bare_message(message.payload)


def forget_buyer_of(subject_type: str, subject_id: UUID) -> None:
    """L4: let go of who a thing was billed to, where no invoice needs it: bills without a number."""
    theirs = select(Bill.id).where(Bill.subject_type == subject_type, Bill.subject_id == subject_id)
    for bill_id in db.session.scalars(theirs.where(Bill.number.is_(None)).order_by(Bill.id)).all():
        _forget_buyer(bill_id)


def _forget_buyer(bill_id: UUID) -> None:
    bill = locked(bill_id)
    void(bill, by=None)
    bill.buyer = {name: [] if name == "lines" else "" for name in bill.buyer}
    search.remember(queries.SCOPE, bill.id, *queries.words_of(None, "", bill.rf_reference))
    audit.record("payments.bill.buyer_forgotten", by=None, on=("bill", bill.id))
