"""Pieces of a page that look the same for the same values: drawn once, then remembered.

    {% call remember("agenda-entry", gathering, offered) %} ... {% endcall %}

Nothing ever has to be thrown away because of a change: a piece is found again only by everything that goes into it,
and other values are another piece. So name every value that the block uses; the language is added here. What belongs to
one visitor alone, such as a CSRF token or a message, stays outside.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, MutableMapping
from typing import Any

from flask import Flask, request
from flask.templating import Environment
from markupsafe import Markup

from app.core.i18n import language

MOST_CHARACTERS = 8_000_000


class PageEnvironment(Environment):
    """Flask's environment, whose templates share its globals as they are.

    Jinja gives each template a chain over them, and walks it key by key for every import of macros on every page.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


class Fragments:
    """What one application remembers; full, it begins again."""

    def __init__(self, most_characters: int = MOST_CHARACTERS) -> None:
        self._most, self._held = most_characters, 0
        self._drawn: dict[tuple[Hashable, ...], Markup] = {}

    def remember(self, name: str, *values: Hashable | list[Hashable], caller: Callable[[], Markup]) -> Markup:
        """Return the block, drawn now only if it was not yet for these values; `name` is used in one place only."""
        root = request.script_root if request else ""
        key = (name, language(), root, *(tuple(value) if isinstance(value, list) else value for value in values))
        found = self._drawn.get(key)
        if found is None:
            found = caller()
            self._keep(key, found)
        return found

    def _keep(self, key: tuple[Hashable, ...], drawn: Markup) -> None:
        self._held += len(drawn)
        if self._held > self._most:
            self._drawn.clear()
            self._held = len(drawn)
        self._drawn[key] = drawn


def init_app(app: Flask) -> None:
    """Give the application's templates `remember`."""
    app.jinja_env.globals["remember"] = Fragments().remember
