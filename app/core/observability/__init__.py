"""What operators see: a log line and figures for each request, and what waits.

A line names the endpoint, never the address that was asked for, so that no token or name gets into a log. Pages that
are `untraced` leave no line and are not counted, unless they fail: beside the board, a second would tell whose vote it
was.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from flask import Flask, Response, g, request, request_started

from app.core.observability import metrics
from app.core.observability.logs import configure_logging
from app.core.observability.metrics import gauge
from app.core.observability.statements import statements_so_far
from app.core.web import is_untraced

__all__ = ["gauge", "init_app", "statements_so_far"]

UNTOLD = {"static", "health.process", "health.ready", "observability.metrics"}
SERVER_ERRORS = 500
log = logging.getLogger(__name__)


def _start(_app: Flask, **_: Any) -> None:
    g.started = time.perf_counter()
    g.statements_before = statements_so_far()


def _finish(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    if "started" not in g or endpoint in UNTOLD:
        return response
    if is_untraced() and response.status_code < SERVER_ERRORS:
        return response
    seconds = time.perf_counter() - g.started
    statements = statements_so_far() - g.statements_before
    metrics.requests.labels(request.method, endpoint, response.status_code).inc()
    metrics.seconds.labels(endpoint).observe(seconds)
    metrics.statements.labels(endpoint).observe(statements)
    level = logging.ERROR if response.status_code >= SERVER_ERRORS else logging.INFO
    told = {"method": request.method, "endpoint": endpoint, "status": response.status_code}
    log.log(level, "request", extra=told | {"ms": round(seconds * 1000, 1), "statements": statements})
    return response


def init_app(app: Flask) -> None:
    """Log and count every request."""
    configure_logging(app)
    request_started.connect(_start, app)
    app.after_request(_finish)
    app.add_url_rule("/metrics", "observability.metrics", metrics.show, methods=["GET"])
