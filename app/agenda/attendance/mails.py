"""What somebody hears who kept a seat and did not come (G7)."""

from __future__ import annotations

from app.accounts import queries as accounts
from app.agenda import queries
from app.agenda.events import NoShowRecorded
from app.agenda.invitations import place_of
from app.mail import services as mail
from app.mail.rendering import link


def tell_no_show(event: NoShowRecorded) -> None:
    """Say what was written down, and how to have it put right: nobody is blamed unheard."""
    booking = queries.booking(event.booking_id)
    account = accounts.account(booking.account_id)
    mail.post(
        template="agenda/no_show",
        to=account.email,
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        about_id=booking.gathering_id,
        key=f"no-show:{booking.id}",
        values={
            "gathering": booking.gathering,
            "place": place_of(booking.gathering),
            "page": link("agenda.index"),
        },
    )
