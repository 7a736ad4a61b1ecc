"""By which rules points are counted (L6)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.development.models import PeRegistration, PeRules, PeScheme
from app.development.points import first_rules


def circle_rules() -> Sequence[PeRules]:
    """Return the circle's own rules, the oldest first; those of the beginning while the bureau wrote none."""
    found = db.session.scalars(select(PeRules).where(PeRules.scheme_id.is_(None)).order_by(PeRules.valid_from)).all()
    return found or [first_rules()]


def schemes() -> Sequence[PeScheme]:
    """Return every scheme with its rules, by name."""
    rows = db.session.scalars(select(PeScheme).options(selectinload(PeScheme.rules)))
    return sorted(rows, key=lambda scheme: (not scheme.on_offer, scheme.name.lower(), scheme.id))


def schemes_on_offer() -> Sequence[PeScheme]:
    """Return the schemes that a member can choose: on offer, and with rules to count by."""
    return [scheme for scheme in schemes() if scheme.on_offer and scheme.rules]


def scheme(id: UUID) -> PeScheme:
    """Return a scheme with its rules."""
    found = db.session.get(PeScheme, id, options=[selectinload(PeScheme.rules)])
    if found is None:
        raise NotFound
    return found


def registered() -> dict[UUID, int]:
    """Return how many people are in each scheme now."""
    statement = select(PeRegistration.scheme_id, func.count()).where(PeRegistration.ended_on.is_(None))
    return {row[0]: row[1] for row in db.session.execute(statement.group_by(PeRegistration.scheme_id))}
