"""Lines of a bill with the VAT in them (P1). Amounts: integer cents, EUR."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.payments import queries
from app.payments.models import BillLine, VatRate


@dataclass(frozen=True)
class LineDraft:
    """One thing to bill: how many, at which net price each, under which VAT code; in more languages for the pages."""

    description: str
    quantity: int
    net_cents: int
    vat_code: str = "high"
    in_languages: Mapping[str, str] | None = None


def vat_rate(code: str, on: date) -> VatRate:
    """Return what a VAT code means on a day (P1); LookupError when it means nothing then."""
    return vat_rates({code}, on)[code]


def vat_rates(codes: Collection[str], on: date) -> dict[str, VatRate]:
    """Return what each of these VAT codes means on a day (P1); LookupError when one means nothing then."""
    begun = select(VatRate).where(VatRate.code.in_(codes), VatRate.valid_from <= on)
    rates = {rate.code: rate for rate in db.session.scalars(begun.order_by(VatRate.valid_from))}
    unknown = set(codes) - rates.keys()
    if unknown:
        raise LookupError(f"no VAT rate {', '.join(sorted(unknown))} on {on}")
    return rates


def draw_line(position: int, draft: LineDraft, rate: VatRate) -> BillLine:
    """Return a line of a bill with this VAT rate and its legal ground."""
    line = BillLine(
        position=position,
        description=draft.description,
        quantity=draft.quantity,
        unit_net_cents=draft.net_cents,
        net_cents=draft.quantity * draft.net_cents,
        in_languages=dict(draft.in_languages) if draft.in_languages else None,
    )
    _carry(line, rate)
    return line


def put_under(line: BillLine, code: str) -> None:
    """Let a line carry the VAT of a code, as it is today."""
    _carry(line, vat_rate(code, clock.today()))


def _carry(line: BillLine, rate: VatRate) -> None:
    line.vat_code, line.vat_basis_points, line.legal_ground = rate.code, rate.basis_points, rate.legal_ground


def vat_total(lines: Sequence[BillLine]) -> int:
    """Return the VAT of these lines: per code, over the sum, rounded once."""
    return sum(part.vat_cents for part in queries.vat_parts(lines))
