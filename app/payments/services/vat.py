"""Deciding which VAT applies to a buyer from abroad; Dutch VAT on a Dutch buyer decides itself (P1, P5)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.events import publish
from app.core.i18n import _l
from app.payments import queries
from app.payments.events import VatDecided
from app.payments.models import Bill, BillState, Task, TaskKind
from app.payments.queries import ABOUT, CHOICE, HELD_ABOUT
from app.payments.services.bills import issue, locked
from app.payments.services.foreign_vat import HOME, TO_ISSUE, carry
from app.payments.services.paying import BeingPaid, close_page
from app.payments.services.tasks import TaskClosed

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


class DecidedOtherwise(Refusal):
    """One decision holds about a buyer: the latest."""

    message = _l("A colleague has decided otherwise about this buyer since. Look it up in the list.")


def decide_vat(bill_id: UUID, *, choice: VatChoice, reason: str, by: Account, instead: str = "") -> Bill:
    """Let a bill carry the VAT that applies, so that it can be paid; issue it if that was asked for meanwhile.

    Later bills of the same buyer follow this decision. `instead` is the one it takes the place of, nothing when there
    was none yet; the same decision twice changes nothing. The buyer gets two weeks to pay from now.
    """
    bill = locked(bill_id)
    task = _asked_about(bill)
    now = queries.vat_chosen(bill, task)
    if now == choice:
        return bill
    if now != instead:
        raise TaskClosed
    if bill.state is not BillState.DRAFT or bill.number is not None:
        raise VatFixed
    _refuse_what_cannot_be(choice, bill.buyer)
    if not close_page(bill.id):
        raise BeingPaid
    before = bill.vat_cents
    carry(bill, choice)
    bill.vat_pending, bill.due_on = False, max(bill.due_on, clock.today() + DAYS_TO_PAY)
    _remember(task, queries.buyer_key(bill.person_id, bill.buyer), choice, reason, by)
    audit.record(
        "payments.vat.decided",
        by=by.id,
        on=("bill", bill.id),
        before={"vat_cents": before},
        after={"vat": choice.value, "vat_cents": bill.vat_cents, "reason": reason},
    )
    if task.details.get(TO_ISSUE):
        issue(bill, by=by)
    publish(VatDecided(bill_id=bill.id, person_id=bill.person_id))
    return bill


def _asked_about(bill: Bill) -> Task:
    task = queries.vat_task(bill.id)
    assert task is not None, "nothing was asked about the VAT of this bill"
    return db.session.get_one(Task, task.id, with_for_update={"of": Task}, populate_existing=True)


def _remember(task: Task, about: str, choice: VatChoice, reason: str, by: Account) -> None:
    """Let one decision hold about a buyer, the latest."""
    earlier = queries.vat_held(about)
    if earlier is not None:
        _let_go(earlier)
    task.details = task.details | {CHOICE: choice.value, ABOUT: about}
    task.closed_at, task.closed_by, task.resolution = clock.now(), by.id, reason


def _let_go(decision: Task) -> None:
    kept = dict(decision.details)
    decision.details = kept | {HELD_ABOUT: kept.pop(ABOUT)}
    db.session.flush()


def revise_vat(decision_id: UUID, *, choice: VatChoice, reason: str, by: Account) -> Task:
    """P1: decide anew about a buyer, for the bills to come; those that are there keep what they carry.

    Returns the decision that holds from now on; the same one twice changes nothing.
    """
    earlier = _locked_decision(decision_id)
    about = earlier.details.get(ABOUT) or earlier.details[HELD_ABOUT]
    holds = queries.vat_held(about)
    if holds is not None and (holds.details[CHOICE], holds.resolution) == (choice, reason):
        return holds
    if holds is not earlier:
        raise DecidedOtherwise
    assert earlier.bill_id is not None
    bill = queries.any_bill(earlier.bill_id)
    _refuse_what_cannot_be(choice, bill.buyer)
    before = {"vat": earlier.details[CHOICE], "reason": earlier.resolution}
    new_id = uuid.uuid4()
    key = f"{queries.vat_task_key(bill.id)}:{new_id}"
    decision = Task(id=new_id, key=key, kind=TaskKind.VAT_DECISION, bill_id=bill.id, details={})
    _remember(decision, about, choice, reason, by)
    db.session.add(decision)
    after = {"vat": choice.value, "reason": reason}
    audit.record("payments.vat.revised", by=by.id, on=("bill", bill.id), before=before, after=after)
    db.session.flush()
    return decision


def forget_vat(decision_id: UUID, *, by: Account) -> None:
    """P1: have it asked about a buyer once more with the next bill; done twice it changes nothing."""
    decision = _locked_decision(decision_id)
    if ABOUT not in decision.details:
        return
    assert decision.bill_id is not None
    _let_go(decision)
    before = {"vat": decision.details[CHOICE], "reason": decision.resolution}
    audit.record("payments.vat.forgotten", by=by.id, on=("bill", decision.bill_id), before=before)


def _locked_decision(decision_id: UUID) -> Task:
    db.session.get(Task, decision_id, with_for_update={"of": Task}, populate_existing=True)
    return queries.vat_decision(decision_id)


def _refuse_what_cannot_be(choice: VatChoice, buyer: Mapping[str, Any]) -> None:
    of_vat_id = buyer["vat_id"][:2].replace("EL", "GR")
    if choice is VatChoice.REVERSE_CHARGE and of_vat_id not in EU - {HOME}:
        raise NoReverseCharge
    if choice is VatChoice.OUTSIDE_SCOPE and (buyer["country"] or HOME) in EU:
        raise NotOutsideScope
