"""What can be done in the agenda."""

from app.agenda.services.bookings import book_seat, cancel_seat, free_until, is_late, terms_of
from app.agenda.services.gatherings import (
    GatheringDetails,
    SpeakerDetails,
    cancel_gathering,
    change_seats,
    details_of,
    discard_draft,
    draft_gathering,
    publish_gathering,
    revise_gathering,
    shows_otherwise,
)
from app.agenda.services.refusals import JOINING_PAGE, MEMBERSHIP_PAGE
from app.agenda.services.waitlist import (
    AUTOMATIC_UNTIL,
    accept_offer,
    choose_default_wish,
    choose_wish,
    closes_at,
    effect_of,
    expire_offers,
    is_automatic,
    is_open,
    leave,
)

__all__ = [
    "AUTOMATIC_UNTIL",
    "JOINING_PAGE",
    "MEMBERSHIP_PAGE",
    "GatheringDetails",
    "SpeakerDetails",
    "accept_offer",
    "book_seat",
    "cancel_gathering",
    "cancel_seat",
    "change_seats",
    "choose_default_wish",
    "choose_wish",
    "closes_at",
    "details_of",
    "discard_draft",
    "draft_gathering",
    "effect_of",
    "expire_offers",
    "free_until",
    "is_automatic",
    "is_late",
    "is_open",
    "leave",
    "publish_gathering",
    "revise_gathering",
    "shows_otherwise",
    "terms_of",
]
