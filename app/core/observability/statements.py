"""How many SQL statements a page costs: for the log, the figures, and the tests that hold pages to a budget."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Engine, event

FRAME = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")


class _Tally(threading.local):
    statements = 0


_tally = _Tally()


@event.listens_for(Engine, "after_cursor_execute")
def _count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    if not statement.startswith(FRAME):
        _tally.statements += 1


def statements_so_far() -> int:
    """Return how many statements this thread has sent; the difference of two readings is what lay between."""
    return _tally.statements
