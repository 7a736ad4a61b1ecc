"""L4: whoever is forgotten takes record, proofs and certificates along, and gets nothing new."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.accounts.models import Account
from app.accounts.services import erasing
from app.core import files
from app.core.db import atomic, db
from app.development import services
from app.development.models import (
    AttendanceCertificate,
    CertificateChoice,
    CertificatePaper,
    PeEntry,
    PeRegistration,
)
from app.membership.models import MembershipPeriod

from .conftest import entries, make_scheme, said, with_proof

TABLES = (AttendanceCertificate, CertificateChoice, CertificatePaper, PeEntry, PeRegistration)


@pytest.fixture
def forgotten(client, sign_in, sanne, certified, calendar):
    """Sanne, whose membership ended, who asked to be forgotten; and the proof that was kept."""
    code = certified.code
    sign_in(client, sanne)
    scheme = make_scheme()
    client.post("/development/entries/new", data=with_proof())
    client.post("/development/registers/new", data={"scheme": str(scheme.id), "starts_on": "1-1-2026"})
    client.post("/development/certificates/name", data={"shows_name": "1"})
    assert all(counted(model) for model in TABLES)
    proof = next(files.path(entry.proof) for entry in entries() if entry.own)
    for period in db.session.scalars(select(MembershipPeriod)):
        period.starts_on = period.ends_on = period.grace_until = period.lapses_after = None
        period.activated_at = None
    db.session.commit()
    with atomic():
        erasing.anonymise(db.session.get_one(Account, sanne.id), by=None)
    return code, proof


def counted(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_l4_nothing_of_the_record_is_left(client, forgotten):
    code, proof = forgotten
    assert [counted(model) for model in TABLES] == [0, 0, 0, 0, 0]
    assert not proof.exists()
    assert said("No certificate with this code") in client.get(f"/certificates/{code}").text


def test_l4_who_is_nobody_gets_no_points_and_no_mail(forgotten, posted):
    before = len(posted())
    services.credit_all()
    assert entries() == []
    assert len(posted()) == before
