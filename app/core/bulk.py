"""Batches of like acts in one transaction: rows that nobody reads back wait for its end, and go many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from app.core.db import Base, db, in_atomic

_WAITING, _KEPT, _ANSWERED = "rows_for_later", "rows_at_hand", "answers_at_hand"
R = TypeVar("R")
Write = Callable[[list[Any]], object]


@contextmanager
def together() -> Iterator[None]:
    """Let what the acts of a batch only write, and never read, be written at its end; a batch within another joins it.

    That is what happened (audit), what is to be done (jobs), what people are told (mail) and by what things are found.
    A batch that fails leaves nothing, as its transaction does.
    """
    info = db.session().info
    if not in_atomic():
        raise RuntimeError("a batch is part of a transaction")
    if _WAITING in info:
        yield
        return
    waiting: dict[Write, list[Any]] = {}
    info[_WAITING], info[_KEPT] = waiting, []
    try:
        yield
        db.session.flush()
        while waiting:
            write = next(iter(waiting))
            write(waiting.pop(write))
    finally:
        info.pop(_WAITING, None)
        info.pop(_KEPT, None)


def keep_at_hand(rows: Iterable[Base]) -> None:
    """Keep rows that were read for a whole batch until its end: whoever asks for one by its key finds it unasked.

    The session itself holds on to no row that nobody uses.
    """
    db.session().info[_KEPT].extend(rows)


@contextmanager
def answered(question: Callable[[UUID], R | None], answers: Mapping[UUID, R]) -> Iterator[None]:
    """Let whoever asks this question of one of many find, for a while, what was read for all of them at once.

    Nothing is done meanwhile that would change an answer. The question looks for it itself, by `answer`.
    """
    info = db.session().info
    before = info.get(_ANSWERED, {})
    info[_ANSWERED] = {**before, question: answers}
    try:
        yield
    finally:
        info[_ANSWERED] = before


def answer(question: Callable[[UUID], R | None], key: UUID) -> R | None:
    """Return the answer at hand to a question about one of many; None when it has to be asked."""
    answers: Mapping[UUID, R] = db.session().info.get(_ANSWERED, {}).get(question, {})
    return answers.get(key)


def is_together() -> bool:
    """Say whether a batch is open."""
    return _WAITING in db.session().info


def later(write: Callable[[list[R]], object], *rows: R) -> bool:
    """Leave rows for `write` to the end of the batch; False when none is open, and they are to be written now."""
    waiting: dict[Write, list[Any]] | None = db.session().info.get(_WAITING)
    if waiting is None:
        return False
    waiting.setdefault(write, []).extend(rows)
    return True
