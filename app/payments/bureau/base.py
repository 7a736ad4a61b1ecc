"""The blueprint that the treasurer's pages hang on, and what their lists have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, url_for

from app.core.forms import Option
from app.core.i18n import _, _l
from app.core.listing import Badge, ChoiceFilter, Column, Kind

bp = Blueprint("payments_bureau", __name__, url_prefix="/bureau/payments")


def invoice_and_buyer(*, key: str = "id", page: str = "show") -> list[Column]:
    """Return the columns that a list about bills begins with; the number leads to a page of the row."""
    return [
        Column(
            "number",
            _l("Invoice"),
            Kind.REFERENCE,
            text=lambda number: number or _("not issued"),
            href=lambda row: url_for(f"payments_bureau.{page}", id=getattr(row, key)),
        ),
        Column("buyer", _l("Buyer")),
    ]


def by_state(badges: Mapping[Any, Badge], *, multiple: bool = False) -> ChoiceFilter:
    """Return the filter of a list by the state that its rows are badged with."""
    options = [Option(state, badge.label) for state, badge in badges.items()]
    return ChoiceFilter("state", _l("State"), options=options, multiple=multiple)
