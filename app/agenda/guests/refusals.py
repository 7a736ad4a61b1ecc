"""Why somebody cannot bring a guest, and what to do instead (G9)."""

from __future__ import annotations

from datetime import datetime

from app.core.errors import Refusal
from app.core.formats import moment
from app.core.i18n import _, _l, _n


class NoGuestsHere(Refusal):
    """The bureau keeps this gathering to members."""

    message = _l("At this gathering there is no room for guests.")


class GuestsNotYet(Refusal):
    """Members come first."""

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(_("Members come first. You can bring guests from %(moment)s on.", moment=moment(opens_at)))


class NeedsOwnSeat(Refusal):
    """Who brings a guest comes along."""

    message = _l("You bring guests along with a seat of your own. Book your own seat first.")


class EnoughGuests(Refusal):
    """The gathering's limit per member is reached."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            _n("You can bring one guest to this gathering.", "You can bring %(num)s guests to this gathering.", limit)
        )


class GuestsUsedUp(Refusal):
    """The year's guests were all brought, or there are none."""

    def __init__(self, quota: int) -> None:
        told = _n(
            "Your membership lets you bring one guest a year, and that one you brought.",
            "Your membership lets you bring %(num)s guests a year, and those you brought.",
            quota,
        )
        super().__init__(
            told if quota else _("Your membership does not come with guests. The bureau can tell you more.")
        )


class NoSeatForGuest(Refusal):
    """Every seat is taken."""

    message = _l("All seats are taken. For guests there is no waiting list: try again when a seat comes free.")


class MemberAlready(Refusal):
    """The address is a member's, who books like all members do."""

    message = _l(
        "This address belongs to a member of the circle, who can book a seat without you: a guest would cost you one."
    )


class InvitedAlready(Refusal):
    """Somebody with this address has a seat already."""

    message = _l("A guest with this address has a seat at this gathering already.")


class GuestIsThere(Refusal):
    """Who was checked in has come."""

    message = _l("This guest is checked in, so the seat can no longer be given back.")
