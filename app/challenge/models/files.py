"""V5: the files of an edition's bundle as they come to be, and the key of the trustee with its test openings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.challenge.models.edition import REFUSAL, frozen_edition
from app.core import clock
from app.core.db import Base
from app.core.ddl import Guard, append_only, changes, guarded

COPIES = (1, 2)
"""The trustee keeps two copies of the key, and tries both."""


class BundleFile(Base):
    """V5: one file of the bundle, written canonically; what is kept stays as it is (append-only)."""

    __tablename__ = "challenge_file"
    __table_args__ = (
        CheckConstraint("name IN ('rules', 'sealed', 'ballots', 'jury', 'result')", name="name"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
    )

    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))


class Trustee(Base):
    """V5: who keeps the key of an edition's ballots, and the public halves; frozen when the edition opens (trigger).

    `encryption` (X25519) and `signing` (Ed25519) are written in hexadecimal.
    """

    __tablename__ = "challenge_trustee"
    __table_args__ = (
        CheckConstraint("length(encryption) = 64", name="encryption"),
        CheckConstraint("length(signing) = 64", name="signing"),
    )

    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(160))
    email: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(5))
    encryption: Mapped[str] = mapped_column(String(64))
    signing: Mapped[str] = mapped_column(String(64))
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)


class Trial(Base):
    """V5: the test opening of one copy of the key: what was sealed for it, and when it came back opened.

    `sealed` is the file for the trustee as it is written canonically, `codes` are those of the ballots in it.
    """

    __tablename__ = "challenge_trial"
    __table_args__ = (CheckConstraint("copy IN (1, 2)", name="copy"),)

    edition_id: Mapped[UUID] = mapped_column(ForeignKey("challenge_edition.id"), primary_key=True)
    copy: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[str] = mapped_column(Text)
    codes: Mapped[list[str]]
    passed_at: Mapped[datetime | None]


append_only(BundleFile)
guarded(
    Trustee,
    Guard("no_more", "INSERT", frozen_edition("NEW"), REFUSAL),
    Guard("no_other", "UPDATE", f"{frozen_edition('OLD')} AND ({changes(('encryption', 'signing'))})", REFUSAL),
    Guard("no_less", "DELETE", frozen_edition("OLD"), REFUSAL),
)
