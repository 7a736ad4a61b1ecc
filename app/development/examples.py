"""L6: what rules come to, shown on activities that everybody recognises, before they are saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.core.i18n import _l
from app.development.models import Kind, PeRules
from app.development.points import earned


@dataclass(frozen=True)
class Example:
    """An activity to reckon with."""

    label: Any
    kind: Kind
    minutes: int
    whole_minutes: int
    tenths: int | None
    own: bool = False
    done_on: date = date.min


EXAMPLES = (
    Example(_l("A gathering of two hours that gives 2 points"), Kind.SESSION, 120, 120, 20),
    Example(_l("The same, left after an hour and a half"), Kind.SESSION, 90, 120, 20),
    Example(_l("The same, there for forty minutes"), Kind.SESSION, 40, 120, 20),
    Example(_l("A masterclass of a whole day that gives 4,5 points"), Kind.SESSION, 420, 420, 45),
    Example(_l("A course of seven hours, 6 points on its proof"), Kind.COURSE, 420, 420, 60, own=True),
    Example(_l("Peer review of two and a half hours, without points"), Kind.PEER_REVIEW, 150, 150, None, own=True),
    Example(_l("An hour of coaching, without points"), Kind.COACHING, 60, 60, None, own=True),
)


def reckoned(rules: PeRules) -> list[tuple[Any, int]]:
    """Return what each example gives by these rules, in tenths."""
    return [(example.label, earned(rules, example)) for example in EXAMPLES]
