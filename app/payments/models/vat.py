"""What VAT a code means from a day on (P1)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, String, Table, event
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class VatRate(Base):
    """P1: what VAT a code means from a day on, and on which legal ground."""

    __tablename__ = "vat_rate"
    __table_args__ = {"info": {"with_schema": True}}

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    basis_points: Mapped[int]
    legal_ground: Mapped[str] = mapped_column(String(200))


STANDING_VAT_RATES: tuple[dict[str, Any], ...] = (
    {"code": "high", "valid_from": date(2012, 10, 1), "basis_points": 2100, "legal_ground": "art. 9 lid 1 Wet OB 1968"},
    {
        "code": "low",
        "valid_from": date(2012, 10, 1),
        "basis_points": 600,
        "legal_ground": "art. 9 lid 2 sub a Wet OB 1968",
    },
    {
        "code": "low",
        "valid_from": date(2019, 1, 1),
        "basis_points": 900,
        "legal_ground": "art. 9 lid 2 sub a Wet OB 1968",
    },
    {
        "code": "zero",
        "valid_from": date(2012, 10, 1),
        "basis_points": 0,
        "legal_ground": "art. 9 lid 2 sub b Wet OB 1968",
    },
    {
        "code": "reverse_charge",
        "valid_from": date(2012, 10, 1),
        "basis_points": 0,
        "legal_ground": "art. 44 en 196 Richtlijn 2006/112/EG",
    },
    {
        "code": "outside_scope",
        "valid_from": date(2012, 10, 1),
        "basis_points": 0,
        "legal_ground": "art. 6 lid 1 Wet OB 1968",
    },
)


def insert_standing_vat_rates(connection: Connection) -> None:
    """Fill the table of rates with those in force; a migration calls this after creating it."""
    connection.execute(VatRate.__table__.insert(), list(STANDING_VAT_RATES))  # type: ignore[attr-defined]


@event.listens_for(VatRate.__table__, "after_create")
def _fill_vat_rates(_target: Table, connection: Connection, **_options: Any) -> None:
    insert_standing_vat_rates(connection)
