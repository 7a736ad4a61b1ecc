"""L4: what permanent education knows of somebody who asked to be forgotten."""

from __future__ import annotations

from functools import partial

from sqlalchemy import delete, select

from app.accounts.events import AccountAnonymised
from app.core import files
from app.core.db import after_commit, db
from app.development.models import (
    AttendanceCertificate,
    CertificateChoice,
    CertificatePaper,
    PeEntry,
    PeRegistration,
)


def forget_learner(event: AccountAnonymised) -> None:
    """L4: let go of the whole record with its proofs and certificates; of their codes nothing is known any more."""
    theirs = select(AttendanceCertificate.id).where(AttendanceCertificate.account_id == event.account_id)
    proofs = select(PeEntry.proof).where(PeEntry.account_id == event.account_id, PeEntry.proof != "")
    for proof in db.session.scalars(proofs).all():
        after_commit(partial(files.discard, proof))
    quietly = {"synchronize_session": False}
    db.session.execute(
        delete(CertificatePaper).where(CertificatePaper.certificate_id.in_(theirs)).execution_options(**quietly)
    )
    for model in (AttendanceCertificate, PeEntry, PeRegistration, CertificateChoice):
        gone = delete(model).where(model.account_id == event.account_id)
        db.session.execute(gone.execution_options(**quietly))
