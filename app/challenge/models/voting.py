"""V5: who may vote, and the envelopes of those who did. Nothing here has a moment, and no row leads to the other table.

A database numbers rows in the order of writing, or keeps with each the number of the transaction that wrote it; either
would put names beside the envelopes on the board. SQLite keeps these tables without such numbers; on PostgreSQL each
cast writes the whole roll anew (`services.casting`).
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Id

UNNUMBERED = {"sqlite_with_rowid": False}


class RollEntry(Base):
    """V5: somebody who may vote in an edition, once: an account, or one of those who were invited.

    `owed` says that a vote was received and its voter has not been told by mail yet.
    """

    __tablename__ = "challenge_roll"
    __table_args__ = (CheckConstraint("voted OR NOT owed", name="owed"), UNNUMBERED)

    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"), primary_key=True)
    voter: Mapped[UUID] = mapped_column(primary_key=True)
    voted: Mapped[bool] = mapped_column(default=False)
    owed: Mapped[bool] = mapped_column(default=False)


class Envelope(Base):
    """V5: a sealed ballot. The slot is an HMAC of edition and voter: without its key nobody can tell whose it is."""

    __tablename__ = "challenge_envelope"
    __table_args__ = (
        CheckConstraint("length(slot) = 64", name="slot"),
        CheckConstraint("length(digest) = 64", name="digest"),
        UNNUMBERED,
    )

    slot: Mapped[str] = mapped_column(String(64), primary_key=True)
    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"), index=True)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64), unique=True)


class Invitee(Base):
    """V5: somebody without an account, of another bureau for instance, who may vote by a personal link."""

    __tablename__ = "challenge_invitee"
    __table_args__ = (UniqueConstraint("edition_id", "email"),)

    id: Mapped[Id]
    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"))
    name: Mapped[str] = mapped_column(String(160))
    email: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(5), default="nl")
