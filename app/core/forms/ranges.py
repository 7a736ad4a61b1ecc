"""The fields whose values have an order: numbers, amounts, days and times, each held between two ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from wtforms import ValidationError

from app.core import money
from app.core.forms import messages, reading
from app.core.forms.fields import InputField
from app.core.i18n import _l, language

LARGEST_INTEGER = 2_147_483_647


class RangedField(InputField):
    """A value with an order, held between two ends; an end may be a function, for an end that moves with the day."""

    lowest: Any = None
    highest: Any = None
    too_low: Any = messages.TOO_LOW
    too_high: Any = messages.TOO_HIGH

    def __init__(
        self,
        label: Any,
        validators: Sequence[Callable[..., object]] = (),
        *,
        minimum: Any = None,
        maximum: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(label, validators, **options)
        self.minimum = self.lowest if minimum is None else minimum
        self.maximum = self.highest if maximum is None else maximum

    def check(self, value: Any) -> None:
        low = self.minimum() if callable(self.minimum) else self.minimum
        high = self.maximum() if callable(self.maximum) else self.maximum
        if low is not None and value < low:
            raise ValidationError(self.message(self.too_low, min=self.show(low)))
        if high is not None and value > high:
            raise ValidationError(self.message(self.too_high, max=self.show(high)))


class IntegerField(RangedField):
    """A whole number, zero or more unless told otherwise."""

    inputmode = "numeric"
    default_autocomplete = "off"
    default_width = "xs"
    longest = 30
    lowest, highest = 0, LARGEST_INTEGER
    unreadable = _l("Fill in a whole number at “%(label)s”, like 12.")

    def read(self, text: str) -> int:
        return reading.read_integer(text)


class DecimalField(RangedField):
    """A number with decimals, such as hours; a Decimal, never a float."""

    inputmode = "decimal"
    default_autocomplete = "off"
    default_width = "xs"
    longest = 30
    lowest, highest = Decimal(0), Decimal(1_000_000)
    unreadable = _l("Fill in a number at “%(label)s”, like 1,5.")

    def read(self, text: str) -> Decimal:
        return reading.read_decimal(text)

    def show(self, value: Any) -> str:
        plain = f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
        return plain if language() == "en" else plain.replace(".", ",")


class MoneyField(RangedField):
    """P1: an amount, typed in euros, held in integer cents."""

    inputmode = "decimal"
    default_autocomplete = "off"
    default_width = "s"
    longest = 40
    lowest, highest = 0, money.LARGEST_AMOUNT
    unreadable = _l("Fill in an amount at “%(label)s”, like 1.250,00.")

    def __init__(self, label: Any, validators: Sequence[Callable[..., object]] = (), **options: Any) -> None:
        options.setdefault("prefix", "€")
        super().__init__(label, validators, **options)

    def read(self, text: str) -> int:
        return money.parse_money(text)

    def show(self, value: Any) -> str:
        return money.format_money(int(value)).replace("€", "").strip("\u00a0 ")


class DateField(RangedField):
    """A day, typed as people write it; no browser calendar, which asks for another order in each language."""

    inputmode = "text"
    default_autocomplete = "off"
    default_width = "s"
    longest = 60
    unreadable = _l("Fill in a date at “%(label)s”, like 5-1-2027 or 5 January 2027.")
    too_low = messages.TOO_EARLY
    too_high = messages.TOO_LATE

    def read(self, text: str) -> date:
        return reading.read_date(text)

    def show(self, value: Any) -> str:
        return f"{value.day}-{value.month}-{value.year}" if isinstance(value, date) else str(value)


class TimeField(RangedField):
    """A time of day on the bureau's clock."""

    inputmode = "text"
    default_autocomplete = "off"
    default_width = "xs"
    longest = 20
    unreadable = _l("Fill in a time at “%(label)s”, like 19.30.")
    too_low = messages.TOO_EARLY
    too_high = messages.TOO_LATE

    def read(self, text: str) -> time:
        return reading.read_time(text)

    def show(self, value: Any) -> str:
        return f"{value:%H.%M}" if isinstance(value, time) else str(value)
