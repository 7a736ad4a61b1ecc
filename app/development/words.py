"""What permanent education calls its things, in the reader's language."""

from __future__ import annotations

from decimal import Decimal

from app.agenda import shown
from app.core.i18n import _, _l
from app.development.models import Basis, Kind, Rounding

KINDS = {
    Kind.SESSION: _l("Gathering of the circle"),
    Kind.PEER_REVIEW: _l("Peer review"),
    Kind.COACHING: _l("Coaching"),
    Kind.SHADOWING: _l("Shadow management"),
    Kind.COURSE: _l("Course or training"),
    Kind.TEACHING: _l("Teaching or publishing"),
}
OWN_KINDS = tuple(kind for kind in Kind if kind is not Kind.SESSION)
BASES = {
    Basis.GIVEN: (_l("The points that the organiser gives"), _l("What has no points of its own counts by the hour.")),
    Basis.TIME: (_l("The time that somebody was there"), _l("Points of the organiser do not matter.")),
}
ROUNDINGS = {Rounding.DOWN: _l("Down"), Rounding.NEAREST: _l("To the nearest")}
CERTIFICATE_STATES = {
    "stands": ("ok", _l("Valid")),
    "replaced": ("", _l("Replaced")),
    "withdrawn": ("bad", _l("Withdrawn")),
}


def points(tenths: int) -> str:
    """Write tenths of a point as people count points: `2`, or `1,5` in Dutch."""
    return shown.points(Decimal(tenths) / 10)


def duration(minutes: int) -> str:
    """Write a time: `45 min`, `2 uur`, `1 uur en 15 min`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s min", minutes=rest)
    whole = _("%(hours)s h", hours=hours)
    return _("%(whole)s and %(minutes)s min", whole=whole, minutes=rest) if rest else whole


def initials(name: str) -> str:
    """Write only the initials of a name, small words left out: `M. d. G.` becomes `M.G.`."""
    parts = [part for part in name.split() if part[:1].isupper()] or name.split()
    return "".join(f"{part[0].upper()}." for part in parts)
