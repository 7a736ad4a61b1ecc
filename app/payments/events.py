"""What happened to a bill, told to the domains above in the transaction that made it so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class BillIssued(Event):
    """P5: a bill got its number; what it says is fixed from here on."""

    bill_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class BillPaid(Event):
    """P4: the ledger covers the bill for the first time."""

    bill_id: UUID
    person_id: UUID
    subject_type: str
    subject_id: UUID
    paid_at: datetime


@dataclass(frozen=True, kw_only=True)
class BillShort(Event):
    """P6: money that covered the bill was taken back, by a dispute or a late refused debit; the claim stands."""

    bill_id: UUID
    person_id: UUID
    subject_type: str
    subject_id: UUID


@dataclass(frozen=True, kw_only=True)
class BillRecovered(Event):
    """P6: a bill that was short is covered again: the dispute was won, or it was paid anew."""

    bill_id: UUID
    person_id: UUID
    subject_type: str
    subject_id: UUID


@dataclass(frozen=True, kw_only=True)
class BillCredited(Event):
    """P6: everything the bill asked for is credited; nothing is owed on it and nothing is covered by it any more."""

    bill_id: UUID
    person_id: UUID
    subject_type: str
    subject_id: UUID


@dataclass(frozen=True, kw_only=True)
class TransferChosen(Event):
    """P2: the person will pay by bank transfer and needs to know where to."""

    bill_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(Event):
    """A payment that was being processed was refused in the end, such as a direct debit."""

    bill_id: UUID
    person_id: UUID
    attempt_id: UUID


@dataclass(frozen=True, kw_only=True)
class PaymentProcessing(Event):
    """A payment is under way and takes days, such as a direct debit: grace, never paid."""

    bill_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class ChargeFailed(Event):
    """P8: a charge to a saved method was refused, at once or days later."""

    bill_id: UUID
    person_id: UUID
    attempt_id: UUID


@dataclass(frozen=True, kw_only=True)
class MoneyReturned(Event):
    """P6: money was sent back of a bill; without a credit note, since more had come in than was due."""

    bill_id: UUID
    person_id: UUID
    entry_id: UUID
    amount_cents: int


@dataclass(frozen=True, kw_only=True)
class MethodSaved(Event):
    """P8: somebody's later bills may be charged to what this one was paid with."""

    saved_method_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class MethodWithdrawn(Event):
    """P8: nothing is charged to this any more; replaced when another took its place."""

    saved_method_id: UUID
    person_id: UUID
    replaced: bool


@dataclass(frozen=True, kw_only=True)
class CreditNoteIssued(Event):
    """P5: part or all of an invoice was taken back, under a number of its own."""

    credit_note_id: UUID
    bill_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class VatDecided(Event):
    """P5: a person said which VAT applies to a buyer from abroad; from now on the bill can be paid."""

    bill_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class BillReminded(Event):
    """P9: somebody is reminded of an overdue bill, at a level."""

    bill_id: UUID
    person_id: UUID
    level: int


@dataclass(frozen=True, kw_only=True)
class ArchiveLongAwaited(Event):
    """P9: a zip that took long is made, or could not be; whoever asked for it has gone on with something else."""

    archive_id: UUID
