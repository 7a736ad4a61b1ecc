"""The list mechanism: search, filter, sort, page and export, one for the whole product (architecture style 15, B3)."""

from app.core.listing.columns import Badge, Cell, Column, Kind
from app.core.listing.filters import ChoiceFilter, DateFilter, YesFilter
from app.core.listing.listing import Listing
from app.core.listing.page import ListingPage

__all__ = ["Badge", "Cell", "ChoiceFilter", "Column", "DateFilter", "Kind", "Listing", "ListingPage", "YesFilter"]
