"""One page of a list, as the template sees it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from app.core.i18n import _, _n, language
from app.core.listing.columns import Cell, Column
from app.core.listing.filters import Applied, Chip

if TYPE_CHECKING:
    from app.core.listing.listing import Listing


class Line(NamedTuple):
    """One row: what the domain selected, and its cells in the order of the columns."""

    row: Any
    cells: Sequence[Cell]

    @property
    def looks(self) -> tuple[Hashable, ...]:
        """What the page draws of the row."""
        return tuple((cell.text, cell.href, cell.tone) for cell in self.cells)


class ShownChip(NamedTuple):
    """A chip and the address without it."""

    text: str
    url: str


class ListingPage:
    """Rows, what narrows them, and the addresses around them; every address holds the whole state."""

    def __init__(
        self,
        listing: Listing,
        *,
        path: str,
        text: str,
        applied: Sequence[Applied],
        kept: Sequence[tuple[str, str]],
        sort: str,
        columns: Sequence[Column],
        columns_chosen: bool,
        lines: Sequence[Line],
        total: int,
        previous: str,
        following: str,
    ) -> None:
        self.listing = listing
        self.path = path
        self.text = text
        self.applied = applied
        self.kept = kept
        self.sort = sort
        self.columns = columns
        self.columns_chosen = columns_chosen
        self.lines = lines
        self.total = total
        self._previous, self._following = previous, following

    @property
    def rows(self) -> list[Any]:
        """What the domain selected, for pages that draw it their own way."""
        return [line.row for line in self.lines]

    @property
    def looks(self) -> tuple[Hashable, ...]:
        """What the form above the list draws, so that it is drawn again only when this differs."""
        listing = self.listing
        return (
            *(self.path, str(listing.title), str(listing.search_label or ""), bool(listing.search), self.text),
            tuple(self.pairs(text=False, filters=False)),
            tuple(one.looks for one in self.applied),
            tuple((column.name, str(column.label), column.shown) for column in listing.columns)
            if listing.choose_columns
            else (),
            tuple(column.name for column in self.columns) if listing.choose_columns else (),
        )

    @property
    def head_looks(self) -> tuple[Hashable, ...]:
        """What the row of headings draws."""
        return tuple((self.sort_url(column), self.direction(column)) for column in self.columns if column.sort)

    @property
    def row_looks(self) -> tuple[Hashable, ...]:
        """What the rows draw."""
        return tuple(line.looks for line in self.lines)

    @property
    def labels(self) -> list[str]:
        """The headings, translated once and not per cell."""
        return [str(column.label) for column in self.columns]

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or a filter leaves things out."""
        return bool(self.text or any(one.chips for one in self.applied))

    @property
    def quick_filters(self) -> list[Applied]:
        """The filters that stand beside the search: one of several."""
        return [
            one for one in self.applied if one.filter.kind == "choice" and not getattr(one.filter, "multiple", False)
        ]

    @property
    def ticks(self) -> list[Applied]:
        """The filters that are a single tick, shown together."""
        return [one for one in self.applied if one.filter.kind == "yes"]

    @property
    def group_filters(self) -> list[Applied]:
        """The filters that need room of their own."""
        elsewhere = {id(one) for one in (*self.quick_filters, *self.ticks)}
        return [one for one in self.applied if id(one) not in elsewhere]

    @property
    def is_narrowed_further(self) -> bool:
        """Whether a filter that is folded away is in use, so that it is shown unfolded."""
        return any(one.pairs for one in (*self.group_filters, *self.ticks))

    @property
    def has_errors(self) -> bool:
        """Whether a filter could not be read."""
        return any(one.errors for one in self.applied)

    def pairs(self, *, text: bool = True, filters: bool = True, sort: bool = True) -> list[tuple[str, str]]:
        """Return the state as parameters, in a fixed order so that equal states have equal addresses."""
        state = list(self.kept)
        if text and self.text:
            state.append(("q", self.text))
        if filters:
            state += [pair for one in self.applied for pair in one.pairs]
        if sort and self.sort != self.listing.default_sort:
            state.append(("sort", self.sort))
        if self.columns_chosen:
            state += [("col", column.name) for column in self.columns]
        return state

    def _address(self, pairs: Sequence[tuple[str, str]]) -> str:
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    @property
    def clear_url(self) -> str:
        """The list with nothing left out."""
        return self._address(self.pairs(text=False, filters=False))

    @property
    def previous_url(self) -> str:
        """The page before; empty on the first."""
        return self._address([*self.pairs(), ("before", self._previous)]) if self._previous else ""

    @property
    def next_url(self) -> str:
        """The page after; empty on the last."""
        return self._address([*self.pairs(), ("after", self._following)]) if self._following else ""

    @property
    def first_url(self) -> str:
        """The first page of the same search."""
        return self._address(self.pairs())

    def export_url(self, file_format: str) -> str:
        """Return where the file of exactly this search is."""
        return self._address([*self.pairs(), ("format", file_format)])

    def sort_url(self, column: Column) -> str:
        """Return the list sorted by a column; asked again, the other way round."""
        wanted = f"-{column.name}" if self.sort == column.name else column.name
        pairs = self.pairs(sort=False)
        return self._address(pairs if wanted == self.listing.default_sort else [*pairs, ("sort", wanted)])

    def direction(self, column: Column) -> str:
        """Say how a column is sorted, in the words of `aria-sort`."""
        if self.sort.removeprefix("-") != column.name:
            return "none"
        return "descending" if self.sort.startswith("-") else "ascending"

    @property
    def chips(self) -> list[ShownChip]:
        """What narrows the list, each with the way to take it off."""
        shown = []
        if self.text:
            shown.append(ShownChip(_("Search: “%(text)s”", text=self.text), self._address(self.pairs(text=False))))
        for one in self.applied:
            shown += [ShownChip(chip.text, self._without(chip)) for chip in one.chips]
        return shown

    def _without(self, chip: Chip) -> str:
        return self._address([pair for pair in self.pairs() if pair != chip.pair])

    @property
    def count_text(self) -> str:
        """Say how many there are, in words that are announced: `1.204 leden`, `Meer dan 10.000 leden`."""
        limit = self.listing.count_limit
        number = min(self.total, limit)
        figure = f"{number:,}" if language() == "en" else f"{number:,}".replace(",", ".")
        things = self.listing.counted(number) if self.listing.counted else _n("result", "results", number)
        if self.total > limit:
            return _("More than %(count)s %(things)s", count=figure, things=things)
        return f"{figure} {things}"
