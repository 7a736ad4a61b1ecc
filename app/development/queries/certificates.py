"""Certificates: for their owner, for the bureau, and for whoever holds the paper (G8)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, select
from sqlalchemy.orm import joinedload

from app.core.db import Base, db
from app.core.errors import NotFound
from app.development import codes
from app.development.models import AttendanceCertificate, CertificateChoice, CertificatePaper, PeEntry


def by_code(typed: str) -> AttendanceCertificate | None:
    """Return the certificate of a code as somebody typed or scanned it, withdrawn or not; None when there is none."""
    code = codes.read(typed)
    if code is None:
        return None
    return db.session.scalar(select(AttendanceCertificate).where(AttendanceCertificate.code == code))


def certificate(id: UUID) -> AttendanceCertificate:
    """Return a certificate with its entry, for the bureau and for mails."""
    found = db.session.get(AttendanceCertificate, id, options=[joinedload(AttendanceCertificate.entry)])
    if found is None:
        raise NotFound
    return found


def own_certificate(id: UUID, *, viewer: UUID) -> AttendanceCertificate:
    """Return a certificate of the viewer's own that stands."""
    found = certificate(id)
    if found.account_id != viewer or found.withdrawn_at is not None:
        raise NotFound
    return found


def standing_certificate(entry_id: UUID) -> AttendanceCertificate | None:
    """Return the certificate that stands for an entry."""
    rows = select(AttendanceCertificate).where(
        AttendanceCertificate.entry_id == entry_id, AttendanceCertificate.withdrawn_at.is_(None)
    )
    return db.session.scalar(rows)


def paper(certificate_id: UUID) -> bytes:
    """G8: return a certificate as it was printed."""
    return db.session.get_one(CertificatePaper, certificate_id).content


def shows_name(account_id: UUID) -> bool:
    """Say whether whoever checks somebody's certificates may read the name."""
    chosen = select(CertificateChoice.shows_name).where(CertificateChoice.account_id == account_id)
    return db.session.scalar(chosen) is True


def certificates_for_bureau() -> Select[Any]:
    """Give every certificate with whose it is and for what, as a list to search, filter and sort."""
    person = Base.metadata.tables["account"].c
    state = case(
        (AttendanceCertificate.withdrawn_at.is_(None), "stands"),
        (AttendanceCertificate.replaced_by_id.is_not(None), "replaced"),
        else_="withdrawn",
    )
    return (
        select(
            AttendanceCertificate.id,
            AttendanceCertificate.code,
            AttendanceCertificate.issued_at,
            AttendanceCertificate.withdrawn_at,
            state.label("state"),
            PeEntry.title,
            PeEntry.done_on,
            PeEntry.gathering_id,
            (person.given_name + " " + person.family_name).label("name"),
            person.family_name,
        )
        .join(PeEntry, PeEntry.id == AttendanceCertificate.entry_id)
        .join(person.id.table, person.id == AttendanceCertificate.account_id)
    )


def paper_of(key: str) -> bytes:
    """Return a certificate as it was printed, for the mail that it goes along with."""
    return paper(UUID(key))
