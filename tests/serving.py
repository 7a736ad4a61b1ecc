"""A portal served by threads of the test's own process, for a browser or a provider to talk to."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SOON = 0.02


@contextmanager
def in_threads(app: Flask) -> Iterator[str]:
    """Serve an app on a free port of loopback; give its address."""
    server = make_server("127.0.0.1", 0, _whole(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": SOON}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _whole(app: Flask) -> WSGIApplication:
    """Read an answer to its end before it is sent: who hangs up halfway then leaves no file open."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = app(environ, start_response)
        try:
            return [b"".join(given)]
        finally:
            close = getattr(given, "close", None)
            if close is not None:
                close()

    return answer
