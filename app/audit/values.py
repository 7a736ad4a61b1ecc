"""How kinds of values read that many fields share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from app.core import formats
from app.core.money import format_money


def money(value: int) -> str:
    """Tell cents as an amount."""
    return format_money(int(value))


def day(value: str) -> str:
    """Tell an ISO date in words."""
    return formats.short_date(date.fromisoformat(value))


def moment(value: str) -> str:
    """Tell an ISO moment in words, at the bureau's clock."""
    return formats.moment(datetime.fromisoformat(value))


def choice(names: Mapping[Any, Any]) -> Callable[[Any], str]:
    """Tell a value of an enumeration by its name; one that has none stays as it is."""

    def tell(value: Any) -> str:
        return str(names.get(value, value))

    return tell


def kilobytes(value: int) -> str:
    """Tell a size in bytes."""
    return f"{max(1, round(int(value) / 1000))} kB"
