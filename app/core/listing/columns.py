"""What a list shows: a column is a name, a heading, where its value stands, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Column as TableColumn
from sqlalchemy import ColumnElement, Enum, Label, Select, String, func, type_coerce
from sqlalchemy.orm import QueryableAttribute

from app.core import money
from app.core.formats import table_date, table_moment
from app.core.forms.reading import show_phone
from app.core.i18n import _, language
from app.core.listing.keyset import SortKey

Ref = str | ColumnElement[Any] | QueryableAttribute[Any]


class Kind(StrEnum):
    """How a value is written; screen and export each have their own way for it."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    MOMENT = "moment"
    BADGE = "badge"
    YES_NO = "yes_no"
    PHONE = "phone"
    REFERENCE = "reference"
    EMAIL = "email"


class Badge(NamedTuple):
    """A state in one word with its tone (ok, warn, bad, info, due or "")."""

    tone: str
    label: Any


class Cell(NamedTuple):
    """One value as the page writes it; only a badge has a tone."""

    column: Column
    text: Any
    href: str
    tone: str | None


@dataclass(frozen=True)
class Column:
    """A column of a list.

    The value is what the statement selects under `name`, or the attribute of that name when it selects one entity;
    `sql` names another expression; `value` computes it from the row. `sort` is True for the value itself (text
    regardless of case), or the expressions to sort by, which an index should then hold with the key as its last column.
    `text` writes a value in words, `badge` as a state; `href` makes it a link.
    """

    name: str
    label: Any
    kind: Kind = Kind.TEXT
    sql: Ref | None = None
    value: Callable[[Any], Any] | None = None
    sort: bool | Sequence[Ref] = False
    nullable: bool | None = None
    text: Callable[[Any], Any] | None = None
    badge: Callable[[Any], Badge] | None = None
    href: Callable[[Any], str] | None = None
    shown: bool = True
    exported: bool = True

    @property
    def look(self) -> str:
        """How its cells are set: figures stand at the right; what is one thing with them is never broken over lines."""
        if self.kind in (Kind.NUMBER, Kind.MONEY):
            return "figure"
        return "nowrap" if self.kind is Kind.REFERENCE else ""

    def sort_keys(self, statement: Select[Any], key: ColumnElement[Any]) -> list[SortKey]:
        """Return what to sort by, the list's own unique key left out."""
        if self.sort is True:
            expression = resolve(statement, self.sql if self.sql is not None else self.name)
            expressions = [func.lower(expression) if self._ignores_case(expression) else _comparable(expression)]
        else:
            expressions = [_comparable(resolve(statement, ref)) for ref in self.sort or ()]
        return [SortKey(expression, self._may_be_null(expression, key)) for expression in expressions]

    def _ignores_case(self, expression: ColumnElement[Any]) -> bool:
        return (
            self.kind in (Kind.TEXT, Kind.REFERENCE, Kind.EMAIL)
            and isinstance(expression.type, String)
            and not isinstance(expression.type, Enum)
        )

    def _may_be_null(self, expression: ColumnElement[Any], key: ColumnElement[Any]) -> bool:
        """Whether NULLs need care; unless told, only a NOT NULL column of the key's own table surely has none."""
        if self.nullable is not None:
            return self.nullable
        inner = expression
        while getattr(inner, "clauses", None) is not None and len(inner.clauses) == 1:
            (inner,) = inner.clauses
        inner = getattr(inner, "clause", inner)
        table, home = getattr(inner, "table", None), getattr(key, "table", None)
        if not isinstance(inner, TableColumn) or inner.nullable or table is None or home is None:
            return True
        return bool(getattr(table, "name", 1) != getattr(home, "name", 2))

    def cell(self, value: Any, row: Any) -> Cell:
        """Write a value for the page."""
        href = self.href(row) if self.href else ""
        if self.badge and value is not None:
            tone, label = self.badge(value)
            return Cell(self, str(label), href, tone)
        if not href and value and self.kind is Kind.EMAIL:
            href = f"mailto:{value}"
        elif not href and value and self.kind is Kind.PHONE:
            href = f"tel:{value}"
        return Cell(self, self.words(value), href, None)

    def words(self, value: Any) -> Any:
        """Write a value in words; nothing for no value."""
        if self.text:
            return self.text(value)
        if value is None:
            return ""
        write = _WRITERS.get(self.kind)
        return write(value) if write else value


def _number(value: Any) -> str:
    plain = f"{value:,}"
    return plain if language() == "en" else plain.translate(str.maketrans(",.", ".,"))


def _moment(value: Any) -> str:
    return table_moment(value) if isinstance(value, datetime) else table_date(value)


def _date(value: date | datetime) -> str:
    return table_date(value)


_WRITERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.NUMBER: _number,
    Kind.MONEY: money.format_money,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.PHONE: show_phone,
    Kind.YES_NO: lambda value: _("Yes") if value else _("No"),
}


def resolve(statement: Select[Any], ref: Ref) -> ColumnElement[Any]:
    """Find the expression behind a name that the statement selects; an expression stands for itself."""
    if isinstance(ref, str):
        ref = statement.selected_columns[ref]
    element: Any = ref.__clause_element__() if isinstance(ref, QueryableAttribute) else ref
    return element.element if isinstance(element, Label) else element


def _comparable(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    """Compare states as the text that is stored."""
    return type_coerce(expression, String()) if isinstance(expression.type, Enum) else expression
