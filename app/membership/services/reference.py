"""The lists, the plan and the texts that a new portal begins with."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select

from app.core.db import db, insert_rows
from app.membership.models import ConsentText, Plan, PlanEntitlement, PlanPrice, Term
from app.membership.reference_data import (
    CONSENT_TEXTS,
    ENTITLEMENTS,
    PLAN,
    PLAN_NET_CENTS,
    PLAN_SLUG,
    PLAN_VAT_CODE,
    TERMS,
)

BEGINNING = date(2020, 1, 1)


def seed_reference_data() -> int:
    """Add what is missing, leave the rest as staff made it, and return how many rows were added."""
    return _seed_terms() + _seed_plan() + _seed_consent_texts()


def _seed_terms() -> int:
    known = {(kind, slug) for kind, slug in db.session.execute(select(Term.kind, Term.slug))}
    rows = []
    for kind, terms in TERMS.items():
        for position, (slug, dutch, english, *hints) in enumerate(terms, start=1):
            if (kind, slug) in known:
                continue
            hint_nl, hint_en = hints or ("", "")
            rows.append(
                {
                    "id": uuid.uuid4(),
                    "kind": kind,
                    "slug": slug,
                    "name_nl": dutch,
                    "name_en": english,
                    "hint_nl": hint_nl,
                    "hint_en": hint_en,
                    "position": position,
                    "active": True,
                }
            )
    insert_rows(Term, rows)
    return len(rows)


def _seed_plan() -> int:
    if db.session.scalar(select(Plan.id).where(Plan.slug == PLAN_SLUG)) is not None:
        return 0
    plan = Plan(**PLAN)
    plan.prices = [PlanPrice(valid_from=BEGINNING, net_cents=PLAN_NET_CENTS, vat_code=PLAN_VAT_CODE)]
    plan.entitlements = [
        PlanEntitlement(benefit=benefit, quota=quota, position=position)
        for position, (benefit, quota) in enumerate(ENTITLEMENTS, start=1)
    ]
    db.session.add(plan)
    db.session.flush()
    return 1 + len(plan.prices) + len(plan.entitlements)


def _seed_consent_texts() -> int:
    known = set(db.session.scalars(select(ConsentText.kind)))
    missing = [
        ConsentText(kind=kind, version=1, text_nl=dutch, text_en=english, valid_from=BEGINNING)
        for kind, (dutch, english) in CONSENT_TEXTS.items()
        if kind not in known
    ]
    db.session.add_all(missing)
    db.session.flush()
    return len(missing)
