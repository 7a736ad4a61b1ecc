"""Deciding which VAT applies to a buyer from abroad; Dutch VAT on a Dutch buyer decides itself (P1, P5)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.events import publish
from app.core.i18n import _l
from app.payments.events import VatDecided
from app.payments.models import Bill, BillState, Task
from app.payments.services.bills import HOME, issue, locked, vat_rate, vat_task_key, vat_total
from app.payments.services.tasks import close_task

DAYS_TO_PAY = timedelta(days=14)
EU = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV"}
    | {"MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)


class VatChoice(StrEnum):
    """What the treasurer can decide; the last two carry their own legal ground."""

    DUTCH = "dutch"
    REVERSE_CHARGE = "reverse_charge"
    OUTSIDE_SCOPE = "outside_scope"


class VatFixed(Refusal):
    """The bill was issued meanwhile, as it was drawn up."""

    message = _l("This bill was paid and issued as it was drawn up. If its VAT is wrong, credit it.")


class NoReverseCharge(Refusal):
    """The buyer accounts for VAT only with a btw-id of another member state."""

    message = _l("Reverse charge needs a VAT id of another EU country, and this buyer has none on the bill.")


class NotOutsideScope(Refusal):
    """Within the EU there is always somebody who accounts for VAT."""

    message = _l("This buyer is in the EU, so VAT applies: Dutch, or reverse charged.")


def decide_vat(bill_id: UUID, *, choice: VatChoice, reason: str, by: Account) -> Bill:
    """Let a bill carry the VAT that applies, so that it can be paid; issue it if that was asked for meanwhile.

    The same decision twice changes nothing. The buyer gets two weeks to pay from now.
    """
    bill = locked(bill_id)
    task = db.session.scalars(select(Task).where(Task.key == vat_task_key(bill.id))).one()
    close_task(task.id, resolution=reason, by=by)
    if not bill.vat_pending:
        return bill
    if bill.state is not BillState.DRAFT:
        raise VatFixed
    _refuse_what_cannot_be(choice, bill.buyer)
    before = bill.vat_cents
    if choice is not VatChoice.DUTCH:
        _put_under(bill, choice.value)
    bill.vat_pending, bill.due_on = False, max(bill.due_on, clock.today() + DAYS_TO_PAY)
    audit.record(
        "payments.vat.decided",
        by=by.id,
        on=("bill", bill.id),
        before={"vat_cents": before},
        after={"vat": choice.value, "vat_cents": bill.vat_cents, "reason": reason},
    )
    if task.details.get("issue"):
        issue(bill, by=by)
    publish(VatDecided(bill_id=bill.id, person_id=bill.person_id))
    return bill


def _refuse_what_cannot_be(choice: VatChoice, buyer: dict[str, Any]) -> None:
    of_vat_id = buyer["vat_id"][:2].replace("EL", "GR")
    if choice is VatChoice.REVERSE_CHARGE and of_vat_id not in EU - {HOME}:
        raise NoReverseCharge
    if choice is VatChoice.OUTSIDE_SCOPE and (buyer["country"] or HOME) in EU:
        raise NotOutsideScope


def _put_under(bill: Bill, code: str) -> None:
    rate = vat_rate(code, clock.today())
    for line in bill.lines:
        line.vat_code, line.vat_basis_points, line.legal_ground = code, rate.basis_points, rate.legal_ground
    bill.vat_cents = vat_total(bill.lines)
    bill.gross_cents = bill.net_cents + bill.vat_cents
