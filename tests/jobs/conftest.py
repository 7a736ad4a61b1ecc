"""Kinds of work that only tests have, forgotten afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from app.jobs import registry


@pytest.fixture(autouse=True)
def only_for_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test declare handlers and schedules without leaving any behind."""
    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))
    monkeypatch.setattr(registry, "_schedules", {})


@pytest.fixture
def done() -> list[Any]:
    """What the handler `note` was given, in order."""
    noted: list[Any] = []
    registry.handler("note", retries=2)(lambda **payload: noted.append(payload))
    return noted
