"""G6: a word a week and a day before, to whoever holds a seat; each once, and only to who wants it.

The job runs every morning. After a standstill it still says what is of use: the word of a week before until two days
before, that of a day before until the gathering begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts import queries as accounts
from app.agenda import links, queries
from app.agenda.invitations import place_for, room_of
from app.agenda.mails import to_pay
from app.agenda.models import Booking, BookingState, Gathering, GatheringState, SeatMode
from app.agenda.services import free_until
from app.core import clock
from app.core.db import atomic, db
from app.core.i18n import _l
from app.mail import services as mail
from app.mail import topics
from app.mail.rendering import link

AT_ONCE = 50
DAILY_AT = "09:00"


@dataclass(frozen=True)
class Reminder:
    """One kind: how many days before it is due, and until how many days before it is still of use."""

    topic: str
    days_before: int
    useful_until: int


WEEK = Reminder("reminder_week", 7, 2)
DAY = Reminder("reminder_day", 1, 0)
TOPICS = (
    topics.Topic(
        WEEK.topic, _l("A reminder a week before"), _l("For every gathering at which you hold a seat, a week ahead.")
    ),
    topics.Topic(DAY.topic, _l("A reminder a day before"), _l("With place, time and link, the day before.")),
)


def remind() -> None:
    """Write every reminder that is due and was not written yet."""
    for kind in (WEEK, DAY):
        keys = {f"{kind.topic}:{booking_id}": booking_id for booking_id in _due(kind)}
        names = list(keys)
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            fresh = [keys[name] for name in some if name not in mail.posted_among(some)]
            with atomic():
                for booking in queries.bookings_with_gathering(fresh):
                    _post(kind, booking)


def _due(kind: Reminder) -> Sequence[UUID]:
    """Return the seats to remind of; who booked once the reminder was due has just read it all."""
    today = clock.today()
    first, last = today + timedelta(days=kind.useful_until), today + timedelta(days=kind.days_before)
    rows = db.session.execute(
        select(Booking.id, Booking.booked_at, Gathering.starts_at)
        .join(Booking.gathering)
        .where(
            Booking.state == BookingState.CONFIRMED,
            Gathering.state == GatheringState.PUBLISHED,
            Gathering.starts_at > clock.now(),
            Gathering.starts_at >= _midnight(first),
            Gathering.starts_at < _midnight(last + timedelta(days=1)),
        )
        .order_by(Gathering.starts_at, Booking.seq)
    )
    return [row.id for row in rows if row.booked_at < _due_from(kind, row.starts_at)]


def _due_from(kind: Reminder, starts_at: datetime) -> datetime:
    return _midnight(clock.local(starts_at).date() - timedelta(days=kind.days_before))


def _midnight(day: date) -> datetime:
    return clock.at_home(datetime.combine(day, time()))


def _post(kind: Reminder, booking: Booking) -> None:
    account, gathering = accounts.account(booking.account_id), booking.gathering
    days = (clock.local(gathering.starts_at).date() - clock.today()).days
    values: dict[str, Any] = {
        "gathering": gathering,
        "days": days,
        "free_until": free_until(booking) if free_until(booking) > clock.now() else None,
        "mode": booking.mode,
        "place": place_for(gathering, booking.mode),
        "room": room_of(gathering, booking.mode),
        "to_pay": to_pay(booking),
        "page": link("agenda.show", id=gathering.id),
        "ticket": links.ticket_address(booking.id) if booking.mode is SeatMode.ON_SITE else "",
        "choices": link("accounts.mail_choices"),
    }
    mail.post(
        template="agenda/reminder",
        to=account.email,
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        about_id=gathering.id,
        key=f"{kind.topic}:{booking.id}",
        topic=kind.topic,
        values=values,
    )
