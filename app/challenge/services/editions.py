"""V1: preparing an edition: its dates and rules, the case, the criteria with weights, the rounds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, exists, select

from app.audit import services as audit
from app.challenge.defaults import EQUAL_WEIGHT, FIVE_VS, ROUNDS, TERMS, TIE_ORDER
from app.challenge.models import (
    Criterion,
    Edition,
    EditionState,
    Method,
    Model,
    Round,
    RoundKind,
    Scope,
)
from app.challenge.readiness import rounds_fit, weights_fit
from app.challenge.services.transitions import locked
from app.core import clock, files
from app.core.db import db
from app.core.errors import Refusal
from app.core.i18n import _l


class EditionFrozen(Refusal):
    """V8: what decides cannot change once an edition is open."""

    message = _l(
        "This edition is open, so what decides it is frozen: the case, the nominees, the criteria and weights, the"
        " jury, the methods, the order for ties and the quorum. Nothing was changed."
    )


class YearTaken(Refusal):
    """V1: there is one edition a year, unless it was cancelled."""

    message = _l("There is an edition of that year already. Choose another year, or cancel that one first.")


class WeightsDoNotFit(Refusal):
    """V1: weights are parts of one whole."""

    message = _l("The weights have to make a whole.")


class RoundsDoNotFit(Refusal):
    """V1: nominations come first and once, and a verdict follows."""

    message = _l("Begin with the nominations, once, and let at least one other round follow.")


@dataclass(frozen=True, kw_only=True)
class EditionDetails:
    """V1: what the bureau decides about an edition, apart from case, criteria and rounds."""

    year: int
    scope: Scope
    term_id: UUID | None
    title: str
    intro: str
    terms_text: str
    nominations_from: datetime | None
    nominations_until: datetime | None
    work_until: datetime | None
    opens_at: datetime | None
    closes_at: datetime | None
    eligible_on: date | None
    is_blind: bool
    model: Model
    jury_share: int
    quorum_percent: int
    tie_order: list[str]
    officer_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class CaseDetails:
    """V1: the business case as text, and as a PDF if there is one; without `content` the file that is there stays."""

    text: str
    content: bytes = b""
    name: str = ""
    without_file: bool = False


@dataclass(frozen=True, kw_only=True)
class CriterionDetails:
    """V1: what is judged; the weight in basis points."""

    name_nl: str
    name_en: str
    about_nl: str
    about_en: str
    weight: int


def prepare_edition(details: EditionDetails, *, by: UUID) -> Edition:
    """V1: begin an edition, with the five V's and the usual rounds to start from."""
    _refuse_taken_year(details.year, but=None)
    edition = Edition(created_at=clock.now(), tie_order=list(TIE_ORDER), terms_text=details.terms_text or TERMS)
    _fill(edition, details)
    db.session.add(edition)
    db.session.flush()
    for position, named in enumerate(FIVE_VS, start=1):
        db.session.add(Criterion(edition_id=edition.id, position=position, weight=EQUAL_WEIGHT, **named))
    for position, (kind, method) in enumerate(ROUNDS, start=1):
        db.session.add(Round(edition_id=edition.id, position=position, kind=kind, method=method))
    db.session.flush()
    audit.record("edition.prepared", by=by, on=("edition", edition.id), after=_facts(edition))
    return edition


def change_edition(edition_id: UUID, details: EditionDetails, *, by: UUID) -> None:
    """V1, V8: change dates and rules until the edition opens; new terms are a new version."""
    edition = _unfrozen(edition_id)
    _refuse_taken_year(details.year, but=edition.id)
    before = _facts(edition)
    if details.terms_text != edition.terms_text and edition.state is not EditionState.CONCEPT:
        edition.terms_version += 1
    _fill(edition, details)
    db.session.flush()
    if before != (after := _facts(edition)):
        audit.record("edition.changed", by=by, on=("edition", edition.id), before=before, after=after)


def change_case(edition_id: UUID, details: CaseDetails, *, by: UUID) -> None:
    """V1, V8: set the business case; a new file takes the place of the former one."""
    edition = _unfrozen(edition_id)
    edition.case_text = details.text
    if edition.case_file and (details.content or details.without_file):
        files.discard_when_safe(edition.case_file)
        edition.case_file, edition.case_name, edition.case_size, edition.case_sha256 = "", "", 0, ""
    if details.content:
        edition.case_file = files.keep(details.content, "pdf")
        edition.case_name, edition.case_size = details.name, len(details.content)
        edition.case_sha256 = hashlib.sha256(details.content).hexdigest()
    db.session.flush()
    after = {"size": edition.case_size, "sha256": edition.case_sha256, "length": len(details.text)}
    audit.record("edition.case_changed", by=by, on=("edition", edition.id), after=after)


def set_criteria(edition_id: UUID, criteria: Sequence[CriterionDetails], *, by: UUID) -> None:
    """V1, V8: lay down what is judged and how heavily; the weights have to make a whole."""
    edition = _unfrozen(edition_id)
    if not weights_fit([one.weight for one in criteria]):
        raise WeightsDoNotFit
    before = _weights(edition)
    db.session.execute(delete(Criterion).where(Criterion.edition_id == edition.id))
    db.session.expire(edition, ["criteria"])
    for position, one in enumerate(criteria, start=1):
        db.session.add(Criterion(edition_id=edition.id, position=position, **vars(one)))
    db.session.flush()
    db.session.expire(edition, ["criteria"])
    after = _weights(edition)
    audit.record("edition.criteria_set", by=by, on=("edition", edition.id), before=before, after=after)


def set_rounds(edition_id: UUID, rounds: Sequence[tuple[RoundKind, Method]], *, by: UUID) -> None:
    """V1, V8: lay down the rounds, each with its method."""
    edition = _unfrozen(edition_id)
    if not rounds_fit(rounds):
        raise RoundsDoNotFit
    db.session.execute(delete(Round).where(Round.edition_id == edition.id))
    db.session.expire(edition, ["rounds"])
    for position, (kind, method) in enumerate(rounds, start=1):
        db.session.add(Round(edition_id=edition.id, position=position, kind=kind, method=method))
    db.session.flush()
    told = {"rounds": [f"{kind}:{method}" for kind, method in rounds]}
    audit.record("edition.rounds_set", by=by, on=("edition", edition.id), after=told)


def _unfrozen(edition_id: UUID) -> Edition:
    edition = locked(edition_id)
    if edition.is_frozen:
        raise EditionFrozen
    return edition


def _refuse_taken_year(year: int, *, but: UUID | None) -> None:
    same = select(Edition.id).where(Edition.year == year, Edition.state != EditionState.CANCELLED)
    if but is not None:
        same = same.where(Edition.id != but)
    if db.session.scalar(select(exists(same))):
        raise YearTaken


def _fill(edition: Edition, details: EditionDetails) -> None:
    for name, value in vars(details).items():
        setattr(edition, name, value)


def _facts(edition: Edition) -> dict[str, object]:
    told = (
        "year",
        "scope",
        "title",
        "nominations_from",
        "nominations_until",
        "work_until",
        "opens_at",
        "closes_at",
        "eligible_on",
        "is_blind",
        "model",
        "jury_share",
        "quorum_percent",
        "tie_order",
        "terms_version",
    )
    return {name: getattr(edition, name) for name in told}


def _weights(edition: Edition) -> dict[str, object]:
    return {"weights": [f"{one.name_nl}: {one.weight / 100:g}%" for one in edition.criteria]}
