"""Permanent education: what somebody did, by which rules it gives points, and the paper that proves it (G8, L6)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Id, state_column
from app.core.ddl import Guard, changes, guarded
from app.core.i18n import language

OPEN = text("ended_on IS NULL")
STANDS = text("withdrawn_at IS NULL")


class Kind(StrEnum):
    """What an activity was; a scheme says which of these it counts."""

    SESSION = "session"
    PEER_REVIEW = "peer_review"
    COACHING = "coaching"
    SHADOWING = "shadowing"
    COURSE = "course"
    TEACHING = "teaching"


class Basis(StrEnum):
    """What points are counted from: what the organiser gives for the activity, or the time that somebody was there."""

    GIVEN = "given"
    TIME = "time"


class Rounding(StrEnum):
    """Which way points of one activity are rounded to a whole number of steps."""

    DOWN = "down"
    NEAREST = "nearest"


class EntryState(StrEnum):
    """An entry counts, was taken off the record, or was withdrawn by the bureau, which its owner cannot undo."""

    COUNTS = "counts"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"


class PeScheme(Base):
    """L6: a professional body's rules for keeping a registration. Closed to newcomers, it goes on for who is in it."""

    __tablename__ = "pe_scheme"

    id: Mapped[Id]
    name_nl: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(String(120))
    website: Mapped[str] = mapped_column(String(2000), default="")
    on_offer: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    rules: Mapped[list[PeRules]] = relationship(back_populates="scheme", order_by="PeRules.valid_from")

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if language() == "en" else self.name_nl


class PeRules(Base):
    """L6: how a scheme counts, from a day on; rules of no scheme are those of the circle itself.

    A period is judged by the rules that held on its first day, so that nobody's goal moves underway. Points are held
    in tenths, as money is in cents.
    """

    __tablename__ = "pe_rules"
    __table_args__ = (
        UniqueConstraint("scheme_id", "valid_from"),
        Index(
            "uq_pe_rules_circle",
            "valid_from",
            unique=True,
            sqlite_where=text("scheme_id IS NULL"),
            postgresql_where=text("scheme_id IS NULL"),
        ),
        CheckConstraint("months BETWEEN 1 AND 120", name="months"),
        CheckConstraint("least_tenths >= 0 AND carry_tenths >= 0 AND tenths_per_hour >= 0", name="tenths"),
        CheckConstraint("least_percent BETWEEN 0 AND 100 AND least_minutes >= 0", name="presence"),
        CheckConstraint("step_tenths IN (1, 5, 10)", name="step"),
        CheckConstraint("own_tenths >= 0", name="own"),
    )

    id: Mapped[Id]
    scheme_id: Mapped[UUID | None] = mapped_column(ForeignKey("pe_scheme.id", ondelete="CASCADE"))
    valid_from: Mapped[date]
    months: Mapped[int] = mapped_column(default=12)
    least_tenths: Mapped[int] = mapped_column(default=0)
    carry_tenths: Mapped[int] = mapped_column(default=0)
    basis: Mapped[Basis] = state_column(Basis, name="basis", default=Basis.GIVEN)
    tenths_per_hour: Mapped[int] = mapped_column(default=10)
    least_percent: Mapped[int] = mapped_column(default=0)
    least_minutes: Mapped[int] = mapped_column(default=0)
    step_tenths: Mapped[int] = mapped_column(default=1)
    rounding: Mapped[Rounding] = state_column(Rounding, name="rounding", default=Rounding.DOWN)
    kinds: Mapped[list[str]]
    own_tenths: Mapped[int | None]

    scheme: Mapped[PeScheme | None] = relationship(back_populates="rules")


