"""The style guide as a running site."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app import create_app
from tests.conftest import settings


@pytest.fixture(scope="module")
def development_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """A portal as a developer runs it; the style guide reads no table, so an empty database will do."""
    folder = tmp_path_factory.mktemp("look")
    return create_app(settings(f"sqlite:///{folder / 'look.db'}", folder) | {"ENV": "development"})


@pytest.fixture(scope="module")
def site(development_app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, development_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
