"""Finding by the beginnings of words, as fast among a hundred thousand subjects as among two thousand.

Each subject's words stand in one table in their plainest form (no accents, lower case): a search is a range over an
index on both databases, without extensions. Which words a scope holds is its domain's choice: only what its readers may
see.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Index,
    Select,
    String,
    Uuid,
    and_,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from app.core.bulk import later
from app.core.db import Base, db, put_rows

PEOPLE = "bureau"
"""The scope of everybody the bureau knows, which lists of several domains search; `profiles` fills it."""
LONGEST_WORD = 40
MOST_SEARCH_WORDS = 6
MANY = 20_000
_OUTSIDE_WORDS = re.compile(r"[^a-z0-9]+")
Also = Callable[[str], Select[UUID] | None]
_UNDECOMPOSED = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "ı": "i", "đ": "d"})


class SearchWord(Base):
    """One word by which a subject of a scope is found."""

    __tablename__ = "search_word"
    __table_args__ = (Index("ix_search_word_subject", "scope", "subject_id"), {"sqlite_with_rowid": False})

    scope: Mapped[str] = mapped_column(String(20), primary_key=True)
    word: Mapped[str] = mapped_column(
        String(LONGEST_WORD).with_variant(String(LONGEST_WORD, collation="C"), "postgresql"), primary_key=True
    )
    subject_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)


def plain(text: str) -> str:
    """Write a text in its plainest form: `Çelik-Müller` → `celik muller`; also what names are sorted by."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(_UNDECOMPOSED)).encode("ascii", "ignore").decode()
    return _OUTSIDE_WORDS.sub(" ", folded.lower().replace("'", "")).strip()


def words(*texts: str) -> list[str]:
    """Return the different words of some texts, each once, in order."""
    return list(dict.fromkeys(word[:LONGEST_WORD] for text in texts for word in plain(text).split()))


def rows(scope: str, subject_id: UUID, *texts: str) -> Iterator[dict[str, Any]]:
    """Yield the rows for a subject, for writing many at once."""
    for word in words(*texts):
        yield {"scope": scope, "word": word, "subject_id": subject_id}


def add(scope: str, texts: Mapping[UUID, Sequence[str]]) -> None:
    """Make subjects findable by the words of some more texts; words they have already stay."""
    found = [row for subject_id, of in texts.items() for row in rows(scope, subject_id, *of)]
    if not later(_put, *found):
        _put(found)


def _put(found: Sequence[dict[str, Any]]) -> None:
    put_rows(SearchWord, found)


def remember(scope: str, subject_id: UUID, *texts: str) -> None:
    """Make a subject findable by the words of these texts and by no others."""
    forget(scope, subject_id)
    found = list(rows(scope, subject_id, *texts))
    if found:
        db.session.execute(insert(SearchWord), found)


def forget(scope: str, *subject_ids: UUID) -> None:
    """Make these subjects findable no longer."""
    db.session.execute(delete(SearchWord).where(SearchWord.scope == scope, SearchWord.subject_id.in_(subject_ids)))


def matching(scope: str, subject: Any, text: str, *, also: Also | None = None) -> ColumnElement[bool]:
    """Say that a subject has, for every word asked for, a word that begins with it.

    `also` gives, for a word, a select of further subjects that it finds. Wildcards have no meaning here; a search of
    nothing but signs finds nothing (ASVS 1.2.4). A word that few have leads to its subjects; one that very many have,
    such as a single letter, is asked of each subject instead, since a page of them is full after a few.
    """
    asked = [(word, also(word) if also else None) for word in words(text)[:MOST_SEARCH_WORDS]]
    if not asked:
        return false()
    chosen = [_having(scope, word, more) for word, more in asked]
    found = [
        _has(scope, subject, word, more) if many else subject.in_(having)
        for (word, more), having, many in zip(asked, chosen, many_of(chosen), strict=True)
    ]
    return and_(*found)


def many_of(selects: Sequence[Select[Any] | CompoundSelect[Any]]) -> list[bool]:
    """Say of each select whether it gives very many rows, in one query that counts no further than that."""
    counts = [select(func.count()).select_from(one.limit(MANY).subquery()).scalar_subquery() for one in selects]
    return [count == MANY for count in db.session.execute(select(*counts)).one()]


def _having(scope: str, word: str, more: Select[UUID] | None) -> Select[UUID] | CompoundSelect[UUID]:
    having = select(SearchWord.subject_id).where(_begins(SearchWord, scope, word))
    return having if more is None else union_all(having, more)


def _has(scope: str, subject: Any, word: str, more: Select[UUID] | None) -> ColumnElement[bool]:
    own = aliased(SearchWord)
    has = select(own.subject_id).where(_begins(own, scope, word), own.subject_id == subject).exists()
    return has if more is None else or_(has, more.where(more.selected_columns[0] == subject).exists())


def found(scope: str, text: str, limit: int) -> list[UUID]:
    """Return some subjects of a scope that a text finds."""
    asked = words(text)
    if not asked:
        return []
    longest = max(asked, key=len)
    chosen = select(SearchWord.subject_id).where(
        _begins(SearchWord, scope, longest), matching(scope, SearchWord.subject_id, text)
    )
    return list(db.session.scalars(chosen.distinct().limit(limit)))


def _begins(of: type[SearchWord], scope: str, word: str) -> ColumnElement[bool]:
    return and_(of.scope == scope, of.word >= word, of.word < _after(word))


def _after(word: str) -> str:
    return word[:-1] + chr(ord(word[-1]) + 1)
