"""What guests are written (G9): the invitation with the ticket, a word the day before, and whatever changes.

Their hosts are written, too: what is to be paid for a guest, and that one does not come after all (P10).

A guest has no account: every mail leads to a page of the guest's own, and tells who invites and when name and address
are erased. The appointment goes along as with a member's seat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from app.accounts import queries as accounts
from app.agenda import links
from app.agenda.events import GatheringCancelled, GatheringMoved, GuestInvited, GuestReleased
from app.agenda.guests import queries
from app.agenda.guests.models import Ending, Guest, Payer
from app.agenda.invitations import Appointment, calendar_file, place_for, room_of
from app.agenda.mails import AT_ONCE, ToPay, moved_payload, was
from app.agenda.models import BookingState, Gathering, GatheringState
from app.agenda.services import aftermath, bill_of
from app.core import clock
from app.core.calendars import Method, Party
from app.core.db import atomic, db
from app.jobs import services as jobs
from app.mail import services as mail
from app.mail.rendering import link
from app.payments import services as payments
from app.payments.queries import Addressee


def invite(event: GuestInvited) -> None:
    """Tell a guest who invites, with the invitation for the calendar and the way to the ticket."""
    guest = queries.guest(event.guest_id)
    key = f"guest-invited:{guest.id}:{links.address_mark(guest.id, guest.email)}"
    _post("agenda/guest_invited", key, guest, Method.REQUEST, guest.gathering.sequence)


def tell_release(event: GuestReleased) -> None:
    """Tell a guest that there is no seat any more, and take the appointment out of the calendar."""
    guest = queries.guest(event.guest_id)
    key = f"guest-released:{guest.id}:{links.address_mark(guest.id, event.email)}"
    after = aftermath(guest) if guest.ending and guest.payer is Payer.GUEST else None
    sequence = guest.gathering.sequence + 1
    _post("agenda/guest_released", key, guest, Method.CANCEL, sequence, to=event.email, after=after)


def ask_host_to_pay(event: GuestInvited) -> None:
    """P10: tell who brings a guest what is to be paid for them, until when and where; once."""
    guest = queries.guest(event.guest_id)
    if guest.payer is Payer.HOST and guest.pay_by:
        page = link("guests.pay", id=guest.gathering_id, guest_id=guest.id)
        _post_to_host("agenda/guest_fee", f"guest-fee:{guest.id}", guest, to_pay=to_pay(guest, page))


def tell_host(event: GuestReleased) -> None:
    """G9: tell who brought a guest that they do not come after all, unless it was the host's own doing."""
    guest = queries.guest(event.guest_id)
    if guest.ending in (Ending.GUEST, Ending.BUREAU) or guest.lapsed:
        after = aftermath(guest) if guest.payer is Payer.HOST else None
        _post_to_host("agenda/guest_gone", f"guest-gone:{guest.id}", guest, after=after)


def _post_to_host(template: str, key: str, guest: Guest, **values: Any) -> None:
    """Write to the host about a guest; the key names the guest, so that the name goes with the others (L4)."""
    host = accounts.account(guest.booking.account_id)
    mail.post(
        template=template,
        to=host.email,
        key=key,
        name=host.name,
        locale=host.locale,
        account_id=host.id,
        about_id=guest.gathering_id,
        values={
            "guest": guest,
            "gathering": guest.gathering,
            "page": link("guests.index", id=guest.gathering_id),
            **values,
        },
    )


def to_pay(guest: Guest, page: str) -> ToPay | None:
    """P10: tell what a guest's seat still asks; nothing while it is not settled which VAT applies."""
    bill = bill_of(guest) if guest.pay_by else None
    if bill is None or bill.vat_pending or guest.pay_by is None:
        return None
    return ToPay(payments.left_to_pay(bill), guest.pay_by, page)


def addressee(guest_id: UUID) -> Addressee | None:
    """P10: return who is written to about the bill of a guest who pays; nobody once the name is erased."""
    guest = queries.guest(guest_id)
    if guest.forgotten_at:
        return None
    page = links.guest_pay_address(guest.id, guest.email)
    return Addressee(guest.name, guest.email, guest.locale, page=page, about_id=guest.gathering_id)


def announce_move(event: GatheringMoved) -> None:
    """Have all guests told of the new time, place or title."""
    key = f"agenda.tell_guests_moved:{event.gathering_id}:{event.sequence}"
    jobs.enqueue("agenda.tell_guests_moved", key=key, payload=moved_payload(event))


