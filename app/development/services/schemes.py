"""L6, B9: schemes and their rules are the bureau's data. Rules hold from a day on; periods that began keep theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.development.models import Basis, Kind, PeRules, PeScheme, Rounding


@dataclass(frozen=True, kw_only=True)
class SchemeDetails:
    """A scheme without its rules, as the bureau filled it in."""

    name_nl: str
    name_en: str
    body: str
    website: str
    on_offer: bool


@dataclass(frozen=True, kw_only=True)
class RulesDetails:
    """Rules as the bureau filled them in; points in tenths."""

    valid_from: date
    months: int
    least_tenths: int
    carry_tenths: int
    basis: Basis
    tenths_per_hour: int
    least_percent: int
    least_minutes: int
    step_tenths: int
    rounding: Rounding
    kinds: Sequence[Kind]
    own_tenths: int | None

    def columns(self) -> dict[str, Any]:
        """Return the values by column."""
        return vars(self) | {"kinds": [kind.value for kind in self.kinds]}


def rules_as(details: RulesDetails) -> PeRules:
    """Return rules that are nowhere yet, to show what they come to."""
    return PeRules(**details.columns())


def details_of(rules: PeRules) -> RulesDetails:
    """Return rules as a form shows them."""
    values = {name: getattr(rules, name) for name in RulesDetails.__dataclass_fields__}
    return RulesDetails(**values | {"kinds": [kind for kind in Kind if kind in rules.kinds]})


def open_scheme(details: SchemeDetails, *, by: UUID) -> PeScheme:
    """Put a scheme on the list; members see it once it has rules."""
    found = PeScheme(**vars(details), created_at=clock.now())
    db.session.add(found)
    db.session.flush()
    audit.record("pe_scheme.opened", by=by, on=("pe_scheme", found.id), after=vars(details))
    return found


def revise_scheme(scheme: PeScheme, details: SchemeDetails, *, by: UUID) -> None:
    """Change what a scheme is called, whose it is, and whether members can choose it."""
    before = {name: getattr(scheme, name) for name in vars(details)}
    if before == vars(details):
        return
    for name, value in vars(details).items():
        setattr(scheme, name, value)
    db.session.flush()
    audit.record("pe_scheme.revised", by=by, on=("pe_scheme", scheme.id), before=before, after=vars(details))


def set_rules(scheme_id: UUID | None, details: RulesDetails, *, by: UUID) -> PeRules:
    """Lay down how a scheme, or without one the circle itself, counts from a day on; the same day again is a change."""
    of_scheme = PeRules.scheme_id == scheme_id if scheme_id else PeRules.scheme_id.is_(None)
    found = db.session.scalar(select(PeRules).where(of_scheme, PeRules.valid_from == details.valid_from))
    before = None
    if found is None:
        found = PeRules(scheme_id=scheme_id, **details.columns())
        db.session.add(found)
    else:
        before = details_of(found).columns()
        for name, value in details.columns().items():
            setattr(found, name, value)
    db.session.flush()
    scheme = db.session.get(PeScheme, scheme_id) if scheme_id else None
    on = ("pe_scheme", scheme_id) if scheme_id else ("pe_rules", "circle")
    after = details.columns() | {"scheme": scheme.name_nl if scheme else ""}
    audit.record("pe_rules.set", by=by, on=on, before=before, after=after)
    return found
