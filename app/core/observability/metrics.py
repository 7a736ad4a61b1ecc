"""Figures for Prometheus: what was answered and how fast, and what waits in the database.

With several web processes, PROMETHEUS_MULTIPROC_DIR names the folder in which they add up.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client import multiprocess as shared_folder
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.core import access

LOOPBACK = {"127.0.0.1", "::1"}
PER_REQUEST = (0, 2, 4, 8, 15, 25, 50)

_registry = CollectorRegistry()
requests = Counter("portal_requests", "Requests answered.", ("method", "endpoint", "status"), registry=_registry)
seconds = Histogram("portal_request_seconds", "Time to answer.", ("endpoint",), registry=_registry)
statements = Histogram(
    "portal_request_statements", "SQL statements.", ("endpoint",), buckets=PER_REQUEST, registry=_registry
)


@dataclass(frozen=True)
class Gauge:
    """Figures by the value of one label, read from the database when Prometheus asks."""

    name: str
    help_text: str
    label: str
    read: Callable[[], dict[str, float]]


_gauges: dict[str, Gauge] = {}


def gauge(name: str, help_text: str, label: str, read: Callable[[], dict[str, float]]) -> None:
    """Let a domain show what waits; declaring the same name again replaces it."""
    _gauges[name] = Gauge(name, help_text, label, read)


class _FromDatabase(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        for one in _gauges.values():
            family = GaugeMetricFamily(one.name, one.help_text, labels=[one.label])
            for value, figure in one.read().items():
                family.add_metric([value], figure)
            yield family


@access.public
def show() -> Response:
    """Give the figures to whoever shows the token; without a token set, to this machine in development."""
    token = current_app.config["METRICS_TOKEN"]
    if token:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(shown.encode(), token.encode()):
            abort(401)
    elif current_app.config["ENV"] != "development" or request.remote_addr not in LOOPBACK:
        abort(404)
    asked = CollectorRegistry()
    asked.register(_FromDatabase())
    return Response(generate_latest(asked) + generate_latest(_counted()), content_type=CONTENT_TYPE_LATEST)


def _counted() -> CollectorRegistry:
    """Return this process's figures, or those of all processes together."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return _registry
    together = CollectorRegistry()
    collect: Any = shared_folder.MultiProcessCollector
    collect(together)
    return together