def announce_cancellation(event: GatheringCancelled) -> None:
    """Have all guests told that it does not take place."""
    jobs.enqueue(
        "agenda.tell_guests_cancelled",
        key=f"agenda.tell_guests_cancelled:{event.gathering_id}",
        payload={
            "gathering_id": str(event.gathering_id),
            "sequence": event.sequence,
            "told_at": clock.now().isoformat(),
        },
    )


def tell_moved(*, gathering_id: str, sequence: int, told_at: str, before: Mapping[str, Any]) -> None:
    """G6: tell each guest invited before the change what is different, as it stands by now, once."""
    del sequence

    def write(guest: Guest) -> None:
        gathering = guest.gathering
        former = was(gathering, before, guest.mode)
        if former and gathering.state is GatheringState.PUBLISHED:
            key = f"guest-moved:{guest.id}:{gathering.sequence}"
            _post("agenda/gathering_moved", key, guest, Method.REQUEST, gathering.sequence, was=former)

    _tell(queries.added_before(UUID(gathering_id), datetime.fromisoformat(told_at)), write)


def tell_cancelled(*, gathering_id: str, sequence: int, told_at: str) -> None:
    """Tell each guest that the gathering is called off."""

    def write(guest: Guest) -> None:
        _post("agenda/gathering_cancelled", f"guest-called-off:{guest.id}", guest, Method.CANCEL, sequence)

    _tell(queries.added_before(UUID(gathering_id), datetime.fromisoformat(told_at)), write)


def remind() -> None:
    """G6: write each guest a word the day before, or after a standstill on the day itself, once."""
    today = clock.today()
    due = (
        select(Guest.id)
        .join(Guest.gathering)
        .where(
            Guest.state == BookingState.CONFIRMED,
            Guest.forgotten_at.is_(None),
            Gathering.state == GatheringState.PUBLISHED,
            Gathering.starts_at > clock.now(),
            Gathering.starts_at < _midnight(today + timedelta(days=2)),
            Guest.added_at < _midnight(today),
        )
        .order_by(Guest.gathering_id, Guest.seq)
    )

    def write(guest: Guest) -> None:
        days = (clock.local(guest.gathering.starts_at).date() - today).days
        _post("agenda/guest_reminder", f"guest-reminder:{guest.id}", guest, None, 0, days=days)

    _tell(list(db.session.scalars(due)), write)


def _midnight(day: date) -> datetime:
    return clock.at_home(datetime.combine(day, time()))


def _tell(ids: list[UUID], write: Callable[[Guest], None]) -> None:
    """Write to a few dozen people per transaction; keys make a second run write to the rest only."""
    for start in range(0, len(ids), AT_ONCE):
        with atomic():
            for guest in queries.guests_with_gathering(ids[start : start + AT_ONCE]):
                write(guest)


def _post(
    template: str, key: str, guest: Guest, method: Method | None, sequence: int, *, to: str = "", **values: Any
) -> None:
    gathering, address = guest.gathering, to or guest.email
    page = links.guest_address(guest.id, address)
    told = {
        "guest": guest,
        "booking": guest,
        "asked": guest.payer is Payer.GUEST,
        "paid": guest.payer is Payer.GUEST and guest.paid_at is not None,
        "to_pay": to_pay(guest, links.guest_pay_address(guest.id, address)) if guest.payer is Payer.GUEST else None,
        "ticket": "",
        "gathering": gathering,
        "host": accounts.account(guest.booking.account_id).name,
        "forgotten_on": queries.forgotten_on(gathering),
        "free_until": None,
        "mode": guest.mode,
        "place": place_for(gathering, guest.mode),
        "room": room_of(gathering, guest.mode),
        "page": page,
    }
    mail.post(
        template=template,
        to=address,
        key=key,
        name=guest.name,
        locale=guest.locale,
        about_id=gathering.id,
        values=told | values,
        attachments=[_invitation(guest, address, page, method, sequence)] if method else [],
    )


def _invitation(guest: Guest, email: str, page: str, method: Method, sequence: int) -> mail.Inline:
    house = current_app.config["HOUSE"]
    appointment = Appointment(
        method=method,
        sequence=sequence,
        host=urlsplit(current_app.config["PUBLIC_URL"]).hostname or "localhost",
        url=page,
        organizer=Party(house.bureau, house.email),
        attendee=Party(guest.name, email),
    )
    return mail.Inline(
        filename="uitnodiging.ics" if guest.locale == "nl" else "invitation.ics",
        content_type=f"text/calendar; charset=utf-8; method={method}",
        content=calendar_file(guest, appointment),
    )