class PeRegistration(Base):
    """L6: somebody's place in a professional body's register; its periods follow each other from `starts_on` on."""

    __tablename__ = "pe_registration"
    __table_args__ = (
        Index(
            "uq_pe_registration_open",
            "account_id",
            "scheme_id",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        CheckConstraint("ended_on >= starts_on", name="ended_on"),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("pe_scheme.id"))
    starts_on: Mapped[date]
    number: Mapped[str] = mapped_column(String(40), default="")
    ended_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    scheme: Mapped[PeScheme] = relationship()


class PeEntry(Base):
    """G8, L6: one activity of one person: a gathering they were at, or what they enter themselves with proof.

    `minutes` is how long they were there and `whole_minutes` how long it took; `tenths` are the points that the
    organiser gives for the whole of it, if any. What it is worth in a scheme is never stored.
    """

    __tablename__ = "pe_entry"
    __table_args__ = (
        UniqueConstraint("account_id", "gathering_id"),
        Index("ix_pe_entry_account_id_done_on_id", "account_id", "done_on", "id"),
        Index("ix_pe_entry_gathering_id", "gathering_id"),
        CheckConstraint("minutes >= 0 AND minutes <= whole_minutes", name="minutes"),
        CheckConstraint("tenths >= 0", name="tenths"),
        CheckConstraint("(state = 'counts') = (removed_at IS NULL)", name="removed_at"),
        CheckConstraint("gathering_id IS NULL OR proof = ''", name="proof_of_own"),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    gathering_id: Mapped[UUID | None] = mapped_column(ForeignKey("gathering.id"))
    state: Mapped[EntryState] = state_column(EntryState, name="state", default=EntryState.COUNTS)
    kind: Mapped[Kind] = state_column(Kind, name="kind")
    title: Mapped[str] = mapped_column(String(160))
    organiser: Mapped[str] = mapped_column(String(120), default="")
    done_on: Mapped[date]
    minutes: Mapped[int]
    whole_minutes: Mapped[int]
    tenths: Mapped[int | None]
    proof: Mapped[str] = mapped_column(String(60), default="")
    proof_name: Mapped[str] = mapped_column(String(120), default="")
    proof_type: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    removed_at: Mapped[datetime | None]

    @property
    def own(self) -> bool:
        """Whether its owner entered it."""
        return self.gathering_id is None


class AttendanceCertificate(Base):
    """G8: the proof of one attendance, found by its code by whoever holds the paper.

    `facts` is what the paper says, as it was on that day; it never changes (trigger), and neither do the code and whose
    it is. What proves wrong is withdrawn, and `replaced_by_id` names what stands in its place. One stands per entry.
    """

    __tablename__ = "attendance_certificate"
    __table_args__ = (
        UniqueConstraint("code"),
        Index(
            "uq_attendance_certificate_stands",
            "entry_id",
            unique=True,
            sqlite_where=STANDS,
            postgresql_where=STANDS,
        ),
        Index("ix_attendance_certificate_issued_at_id", "issued_at", "id"),
        CheckConstraint("withdrawn_at IS NOT NULL OR withdrawn_why = ''", name="why"),
        CheckConstraint("replaced_by_id IS NULL OR withdrawn_at IS NOT NULL", name="replaced"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(12))
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("pe_entry.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    locale: Mapped[str] = mapped_column(String(2))
    facts: Mapped[dict[str, Any]]
    issued_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str] = mapped_column(String(400), default="")
    replaced_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("attendance_certificate.id"))

    entry: Mapped[PeEntry] = relationship()


class CertificatePaper(Base):
    """G8: a certificate as it was printed, byte for byte; a reprint is these bytes again (trigger).

    Whoever is forgotten (L4) takes their certificates along, so a row can go, but never change.
    """

    __tablename__ = "certificate_paper"

    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("attendance_certificate.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class CertificateChoice(Base):
    """G8: whether whoever checks somebody's certificates reads the name; until they say so, only the initials."""

    __tablename__ = "certificate_choice"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    shows_name: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]


FIXED = ("code", "entry_id", "account_id", "locale", "facts", "issued_at")
guarded(AttendanceCertificate, Guard("fixed", "UPDATE", changes(FIXED), "what a certificate says is never changed"))
PRINTED = ("certificate_id", "sha256", "content")
guarded(CertificatePaper, Guard("fixed", "UPDATE", changes(PRINTED), "what was printed is never changed"))
