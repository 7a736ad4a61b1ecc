"""V5: the files of the bundle, kept for good as they come to be."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.challenge.board import hash_of
from app.challenge.services import files
from app.core.db import atomic, db

RULES = {"edition": "2027", "names": ["Zoë"], "weight": 10_000}


@pytest.fixture
def kept(prepared):
    with atomic():
        files.keep(prepared, "rules", RULES)
    return prepared


def test_v5_a_file_is_read_as_it_was_kept_and_its_hash_is_that_of_the_bundle(kept):
    assert files.read(kept.id, "rules") == RULES
    assert files.digest_of(kept.id, "rules") == hash_of(RULES)
    assert "Zo\\u00eb" in files.written(kept.id, "rules")
    assert files.read(kept.id, "ballots") is None


def test_v5_the_same_file_again_changes_nothing_and_another_is_refused(kept):
    with atomic():
        assert files.keep(kept, "rules", dict(reversed(RULES.items()))) == hash_of(RULES)
    with pytest.raises(files.KeptAlready), atomic():
        files.keep(kept, "rules", RULES | {"weight": 1})
    assert files.read(kept.id, "rules") == RULES


@pytest.mark.parametrize("statement", ["UPDATE challenge_file SET content = ''", "DELETE FROM challenge_file"])
def test_v5_the_database_itself_refuses_to_change_what_is_kept(kept, statement):
    with pytest.raises(DBAPIError, match="never changed"):
        db.session.execute(text(statement))
