"""Who sees which materials of a gathering; what somebody may not see does not exist for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.agenda.attendance import queries as attendance
from app.agenda.materials.models import Audience, Material, Opens
from app.agenda.models import Booking, Gathering, GatheringState
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound


@dataclass(frozen=True)
class Reader:
    """What somebody is to a gathering, as far as its materials go."""

    member: bool = False
    booked: bool = False
    attended: bool = False
    speaker: bool = False


def speaks_at(gathering: Gathering, account_id: UUID | None) -> bool:
    """Say whether somebody is one of the speakers, by the account that the bureau gave with the name."""
    return account_id is not None and any(speaker.account_id == account_id for speaker in gathering.speakers)


def may_see(material: Material, gathering: Gathering, reader: Reader) -> bool:
    """G1, G8: decide by audience and moment. What a cancelled gathering held is nobody's any more."""
    if gathering.state is not GatheringState.PUBLISHED:
        return False
    if reader.speaker:
        return True
    if material.opens is Opens.AFTERWARDS and gathering.ends_at > clock.now():
        return False
    return {
        Audience.PUBLIC: True,
        Audience.MEMBERS: reader.member or reader.booked,
        Audience.BOOKED: reader.booked,
        Audience.ATTENDED: reader.attended,
        Audience.SPEAKERS: False,
    }[material.audience]


def came(materials: Iterable[Material], booking: Booking | None) -> bool:
    """Say whether who holds a seat was there, if any of these materials asks for that."""
    asked = any(one.audience is Audience.ATTENDED for one in materials)
    return asked and booking is not None and attendance.latest_stay(booking.id) is not None


def seen_by(gathering: Gathering, reader: Reader) -> list[Material]:
    """Return the materials that somebody may see."""
    return [one for one in gathering.materials if may_see(one, gathering, reader)]


def materials_of(gathering_id: UUID) -> Sequence[Material]:
    """Return all materials of a gathering, for the bureau."""
    wanted = select(Material).where(Material.gathering_id == gathering_id)
    return db.session.scalars(wanted.order_by(Material.added_at, Material.id)).all()


def held(ids: Collection[UUID]) -> Sequence[Material]:
    """Hold the rows of materials, so that their files stay meanwhile, and return them as they are now, as added."""
    wanted = select(Material).where(Material.id.in_(ids)).order_by(Material.added_at, Material.id)
    return db.session.scalars(wanted.with_for_update(), execution_options={"populate_existing": True}).all()


def naming(stored_name: str) -> Sequence[UUID]:
    """Hold and return all materials that name a stored file: of those who take the last two away, one is the last."""
    wanted = select(Material.id).where(Material.stored_name == stored_name).order_by(Material.id)
    return db.session.scalars(wanted.with_for_update()).all()


def material(gathering_id: UUID, id: UUID) -> Material:
    """Return one material of a gathering."""
    found = db.session.scalar(select(Material).where(Material.id == id, Material.gathering_id == gathering_id))
    if found is None:
        raise NotFound
    return found
