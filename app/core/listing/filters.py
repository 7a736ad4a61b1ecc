"""What narrows a list: each filter reads its part of the address, and junk in it narrows nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, DateTime, Select, and_, or_
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.formats import short_date
from app.core.forms.choices import Option, Options, Shown
from app.core.forms.reading import has_control_characters, read_date, tidy_line
from app.core.i18n import _
from app.core.listing.columns import Ref, resolve

LONGEST_SEARCH = 100
MOST_WORDS = 6
Args = MultiDict[str, str]


@dataclass(frozen=True)
class Chip:
    """One thing that narrows the list, in words, and the parameter pair that taking it away removes."""

    text: str
    pair: tuple[str, str]


@dataclass(frozen=True)
class Applied:
    """A filter as the address asks for it: what to write back into the address, what it means, what was wrong."""

    filter: Filter
    pairs: Sequence[tuple[str, str]] = ()
    chips: Sequence[Chip] = ()
    values: Sequence[Any] = ()
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def looks(self) -> Hashable:
        """What the page draws of it."""
        options = getattr(self.filter, "looks", ())
        wrong = tuple(self.errors.items())
        return self.filter.name, self.filter.kind, str(self.filter.label), options, tuple(self.pairs), wrong

    def value(self, name: str) -> str:
        """Return what stands in an input of this filter."""
        return next((value for key, value in self.pairs if key == name), "")


class Filter(Protocol):
    """What the list asks of a filter."""

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> Any: ...

    @property
    def kind(self) -> str: ...

    def read(self, args: Args) -> Applied: ...

    def condition(self, statement: Select[Any], applied: Applied) -> ColumnElement[bool] | None: ...


@dataclass(frozen=True)
class ChoiceFilter:
    """One of several, or several with `multiple`; `where` gives the condition when it is not "the column equals"."""

    name: str
    label: Any
    options: Options
    sql: Ref | None = None
    multiple: bool = False
    where: Callable[[Sequence[Any]], ColumnElement[bool]] | None = None
    kind: str = "choice"

    def _options(self) -> Sequence[Option]:
        return self.options() if callable(self.options) else self.options

    def read(self, args: Args) -> Applied:
        wanted = args.getlist(self.name) if self.multiple else args.getlist(self.name)[:1]
        if not wanted:
            return Applied(self)
        picked = [(key, option) for option in self._options() if (key := _key(option.value)) in wanted]
        return Applied(
            self,
            pairs=[(self.name, key) for key, _option in picked],
            chips=[Chip(f"{self.label}: {option.label}", (self.name, key)) for key, option in picked],
            values=[option.value for _key_, option in picked],
        )

    def condition(self, statement: Select[Any], applied: Applied) -> ColumnElement[bool] | None:
        if not applied.values:
            return None
        if self.where:
            return self.where(applied.values)
        column = resolve(statement, self.sql if self.sql is not None else self.name)
        return column.in_(applied.values) if len(applied.values) > 1 else column == applied.values[0]

    @property
    def looks(self) -> Hashable:
        """What there is to choose."""
        return tuple((option.value, option.label) for option in self._options())

    def shown(self, applied: Applied) -> list[Shown]:
        """List the options for the page."""
        chosen = {key for _name, key in applied.pairs}
        return [
            Shown(
                f"filter-{self.name}-{i}",
                _key(option.value),
                option.label,
                "",
                option.group,
                False,
                _key(option.value) in chosen,
            )
            for i, option in enumerate(self._options())
        ]


@dataclass(frozen=True)
class YesFilter:
    """A tick that narrows the list to what the condition holds for."""

    name: str
    label: Any
    where: ColumnElement[bool] | Callable[[], ColumnElement[bool]]
    kind: str = "yes"

    def read(self, args: Args) -> Applied:
        if args.get(self.name) != "1":
            return Applied(self)
        pair = (self.name, "1")
        return Applied(self, [pair], [Chip(str(self.label), pair)], [True])

    def condition(self, statement: Select[Any], applied: Applied) -> ColumnElement[bool] | None:
        del statement
        if not applied.values:
            return None
        return self.where() if callable(self.where) else self.where


@dataclass(frozen=True)
class DateFilter:
    """From and till a day, both included, typed as people write it; on a moment, days are days in Amsterdam."""

    name: str
    label: Any
    sql: Ref | None = None
    kind: str = "dates"

    @property
    def ends(self) -> tuple[str, str]:
        """The names of its two parameters."""
        return f"{self.name}_from", f"{self.name}_until"

    def read(self, args: Args) -> Applied:
        pairs, chips, values, errors = [], [], [], {}
        words = (_("from %(day)s"), _("until %(day)s"))
        for end, phrase in zip(self.ends, words, strict=True):
            typed = tidy_line(args.get(end, ""))[:LONGEST_SEARCH]
            day: date | None = None
            if typed:
                pairs.append((end, typed))
                try:
                    day = read_date(typed)
                except ValueError:
                    errors[end] = _("Fill in a date like 5-1-2027.")
                else:
                    chips.append(Chip(f"{self.label}: {phrase % {'day': short_date(day)}}", (end, typed)))
            values.append(day)
        return Applied(self, pairs, chips, values, errors)

    def condition(self, statement: Select[Any], applied: Applied) -> ColumnElement[bool] | None:
        first, last = applied.values
        if not first and not last:
            return None
        column = resolve(statement, self.sql if self.sql is not None else self.name)
        if isinstance(getattr(column.type, "impl", column.type), DateTime):
            begin = first and clock.at_home(datetime.combine(first, time.min))
            end = last and clock.at_home(datetime.combine(last + timedelta(days=1), time.min))
            return and_(*([column >= begin] if begin else []), *([column < end] if end else []))
        return and_(*([column >= first] if first else []), *([column <= last] if last else []))


def _key(value: Any) -> str:
    return str(getattr(value, "value", value))


def read_search(text: str) -> str:
    """Tidy what was searched for; characters no database takes search for nothing."""
    tidy = tidy_line(text)[:LONGEST_SEARCH]
    return "" if has_control_characters(tidy) else tidy


def search_condition(columns: Sequence[ColumnElement[Any]], text: str) -> ColumnElement[bool]:
    """Every word stands in one of the columns, whatever its case; `%` and `_` stand for themselves (ASVS 1.2.4).

    SQLite knows no case beyond ASCII, so a word with other letters is tried in each case.
    """
    conditions = []
    for word in text.split()[:MOST_WORDS]:
        spellings = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
        conditions.append(
            or_(*(column.icontains(spelling, autoescape=True) for column in columns for spelling in sorted(spellings)))
        )
    return and_(*conditions)
