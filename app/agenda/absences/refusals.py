"""Why somebody books only shortly before, and what they can do about it (G2, G7)."""

from __future__ import annotations

from datetime import datetime

from app.core.errors import Refusal, WayOut
from app.core.formats import moment
from app.core.i18n import _, _l, _n


class OnlyShortlyBefore(Refusal):
    """Seats of this person stayed empty too often."""

    def __init__(self, times: int, months: int, opens_at: datetime) -> None:
        often = _n(
            "In the last %(months)s months a seat of yours stayed empty.",
            "In the last %(months)s months %(num)s seats of yours stayed empty.",
            times,
            months=months,
        )
        until = _(
            "That is why you can book this gathering from %(moment)s on, if a seat is free then. Is something not"
            " right? Your record shows what is written down, and how to have it put right.",
            moment=moment(opens_at),
        )
        super().__init__(f"{often} {until}", way_out=WayOut(_l("See my record"), "absences.mine"))
