"""G7: a personal note when seats stayed empty too often: what is on record, what follows, and how to put it right."""

from __future__ import annotations

from app.accounts import queries as accounts
from app.agenda import queries as agenda
from app.agenda.absences import queries
from app.agenda.absences.models import Consequence
from app.agenda.events import NoShowRecorded, SeatReleased
from app.mail import services as mail
from app.mail.rendering import link


def note(event: NoShowRecorded | SeatReleased) -> None:
    """Write when the number of empty seats that is too many is reached, once; not at each one after that."""
    held = queries.policy()
    if held.consequence is Consequence.NOTHING:
        return
    booking = agenda.booking(event.booking_id)
    if not booking.cancelled_late and booking.no_show_at is None:
        return
    if queries.times_of(booking.account_id, held) != held.times:
        return
    account = accounts.account(booking.account_id)
    mail.post(
        template="agenda/absence_note",
        to=account.email,
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        about_id=booking.gathering_id,
        key=f"absence-note:{booking.id}",
        values={
            "times": held.times,
            "months": held.months,
            "later": held.consequence is Consequence.LATER,
            "days_before": held.days_before,
            "page": link("absences.mine"),
        },
    )
