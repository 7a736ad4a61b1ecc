"""The board: what happened in an edition, in public order, each entry tied to all before it. It only grows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.challenge.board import Entry, Kind
from app.core.db import Base
from app.core.ddl import append_only


class BoardEntry(Base):
    """V8: one entry, written in the transaction of what it tells."""

    __tablename__ = "challenge_board"
    __table_args__ = (CheckConstraint("seq > 0", name="seq"),)

    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    @property
    def entry(self) -> Entry:
        """The entry as anybody computes its hash."""
        return Entry(str(self.edition_id), self.seq, Kind(self.kind), self.payload, self.prev)


append_only(BoardEntry)
