"""The menus of the three layouts, put together by `wiring` from entries that know who may see them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import request, url_for

from app.core import access
from app.core.permissions import Permission


@dataclass(frozen=True)
class Entry:
    """A place in a menu: its label, where it leads, its icon, and the right it takes.

    `section` names the blueprints, each with its dot, on whose pages the entry is marked.
    """

    label: Any
    endpoint: str
    icon: str = ""
    permission: Permission | None = None
    section: str | tuple[str, ...] = ""


@dataclass(frozen=True)
class Link:
    """An entry as one visitor sees it."""

    label: str
    url: str
    icon: str
    current: bool
    count: int | None = None


_menus: dict[str, list[Entry]] = defaultdict(list)


def add(menu: str, entry: Entry) -> None:
    """Add an entry to a menu; adding it twice changes nothing."""
    if entry not in _menus[menu]:
        _menus[menu].append(entry)


def label_of(endpoint: str) -> str | None:
    """Return what the menus call a page; None for one that is in no menu."""
    return next(
        (str(entry.label) for entries in _menus.values() for entry in entries if entry.endpoint == endpoint), None
    )


def menu(name: str) -> tuple[Link, ...]:
    """Return a menu as whoever is being served may see it, with the current place marked."""
    here, root = request.endpoint or "", request.script_root
    entries = _menus[name]
    held = access.held() if any(entry.permission for entry in entries) else frozenset()
    return tuple(
        Link(str(entry.label), _address(entry.endpoint, root), entry.icon, _is_current(entry, here))
        for entry in entries
        if entry.permission is None or entry.permission in held
    )


@lru_cache(maxsize=256)
def _address(endpoint: str, _script_root: str) -> str:
    """Return where an entry leads; the menus stand on every page, and only the folder the portal runs in counts."""
    return url_for(endpoint)


def _is_current(entry: Entry, here: str) -> bool:
    return here == entry.endpoint or (bool(entry.section) and here.startswith(entry.section))
