"""P1: money is integer cents in EUR; a float never touches an amount."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import format_currency

from app.core.i18n import language

EURO = "EUR"
LARGEST_AMOUNT = 10_000_000_00
_BABEL = {"nl": "nl_NL", "en": "en_GB"}
_AMOUNT = re.compile(r"^(-?)(\d{1,3}(?:\.\d{3})+|\d{1,3}(?:,\d{3})+(?=\.)|\d+)(?:[.,](\d{1,2}|-))?$")


def parse_money(text: str) -> int:
    """Read an amount as people type it (`1.250,50`, `1250.5`, `€ 1.250`) into cents; ValueError for anything else."""
    compact = re.sub(r"[\s€\u00a0\u202f]|EUR", "", text)
    match = _AMOUNT.match(compact)
    if not match:
        raise ValueError(text)
    sign, whole, fraction = match.groups()
    fraction = (fraction or "0").replace("-", "0").ljust(2, "0")
    cents = int(re.sub(r"[.,]", "", whole)) * 100 + int(fraction)
    if cents > LARGEST_AMOUNT:
        raise ValueError(text)
    return -cents if sign else cents


def format_money(cents: int, currency: str = EURO) -> str:
    """Write an amount with its sign and separators: `€ 1.250,00` in Dutch, `€1,250.00` in English.

    What a bank or a provider tells of another currency is written with that one: `US$ 1.250,00`.
    """
    if currency != EURO:
        return format_currency(Decimal(cents) / 100, currency, locale=_BABEL[language()], currency_digits=False)
    sign, whole, fraction = ("-" if cents < 0 else ""), abs(cents) // 100, abs(cents) % 100
    english = f"{whole:,}.{fraction:02d}"
    if language() == "en":
        return f"{sign}€{english}"
    return f"€\u00a0{sign}" + english.translate(str.maketrans(",.", ".,"))


def vat_amount(net_cents: int, basis_points: int) -> int:
    """Return the VAT over a net amount, half a cent rounded away from zero (P1: a total one cent off is a fault)."""
    return share_of(net_cents, basis_points)


def share_of(cents: int, basis_points: int) -> int:
    """Return so many hundredths of a per cent of an amount, half a cent rounded away from zero."""
    doubled = abs(cents) * basis_points * 2
    share = (doubled + 10_000) // 20_000
    return share if cents >= 0 else -share
