"""What the bureau takes along on paper: the list of who has a seat, and name badges (G7)."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.agenda import queries as agenda
from app.agenda.attendance import queries
from app.core import access
from app.core.permissions import Permission
from app.membership.queries import overview

bp = Blueprint("papers", __name__, url_prefix="/bureau/agenda/<uuid:id>")
EMPTY_LINES = 6


class Badge(NamedTuple):
    """What stands on the badge of one person."""

    name: str
    about: str
    speaks: bool = False


@bp.get("/list")
@access.needs(Permission.BOOKING_READ)
def attendance_list(id: UUID) -> ResponseReturnValue:
    """Give a list to tick off, by family name, with room for who comes without a booking."""
    gathering = agenda.any_gathering(id)
    people = queries.by_family_name(id, gathering.pools[0].mode)
    return render_template(
        "agenda/bureau/paper_list.html",
        gathering=gathering,
        people=people,
        companies=_companies(people),
        empty_lines=EMPTY_LINES,
    )


@bp.get("/badges")
@access.needs(Permission.BOOKING_READ)
def badges(id: UUID) -> ResponseReturnValue:
    """Give a badge for each speaker and each person with a seat, ten to a sheet."""
    gathering = agenda.any_gathering(id)
    people = queries.by_family_name(id, gathering.pools[0].mode)
    companies = _companies(people)
    made = [Badge(speaker.name, speaker.headline, speaks=True) for speaker in gathering.speakers]
    made += [Badge(person.name, _about(person, companies)) for person in people]
    return render_template("agenda/bureau/badges.html", gathering=gathering, badges=made)


def _companies(people: Any) -> dict[UUID, str]:
    members = [person.account_id for person in people if person.account_id]
    return {place.account_id: place.company for place in overview.places(members)}


def _about(person: Any, companies: dict[UUID, str]) -> str:
    return _("Guest of %(host)s", host=person.host) if person.host else companies.get(person.account_id, "")
