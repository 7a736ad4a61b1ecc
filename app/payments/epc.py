"""The EPC QR code: a bank's app fills in a whole transfer from it (P2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import segno
from markupsafe import Markup
from segno import helpers

from app.core import qr


def _code(seller: Mapping[str, Any], amount_cents: int, reference: str) -> segno.QRCode:
    return helpers.make_epc_qr(
        name=str(seller["account_holder"])[:70],
        iban=str(seller["iban"]),
        amount=Decimal(amount_cents) / 100,
        reference=reference,
        bic=str(seller["bic"]),
    )


def modules(seller: Mapping[str, Any], amount_cents: int, reference: str) -> Sequence[Sequence[int]]:
    """Return the code's rows of dark (1) and light (0), for paper."""
    return qr.modules(_code(seller, amount_cents, reference))


def svg(seller: Mapping[str, Any], amount_cents: int, reference: str, *, label: str) -> Markup:
    """Return the code as an inline drawing."""
    return qr.svg(_code(seller, amount_cents, reference), css="epc-code", label=label)
