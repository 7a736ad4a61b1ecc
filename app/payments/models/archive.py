"""Zips of a period's invoices, made behind the scenes (P9)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Id


class InvoiceArchive(Base):
    """A zip of the invoices and credit notes of a period, days included: asked for, then made, then thrown away."""

    __tablename__ = "invoice_archive"
    __table_args__ = (
        Index("ix_invoice_archive_created_at", "created_at"),
        CheckConstraint("first_on <= last_on", name="in_order"),
    )

    id: Mapped[Id]
    first_on: Mapped[date]
    last_on: Mapped[date]
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    file: Mapped[str | None] = mapped_column(String(60))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
