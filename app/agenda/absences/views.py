"""One's own record of seats that stayed empty, and how to have it put right (G7)."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.accounts.current import current_account
from app.agenda.absences import queries
from app.core import access

bp = Blueprint("absences", __name__, url_prefix="/agenda/mine")


@bp.get("/absences")
@access.signed_in
def mine() -> ResponseReturnValue:
    """Show what is written down about oneself, what follows from it, and the way to object."""
    person, held = current_account().id, queries.policy()
    return render_template(
        "agenda/absences.html",
        record=queries.record_of(person),
        policy=held,
        times=queries.times_of(person, held),
    )
