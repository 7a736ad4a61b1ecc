"""What the bureau's page of one gathering shows beside who comes: the line, the mails about it, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.agenda import services
from app.agenda import waitlist_queries as waitlist
from app.agenda.materials.forms import AUDIENCES, OPENS
from app.agenda.models import Gathering, GatheringState, SeatMode
from app.core import access, clock, panels
from app.core.i18n import _l
from app.core.permissions import Permission
from app.mail import queries as mail

PAGE = "gathering"
"""Where domains above put their part of this page, such as what people thought of it."""
FIRST_IN_LINE = 5
MAILS = {
    "agenda/seat_booked": _l("Confirmation of a seat"),
    "agenda/seat_promoted": _l("A seat from the waiting list"),
    "agenda/seat_offered": _l("Offer of a seat"),
    "agenda/offer_expired": _l("Offer that expired"),
    "agenda/seat_moved": _l("Another way to take part"),
    "agenda/seat_released": _l("A seat given back"),
    "agenda/seat_lapsed": _l("A seat that was not paid in time"),
    "agenda/waitlist_joined": _l("A place on the waiting list"),
    "agenda/waitlist_left": _l("Left the waiting list"),
    "agenda/waitlist_moved": _l("Word of a change to who waits"),
    "agenda/waitlist_over": _l("Waiting list closed"),
    "agenda/reminder": _l("Reminder"),
    "agenda/gathering_moved": _l("Word of a change"),
    "agenda/gathering_cancelled": _l("Word of the cancellation"),
    "agenda/no_show": _l("Word to who did not come"),
    "agenda/absence_note": _l("Note about seats that stayed empty"),
    "agenda/feedback": _l("Question what people thought"),
    "agenda/guest_invited": _l("Invitation of a guest"),
    "agenda/guest_released": _l("Word to a guest without a seat"),
    "agenda/guest_reminder": _l("Reminder to a guest"),
    "agenda/guest_fee": _l("Word of a guest’s fee to the host"),
    "agenda/guest_gone": _l("Word to the host that a guest does not come"),
    "payments/payment_received": _l("Word of a payment that came in"),
    "payments/payment_failed": _l("Word of a payment that failed"),
    "payments/payment_taken_back": _l("Word of a payment that was taken back"),
    "payments/money_returned": _l("Word of money sent back"),
    "payments/credit_note": _l("Credit note"),
    "payments/transfer_instructions": _l("How to pay by bank transfer"),
    "payments/vat_decided": _l("Word of a bill that can be paid"),
}


def part(gathering: Gathering) -> dict[str, Any]:
    """Give the page the first in line, mails by kind, what waits, for whom materials are, and the parts from above."""
    told = gathering.state is not GatheringState.DRAFT
    line = waitlist.first_in_line(gathering.id, FIRST_IN_LINE) if gathering.queued else []
    return {
        "line": line,
        "offers": line[0].offers if line else 0,
        "next_offer_until": line[0].next_offer_until if line else None,
        "stuck": _stuck(gathering, line),
        "line_open": services.is_open(gathering),
        "mails": mail.written_about(gathering.id) if told and access.may(Permission.MAIL_READ) else None,
        "mail_kinds": MAILS,
        "audiences": AUDIENCES,
        "opens": OPENS,
        "panels": list(panels.filled(PAGE, gathering.id)),
    }


def _stuck(gathering: Gathering, line: Sequence[Any]) -> int:
    """Return how many wait while such a seat is free, which no promotion mends by itself: the log tells why."""
    ahead = gathering.state is GatheringState.PUBLISHED and gathering.starts_at > clock.now()
    if not line or not ahead:
        return 0
    free = [pool.mode for pool in gathering.pools if pool.left]
    return sum(line[0].waiting_in_hall if mode is SeatMode.ON_SITE else line[0].waiting_online for mode in free)
