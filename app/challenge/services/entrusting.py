"""V5: who keeps the key of the ballots, and the test opening that proves that both copies of it work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nacl.exceptions import CryptoError
from sqlalchemy import delete, select

from app.audit import services as audit
from app.challenge import sealing
from app.challenge.board import canonical, hash_of
from app.challenge.models import COPIES, Edition, Trial, Trustee
from app.challenge.sealing import NotOpened, Paper, Vote, fingerprint
from app.challenge.services.editions import EditionFrozen
from app.challenge.services.transitions import locked
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.i18n import _l


class KeyUnusable(Refusal):
    """V5: nothing can be sealed for what was entered."""

    message = _l("Nothing can be sealed with this key. Ask the trustee for the file challenge-public-key.json again.")


class NotTheAnswer(Refusal):
    """V5: the file does not show that the key opens what is sealed for it."""

    message = _l("The key did not open all ballots of the test. Ask the trustee to try the other copy of the key.")


WRONG = {
    "signature": _l(
        "This file was not signed with the key that is entered here, or it was changed on the way. Compare the"
        " fingerprint with the trustee, and ask for the file again."
    ),
    "envelopes": _l(
        "This file answers another test than the ones on this page: an older one, or one of another key. Send the"
        " trustee the test files of this page."
    ),
}


@dataclass(frozen=True, kw_only=True)
class TrusteeDetails:
    """V5: who keeps the key, where the daily head of the board goes, and the public halves in hexadecimal."""

    name: str
    email: str
    locale: str
    encryption: str
    signing: str


def entrust(edition_id: UUID, details: TrusteeDetails, *, by: UUID) -> None:
    """V5: enter the trustee and the public key; another key makes the test openings void."""
    edition = locked(edition_id)
    if edition.is_frozen:
        raise EditionFrozen
    trustee = db.session.get(Trustee, edition.id)
    before = None if trustee is None else fingerprint(trustee.encryption, trustee.signing)
    after = fingerprint(details.encryption, details.signing)
    if trustee is None:
        trustee = Trustee(edition_id=edition.id)
        db.session.add(trustee)
    for name, value in vars(details).items():
        setattr(trustee, name, value)
    if after != before:
        trustee.entered_at = clock.now()
        _prepare_trials(edition, bytes.fromhex(details.encryption))
    db.session.flush()
    old = {"fingerprint": before} if before else None
    audit.record("edition.entrusted", by=by, on=("edition", edition.id), before=old, after={"fingerprint": after})


def _prepare_trials(edition: Edition, key: bytes) -> None:
    db.session.execute(delete(Trial).where(Trial.edition_id == edition.id))
    paper = Paper(str(edition.id), "ranked", (), ())
    for copy in COPIES:
        votes = sealing.trial_votes()
        try:
            envelopes = [sealing.seal(vote, paper, key) for vote in votes]
        except (CryptoError, ValueError) as unusable:
            raise KeyUnusable from unusable
        sealed = canonical(sealing.sealed_file(paper.edition, envelopes, test=True)).decode()
        codes = [vote.code for vote in votes]
        db.session.add(Trial(edition_id=edition.id, copy=copy, sealed=sealed, codes=codes))


def pass_trial(edition_id: UUID, opened: Mapping[str, Any], *, by: UUID) -> int:
    """V5: take in what the trustee made of a test file; return of which copy of the key. Twice changes nothing."""
    edition = locked(edition_id)
    if edition.is_frozen:
        raise EditionFrozen
    trustee = db.session.get(Trustee, edition.id)
    trials = db.session.scalars(select(Trial).where(Trial.edition_id == edition.id)).all()
    trial = next((one for one in trials if hash_of(json.loads(one.sealed)) == opened.get("sealed")), None)
    if trial is None or trustee is None:
        raise NotTheAnswer(WRONG["envelopes"])
    votes = [Vote(code) for code in trial.codes]
    try:
        passed = sealing.trial_passed(opened, json.loads(trial.sealed), votes, signing=bytes.fromhex(trustee.signing))
    except NotOpened as wrong:
        raise NotTheAnswer(WRONG.get(wrong.reason)) from wrong
    if not passed:
        raise NotTheAnswer
    if trial.passed_at is None:
        trial.passed_at = clock.now()
        db.session.flush()
        audit.record("edition.test_opened", by=by, on=("edition", edition.id), after={"copy": trial.copy})
    return trial.copy
