"""Which VAT codes there are, and the VAT of lines per code as an invoice states it (P1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.core.db import db
from app.core.money import vat_amount
from app.payments.models import BillLine, VatRate


@dataclass(frozen=True)
class VatPart:
    """The VAT of one code on a bill or a credit note."""

    code: str
    basis_points: int
    net_cents: int
    vat_cents: int
    legal_ground: str

    @property
    def rate(self) -> str:
        return percentage(self.basis_points)

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.vat_cents


def percentage(basis_points: int) -> str:
    """Write a rate: `21%`, `5,5%`."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole},{rest:02d}".rstrip("0") + "%" if rest else f"{whole}%"


def vat_parts(lines: Sequence[BillLine]) -> list[VatPart]:
    """Return the VAT per code, the highest rate first: over the sum of its lines, rounded once."""
    parts = []
    codes = {(-line.vat_basis_points, line.vat_code) for line in lines}
    for negative, code in sorted(codes):
        of_code = [line for line in lines if line.vat_code == code and line.vat_basis_points == -negative]
        net = sum(line.net_cents for line in of_code)
        parts.append(VatPart(code, -negative, net, vat_amount(net, -negative), of_code[0].legal_ground))
    return parts


def vat_codes(on: date) -> list[tuple[str, int]]:
    """Return each VAT code that means something on a day with its rate in basis points, the highest rate first."""
    begun = select(VatRate).where(VatRate.valid_from <= on).order_by(VatRate.valid_from)
    rates = {rate.code: rate.basis_points for rate in db.session.scalars(begun)}
    return sorted(rates.items(), key=lambda rate: -rate[1])


def in_proportion(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide an amount by weights; what rounding leaves goes to the largest rests."""
    total = sum(weights)
    if not total:
        return [*(0 for _weight in weights[1:]), amount]
    shares = [amount * weight // total for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda place: -(amount * weights[place] % total))
    for place in by_rest[: amount - sum(shares)]:
        shares[place] += 1
    return shares


def vat_within(part: VatPart, gross_cents: int) -> int:
    """Return the VAT in so much of a part, half a cent rounded up; all of it in all of it."""
    return (2 * part.vat_cents * gross_cents + part.gross_cents) // (2 * part.gross_cents) if part.gross_cents else 0
