"""M3, M5: the lists, the plan and the texts a portal begins with are the bureau's own from then on."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from app.core.db import Base, db
from app.core.i18n import speaking
from app.membership import queries, services
from app.membership.models import Benefit, ConsentText, Term, TermKind

from .conftest import TODAY, the_plan


def sizes() -> dict[str, int]:
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }


def test_seeding_twice_adds_nothing(lists):
    before = sizes()
    assert services.seed_reference_data() == 0
    assert sizes() == before


def test_seeding_leaves_what_staff_changed(lists):
    term = db.session.scalars(select(Term).where(Term.slug == "finance", Term.kind == TermKind.SECTOR)).one()
    term.name_nl, term.active = "Geldwezen", False
    db.session.flush()
    services.seed_reference_data()
    assert (term.name_nl, term.active) == ("Geldwezen", False)


def test_the_command_seeds(app):
    result = app.test_cli_runner().invoke(args=["membership", "seed"])
    assert result.exit_code == 0
    assert "rows added" in result.output


@pytest.mark.parametrize("kind", list(TermKind))
def test_each_list_has_entries_with_two_names(lists, kind):
    found = queries.terms(kind)
    assert len(found) > 3
    assert all(term.name_nl and term.name_en for term in found)


def test_an_entry_is_named_in_the_readers_language(lists):
    term = next(term for term in queries.terms(TermKind.LANGUAGE) if term.slug == "de")
    with speaking("nl"):
        assert term.name == "Duits"
    with speaking("en"):
        assert term.name == "German"


def test_what_is_out_of_use_is_not_offered_but_keeps_its_name(lists):
    term = queries.terms(TermKind.REGION)[0]
    term.active = False
    db.session.flush()
    assert term not in queries.terms(TermKind.REGION)
    assert queries.term_names([term.id]) == {term.id: "Groningen"}


def test_m5_the_price_of_a_day_is_the_latest_that_has_begun(lists):
    plan = the_plan()
    assert plan.price_on(date(2019, 12, 31)) is None
    assert plan.price_on(TODAY).net_cents == 495_00


def test_m5_the_plan_gives_its_entitlements(lists):
    held = {one.benefit: one.quota for one in queries.entitlements_of(the_plan().id)}
    assert set(held) == set(Benefit)


def test_l5_the_text_in_force_is_the_newest_that_has_begun(lists):
    (old,) = [text for text in queries.consent_texts(TODAY) if text.kind == "privacy"]
    for version, begins in ((2, TODAY), (3, date(2030, 1, 1))):
        db.session.add(ConsentText(kind=old.kind, version=version, text_nl="Nieuw", text_en="New", valid_from=begins))
    db.session.flush()
    assert [text.version for text in queries.consent_texts(TODAY) if text.kind == "privacy"] == [2]
