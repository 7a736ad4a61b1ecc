"""JSON log lines with a reference and without personal data.

Values are JSON, so that none can forge a line (ASVS 16.4.1); what looks like an address, an account number or a token
is left out, and of an exception only its type and places are told (16.2.5).
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import PurePath
from typing import Any, TextIO

import structlog
from flask import Flask

from app.core.context import serving

Event = MutableMapping[str, Any]
HANDLER = "binnenkring"
MOST_FRAMES = 30
PLAIN = {"request_id", "timestamp", "level", "logger", "head"}
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_SECRET = re.compile(r"\b(?![0-9a-f]{8}-[0-9a-f]{4}-)[A-Za-z0-9_\-]{32,}(\.[A-Za-z0-9_\-]+)*")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}[A-Z0-9]{10,30}\b")
_QUERY = re.compile(r"\?\S+")


def configure_logging(app: Flask) -> None:
    """Send everything that logs through one handler; calling it again replaces the handler."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        _add_extra,
        _add_reference,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_exception,
        _leave_out_personal_data,
    ]
    pretty = app.config["ENV"] == "development" and sys.stderr.isatty()
    renderer: Any = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    handler = _CurrentStderr()
    handler.set_name(HANDLER)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [kept for kept in root.handlers if kept.get_name() != HANDLER] + [handler]
    root.setLevel(logging.INFO)
    app.logger.handlers[:] = []
    for noisy in ("werkzeug", "huey", "huey.consumer", "huey.consumer.Scheduler", "alembic", "mail.log"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class _CurrentStderr(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is now, as the standard library's last resort does."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def _add_extra(_logger: Any, _method: str, told: Event) -> Event:
    """Take over what the standard library's `extra=` carries."""
    record: logging.LogRecord | None = told.get("_record")
    if record is not None:
        told["logger"] = record.name
        for name, value in vars(record).items():
            if name not in STANDARD and not name.startswith("_"):
                told.setdefault(name, value)
    return told


def _add_reference(_logger: Any, _method: str, told: Event) -> Event:
    reference = serving().request_id
    if reference:
        told.setdefault("request_id", reference)
    return told


def _tell_exception(_logger: Any, _method: str, told: Event) -> Event:
    """Tell an exception by its type and places; its message may quote what a person typed or a row holds."""
    info = told.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if info is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        told["error"] = type(error).__name__
        told["trace"] = [f"{PurePath(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in frames][
            -MOST_FRAMES:
        ]
    return told


def _leave_out_personal_data(_logger: Any, _method: str, told: Event) -> Event:
    for name, value in told.items():
        if name in PLAIN or name.startswith("_") or isinstance(value, (int, float, list, type(None))):
            continue
        told[name] = redacted(str(value))
    return told


def redacted(text: str) -> str:
    """Return text without what looks like an address, an account number, a token or a query string."""
    for pattern, word in ((_EMAIL, "[email]"), (_QUERY, "?[query]"), (_IBAN, "[iban]"), (_SECRET, "[secret]")):
        text = pattern.sub(word, text)
    return text
