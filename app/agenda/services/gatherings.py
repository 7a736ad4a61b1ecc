"""What the bureau does with a gathering: prepare, change, publish, call off (G1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.agenda.events import GatheringCancelled, GatheringMoved, GatheringPublished, ModeEnded
from app.agenda.materials import services as materials
from app.agenda.models import NEXT, Cause, Gathering, GatheringKind, GatheringState, Pool, SeatMode, Speaker
from app.agenda.services import modes
from app.agenda.services import waitlist as line
from app.agenda.services.refusals import (
    CapacityBelowBookings,
    GatheringPast,
    NotReadyToPublish,
    OnlyDraftsAreDiscarded,
)
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import IllegalTransition
from app.core.events import publish
from app.core.i18n import _l
from app.jobs import services as jobs

SHOWN_IN_CALENDARS = ("title", "venue", "address", "city", "online_url", "starts_at", "ends_at", "zone")


@dataclass(frozen=True, kw_only=True)
class SpeakerDetails:
    """Who speaks, as the bureau typed it."""

    name: str
    headline: str = ""
    bio: str = ""
    account_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class GatheringDetails:
    """Everything the bureau decides about a gathering."""

    kind: GatheringKind
    title: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    online_capacity: int | None = None
    members_from: datetime
    cancel_until: datetime
    programme: str = ""
    venue: str = ""
    address: str = ""
    city: str = ""
    online_url: str = ""
    zone: str = clock.HOME_ZONE.key
    guests_from: datetime | None = None
    guest_limit: int = 1
    pe_tenths: int = 0
    fee_cents: int = 0
    fee_vat_code: str = "high"
    speakers: Sequence[SpeakerDetails] = ()

    def columns(self) -> dict[str, Any]:
        """Return the values by column, speakers apart; a hybrid gathering has as many seats online unless told."""
        hybrid = self.venue and self.online_url
        online_capacity = (self.online_capacity or self.capacity) if hybrid else None
        return {name: value for name, value in vars(self).items() if name != "speakers"} | {
            "online_capacity": online_capacity
        }


def details_of(gathering: Gathering) -> GatheringDetails:
    """Return what was decided about a gathering, to make another like it."""
    names = [name for name in GatheringDetails.__dataclass_fields__ if name != "speakers"]
    speakers = [
        SpeakerDetails(name=one.name, headline=one.headline, bio=one.bio, account_id=one.account_id)
        for one in gathering.speakers
    ]
    return GatheringDetails(**{name: getattr(gathering, name) for name in names}, speakers=speakers)


def shows_otherwise(gathering: Gathering, details: GatheringDetails) -> bool:
    """Say whether a calendar would show these details otherwise than the gathering as it stands."""
    return any(getattr(gathering, name) != getattr(details, name) for name in SHOWN_IN_CALENDARS)


def draft_gathering(details: GatheringDetails, *, by: UUID, series_id: UUID | None = None) -> Gathering:
    """Prepare a gathering that only the bureau sees."""
    gathering = Gathering(state=GatheringState.DRAFT, created_at=clock.now(), series_id=series_id, **details.columns())
    _introduce(gathering, details.speakers)
    db.session.add(gathering)
    db.session.flush()
    audit.record("gathering.drafted", by=by, on=("gathering", gathering.id), after=_facts(gathering))
    return gathering


def revise_gathering(gathering: Gathering, details: GatheringDetails, *, by: UUID) -> None:
    """Change a gathering; who holds a seat hears of another time, place or title. No seat that is taken is lost."""
    _lock(gathering)
    if gathering.state is GatheringState.CANCELLED:
        raise IllegalTransition(gathering.state, gathering.state)
    modes.refuse_too_few(gathering, Gathering(**details.columns(), seats_taken=0, online_taken=0))
    before, standing = _facts(gathering), gathering.pools
    for name, value in details.columns().items():
        if getattr(gathering, name) != value:
            setattr(gathering, name, value)
    modes.move_counters(gathering, standing)
    _introduce(gathering, details.speakers)
    after = _facts(gathering)
    if before == after:
        return
    moved = gathering.state is GatheringState.PUBLISHED and _appointment(before) != _appointment(after)
    if moved:
        gathering.sequence += 1
    db.session.flush()
    moving = modes.move_people(gathering, standing)
    audit.record(
        "gathering.revised",
        by=by,
        on=("gathering", gathering.id),
        before=before,
        after=after | {"gathering": gathering.title},
    )
    if moved:
        line.follow_move(gathering)
        publish(GatheringMoved(gathering_id=gathering.id, sequence=gathering.sequence, before=_appointment(before)))
    if moving and len(standing) > 1:
        publish(ModeEnded(gathering_id=gathering.id, booking_ids=moving))
    _give_out_what_was_added(gathering, standing)


def _give_out_what_was_added(gathering: Gathering, standing: tuple[Pool, ...]) -> None:
    """G3: let who is first in line move up where there are more seats of a mode than there stood."""
    if gathering.state is not GatheringState.PUBLISHED:
        return
    before = {pool.mode: pool.capacity for pool in standing}
    for mode in [pool.mode for pool in gathering.pools if pool.capacity > before.get(pool.mode, 0)]:
        line.promote(gathering.id, mode, cause=Cause.SEATS_ADDED)


def change_seats(gathering: Gathering, capacity: int, online_capacity: int | None = None, *, by: UUID) -> None:
    """G3: raise or lower the number of seats, by mode where there are two; who is first in line moves up at once."""
    _lock(gathering)
    if gathering.state is GatheringState.CANCELLED:
        raise IllegalTransition(gathering.state, gathering.state)
    wanted = {"capacity": capacity} | ({"online_capacity": online_capacity} if online_capacity else {})
    standing, before = gathering.pools, {name: getattr(gathering, name) for name in wanted}
    for pool in standing:
        number = online_capacity if pool.mode is SeatMode.ONLINE and len(standing) > 1 else capacity
        if number is not None and number < pool.taken:
            raise CapacityBelowBookings(pool.taken, pool.mode if len(standing) > 1 else None)
    if before == wanted:
        return
    for name, number in wanted.items():
        setattr(gathering, name, number)
    db.session.flush()
    audit.record(
        "gathering.revised",
        by=by,
        on=("gathering", gathering.id),
        before=before,
        after=wanted | {"gathering": gathering.title},
    )
    _give_out_what_was_added(gathering, standing)


def discard_draft(gathering: Gathering, *, by: UUID) -> None:
    """Throw a draft away; what was ever published stays, since others know of it."""
    _lock(gathering)
    if gathering.state is not GatheringState.DRAFT:
        raise OnlyDraftsAreDiscarded
    audit.record(
        "gathering.discarded", by=by, on=("gathering", gathering.id), before=_facts(gathering), after=_state(gathering)
    )
    materials.let_go(gathering.materials)
    db.session.delete(gathering)
    db.session.flush()


def publish_gathering(gathering: Gathering, *, by: UUID) -> None:
    """Put a draft in the agenda."""
    _lock(gathering)
    _step(gathering, GatheringState.PUBLISHED)
    if not (gathering.venue or gathering.online_url):
        raise NotReadyToPublish(_l("Fill in a place or an online address first, so that members know where to go."))
    if gathering.starts_at <= clock.now():
        raise NotReadyToPublish(_l("The date is in the past. Change it first."))
    gathering.state, gathering.published_at = GatheringState.PUBLISHED, clock.now()
    db.session.flush()
    audit.record(
        "gathering.published", by=by, on=("gathering", gathering.id), before={"state": "draft"}, after=_state(gathering)
    )
    publish(GatheringPublished(gathering_id=gathering.id))


def cancel_gathering(gathering: Gathering, *, reason: str, by: UUID) -> None:
    """Call a gathering off for good. Its bookings stay as they were: they tell who has to know."""
    _lock(gathering)
    _step(gathering, GatheringState.CANCELLED)
    if gathering.starts_at <= clock.now():
        raise GatheringPast(_l("This gathering has already begun, so it can no longer be cancelled."))
    gathering.state, gathering.cancelled_at, gathering.cancel_reason = GatheringState.CANCELLED, clock.now(), reason
    gathering.sequence += 1
    db.session.flush()
    audit.record(
        "gathering.cancelled",
        by=by,
        on=("gathering", gathering.id),
        before={"state": "published"},
        after=_state(gathering) | {"reason": reason},
    )
    jobs.enqueue("agenda.return_fees", key=f"return-fees:{gathering.id}", payload={"gathering_id": str(gathering.id)})
    publish(GatheringCancelled(gathering_id=gathering.id, sequence=gathering.sequence))
    line.close(gathering.id)


def _lock(gathering: Gathering) -> None:
    """Hold the row, so that seats and states do not move between looking and changing."""
    db.session.refresh(gathering, with_for_update={"of": Gathering})


def _step(gathering: Gathering, wanted: GatheringState) -> None:
    if wanted not in NEXT[gathering.state]:
        raise IllegalTransition(gathering.state, wanted)


def _introduce(gathering: Gathering, speakers: Sequence[SpeakerDetails]) -> None:
    """Write the speakers row by row in place: positions are unique, and who stays keeps the row."""
    for position, details in enumerate(speakers):
        if position == len(gathering.speakers):
            gathering.speakers.append(Speaker(position=position))
        speaker = gathering.speakers[position]
        speaker.name, speaker.headline, speaker.bio = details.name, details.headline, details.bio
        speaker.account_id = details.account_id
    del gathering.speakers[len(speakers) :]


def _state(gathering: Gathering) -> dict[str, Any]:
    return {"state": gathering.state, "title": gathering.title}


def _appointment(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: facts[name] for name in SHOWN_IN_CALENDARS}


def _facts(gathering: Gathering) -> dict[str, Any]:
    names = [name for name in GatheringDetails.__dataclass_fields__ if name != "speakers"]
    return {name: getattr(gathering, name) for name in names} | {
        "speakers": [[speaker.name, speaker.headline, speaker.bio] for speaker in gathering.speakers],
        "speaker_accounts": [str(speaker.account_id) for speaker in gathering.speakers if speaker.account_id],
    }
