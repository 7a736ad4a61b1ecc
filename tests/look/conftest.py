"""The style guide as a running site."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app import create_app
from tests.conftest import settings
from tests.serving import in_threads


@pytest.fixture(scope="module")
def development_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """A portal as a developer runs it; the style guide reads no table, so an empty database will do."""
    folder = tmp_path_factory.mktemp("look")
    return create_app(settings(f"sqlite:///{folder / 'look.db'}", folder) | {"ENV": "development"})


@pytest.fixture(scope="module")
def site(development_app: Flask) -> Iterator[str]:
    with in_threads(development_app) as url:
        yield url
