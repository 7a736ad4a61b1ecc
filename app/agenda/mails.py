"""What the agenda writes to members: a seat confirmed or given back, a gathering moved or called off (G5, G6).

Each mail carries the appointment, so that calendars follow without anybody typing. A seat's own mails are posted in the
transaction that books or frees it; word to all who hold a seat is a job, since writing to a full hall takes a while.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app

from app.accounts import queries as accounts
from app.accounts.models import Account
from app.agenda import links, queries
from app.agenda.events import (
    GatheringCancelled,
    GatheringMoved,
    ModeEnded,
    SeatBooked,
    SeatLapsed,
    SeatMoved,
    SeatReleased,
)
from app.agenda.invitations import Appointment, calendar_file, place_for, place_of, room_of
from app.agenda.models import Booking, Gathering, GatheringState, Mode, SeatMode, mode_of
from app.agenda.services import aftermath, bill_of, free_until
from app.core import clock
from app.core.calendars import Method, Party
from app.core.db import atomic
from app.core.i18n import _l
from app.jobs import services as jobs
from app.mail import services as mail
from app.mail import topics
from app.mail.rendering import link
from app.payments import services as payments

AT_ONCE = 50
CALENDAR_FILES = topics.Topic(
    "calendar_files",
    _l("Calendar files with mails about my seats"),
    _l(
        "The mails themselves always come. Without the file, you put changes into your calendar yourself,"
        " or follow your own calendar address."
    ),
    in_service_mail=True,
)


def confirm_seat(event: SeatBooked) -> None:
    """Confirm a seat, with the invitation; as a rule the mail was made ready before the seat was locked."""
    if mail.post_ready(f"seat-booked:{event.booking_id}", version=event.sequence):
        return
    booking = queries.booking(event.booking_id)
    _post("agenda/seat_booked", f"seat-booked:{booking.id}", booking, Method.REQUEST, booking.gathering.sequence)


def confirm_release(event: SeatReleased) -> None:
    """Confirm that a seat was given back, and take the appointment out of the calendar."""
    booking = queries.booking(event.booking_id)
    sequence, after = booking.gathering.sequence + 1, aftermath(booking)
    _post("agenda/seat_released", f"seat-released:{booking.id}", booking, Method.CANCEL, sequence, after=after)


def announce_lapse(event: SeatLapsed) -> None:
    """Tell that a seat was not paid in time and went on, and take the appointment out of the calendar (P10)."""
    booking = queries.booking(event.booking_id)
    _post("agenda/seat_lapsed", f"seat-lapsed:{booking.id}", booking, Method.CANCEL, booking.gathering.sequence + 1)


def confirm_exchange(event: SeatMoved) -> None:
    """G1: confirm that somebody takes part otherwise from now on, with what that takes: the address, or the link."""
    booking = queries.booking(event.booking_id)
    key = f"seat-moved:{booking.id}:{event.moves}"
    _post("agenda/seat_moved", key, booking, Method.REQUEST, booking.gathering.sequence, by_bureau=False)


def announce_mode_ended(event: ModeEnded) -> None:
    """G1: have everybody told who was to take part in a way that there is no more."""
    ids = [str(booking_id) for booking_id in event.booking_ids]
    key = f"agenda.tell_mode_ended:{event.gathering_id}:{clock.now().isoformat()}"
    jobs.enqueue("agenda.tell_mode_ended", key=key, payload={"booking_ids": ids})


def tell_mode_ended(*, booking_ids: list[str]) -> None:
    """G1: tell people that their seat moved along to the only way that is left."""
    for start in range(0, len(booking_ids), AT_ONCE):
        with atomic():
            for booking in queries.bookings_with_gathering([UUID(one) for one in booking_ids[start : start + AT_ONCE]]):
                gathering = booking.gathering
                if gathering.state is GatheringState.PUBLISHED and gathering.starts_at > clock.now():
                    key = f"seat-moved:{booking.id}:{booking.moves}"
                    _post("agenda/seat_moved", key, booking, Method.REQUEST, gathering.sequence, by_bureau=True)


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
        former = was(gathering, before, booking.mode)
        if former and gathering.state is GatheringState.PUBLISHED:
            key = f"moved:{booking.id}:{gathering.sequence}"
            _post("agenda/gathering_moved", key, booking, Method.REQUEST, gathering.sequence, was=former)

    _tell(UUID(gathering_id), datetime.fromisoformat(told_at), write)


def tell_cancelled(*, gathering_id: str, sequence: int, told_at: str) -> None:
    """Tell everybody who holds a seat that the gathering is called off."""

    def write(booking: Booking) -> None:
        bill = bill_of(booking)
        paid = bill is not None and bill.paid_at is not None
        key, asked = f"called-off:{booking.id}", bool(booking.fee_cents)
        _post("agenda/gathering_cancelled", key, booking, Method.CANCEL, sequence, asked=asked, paid=paid)

    _tell(UUID(gathering_id), datetime.fromisoformat(told_at), write)


def _tell(gathering_id: UUID, told_at: datetime, write: Callable[[Booking], None]) -> None:
    """Write to a few dozen people per transaction; keys make a second run after a crash write to the rest only."""
    ids = [booking.id for booking in queries.live_bookings(gathering_id) if booking.booked_at <= told_at]
    for start in range(0, len(ids), AT_ONCE):
        with atomic():
            for booking in queries.bookings_with_gathering(ids[start : start + AT_ONCE]):
                write(booking)


def was(gathering: Gathering, before: Mapping[str, Any], mode: SeatMode | None = None) -> dict[str, Any]:
    """Tell what read otherwise before, as the mail shows it: title, when (from, till), where, online.

    G1: of a hybrid gathering the place concerns who comes to it, and the online address who takes part online.
    """
    former = Gathering(**{name: before[name] for name in ("title", "venue", "address", "city", "online_url")})
    starts_at, ends_at = (datetime.fromisoformat(before[name]) for name in ("starts_at", "ends_at"))
    told = {
        "title": (former.title, gathering.title),
        "when": ((starts_at, ends_at), (gathering.starts_at, gathering.ends_at)),
        "place": (place_of(former), place_of(gathering)),
        "online": (former.online_url, gathering.online_url),
    }
    if mode and Mode.HYBRID in (gathering.mode, mode_of(before["venue"], before["online_url"])):
        del told["online" if mode is SeatMode.ON_SITE else "place"]
    return {name: old for name, (old, new) in told.items() if old != new}


def _post(template: str, key: str, booking: Booking, method: Method, sequence: int, **values: Any) -> None:
    account = accounts.account(booking.account_id)
    mail.post(key=key, **letter(template, booking, account, method, sequence, **values))


def letter(
    template: str, booking: Booking, account: Account, method: Method, sequence: int, **values: Any
) -> dict[str, Any]:
    """Put together what a mail about somebody's seat says, and the appointment that goes along if they want it (G5)."""
    attached = mail.wants(account.id, CALENDAR_FILES.name)
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
            "mode": booking.mode,
            "place": place_for(booking.gathering, booking.mode),
            "room": room_of(booking.gathering, booking.mode),
            "to_pay": to_pay(booking) if method is Method.REQUEST else None,
            "page": appointment.url,
            "ticket": _ticket(booking) if method is Method.REQUEST else "",
            "again": links.booking_address(booking.gathering_id, account.id),
            "attached": attached,
            **values,
        },
        "attachments": [_invitation(booking, appointment, account.locale)] if attached else [],
    }


def _invitation(booking: Booking, appointment: Appointment, locale: str) -> mail.Inline:
    return mail.Inline(
        filename="uitnodiging.ics" if locale == "nl" else "invitation.ics",
        content_type=f"text/calendar; charset=utf-8; method={appointment.method}",
        content=calendar_file(booking, appointment),
    )


@dataclass(frozen=True)
class ToPay:
    """P10: what is still to be paid for a seat, VAT included, until when and where."""

    cents: int
    until: datetime
    page: str


def to_pay(booking: Booking) -> ToPay | None:
    """Tell what a seat still asks; nothing while it is not settled which VAT applies, since a mail tells that then."""
    bill = bill_of(booking) if booking.pay_by else None
    if bill is None or bill.vat_pending or booking.pay_by is None:
        return None
    return ToPay(payments.left_to_pay(bill), booking.pay_by, links.pay_address(booking.id))


def _ticket(booking: Booking) -> str:
    """Return where the ticket is; who takes part online passes no door."""
    return links.ticket_address(booking.id) if booking.mode is SeatMode.ON_SITE else ""


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
