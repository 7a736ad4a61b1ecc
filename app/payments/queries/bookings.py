"""Money that moved, with what bookkeeping asks of it: bill, person, and the VAT in it (P9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, ScalarSelect, Select, func, select

from app.accounts import queries as accounts
from app.core.money import vat_amount
from app.payments.models import Bill, BillLine, LedgerEntry
from app.payments.queries.vat import VatPart, in_proportion, vat_within

CODES = ("high", "low")
Split = dict[str, VatPart]


def bookings() -> Select[Any]:
    """Return every entry of the ledger with its bill, for the list mechanism."""
    rated = [part for code in CODES for part in (_net(code).label(f"net_{code}"), _rate(code).label(f"rate_{code}"))]
    columns: Sequence[Any] = (
        LedgerEntry.id,
        LedgerEntry.occurred_at,
        LedgerEntry.recorded_at,
        LedgerEntry.kind,
        LedgerEntry.amount_cents,
        LedgerEntry.provider,
        LedgerEntry.reference,
        LedgerEntry.method,
        Bill.id.label("bill_id"),
        Bill.number,
        Bill.issued_on,
        Bill.rf_reference,
        Bill.net_cents,
        Bill.buyer["name"].as_string().label("buyer"),
        accounts.name_of(Bill.person_id).label("person"),
    )
    return select(*columns, *rated).join(Bill, Bill.id == LedgerEntry.bill_id)


def _net(code: str) -> ScalarSelect[int]:
    lines = select(func.coalesce(func.sum(BillLine.net_cents), 0)).where(BillLine.bill_id == Bill.id)
    return lines.where(BillLine.vat_code == code).correlate(Bill).scalar_subquery()


def _rate(code: str) -> ScalarSelect[int]:
    lines = select(func.coalesce(func.max(BillLine.vat_basis_points), 0)).where(BillLine.bill_id == Bill.id)
    return lines.where(BillLine.vat_code == code).correlate(Bill).scalar_subquery()


def vat_in(row: Row[Any]) -> Split:
    """Return what of a movement is net and what is VAT, per code; what carries no VAT stands under `none`.

    An amount that is not the whole of its bill is divided in proportion, to the cent.
    """
    whole = []
    for code in CODES:
        net, rate = getattr(row, f"net_{code}"), getattr(row, f"rate_{code}")
        whole.append(VatPart(code, rate, net, vat_amount(net, rate), ""))
    rest = row.net_cents - sum(part.net_cents for part in whole)
    whole.append(VatPart("none", 0, rest, 0, ""))
    sign = -1 if row.amount_cents < 0 else 1
    split = {}
    for part, gross in zip(whole, in_proportion(abs(row.amount_cents), [p.gross_cents for p in whole]), strict=True):
        vat = vat_within(part, gross)
        split[part.code] = replace(part, net_cents=sign * (gross - vat), vat_cents=sign * vat)
    return split
