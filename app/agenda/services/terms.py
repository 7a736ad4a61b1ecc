"""G4: the terms that somebody agrees to by booking."""

from __future__ import annotations

from datetime import datetime

from app.core.formats import moment
from app.core.i18n import _


def terms_until(free_until: datetime, *, paid: bool = False) -> str:
    """Write the terms in words, to be kept with the booking; those of a seat with a fee tell of the money, too."""
    if paid:
        return _(
            "Cancelling is free until %(until)s: you then get your money back. Whoever gives a seat back later gets no"
            " money back, and it counts as a late cancellation.",
            until=moment(free_until),
        )
    return _(
        "Cancelling is free until %(until)s. A seat given back later counts as a late cancellation.",
        until=moment(free_until),
    )
