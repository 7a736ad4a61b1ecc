"""What the agenda writes to members: a seat confirmed or given back, a gathering moved or called off (G5, G6).

Each mail carries the appointment, so that calendars follow without anybody typing. A seat's own mails are posted in the
transaction that books or frees it; word to all who hold a seat is a job, since writing to a full hall takes a while.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app

from app.accounts import queries as accounts
from app.accounts.models import Account
from app.agenda import links, queries
from app.agenda.events import GatheringCancelled, GatheringMoved, SeatBooked, SeatReleased
from app.agenda.invitations import Appointment, calendar_file, place_of
from app.agenda.models import Booking, Gathering, GatheringState
from app.agenda.services import free_until
from app.core import clock
from app.core.calendars import Method, Party
from app.core.db import atomic
from app.jobs import services as jobs
from app.mail import services as mail
from app.mail.rendering import link

AT_ONCE = 50


def confirm_seat(event: SeatBooked) -> None:
    """Confirm a seat, with the invitation; as a rule the mail was made ready before the seat was locked."""
    if mail.post_ready(f"seat-booked:{event.booking_id}", version=event.sequence):
        return
    booking = queries.booking(event.booking_id)
    _post("agenda/seat_booked", f"seat-booked:{booking.id}", booking, Method.REQUEST, booking.gathering.sequence)


def confirm_release(event: SeatReleased) -> None:
    """Confirm that a seat was given back, and take the appointment out of the calendar."""
    booking = queries.booking(event.booking_id)
    _post("agenda/seat_released", f"seat-released:{booking.id}", booking, Method.CANCEL, booking.gathering.sequence + 1)


def announce_move(event: GatheringMoved) -> None:
    """Have everybody who holds a seat told of the new time, place or title."""
    jobs.enqueue(
        "agenda.tell_moved",
        key=f"agenda.tell_moved:{event.gathering_id}:{event.sequence}",
        payload=moved_payload(event),
    )


def moved_payload(event: GatheringMoved) -> dict[str, Any]:
    """Write down of a change what those who tell it need: when it was made, and how things read before."""
    before = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in event.before.items()}
    return _payload(event.gathering_id, event.sequence) | {"before": before}


def announce_cancellation(event: GatheringCancelled) -> None:
    """Have everybody who holds a seat told that it does not take place."""
    jobs.enqueue(
        "agenda.tell_cancelled",
        key=f"agenda.tell_cancelled:{event.gathering_id}:{event.sequence}",
        payload=_payload(event.gathering_id, event.sequence),
    )


def _payload(gathering_id: UUID, sequence: int) -> dict[str, Any]:
    return {"gathering_id": str(gathering_id), "sequence": sequence, "told_at": clock.now().isoformat()}


def tell_moved(*, gathering_id: str, sequence: int, told_at: str, before: Mapping[str, Any]) -> None:
    """G6: tell everybody who booked before the change what is different, as it stands by now, once.

    When it changed again in the meantime, this one mail tells both changes and the later job finds it written.
    """
    del sequence

    def write(booking: Booking) -> None:
        gathering = booking.gathering
        former = was(gathering, before)
        if former and gathering.state is GatheringState.PUBLISHED:
            key = f"moved:{booking.id}:{gathering.sequence}"
            _post("agenda/gathering_moved", key, booking, Method.REQUEST, gathering.sequence, was=former)

    _tell(UUID(gathering_id), datetime.fromisoformat(told_at), write)


def tell_cancelled(*, gathering_id: str, sequence: int, told_at: str) -> None:
    """Tell everybody who holds a seat that the gathering is called off."""

    def write(booking: Booking) -> None:
        _post("agenda/gathering_cancelled", f"called-off:{booking.id}", booking, Method.CANCEL, sequence)

    _tell(UUID(gathering_id), datetime.fromisoformat(told_at), write)


def _tell(gathering_id: UUID, told_at: datetime, write: Callable[[Booking], None]) -> None:
    """Write to a few dozen people per transaction; keys make a second run after a crash write to the rest only."""
    ids = [booking.id for booking in queries.live_bookings(gathering_id) if booking.booked_at <= told_at]
    for start in range(0, len(ids), AT_ONCE):
        with atomic():
            for booking in queries.bookings_with_gathering(ids[start : start + AT_ONCE]):
                write(booking)


def was(gathering: Gathering, before: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what read otherwise before, as the mail shows it: title, when (from, till), where, online."""
    former = Gathering(**{name: before[name] for name in ("title", "venue", "address", "city", "online_url")})
    starts_at, ends_at = (datetime.fromisoformat(before[name]) for name in ("starts_at", "ends_at"))
    told = {
        "title": (former.title, gathering.title),
        "when": ((starts_at, ends_at), (gathering.starts_at, gathering.ends_at)),
        "place": (place_of(former), place_of(gathering)),
        "online": (former.online_url, gathering.online_url),
    }
    return {name: old for name, (old, new) in told.items() if old != new}


def _post(template: str, key: str, booking: Booking, method: Method, sequence: int, **values: Any) -> None:
    account = accounts.account(booking.account_id)
    mail.post(key=key, **letter(template, booking, account, method, sequence, **values))


def letter(
    template: str, booking: Booking, account: Account, method: Method, sequence: int, **values: Any
) -> dict[str, Any]:
    """Put together what a mail about somebody's seat says, and the appointment that goes along."""
    appointment = appointment_of(
        booking, account_name=account.name, email=account.email, method=method, sequence=sequence
    )
    return {
        "template": template,
        "to": account.email,
        "name": account.name,
        "locale": account.locale,
        "account_id": account.id,
        "about_id": booking.gathering_id,
        "values": {
            "booking": booking,
            "gathering": booking.gathering,
            "free_until": free_until(booking),
            "place": place_of(booking.gathering),
            "page": appointment.url,
            "ticket": links.ticket_address(booking.id) if booking.gathering.venue and method is Method.REQUEST else "",
            "again": links.booking_address(booking.gathering_id, account.id),
            **values,
        },
        "attachments": [
            mail.Inline(
                filename="uitnodiging.ics" if account.locale == "nl" else "invitation.ics",
                content_type=f"text/calendar; charset=utf-8; method={method}",
                content=calendar_file(booking, appointment),
            )
        ],
    }


def appointment_of(booking: Booking, *, account_name: str, email: str, method: Method, sequence: int) -> Appointment:
    """Put together who invites whom, and where the page is."""
    house = current_app.config["HOUSE"]
    return Appointment(
        method=method,
        sequence=sequence,
        host=urlsplit(current_app.config["PUBLIC_URL"]).hostname or "localhost",
        url=link("agenda.show", id=booking.gathering_id),
        organizer=Party(house.bureau, house.email),
        attendee=Party(account_name, email),
    )
