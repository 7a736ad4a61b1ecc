"""Why a seat or a change is refused, and what the person can do instead (G2)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from app.agenda.models import SeatMode
from app.core.errors import Refusal, WayOut
from app.core.formats import moment, short_date
from app.core.i18n import _, _l

MEMBERSHIP_PAGE, JOINING_PAGE = "membership.mine", "membership.about"
OTHER_GATHERINGS = WayOut(_l("See the other gatherings"), "agenda.index")


class GatheringFull(Refusal):
    """Every seat is taken, and it is too near for a waiting list to help."""

    message = _l("All seats are taken and the waiting list is closed. A seat that is given back can be booked at once.")


class NotHeldLikeThat(Refusal):
    """G1: one cannot take part in this gathering like that, or no longer."""

    def __init__(self, mode: SeatMode) -> None:
        super().__init__(
            _("This gathering is held online only, so there are no seats in the hall.")
            if mode is SeatMode.ON_SITE
            else _("This gathering is held in the hall only, so one cannot take part online.")
        )


class NoSeatLikeThat(Refusal):
    """G1: nobody can exchange a seat for one that is not there; the one that is held stays."""

    def __init__(self, mode: SeatMode) -> None:
        super().__init__(
            _("All seats in the hall are taken and the waiting list is closed. You keep your seat online.")
            if mode is SeatMode.ON_SITE
            else _("All seats online are taken and the waiting list is closed. You keep your seat in the hall.")
        )


class OfferOver(Refusal):
    """The offered seat is no longer held: it expired, was answered before, or the gathering is near or over."""

    message = _l(
        "This offer is over, so the seat is no longer held for you. The page of the gathering shows how it is."
    )


class SeatElsewhere(Refusal):
    """The person holds a seat at the same hours."""

    def __init__(self, gathering_id: UUID, title: str) -> None:
        super().__init__(
            _("This overlaps with “%(title)s”, where you have a seat. Give that seat back first.", title=title),
            way_out=WayOut(_("See “%(title)s”", title=title), "agenda.show", {"id": gathering_id}),
        )


class BookingNotOpen(Refusal):
    """The booking window is still closed."""

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(_("Booking opens on %(moment)s.", moment=moment(opens_at)))


class GatheringPast(Refusal):
    """It has begun or is over."""

    message = _l("This gathering has already begun, so seats can no longer be booked or given back.")


class GatheringCalledOff(Refusal):
    """It does not take place."""

    message = _l("This gathering has been cancelled, so seats can no longer be booked.")


class MembershipNeeded(Refusal):
    """M7: the person is no member on the day of the gathering; `renewing` tells who is one today from who is not."""

    def __init__(self, day: date, *, renewing: bool) -> None:
        if renewing:
            message = _(
                "Your membership does not cover %(day)s yet. Renew first, then book your seat.", day=short_date(day)
            )
        else:
            message = _(
                "Seats are for members of the circle, and you are not a member on %(day)s.", day=short_date(day)
            )
        label = _l("Renew my membership") if renewing else _l("See how membership works")
        super().__init__(message, way_out=WayOut(label, MEMBERSHIP_PAGE if renewing else JOINING_PAGE))


class CompanyNeeded(Refusal):
    """M11: a seat that costs something is billed to a company, and no whole one is known."""

    def __init__(self) -> None:
        super().__init__(
            _("This gathering has a fee, and we do not know yet to which company the bill goes. Fill that in first."),
            way_out=WayOut(_l("Fill in my company"), "membership.company"),
        )


class FeeChanged(Refusal):
    """G4: the fee is not the one that stood on the page."""

    def __init__(self, gathering_id: UUID) -> None:
        super().__init__(
            _("The fee was changed while you were looking, so nothing was booked. Look at it once more, then book."),
            way_out=WayOut(_l("See the gathering"), "agenda.show", {"id": gathering_id}),
        )


class TooLateToCancel(Refusal):
    """G4: the free period is over; giving the seat back now takes consent to the terms of the booking."""

    def __init__(self, until: datetime) -> None:
        super().__init__(
            _("Cancelling was free until %(moment)s. Confirm that you give your seat back late.", moment=moment(until))
        )


class CapacityBelowBookings(Refusal):
    """There would be fewer seats than people; `mode` is which seats, where there are two kinds."""

    def __init__(self, taken: int, mode: SeatMode | None = None) -> None:
        self.mode = mode
        super().__init__(_("Fill in %(taken)s or more: that many seats are taken already.", taken=taken))


class NoRoomForAll(CapacityBelowBookings):
    """G1: who was to take part in the way that ends does not fit beside the others."""

    def __init__(self, mode: SeatMode, taken: int, moving: int) -> None:
        super().__init__(taken)
        words = (
            _l("Fill in %(taken)s or more: the %(moving)s who were to take part online come to the hall, too.")
            if mode is SeatMode.ON_SITE
            else _l("Fill in %(taken)s or more: the %(moving)s who were to come to the hall take part online, too.")
        )
        self.message = str(words) % {"taken": taken, "moving": moving}


class NotReadyToPublish(Refusal):
    """Something that members need to know is missing or makes no sense any more."""


class OnlyDraftsAreDiscarded(Refusal):
    """It was published, so somebody may count on it."""

    message = _l("Only a draft can be thrown away. What has been published can be cancelled, with a reason.")


class NotOnThisDate(Refusal):
    """What holds for one date of a series cannot be for another."""

    def __init__(self, starts_at: datetime, why: str) -> None:
        super().__init__(
            _("On %(day)s it cannot be done, so nothing was changed. %(why)s", day=short_date(starts_at), why=why)
        )
