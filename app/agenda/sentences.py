"""How the agenda's deeds read in the audit log (B6)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app.agenda import shown
from app.agenda.absences.forms import CONSEQUENCES
from app.agenda.attendance.models import Way
from app.agenda.feedback import queries as feedback
from app.agenda.guests.models import Guest
from app.agenda.materials.forms import AUDIENCES, OPENS
from app.agenda.materials.models import Material
from app.agenda.models import Booking, BookingState, Gathering, WaitlistEntry
from app.audit import services as audit
from app.audit.services import Field, ObjectKind, Page, Thing
from app.audit.values import choice, kilobytes, moment, money
from app.core.db import db
from app.core.i18n import _l
from app.core.permissions import Permission

SENTENCES = {
    "gathering.drafted": (_l("Gathering prepared"), _l("%(actor)s prepared the gathering “%(title)s”")),
    "gathering.revised": (_l("Gathering changed"), _l("%(actor)s changed the gathering “%(gathering)s”")),
    "gathering.repeated": (
        _l("Gathering repeated"),
        _l("%(actor)s repeated the gathering “%(title)s” on %(dates)s dates"),
    ),
    "gathering.discarded": (_l("Draft thrown away"), _l("%(actor)s threw away the draft of “%(title)s”")),
    "gathering.published": (_l("Gathering published"), _l("%(actor)s published the gathering “%(title)s”")),
    "gathering.cancelled": (
        _l("Gathering cancelled"),
        _l("%(actor)s cancelled the gathering “%(title)s”: %(reason)s"),
    ),
    "material.added": (_l("Material added"), _l("%(actor)s added the material “%(title)s”")),
    "material.changed": (_l("Material changed"), _l("%(actor)s changed the material “%(title)s”")),
    "material.removed": (_l("Material taken away"), _l("%(actor)s took away the material “%(title)s”")),
    "booking.made": (_l("Seat booked"), _l("%(actor)s booked a seat for “%(title)s”")),
    "booking.promoted": (
        _l("Seat given from the waiting list"),
        _l("%(person)s got a seat at “%(title)s” from the waiting list"),
    ),
    "booking.mode_changed": (
        _l("Another way to take part"),
        _l("%(person)s changed the way to take part in “%(title)s”"),
    ),
    "waitlist.joined": (_l("On the waiting list"), _l("%(actor)s joined the waiting list of “%(title)s”")),
    "waitlist.left": (_l("Off the waiting list"), _l("%(actor)s left the waiting list of “%(title)s”")),
    "waitlist.offered": (_l("Seat offered"), _l("A seat at “%(title)s” was offered to %(person)s")),
    "waitlist.declined": (_l("Offer declined"), _l("%(actor)s turned down the offered seat at “%(title)s”")),
    "waitlist.expired": (
        _l("Offer expired"),
        _l("%(person)s let the offer of a seat pass at “%(title)s”"),
    ),
    "calendar.address_given": (_l("Calendar address made"), _l("%(actor)s made an address for the own calendar")),
    "calendar.address_renewed": (
        _l("Calendar address renewed"),
        _l("%(actor)s made a new address for the own calendar and ended the old one"),
    ),
    "calendar.address_withdrawn": (
        _l("Calendar address withdrawn"),
        _l("%(actor)s withdrew the address of the own calendar"),
    ),
    "attendance.checked_in": (_l("Checked in"), _l("%(actor)s checked %(person)s in at “%(title)s”")),
    "attendance.checked_out": (_l("Checked out"), _l("%(actor)s checked %(person)s out at “%(title)s”")),
    "attendance.check_in_undone": (
        _l("Check-in taken back"),
        _l("%(actor)s took back that %(person)s came to “%(title)s”"),
    ),
    "attendance.check_out_undone": (
        _l("Check-out taken back"),
        _l("%(actor)s took back that %(person)s left “%(title)s”"),
    ),
    "attendance.walked_in": (
        _l("Let in without a booking"),
        _l("%(actor)s let %(person)s in at “%(title)s” without a booking"),
    ),
    "attendance.no_show": (_l("Did not come"), _l("%(person)s kept a seat at “%(title)s” and did not come")),
    "attendance.settled": (_l("No-shows settled"), _l("It was settled who did not come to “%(title)s”")),
    "booking.lapsed": (
        _l("Seat not paid in time"),
        _l("%(person)s did not pay for a seat at “%(title)s” in time, so it came free"),
    ),
    "booking.unpaid": (
        _l("Seat unpaid again"),
        _l("The payment of %(person)s for a seat at “%(title)s” did not come or was taken back"),
    ),
    "absence_policy.set": (
        _l("What follows from empty seats decided"),
        _l("%(actor)s decided what follows from seats that stay empty"),
    ),
    "absence.excused": (
        _l("Empty seat not counted"),
        _l("%(actor)s no longer counts the empty seat of %(person)s at “%(title)s”: %(reason)s"),
    ),
    "absence.counted": (
        _l("Empty seat counted again"),
        _l("%(actor)s counts the empty seat of %(person)s at “%(title)s” again"),
    ),
    "feedback.hidden": (
        _l("Comment hidden"),
        _l("%(actor)s hid a comment on “%(title)s”: %(reason)s"),
    ),
    "feedback.shown": (_l("Comment shown again"), _l("%(actor)s showed a comment on “%(title)s” again")),
    "feedback_question.added": (_l("Question added"), _l("%(actor)s added the question “%(text_nl)s”")),
    "feedback_question.changed": (_l("Question changed"), _l("%(actor)s changed the question “%(text_nl)s”")),
    "guest.added": (_l("Guest brought"), _l("%(actor)s gave a guest of %(person)s a seat at “%(title)s”")),
    "guest.changed": (_l("Guest put right"), _l("%(actor)s put right the name or address of a guest at “%(title)s”")),
    "guest.removed": (
        _l("Guest taken off"),
        _l("%(actor)s gave back the seat of a guest of %(person)s at “%(title)s”"),
    ),
    "guest.declined": (_l("Guest declined"), _l("A guest of %(person)s declined the seat at “%(title)s”")),
    "guest.lapsed": (
        _l("Guest’s seat not paid in time"),
        _l("The seat of a guest of %(person)s at “%(title)s” was not paid in time, so it came free"),
    ),
    "guest.unpaid": (
        _l("Guest’s seat unpaid again"),
        _l("The payment for the seat of a guest of %(person)s at “%(title)s” did not come or was taken back"),
    ),
    "guest.checked_in": (_l("Guest checked in"), _l("%(actor)s checked a guest of %(person)s in at “%(title)s”")),
    "guest.checked_out": (_l("Guest checked out"), _l("%(actor)s checked a guest of %(person)s out at “%(title)s”")),
    "guest.passage_undone": (
        _l("Guest’s passage taken back"),
        _l("%(actor)s took back a passage of a guest of %(person)s at “%(title)s”"),
    ),
    "guest.forgotten": (_l("Guests forgotten"), _l("The names of %(number)s guests were erased")),
    "booking.cancelled": (_l("Seat given back"), _l("%(actor)s gave back a seat for “%(title)s”")),
}
WAYS = {
    Way.TICKET: _l("Ticket"),
    Way.CODE: _l("Code of the ticket"),
    Way.NAME: _l("Name"),
    Way.WALK_IN: _l("Without a booking"),
}


def _names(keys: set[str]) -> dict[str, str]:
    return {str(key): name for key, name in audit.names_of(audit.ids_of(keys)).items()}


MATERIAL_FIELDS = {
    "audience": Field(_l("For whom"), choice(AUDIENCES)),
    "file": Field(_l("File")),
    "opens": Field(_l("From when"), choice(OPENS)),
    "size": Field(_l("Size"), kilobytes),
    "title": Field(_l("Title")),
    "url": Field(_l("Link")),
}
POLICY_FIELDS = {
    "consequence": Field(_l("What follows?"), choice({one: label for one, (label, _hint) in CONSEQUENCES.items()})),
    "days_before": Field(_l("Booking opens for them before the day")),
    "months": Field(_l("Within how long")),
    "times": Field(_l("From how many empty seats")),
}
QUESTION_FIELDS = {
    "asked": Field(_l("Is asked")),
    "position": Field(_l("Place on the form")),
    "text_en": Field(_l("In English")),
    "text_nl": Field(_l("In Dutch")),
}
GATHERING_FIELDS = {
    "address": Field(_l("Street and number")),
    "cancel_until": Field(_l("Cancelling is free until"), moment),
    "capacity": Field(_l("Seats")),
    "city": Field(_l("Town")),
    "dates": Field(_l("Dates")),
    "ends_at": Field(_l("Ends at"), moment),
    "gathering": Field(_l("Gathering")),
    "fee_cents": Field(_l("Fee for a seat, without VAT"), money),
    "fee_vat_code": Field(_l("VAT on the fee")),
    "guest_limit": Field(_l("Guests per member")),
    "guests_from": Field(_l("Guests can book from"), moment),
    "kind": Field(_l("Kind"), choice(shown.KINDS)),
    "members_from": Field(_l("Members can book from"), moment),
    "online_capacity": Field(_l("Seats online")),
    "online_url": Field(_l("Online address")),
    "pe_tenths": Field(_l("PE points"), lambda value: shown.points(Decimal(value) / 10)),
    "programme": Field(_l("Programme")),
    "reason": Field(_l("Reason")),
    "speaker_accounts": Field(_l("Speakers with an account"), names=_names),
    "speakers": Field(_l("Speakers")),
    "starts_at": Field(_l("Begins at"), moment),
    "state": Field(_l("State"), choice({state: label for state, (_tone, label) in shown.STATES.items()})),
    "summary": Field(_l("In short")),
    "title": Field(_l("Title")),
    "venue": Field(_l("Venue")),
    "zone": Field(_l("Time zone")),
}
BOOKING_FIELDS = {
    "mode": Field(_l("How"), choice(shown.MODES)),
    "account_id": Field(_l("Person"), names=_names),
    "late": Field(_l("Late")),
    "pay_by": Field(_l("To be paid by"), moment),
    "state": Field(
        _l("State"), choice({BookingState.CONFIRMED: _l("Confirmed"), BookingState.CANCELLED: _l("Cancelled")})
    ),
    "title": Field(_l("Gathering")),
}
ATTENDANCE_FIELDS = {
    "account_id": BOOKING_FIELDS["account_id"],
    "arrived_at": Field(_l("Came in at"), moment),
    "left_at": Field(_l("Left at"), moment),
    "no_show": Field(_l("Did not come")),
    "no_shows": Field(_l("People who did not come")),
    "seat_added": Field(_l("Seat added")),
    "title": Field(_l("Gathering")),
    "way": Field(_l("Known by"), choice(WAYS)),
}


def register() -> None:
    """Tell the log its names and sentences."""
    for action, (name, text) in SENTENCES.items():
        audit.sentence(action, text, name=name)
    audit.fields("gathering", GATHERING_FIELDS)
    audit.fields("booking", BOOKING_FIELDS)
    audit.fields("material", MATERIAL_FIELDS)
    audit.fields("waitlist", BOOKING_FIELDS)
    audit.fields("attendance", ATTENDANCE_FIELDS)
    audit.fields("absence_policy", POLICY_FIELDS)
    audit.fields("absence", {"reason": GATHERING_FIELDS["reason"], **BOOKING_FIELDS})
    audit.fields("feedback", {name: GATHERING_FIELDS[name] for name in ("title", "reason")})
    audit.fields("feedback_question", QUESTION_FIELDS)
    audit.fields("guest", ATTENDANCE_FIELDS | {"number": Field(_l("Number")), "pay_by": BOOKING_FIELDS["pay_by"]})
    page = Page("agenda_bureau.show", Permission.GATHERING_READ)
    audit.objects("gathering", ObjectKind(_l("Gathering"), audit.by_id(_gatherings), page))
    audit.objects("booking", ObjectKind(_l("Booking"), audit.by_id(_bookings)))
    audit.objects("guest", ObjectKind(_l("Guest"), audit.by_id(_guests)))
    audit.objects("material", ObjectKind(_l("Material"), audit.by_id(_materials)))
    audit.objects("absence_policy", ObjectKind(_l("What follows from empty seats")))
    audit.objects("feedback_question", ObjectKind(_l("Question"), audit.by_id(_questions)))
    audit.objects("waitlist_entry", ObjectKind(_l("Place on the waiting list"), audit.by_id(_places)))


def _gatherings(ids: list[UUID]) -> dict[UUID, Thing]:
    rows = db.session.execute(select(Gathering.id, Gathering.title).where(Gathering.id.in_(ids)))
    return {row.id: Thing(row.title) for row in rows}


def _bookings(ids: list[UUID]) -> dict[UUID, Thing]:
    rows = db.session.execute(
        select(Booking.id, Booking.account_id, Gathering.title)
        .join(Gathering, Gathering.id == Booking.gathering_id)
        .where(Booking.id.in_(ids))
    )
    return {row.id: Thing(row.title, row.account_id) for row in rows}


def _guests(ids: list[UUID]) -> dict[UUID, Thing]:
    rows = db.session.execute(
        select(Guest.id, Booking.account_id, Gathering.title)
        .join(Booking, Booking.id == Guest.booking_id)
        .join(Gathering, Gathering.id == Guest.gathering_id)
        .where(Guest.id.in_(ids))
    )
    return {row.id: Thing(row.title, row.account_id) for row in rows}


def _materials(ids: list[UUID]) -> dict[UUID, Thing]:
    rows = db.session.execute(select(Material.id, Material.title).where(Material.id.in_(ids)))
    return {row.id: Thing(row.title) for row in rows}


def _questions(ids: list[UUID]) -> dict[UUID, Thing]:
    return {one.id: Thing(one.text) for one in feedback.questions(asked=False) if one.id in ids}


def _places(ids: list[UUID]) -> dict[UUID, Thing]:
    rows = db.session.execute(
        select(WaitlistEntry.id, WaitlistEntry.account_id, Gathering.title)
        .join(Gathering, Gathering.id == WaitlistEntry.gathering_id)
        .where(WaitlistEntry.id.in_(ids))
    )
    return {row.id: Thing(row.title, row.account_id) for row in rows}
