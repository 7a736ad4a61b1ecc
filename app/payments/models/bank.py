"""Bank statements as they were read, their lines, and the bills these were booked on (P7). Amounts: integer cents."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Id, state_column

if TYPE_CHECKING:
    from app.payments.models.bill import Bill


class FileState(StrEnum):
    """How far reading a statement file came."""

    QUEUED = "queued"
    READING = "reading"
    DONE = "done"
    REFUSED = "refused"


class LineState(StrEnum):
    """What became of a line: it waits for a decision, is booked, or is no money for a bill."""

    WAITING = "waiting"
    BOOKED = "booked"
    SET_ASIDE = "set_aside"


_STANDS = text("undone_at IS NULL")


class BankFile(Base):
    """A file as the treasurer handed it in; the same bytes are read once (P7).

    `stored_as` names it among the uploads until it is read. A refused file left nothing behind but why it was refused.
    """

    __tablename__ = "bank_file"
    __table_args__ = (Index("ix_bank_file_created_at", "created_at", "id"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(150))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    stored_as: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[FileState] = state_column(FileState, name="state", default=FileState.QUEUED)
    lines_total: Mapped[int] = mapped_column(default=0)
    lines_done: Mapped[int] = mapped_column(default=0)
    lines_new: Mapped[int] = mapped_column(default=0)
    refused_line: Mapped[int | None]
    refused_part: Mapped[str] = mapped_column(String(150), default="")
    refused_why: Mapped[str] = mapped_column(String(60), default="")
    refused_detail: Mapped[str] = mapped_column(String(200), default="")
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]

    statements: Mapped[list[BankStatement]] = relationship(back_populates="file", order_by="BankStatement.position")


class BankStatement(Base):
    """One statement in a file: an account, and its balance before and after, which the lines must explain."""

    __tablename__ = "bank_statement"
    __table_args__ = (
        UniqueConstraint("file_id", "position"),
        Index("ix_bank_statement_account", "account", "closes_on"),
    )

    id: Mapped[Id]
    file_id: Mapped[UUID] = mapped_column(ForeignKey("bank_file.id"))
    position: Mapped[int]
    account: Mapped[str] = mapped_column(String(34))
    currency: Mapped[str] = mapped_column(String(3))
    number: Mapped[str] = mapped_column(String(40), default="")
    opening_cents: Mapped[int | None] = mapped_column(BigInteger)
    closing_cents: Mapped[int | None] = mapped_column(BigInteger)
    closes_on: Mapped[date | None]

    file: Mapped[BankFile] = relationship(back_populates="statements")


class BankLine(Base):
    """One movement on the bureau's account. `identity` is its own in every file that tells of it, so it counts once.

    Money in is positive. What the bank said is never changed; only what was decided about it is.
    """

    __tablename__ = "bank_line"
    __table_args__ = (
        Index("ix_bank_line_state", "state", "booked_on", "id"),
        Index("ix_bank_line_booked_on", "booked_on", "id"),
        Index("ix_bank_line_statement_id", "statement_id"),
        Index("ix_bank_line_counter_iban", "counter_iban"),
        CheckConstraint("amount_cents <> 0", name="moved"),
    )

    id: Mapped[Id]
    identity: Mapped[str] = mapped_column(String(64), unique=True)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("bank_statement.id"))
    account: Mapped[str] = mapped_column(String(34))
    booked_on: Mapped[date]
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    original_amount: Mapped[str] = mapped_column(String(40), default="")
    is_reversal: Mapped[bool] = mapped_column(default=False)
    is_batch: Mapped[bool] = mapped_column(default=False)
    bank_reference: Mapped[str] = mapped_column(String(140), default="")
    end_to_end: Mapped[str] = mapped_column(String(140), default="")
    counter_iban: Mapped[str] = mapped_column(String(34), default="")
    counter_name: Mapped[str] = mapped_column(String(140), default="")
    remittance: Mapped[str] = mapped_column(Text, default="")
    structured_reference: Mapped[str] = mapped_column(String(60), default="")
    file_line: Mapped[int]
    state: Mapped[LineState] = state_column(LineState, name="state", default=LineState.WAITING)
    remark: Mapped[str] = mapped_column(String(300), default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    statement: Mapped[BankStatement] = relationship()
    bookings: Mapped[list[BankBooking]] = relationship(back_populates="line", order_by="BankBooking.booked_at")


class BankBooking(Base):
    """Part of a line booked on a bill, under the reference of its ledger entry.

    `is_linked` tells that the entry was there already, booked by hand. Undoing keeps the row and books the contrary.
    """

    __tablename__ = "bank_booking"
    __table_args__ = (
        Index(
            "uq_bank_booking_stands",
            "line_id",
            "bill_id",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
        Index("uq_bank_booking_reference", "reference", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
        Index("ix_bank_booking_bill_id", "bill_id"),
        CheckConstraint("amount_cents <> 0", name="moved"),
    )

    id: Mapped[Id]
    line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_line.id"))
    bill_id: Mapped[UUID] = mapped_column(ForeignKey("bill.id"))
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[str] = mapped_column(String(200))
    is_automatic: Mapped[bool] = mapped_column(default=False)
    is_linked: Mapped[bool] = mapped_column(default=False)
    booked_at: Mapped[datetime] = mapped_column(default=clock.now)
    booked_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))

    line: Mapped[BankLine] = relationship(back_populates="bookings")
    bill: Mapped[Bill] = relationship()
