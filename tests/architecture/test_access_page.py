"""The page of who may do what is written from the declarations."""

from __future__ import annotations

from pathlib import Path

from app.core.access_table import table

PAGE = Path(__file__).parents[2] / "docs" / "access.md"


def test_the_documented_table_is_the_enforced_one(app):
    assert PAGE.read_text() == table(app), "write it anew: flask access > docs/access.md"
