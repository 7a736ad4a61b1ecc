"""V6, V8: writing down what decides an edition, as docs/challenge/bundle.md says it, at the moment it opens."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts import queries as accounts
from app.audit.services import plain
from app.challenge import bundle, deciding
from app.challenge.board import hash_of
from app.challenge.bundle import NO_BALLOT
from app.challenge.deciding import TIES, Rules, Step
from app.challenge.models import (
    BALLOT_METHODS,
    Edition,
    Juror,
    JurorState,
    Method,
    Model,
    Nominee,
    NomineeState,
    TieRule,
    Trustee,
)
from app.challenge.services import slots
from app.core.db import db

KINDS = {
    Method.PLURALITY: "single",
    Method.APPROVAL: "approval",
    Method.BORDA: "ranked",
    Method.IRV: "ranked",
    Method.SCHULZE: "ranked",
}
MODELS = {
    Model.POINTS: deciding.Model.COMBINED,
    Model.SEPARATE: deciding.Model.SEPARATE,
    Model.SHORTLIST: deciding.Model.SHORTLIST,
}
STEPS = {
    TieRule.MEMBER_POINTS: Step.MEMBERS,
    TieRule.HEAVIEST_CRITERION: Step.CRITERION,
    TieRule.FIRST_PREFERENCES: Step.FIRST_PREFERENCES,
}
WHOLE, HUNDRED = 10_000, 100


def ballot_method(edition: Edition) -> Method | None:
    """Return how the members' ballots are counted; None where the jury alone decides."""
    return next((one.method for one in edition.rounds if one.method in BALLOT_METHODS), None)


def quorum(percent: int, roll: int) -> int:
    """V6: return how many ballots it takes: the part of the roll, rounded up."""
    return -(-percent * roll // HUNDRED)


def tie_order(case: str, numbers: list[int]) -> tuple[int, ...]:
    """V6: put nominees in the order that resolves ties, drawn from the case, so that nobody chose it."""
    return tuple(sorted(numbers, key=lambda one: hashlib.sha256(f"{case}|{one}".encode()).hexdigest()))


def rules_of(edition: Edition, *, roll: int) -> dict[str, Any]:
    """V8: write down everything that decides: nominees by number and name, jurors by id, the case as its hash."""
    rows = db.session.execute(
        select(Nominee.number, Nominee.account_id, Nominee.is_named)
        .where(Nominee.edition_id == edition.id, Nominee.state == NomineeState.TAKING_PART)
        .order_by(Nominee.number)
    ).all()
    names = accounts.names({row.account_id for row in rows})
    case = case_hash(edition)
    method = ballot_method(edition)
    rules = Rules(
        model=MODELS[edition.model] if method else deciding.Model.COMBINED,
        method=deciding.Method(method or Method.PLURALITY),
        order=tie_order(case, [row.number for row in rows]),
        weights={one.code: one.weight for one in edition.criteria},
        jury_weight=_jury_weight(edition, method),
        quorum=quorum(edition.quorum_percent, roll) if method else 0,
        ties=_ties(edition),
    )
    return bundle.rules_file(
        rules,
        edition=str(edition.id),
        kind=KINDS[method] if method else NO_BALLOT,
        names={row.number: names[row.account_id] if row.is_named else f"Kandidaat {row.number}" for row in rows},
        keys=_keys(edition.id) if method else {},
        about=plain(_about(edition, case)),
    )


def _jury_weight(edition: Edition, method: Method | None) -> int:
    has_jury = any(one.method is Method.RUBRIC for one in edition.rounds)
    return (edition.jury_share if has_jury else 0) if method else WHOLE


def _ties(edition: Edition) -> tuple[Step, ...]:
    named = [STEPS[TieRule(one)] for one in edition.tie_order if one in STEPS]
    return (*named, *(step for step in TIES if step not in named))


def case_hash(edition: Edition) -> str:
    """Return the hash of the business case: its text and its file."""
    return hash_of({"file": edition.case_sha256, "text": hash_of(edition.case_text)})


def jurors(edition_id: UUID) -> list[str]:
    """Return who sits in the jury, in the order in which jury.json numbers them from 1."""
    sits = select(Juror.id).where(Juror.edition_id == edition_id, Juror.state == JurorState.SITS)
    return sorted(str(one) for one in db.session.scalars(sits))


def _about(edition: Edition, case: str) -> dict[str, Any]:
    return {
        "blind": edition.is_blind,
        "case": case,
        "closes_at": edition.closes_at,
        "criteria": [{"code": one.code, "en": one.name_en, "nl": one.name_nl} for one in edition.criteria],
        "eligible_on": edition.eligible_on,
        "jurors": jurors(edition.id),
        "quorum_percent": edition.quorum_percent,
        "rounds": [{"kind": one.kind, "method": one.method} for one in edition.rounds],
        "year": edition.year,
    }


def _keys(edition_id: UUID) -> dict[str, str]:
    trustee = db.session.get_one(Trustee, edition_id)
    slots.make_keys(edition_id)
    return {
        "server_signing": bytes(slots.server_key(edition_id).verify_key).hex(),
        "trustee_encryption": trustee.encryption,
        "trustee_signing": trustee.signing,
    }
