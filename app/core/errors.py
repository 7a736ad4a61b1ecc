"""How the portal says no: a refusal carries a message for the person and, where there is one, the way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class WayOut:
    """What the person can do instead: a label and the endpoint it leads to."""

    label: Any
    endpoint: str
    values: dict[str, Any] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818  a refusal is an answer, not an error
    """A business rule says no. One handler shows the message; nothing has been changed."""

    status = 409
    message: Any = ""

    def __init__(self, message: Any = None, *, way_out: WayOut | None = None) -> None:
        if message is not None:
            self.message = message
        self.way_out = way_out
        super().__init__(str(self.message) if isinstance(self.message, str) else type(self).__name__)


class NotFound(Exception):  # noqa: N818  an answer, as above
    """There is no such thing for this viewer: absent and somebody else's are told alike (404)."""


class IllegalTransition(Refusal):
    """A state machine was asked for a step it does not have; usually a second tab or a late click."""

    def __init__(self, current: str, wanted: str) -> None:
        from_to = f"{current} → {wanted}"
        super().__init__()
        self.args = (from_to,)
