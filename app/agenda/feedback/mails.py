"""G8: asking who took part what they thought, once, on the morning after."""

from __future__ import annotations

from datetime import timedelta

from app.accounts import queries as accounts
from app.agenda import links
from app.agenda import queries as agenda
from app.agenda.feedback import queries
from app.agenda.models import Booking
from app.core import clock
from app.core.db import atomic
from app.core.i18n import _l
from app.mail import services as mail
from app.mail import topics
from app.mail.rendering import link

AT_ONCE = 50
AFTER = timedelta(hours=3)
USEFUL_FOR = timedelta(days=7)
TOPIC = topics.Topic(
    "feedback", _l("A question afterwards"), _l("What you thought of a gathering you were at, on the morning after.")
)


def ask() -> None:
    """Write to who took part in what ended since some hours, who was not written to yet, and has not answered."""
    now = clock.now()
    keys = {f"feedback:{seat}": seat for seat in queries.to_ask(since=now - USEFUL_FOR, until=now - AFTER)}
    names = list(keys)
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        known = mail.posted_among(some)
        with atomic():
            for booking in agenda.bookings_with_gathering([keys[name] for name in some if name not in known]):
                _post(booking)


def _post(booking: Booking) -> None:
    """Write one mail; staff do not see its text, since whoever opens the link can answer for its reader."""
    account, gathering = accounts.account(booking.account_id), booking.gathering
    mail.post(
        template="agenda/feedback",
        to=account.email,
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        about_id=gathering.id,
        key=f"feedback:{booking.id}",
        topic=TOPIC.name,
        holds_secret=True,
        values={
            "gathering": gathering,
            "page": links.feedback_address(gathering.id, account.id),
            "until": queries.closes_at(gathering.ends_at),
            "least": queries.LEAST,
            "choices": link("accounts.mail_choices"),
        },
    )
