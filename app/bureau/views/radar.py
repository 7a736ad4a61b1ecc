"""M12: paid-up members of whom nothing was seen for a while, and a personal invitation with one click."""

from __future__ import annotations

from flask import render_template, request

from app.bureau import queries
from app.bureau.views.members import bp
from app.core import access
from app.core.permissions import Permission

WEEKS = (4, 8, 12, 26)
USUAL = 8


@bp.get("/silent")
@access.needs(Permission.MEMBER_READ)
def radar() -> str:
    """Show who has been silent for so many weeks, whose year ends first on top."""
    asked = request.args.get("weeks", "")
    weeks = int(asked) if asked in map(str, WEEKS) else USUAL
    return render_template("bureau/radar.html", silent=queries.silent(weeks), weeks=weeks, choices=WEEKS)
