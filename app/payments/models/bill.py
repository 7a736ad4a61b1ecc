"""Bills: what somebody owes for one thing, once, and the numbers they get (P4, P5). Amounts: integer cents, EUR."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Id, state_column
from app.core.ddl import Guard, changes, guarded

if TYPE_CHECKING:
    from app.payments.models.attempt import Attempt
    from app.payments.models.credit_note import CreditNote
    from app.payments.models.dispute import Dispute
    from app.payments.models.ledger import LedgerEntry
    from app.payments.models.refund import RefundOrder
    from app.payments.models.task import Task


CURRENCY = "EUR"


class BillState(StrEnum):
    """Where a bill stands; paid and short follow from the ledger, never from a message."""

    DRAFT = "draft"
    ISSUED = "issued"
    PAID = "paid"
    SHORT = "short"
    VOID = "void"
    CREDITED = "credited"


NEXT_BILL: dict[BillState, frozenset[BillState]] = {
    BillState.DRAFT: frozenset({BillState.ISSUED, BillState.VOID}),
    BillState.ISSUED: frozenset({BillState.PAID, BillState.CREDITED}),
    BillState.PAID: frozenset({BillState.SHORT, BillState.CREDITED}),
    BillState.SHORT: frozenset({BillState.PAID, BillState.CREDITED}),
    BillState.VOID: frozenset(),
    BillState.CREDITED: frozenset(),
}


_NOT_VOID = text("state <> 'void'")
_UNPAID = text("state IN ('draft', 'issued', 'short')")


class Bill(Base):
    """What somebody owes for one thing, once. Once issued it has a number and never changes, but for its state (guard).

    `seller` and `settled` (how it was paid already, if it was) are what the invoice says, as of the day it was issued.
    `term` is what it says of the supply period as long as the days follow from a payment still to come. While
    `vat_pending`, a person decides which VAT applies, and nothing can be paid.
    """

    __tablename__ = "bill"
    __table_args__ = (
        Index(
            "uq_bill_subject",
            "subject_type",
            "subject_id",
            unique=True,
            sqlite_where=_NOT_VOID,
            postgresql_where=_NOT_VOID,
        ),
        Index("ix_bill_person_id", "person_id", "created_at"),
        Index("ix_bill_created_at", "created_at", "id"),
        Index("ix_bill_due_on", "due_on", "id"),
        Index("ix_bill_issued_on", "issued_on", "id"),
        Index("ix_bill_state", "state", "due_on"),
        Index("ix_bill_unpaid", "due_on", "id", sqlite_where=_UNPAID, postgresql_where=_UNPAID),
        CheckConstraint("gross_cents = net_cents + vat_cents", name="adds_up"),
        CheckConstraint("(number IS NULL) = (issued_at IS NULL)", name="number_when_issued"),
        CheckConstraint("state IN ('draft', 'void') OR number IS NOT NULL", name="issued_has_number"),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID] = mapped_column(Uuid)
    state: Mapped[BillState] = state_column(BillState, name="state", default=BillState.DRAFT)
    number: Mapped[str | None] = mapped_column(String(20), unique=True)
    rf_reference: Mapped[str] = mapped_column(String(25), unique=True)
    issued_at: Mapped[datetime | None]
    issued_on: Mapped[date | None]
    due_on: Mapped[date]
    paid_at: Mapped[datetime | None]
    period_from: Mapped[date | None]
    period_until: Mapped[date | None]
    term: Mapped[str] = mapped_column(String(120), default="", server_default="")
    net_cents: Mapped[int]
    vat_cents: Mapped[int]
    gross_cents: Mapped[int]
    locale: Mapped[str] = mapped_column(String(5), default="nl")
    buyer: Mapped[dict[str, Any]]
    seller: Mapped[dict[str, Any] | None]
    settled: Mapped[dict[str, Any] | None]
    transfer_chosen_at: Mapped[datetime | None]
    vat_pending: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    lines: Mapped[list[BillLine]] = relationship(back_populates="bill", order_by="BillLine.position")
    attempts: Mapped[list[Attempt]] = relationship(back_populates="bill", order_by="Attempt.seq")
    entries: Mapped[list[LedgerEntry]] = relationship(back_populates="bill", order_by="LedgerEntry.occurred_at")
    refund_orders: Mapped[list[RefundOrder]] = relationship(back_populates="bill", order_by="RefundOrder.created_at")
    disputes: Mapped[list[Dispute]] = relationship(back_populates="bill", order_by="Dispute.known_since")
    tasks: Mapped[list[Task]] = relationship(back_populates="bill", order_by="Task.created_at")
    credit_notes: Mapped[list[CreditNote]] = relationship(back_populates="bill", order_by="CreditNote.number")


class BillLine(Base):
    """One thing on a bill, with the VAT rate and legal ground of the day it was drawn up.

    The invoice says `description`; pages say the same in the reader's language, where it was given in more than one.
    """

    __tablename__ = "bill_line"
    __table_args__ = (
        UniqueConstraint("bill_id", "position"),
        CheckConstraint("net_cents = quantity * unit_net_cents", name="adds_up"),
    )

    id: Mapped[Id]
    bill_id: Mapped[UUID] = mapped_column(ForeignKey("bill.id"))
    position: Mapped[int]
    description: Mapped[str] = mapped_column(String(300))
    quantity: Mapped[int]
    unit_net_cents: Mapped[int]
    net_cents: Mapped[int]
    vat_code: Mapped[str] = mapped_column(String(20))
    vat_basis_points: Mapped[int]
    legal_ground: Mapped[str] = mapped_column(String(200), default="")
    in_languages: Mapped[dict[str, Any] | None]

    bill: Mapped[Bill] = relationship(back_populates="lines")

    def told_in(self, language: str) -> str:
        """Say what this is in a language; as the invoice says it when that is all we have."""
        return str((self.in_languages or {}).get(language, self.description))


class NumberCounter(Base):
    """P5: the last number of a series. Taking the next locks the row until the transaction ends, so none is lost."""

    __tablename__ = "number_counter"

    series: Mapped[str] = mapped_column(String(20), primary_key=True)
    n: Mapped[int]


_FIXED = (
    "number", "issued_at", "issued_on", "rf_reference", "term", "net_cents", "vat_cents", "gross_cents", "locale",
    "buyer", "seller", "settled",
)  # fmt: skip
_REFUSAL = "what an invoice says is never changed: credit it"
_LINE_ISSUED = "EXISTS (SELECT 1 FROM bill WHERE bill.id = OLD.bill_id AND bill.number IS NOT NULL)"
_LINES_WHOLE = """EXISTS (
    SELECT 1 FROM bill JOIN bill_line ON bill_line.bill_id = bill.id
    WHERE bill.id = NEW.bill_id AND bill.number IS NOT NULL
    GROUP BY bill.id, bill.net_cents HAVING sum(bill_line.net_cents) = bill.net_cents
)"""
_PERIOD_STATED = f"(OLD.period_from IS NOT NULL AND ({changes(('period_from', 'period_until'))}))"

guarded(
    Bill,
    Guard("fixed", "UPDATE", f"OLD.number IS NOT NULL AND ({changes(_FIXED)} OR {_PERIOD_STATED})", _REFUSAL),
    Guard("kept", "DELETE", "OLD.number IS NOT NULL", _REFUSAL),
)
guarded(
    BillLine,
    Guard("fixed", "UPDATE", _LINE_ISSUED, _REFUSAL),
    Guard("kept", "DELETE", _LINE_ISSUED, _REFUSAL),
    Guard("whole", "INSERT", _LINES_WHOLE, _REFUSAL),
)
