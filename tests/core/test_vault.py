"""The secret store: written once, read by name, and gone when destroyed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.core import vault


@pytest.fixture(autouse=True)
def store(app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(app.config, "SECRETS_DIR", tmp_path / "secrets")
    return tmp_path / "secrets"


def test_a_secret_is_written_once_and_the_first_one_stays(store):
    vault.keep_once("a.key", b"first")
    vault.keep_once("a.key", b"second")
    assert vault.read("a.key") == b"first"
    assert [one.name for one in store.iterdir()] == ["a.key"]


def test_only_the_owner_reads_it(store):
    vault.keep_once("a.key", b"first")
    assert (store / "a.key").stat().st_mode & 0o777 == 0o600
    assert store.stat().st_mode & 0o077 == 0


def test_what_is_destroyed_is_gone_and_destroying_it_again_is_fine():
    vault.keep_once("a.key", b"first")
    for _time in range(2):
        vault.destroy("a.key")
    assert vault.read("a.key") is None


@pytest.mark.parametrize("name", ["../a.key", "", ".hidden", "a/b", "A B"])
def test_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(ValueError, match="no name for a secret"):
        vault.read(name)
