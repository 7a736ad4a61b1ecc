"""Throttling: per account and address, before anything costly is done (ASVS 2.4.1)."""

from __future__ import annotations

import logging
import time

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse
from limits.errors import StorageError
from werkzeug.exceptions import TooManyRequests

limiter = Limiter(get_remote_address, default_limits=[], headers_enabled=False, swallow_errors=True)
log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Attach the limiter; its counters live where RATELIMIT_STORAGE_URI says."""
    app.config.setdefault("RATELIMIT_STRATEGY", "moving-window")
    app.config.setdefault("RATELIMIT_STORAGE_OPTIONS", {"wrap_exceptions": True})
    limiter.init_app(app)


def spend(limit: str, *keys: str) -> None:
    """Count one attempt against a limit such as "10 per 5 minutes" for these keys; too many answer 429.

    Retry-After tells when. While the counters cannot be reached, people can go on: that must not lock everybody out.
    """
    if not limiter.enabled:
        return
    item = parse(limit)
    try:
        if limiter.limiter.hit(item, *keys):
            return
        resets_at = limiter.limiter.get_window_stats(item, *keys).reset_time
    except StorageError:
        log.warning("limits_unreachable")
        return
    raise TooManyRequests(retry_after=max(1, int(resets_at - time.time()) + 1))
