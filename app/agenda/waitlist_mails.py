"""What the agenda writes to who waits for a seat (G3): on the list, offered, seated, offer over, left, called off.

The mail to who joins is made ready before the list is locked and posted with the place. All others follow from what
another person did, and whom they concern is known only while the gathering is locked: so they are jobs, and each looks
again before it writes, since a letter that comes months later, or after the answer, only confuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app import jobs as registry
from app.accounts import queries as accounts
from app.accounts.models import Account
from app.agenda import links, queries
from app.agenda import waitlist_queries as waitlist
from app.agenda.events import (
    GatheringMoved,
    OfferExpired,
    SeatOffered,
    SeatPromoted,
    WaitlistCalledOff,
    WaitlistJoined,
    WaitlistLeft,
)
from app.agenda.invitations import place_for
from app.agenda.mails import AT_ONCE, letter, moved_payload, was
from app.agenda.models import (
    Booking,
    BookingState,
    EntryState,
    Gathering,
    GatheringState,
    SeatMode,
    WaitlistEntry,
)
from app.agenda.services import fee_of, free_until, is_open, terms_of
from app.core import clock
from app.core.calendars import Method
from app.core.db import atomic
from app.jobs import services as jobs
from app.mail import services as mail
from app.mail.rendering import link

ENDED = {EntryState.LEFT, EntryState.DECLINED}


def make_ready(gathering: Gathering, account: Account, id: UUID, mode: SeatMode | None) -> None:
    """Write the mail that booking will probably cause, under the id that the booking or the place will get.

    Not that of a seat with a fee: what it tells of the bill is known once that is drawn up.
    """
    if gathering.state is not GatheringState.PUBLISHED or gathering.starts_at <= clock.now():
        return
    pool = gathering.pool(mode) if mode else gathering.pools[0]
    if pool is None:
        return
    if pool.left:
        if gathering.fee_cents:
            return
        booking = Booking(
            id=id,
            gathering_id=gathering.id,
            account_id=account.id,
            state=BookingState.CONFIRMED,
            mode=pool.mode,
            moves=0,
            cancel_until=gathering.cancel_until,
            terms=terms_of(gathering),
            gathering=gathering,
        )
        about = letter("agenda/seat_booked", booking, account, Method.REQUEST, gathering.sequence)
        mail.make_ready(key=f"seat-booked:{id}", version=gathering.sequence, **about)
    elif is_open(gathering):
        about = _letter("agenda/waitlist_joined", id, gathering, pool.mode, account)
        mail.make_ready(key=f"waitlist-joined:{id}", version=gathering.sequence, **about)


def _letter(
    template: str, entry_id: UUID, gathering: Gathering, mode: SeatMode, account: Account, **values: Any
) -> dict[str, Any]:
    return {
        "template": template,
        "to": account.email,
        "name": account.name,
        "locale": account.locale,
        "account_id": account.id,
        "about_id": gathering.id,
        "values": {
            "gathering": gathering,
            "mode": mode,
            "place": place_for(gathering, mode),
            "fee": fee_of(gathering),
            "page": link("agenda.show", id=gathering.id),
            "answer": links.place_address(entry_id),
            "again": links.booking_address(gathering.id, account.id),
            **values,
        },
    }


def confirm_place(event: WaitlistJoined) -> None:
    """Tell somebody that they stand on the list, and how it works."""
    key = f"waitlist-joined:{event.entry_id}"
    if mail.post_ready(key, version=event.sequence):
        return
    entry, account = waitlist.entry(event.entry_id), accounts.account(event.account_id)
    mail.post(key=key, **_letter("agenda/waitlist_joined", entry.id, entry.gathering, entry.mode, account))


def announce_seat(event: SeatPromoted) -> None:
    """Have somebody told that they got a seat."""
    _ask("agenda.tell_promoted", event.entry_id)


def announce_offer(event: SeatOffered) -> None:
    """Have somebody asked, and let the offer end when its time is over."""
    _ask("agenda.tell_offer", event.entry_id)
    jobs.enqueue("agenda.expire_offers", key=f"offer-ends:{event.entry_id}", run_at=event.until)


def announce_expiry(event: OfferExpired) -> None:
    """Have somebody told that the seat went on."""
    _ask("agenda.tell_expired", event.entry_id)


def announce_leaving(event: WaitlistLeft) -> None:
    """Have leaving confirmed."""
    _ask("agenda.tell_left", event.entry_id)


def announce_move(event: GatheringMoved) -> None:
    """Have everybody in line told of the new time, place or title."""
    key = f"agenda.tell_moved_in_line:{event.gathering_id}:{event.sequence}"
    jobs.enqueue("agenda.tell_moved_in_line", key=key, payload=moved_payload(event))


def announce_end(event: WaitlistCalledOff) -> None:
    """Have everybody who waited told that the gathering is called off."""
    for entry_id in event.entry_ids:
        _ask("agenda.tell_list_over", entry_id)


def _ask(kind: str, entry_id: UUID) -> None:
    jobs.enqueue(kind, key=f"{kind}:{entry_id}", payload={"entry_id": str(entry_id)})


def _coming(entry: WaitlistEntry) -> bool:
    gathering = entry.gathering
    return gathering.state is GatheringState.PUBLISHED and gathering.starts_at > clock.now()


def tell_promoted(*, entry_id: str) -> None:
    """Write that somebody has a seat, as long as they have it and can still come."""
    with atomic():
        entry = waitlist.entry(UUID(entry_id))
        if not _coming(entry) or entry.booking_id is None:
            return
        booking, account = queries.booking(entry.booking_id), accounts.account(entry.account_id)
        if booking.state is not BookingState.CONFIRMED:
            return
        about = letter("agenda/seat_promoted", booking, account, Method.REQUEST, booking.gathering.sequence)
        about["values"]["free_until"] = free_until(booking)
        mail.post(key=f"seat-promoted:{entry.id}", **about)


def tell_offer(*, entry_id: str) -> None:
    """Write that a seat is held, as long as it can still be answered."""
    with atomic():
        entry = waitlist.entry(UUID(entry_id))
        if entry.state is EntryState.OFFERED and _until(entry) > clock.now() and _coming(entry):
            _write("agenda/seat_offered", entry, until=_until(entry))


def tell_expired(*, entry_id: str) -> None:
    """Write that an offer is over, as long as the gathering is still to come."""
    with atomic():
        entry = waitlist.entry(UUID(entry_id))
        if entry.state is EntryState.EXPIRED and _coming(entry):
            _write("agenda/offer_expired", entry, until=_until(entry))


def tell_left(*, entry_id: str) -> None:
    """Write that somebody is off the list, as long as the gathering is still to come."""
    with atomic():
        entry = waitlist.entry(UUID(entry_id))
        if entry.state in ENDED and _coming(entry):
            _write("agenda/waitlist_left", entry)


def tell_list_over(*, entry_id: str) -> None:
    """Write to who waited that the gathering is called off, as long as it would still have been to come.

    G1: who has a seat in the other mode hears it as such, and once.
    """
    with atomic():
        entry = waitlist.entry(UUID(entry_id))
        seated = queries.live_booking(entry.gathering_id, entry.account_id) is not None
        if entry.state is EntryState.OVER and entry.gathering.starts_at > clock.now() and not seated:
            _write("agenda/waitlist_over", entry)


def tell_moved_in_line(*, gathering_id: str, sequence: int, told_at: str, before: Mapping[str, Any]) -> None:
    """G6: tell everybody who stood in line before the change what is different, as it stands by now, once.

    Another online address in place of the one before is not their concern: they get it with their seat.
    """
    del sequence
    standing = waitlist.in_line(UUID(gathering_id))
    ids = [entry.id for entry in standing if entry.joined_at <= datetime.fromisoformat(told_at)]
    for start in range(0, len(ids), AT_ONCE):
        with atomic():
            for entry in waitlist.entries_with_gathering(ids[start : start + AT_ONCE]):
                gathering = entry.gathering
                former = was(gathering, before)
                if former.get("online") and gathering.online_url:
                    del former["online"]
                if former.get("place") and entry.mode is SeatMode.ONLINE:
                    del former["place"]
                if former and _coming(entry):
                    key = f"moved-in-line:{entry.id}:{gathering.sequence}"
                    offered_until = entry.offer_until if entry.state is EntryState.OFFERED else None
                    values = {"was": former, "offered_until": offered_until}
                    account = accounts.account(entry.account_id)
                    about = _letter("agenda/waitlist_moved", entry.id, gathering, entry.mode, account, **values)
                    mail.post(key=key, **about)


def _until(entry: WaitlistEntry) -> datetime:
    assert entry.offer_until is not None
    return entry.offer_until


def _write(template: str, entry: WaitlistEntry, **values: Any) -> None:
    account = accounts.account(entry.account_id)
    key = f"{template.rpartition('/')[2].replace('_', '-')}:{entry.id}"
    mail.post(key=key, **_letter(template, entry.id, entry.gathering, entry.mode, account, **values))


def register() -> None:
    """Declare the letters as work."""
    for kind, write in (
        ("agenda.tell_promoted", tell_promoted),
        ("agenda.tell_offer", tell_offer),
        ("agenda.tell_expired", tell_expired),
        ("agenda.tell_left", tell_left),
        ("agenda.tell_list_over", tell_list_over),
        ("agenda.tell_moved_in_line", tell_moved_in_line),
    ):
        registry.handler(kind)(write)
