"""The list mechanism: declared once per page, it searches, filters, sorts, pages and exports a domain's statement.

    members = Listing(
        title=_l("Members"),
        columns=[Column("name", _l("Name"), sort=True, href=lambda row: url_for(".show", id=row.id)), ...],
        search=["name", "email"],
        filters=[ChoiceFilter("status", _l("Status"), options=...)],
        default_sort="name",
        export=True,
    )

    @bp.get("/bureau/members")
    def index() -> ResponseReturnValue:
        return members.respond("membership/bureau/members.html", queries.members(viewer=current_person()))

The state of a list is its address and nothing else. The statement is one plain SELECT without order, limit, DISTINCT or
GROUP BY (put those in a subquery) that selects the unique `key`. A page costs at most two queries, whatever the size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import Any

from flask import abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Row, Select, func, literal_column, select
from werkzeug.datastructures import MultiDict

from app.core import export
from app.core.db import db
from app.core.listing.columns import Column, Kind, Ref, resolve
from app.core.listing.filters import Applied, Args, Filter, read_search, search_condition
from app.core.listing.keyset import Keyset, SortKey, seal, unseal
from app.core.listing.page import Line, ListingPage

SINGLE = ("q", "sort", "after", "before", "format")
ROWS_PER_FETCH = 500
BAD_REQUEST = 400


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list as a page declares it.

    `search` names what is searched letter by letter, or gives the condition for a text (`core.search.matching`, for
    what may grow large). `counted` names the things counted ("members"); `keep` lists other parameters to carry along.
    """

    title: Any
    columns: Sequence[Column]
    default_sort: str
    key: Ref = "id"
    search: Sequence[Ref] | Callable[[str], ColumnElement[bool]] = ()
    search_label: Any = None
    filters: Sequence[Filter] = ()
    counted: Callable[[int], Any] | None = None
    export: bool = False
    choose_columns: bool = False
    page_size: int = 25
    count_limit: int = 10_000
    keep: Sequence[str] = field(default=())

    def respond(self, template: str, statement: Select[Any], **context: Any) -> ResponseReturnValue:
        """Answer with the page (as `listing` in the template) or, for `?format=`, the file of exactly this filter."""
        file_format = request.args.get("format")
        if self.export and file_format in export.FORMATS:
            return self.file(statement, request.args, file_format=file_format)
        return render_template(template, listing=self.page(statement, request.args), **context)

    def page(self, statement: Select[Any], args: Args) -> ListingPage:
        """Load the page that the address asks for."""
        if any(len(args.getlist(name)) > 1 for name in SINGLE):
            abort(BAD_REQUEST)
        text, applied = read_search(args.get("q", "")), [one.read(args) for one in self.filters]
        narrowed = self._narrow(statement, text, applied)
        sorted_by, descending = self._sort(args.get("sort"))
        window = self._window(statement, narrowed, sorted_by, args, descending=descending)
        total = window.count_known(self.page_size)
        if total is None:
            total = self._count(narrowed)
        shown = self._shown(args)
        read = self._reader(statement, shown)
        return ListingPage(
            self,
            path=request.path,
            text=text,
            applied=applied,
            kept=[(name, value) for name in self.keep for value in args.getlist(name)],
            sort=("-" if descending else "") + sorted_by.name,
            columns=shown,
            columns_chosen=shown != self._shown(MultiDict()),
            lines=[
                Line(entity, [c.cell(v, entity) for c, v in zip(shown, values, strict=True)])
                for entity, values in map(read, window.rows)
            ],
            total=total,
            previous=window.previous,
            following=window.following,
        )

    def file(self, statement: Select[Any], args: Args, *, file_format: str) -> ResponseReturnValue:
        """Stream everything the filter holds, in the order of the page."""
        applied = [one.read(args) for one in self.filters]
        narrowed = self._narrow(statement, read_search(args.get("q", "")), applied)
        sorted_by, descending = self._sort(args.get("sort"))
        keyset = self._keyset(statement, sorted_by, descending=descending)
        columns = [column for column in self.columns if column.exported]
        read = self._reader(statement, columns)
        wanted = keyset.ordered(self._with_values(narrowed, statement), backwards=False)

        def rows() -> Iterator[list[Any]]:
            for row in db.session.execute(wanted.execution_options(yield_per=ROWS_PER_FETCH)):
                yield [_for_file(column, value) for column, value in zip(columns, read(row)[1], strict=True)]

        fields = [export.Field(column.label, is_money=column.kind is Kind.MONEY) for column in columns]
        return export.respond(self.title, fields, rows(), file_format=file_format)

    def _narrow(self, statement: Select[Any], text: str, applied: Sequence[Applied]) -> Select[Any]:
        conditions = [one.filter.condition(statement, one) for one in applied]
        if text and self.search:
            conditions.append(self._found_by(statement, text))
        return statement.where(*(condition for condition in conditions if condition is not None))

    def _found_by(self, statement: Select[Any], text: str) -> ColumnElement[bool]:
        if callable(self.search):
            return self.search(text)
        return search_condition([resolve(statement, ref) for ref in self.search], text)

    def _sort(self, wanted: str | None) -> tuple[Column, bool]:
        by_name = {column.name: column for column in self.columns if column.sort}
        for candidate in (wanted or "", self.default_sort):
            if candidate.removeprefix("-") in by_name:
                return by_name[candidate.removeprefix("-")], candidate.startswith("-")
        raise LookupError(f"the default sort {self.default_sort!r} is no sortable column")

    def _keyset(self, statement: Select[Any], sorted_by: Column, *, descending: bool) -> Keyset:
        key = resolve(statement, self.key)
        return Keyset([*sorted_by.sort_keys(statement, key), SortKey(key, nullable=False)], descending)

    def _with_values(self, narrowed: Select[Any], statement: Select[Any]) -> Select[Any]:
        """Select the columns that stand nowhere in the domain's statement, too."""
        extra = [
            resolve(statement, column.sql).label(f"value_{column.name}")
            for column in self.columns
            if column.sql is not None and not isinstance(column.sql, str)
        ]
        return narrowed.add_columns(*extra) if extra else narrowed

    def _reader(self, statement: Select[Any], columns: Sequence[Column]) -> Callable[[Row[Any]], tuple[Any, list[Any]]]:
        """Return what takes a row apart into what the domain selected and the columns' values."""
        described = statement.column_descriptions
        single = len(described) == 1 and described[0]["entity"] is described[0]["expr"]
        getters = [_getter(column, from_entity=single) for column in columns]

        def read(row: Row[Any]) -> tuple[Any, list[Any]]:
            entity = row[0] if single else row
            return entity, [get(row, entity) for get in getters]

        return read

    def _window(
        self, statement: Select[Any], narrowed: Select[Any], sorted_by: Column, args: Args, *, descending: bool
    ) -> Window:
        keyset = self._keyset(statement, sorted_by, descending=descending)
        secrets = [current_app.secret_key, *(current_app.config["SECRET_KEY_FALLBACKS"] or [])]
        place = f"{request.endpoint}:{'-' if descending else ''}{sorted_by.name}"
        after = unseal(args.get("after"), place=place, secrets=secrets)
        before = None if after else unseal(args.get("before"), place=place, secrets=secrets)
        edge = after or before
        if edge and len(edge) != len(keyset.keys):
            edge = before = None
        marks = [key.expression.label(f"edge_{number}") for number, key in enumerate(keyset.keys)]
        wanted = self._with_values(narrowed, statement).add_columns(*marks).limit(self.page_size + 1)
        if edge:
            beyond = keyset.ordered(wanted.where(keyset.beyond(edge, backwards=bool(before))), backwards=bool(before))
            rows = list(db.session.execute(beyond).all())
        if not edge or not rows:
            edge = before = None
            rows = list(db.session.execute(keyset.ordered(wanted, backwards=False)).all())
        more = len(rows) > self.page_size
        rows = rows[: self.page_size]
        if before:
            rows.reverse()

        def cursor(row: Row[Any]) -> str:
            return seal(row[-len(marks) :], place=place, secret=secrets[0])

        return Window(
            rows,
            previous=cursor(rows[0]) if rows and (more if before else edge) else "",
            following=cursor(rows[-1]) if rows and (before or more) else "",
        )

    def _count(self, narrowed: Select[Any]) -> int:
        """Count up to one over the limit, so that counting costs the same at any size."""
        counted: Select[Any] = narrowed.with_only_columns(literal_column("1"), maintain_column_froms=True).order_by(
            None
        )
        limited = counted.limit(self.count_limit + 1).subquery()
        return int(db.session.execute(select(func.count()).select_from(limited)).scalar_one())

    def _shown(self, args: Args) -> list[Column]:
        """Return the columns to show: those chosen in the address, else the usual ones; the first one always."""
        chosen = {name for name in args.getlist("col") if self.choose_columns}
        known = {column.name for column in self.columns} & chosen
        return [
            column
            for number, column in enumerate(self.columns)
            if number == 0 or (column.name in known if known else column.shown)
        ]


