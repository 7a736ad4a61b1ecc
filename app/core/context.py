"""What is known about the request being served, for audit rows and log lines, without importing Flask."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Serving:
    """One request or job: its reference, the network address it came from, and who acts."""

    request_id: str = ""
    address: str = ""
    account_id: UUID | None = None


NOBODY = Serving()
_serving: ContextVar[Serving] = ContextVar("serving", default=NOBODY)


def serving() -> Serving:
    """Return what is being served now; empty in the shell."""
    return _serving.get()


def serve(what: Serving) -> None:
    """Remember what is being served from here on."""
    _serving.set(what)
