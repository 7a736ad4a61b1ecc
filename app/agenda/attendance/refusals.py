"""Why the door stays shut, in words for whoever stands at it, and what to do instead (G7)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from app.core.errors import Refusal, WayOut
from app.core.formats import short_date
from app.core.i18n import _, _l


def _without_booking(gathering_id: UUID, name: str) -> WayOut:
    return WayOut(_l("Let in without a booking"), "door.walk_in", {"id": gathering_id, "q": name})


def _at_door(gathering_id: UUID, name: str, label: str) -> WayOut:
    return WayOut(label, "door.show", {"id": gathering_id, "q": name})


class NoTicket(Refusal):
    """What was scanned or typed is nothing that this portal signed."""

    message = _l(
        "This is no ticket of ours. Type the code that stands under the QR code, or look the person up by name."
    )


class DoorNotOpen(Refusal):
    """It is not the day yet."""

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(_("The door opens on %(day)s. Until then nobody can be checked in.", day=short_date(opens_at)))


class DoorClosed(Refusal):
    """It was too long ago to remember who was there."""

    message = _l("This gathering was more than two weeks ago, so who was there can no longer be changed.")


class NothingToCome(Refusal):
    """There is no gathering to be let in at."""

    message = _l("This gathering is cancelled or not published, so nobody can be checked in.")


class OtherGathering(Refusal):
    """A ticket of another gathering; the way out is that one's door, or the person's seat here."""

    def __init__(self, gathering_id: UUID, title: str, starts_at: datetime) -> None:
        super().__init__(
            _("This ticket is for “%(title)s” on %(day)s.", title=title, day=short_date(starts_at)),
            way_out=WayOut(_("To the door of “%(title)s”", title=title), "door.show", {"id": gathering_id}),
        )


class SeatHereToo(Refusal):
    """A ticket of another gathering, of somebody who has a seat at this one as well."""

    def __init__(self, gathering_id: UUID, name: str, title: str, starts_at: datetime) -> None:
        super().__init__(
            _(
                "This ticket is for “%(title)s” on %(day)s. %(name)s has a seat here, too.",
                title=title,
                day=short_date(starts_at),
                name=name,
            ),
            way_out=_at_door(gathering_id, name, _("Find %(name)s in the list", name=name)),
        )


class SeatGivenBack(Refusal):
    """The booking was cancelled, and there is no other."""

    def __init__(self, gathering_id: UUID, name: str, on: datetime) -> None:
        super().__init__(
            _("%(name)s gave this seat back on %(day)s.", name=name, day=short_date(on)),
            way_out=_without_booking(gathering_id, name),
        )


class SeatOnline(Refusal):
    """G1: the person was to take part online, and stands in the hall."""

    def __init__(self, gathering_id: UUID, name: str) -> None:
        super().__init__(
            _("%(name)s was to take part online. Let them in without a booking to give them a seat here.", name=name),
            way_out=_without_booking(gathering_id, name),
        )


class StillWaiting(Refusal):
    """The booking was cancelled, and the person stands on the waiting list."""

    def __init__(self, gathering_id: UUID, name: str, number: int) -> None:
        super().__init__(
            _(
                "%(name)s gave this seat back and is number %(number)s on the waiting list now.",
                name=name,
                number=number,
            ),
            way_out=_without_booking(gathering_id, name),
        )


class NotInside(Refusal):
    """Somebody goes out who was never checked in."""

    def __init__(self, gathering_id: UUID, name: str) -> None:
        super().__init__(
            _("%(name)s was not checked in, so there is nothing to check out.", name=name),
            way_out=_at_door(gathering_id, name, _("Find %(name)s in the list", name=name)),
        )


class AllSeatsTaken(Refusal):
    """There is no room for who has no booking, unless the bureau adds a seat."""

    message = _l("All seats are taken by now. Press the button again if you want to add a seat.")


class NoMemberOnTheDay(Refusal):
    """M7: without a booking only members come in."""

    def __init__(self, name: str, day: date) -> None:
        super().__init__(
            _("%(name)s is not a member on %(day)s, so there is no seat to give.", name=name, day=short_date(day))
        )


class AlreadyThere(Refusal):
    """Who was checked in cannot give the seat back any more."""

    message = _l("You are checked in at this gathering, so your seat can no longer be given back.")