@dataclass(frozen=True)
class Window:
    """The rows of one page and the cursors at its edges, empty where there is nothing beyond."""

    rows: Sequence[Row[Any]]
    previous: str
    following: str

    def count_known(self, page_size: int) -> int | None:
        """Return the count when the only page shows it; None when it has to be asked."""
        alone = not self.previous and not self.following
        return len(self.rows) if alone and len(self.rows) <= page_size else None


def _getter(column: Column, *, from_entity: bool) -> Callable[[Row[Any], Any], Any]:
    if column.value is not None:
        compute = column.value
        return lambda _row, entity: compute(entity)
    if column.sql is not None and not isinstance(column.sql, str):
        added = attrgetter(f"value_{column.name}")
        return lambda row, _entity: added(row)
    name = column.sql if isinstance(column.sql, str) else column.name
    get: Callable[[Any], Any] = attrgetter(name)
    if from_entity:
        return lambda _row, entity: get(entity)
    pick = itemgetter(name)
    return lambda row, _entity: pick(row._mapping)  # noqa: SLF001  the documented view of a row by name


def _for_file(column: Column, value: Any) -> Any:
    """Keep a number or a date what it is in a file, and put anything else in words."""
    if value is None and not column.text:
        return None
    if column.badge:
        return str(column.badge(value).label)
    if column.text or column.kind in (Kind.PHONE, Kind.YES_NO):
        return str(column.words(value))
    return getattr(value, "value", value)
