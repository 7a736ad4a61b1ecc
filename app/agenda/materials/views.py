"""Materials as members and visitors get them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts.current import current_account
from app.agenda import queries as agenda
from app.agenda.materials import queries
from app.agenda.materials.downloads import download
from app.agenda.materials.queries import Reader
from app.core import access, clock
from app.core.errors import NotFound
from app.membership import queries as membership

bp = Blueprint("materials", __name__, url_prefix="/agenda")


@bp.get("/<uuid:id>/materials/<uuid:material_id>")
@access.public
def file(id: UUID, material_id: UUID) -> ResponseReturnValue:
    """G1: give a file to whom it is for; to all others it does not exist."""
    gathering, material = agenda.published(id), queries.material(id, material_id)
    reader = Reader()
    if current_user.is_authenticated:
        person = current_account().id
        booking = agenda.live_booking(id, person)
        reader = Reader(
            member=membership.is_member(person, clock.today()),
            booked=booking is not None,
            attended=queries.came([material], booking),
            speaker=queries.speaks_at(gathering, person),
        )
    if not queries.may_see(material, gathering, reader):
        raise NotFound
    return download(material)
