"""Pages that several domains fill together, such as the member's home: each gives a panel, `wiring` sets the order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Load = Callable[[Any], dict[str, Any] | None]


@dataclass(frozen=True)
class Panel:
    """A template and the function that loads what it shows for the id of an account; None leaves the panel out.

    The page of a thing, such as `gathering`, gives that thing's id. On a public page, such as `public_home`, there is
    neither: the function gets None.
    """

    template: str
    load: Load


_panels: dict[str, list[Panel]] = defaultdict(list)


def add(page: str, template: str, load: Load) -> None:
    """Give a page one more panel; adding it twice changes nothing."""
    panel = Panel(template, load)
    if panel not in _panels[page]:
        _panels[page].append(panel)


def filled(page: str, subject_id: UUID | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each panel's template with its loaded values, in the order of `wiring`."""
    for panel in _panels[page]:
        values = panel.load(subject_id)
        if values is not None:
            yield panel.template, values
