"""Pulling the plug: an act is cut off before each of its statements in turn, and before each commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event, inspect, text

from app.core.db import db

Rows = dict[str, list[Any]]
LONGEST = 400


class PulledError(BaseException):
    """The process is gone: no handler of ours catches this."""


@contextmanager
def plug(at: int | None) -> Iterator[list[str]]:
    """Fail right before event number `at` (a statement or a commit), or never; tell which there were."""
    sent: list[str] = []

    def note(what: str) -> None:
        sent.append(what)
        if at is not None and len(sent) == at:
            raise PulledError(what)

    def before_statement(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        note(statement)

    def before_commit(_connection: Any) -> None:
        note("COMMIT")

    event.listen(Engine, "before_cursor_execute", before_statement)
    event.listen(Engine, "commit", before_commit)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", before_statement)
        event.remove(Engine, "commit", before_commit)


def everything() -> Rows:
    """All rows of all tables."""
    names = inspect(db.engine).get_table_names()
    rows = {name: sorted(map(repr, db.session.execute(text(f'SELECT * FROM "{name}"')))) for name in sorted(names)}
    db.session.rollback()
    return rows


def differing(before: Rows, after: Rows) -> dict[str, int]:
    """By table, how many rows more or fewer there are; 0 for rows that were changed."""
    return {name: len(after[name]) - len(before[name]) for name in after if after[name] != before[name]}


def cut_off_everywhere(act: Callable[[], object]) -> tuple[int, dict[str, int]]:
    """Cut an act off at each event until it gets through; each time nothing at all may be left behind.

    Returns how many events it has and what it changed in the end, which happened exactly once.
    """
    before = everything()
    for number in range(1, LONGEST):
        with plug(number) as sent:
            try:
                act()
            except PulledError:
                db.session.remove()
                left = differing(before, everything())
                assert left == {}, f"event {number} left something behind: {sent[-1]}"
                continue
        return number - 1, differing(before, everything())
    raise AssertionError("it never came to its end")


def die_everywhere(work: Callable[[], object], meanwhile: Callable[[], None]) -> int:
    """Let work die at its first event, then at its second, and so on, going on each time; return how often it died."""
    for number in range(1, LONGEST):
        with plug(number):
            try:
                work()
            except PulledError:
                db.session.remove()
                meanwhile()
                continue
        return number - 1
    raise AssertionError("it never came to its end")
