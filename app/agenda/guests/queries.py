"""Who brings whom (G9): a guest is known to the host, to the bureau, and to who holds the guest's own link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, Uuid, and_, case, func, null, or_, select, type_coerce
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import contains_eager, joinedload

from app.agenda.guests.models import Ending, Guest, Payer
from app.agenda.models import Booking, BookingState, Gathering, GatheringState, SeatMode
from app.agenda.queries import Payment
from app.core import clock
from app.core.db import Base, db
from app.core.errors import NotFound
from app.membership import queries as membership
from app.membership.models import Benefit

KEPT = timedelta(days=30)
"""How long after a gathering a guest's name and address are kept (L4)."""


def forgotten_on(gathering: Gathering) -> date:
    """L4: return the day on which the names of a gathering's guests are erased."""
    return clock.local(gathering.ends_at + KEPT).date() + timedelta(days=1)


def guest(id: UUID) -> Guest:
    """Return a guest with the gathering and the host's seat, for mails, signed links and the bureau."""
    wanted = select(Guest).where(Guest.id == id).options(joinedload(Guest.gathering), joinedload(Guest.booking))
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound
    return found


def own_guest(id: UUID, *, host: UUID) -> Guest:
    """Return a guest whom the viewer brings, or brought."""
    found = guest(id)
    if found.booking.account_id != host:
        raise NotFound
    return found


def guests_of(booking_id: UUID) -> Sequence[Guest]:
    """Return who comes along with a seat, the first first."""
    wanted = select(Guest).where(Guest.booking_id == booking_id, Guest.state == BookingState.CONFIRMED)
    return db.session.scalars(wanted.order_by(Guest.seq)).all()


def guests_at(gathering_id: UUID) -> Sequence[Guest]:
    """Return all guests of a gathering, those who gave their seat back too, in order of arrival."""
    wanted = select(Guest).where(Guest.gathering_id == gathering_id).options(joinedload(Guest.booking))
    return db.session.scalars(wanted.order_by(Guest.seq)).all()


def guests_with_gathering(ids: Sequence[UUID]) -> Sequence[Guest]:
    """Return these guests as far as they still have a seat and a name, with their gathering."""
    wanted = select(Guest).where(Guest.id.in_(ids), Guest.state == BookingState.CONFIRMED, Guest.forgotten_at.is_(None))
    loaded = wanted.options(joinedload(Guest.gathering), joinedload(Guest.booking))
    return db.session.scalars(loaded.order_by(Guest.seq)).all()


def with_address(gathering_id: UUID, email: str) -> Guest | None:
    """Return who has a seat at a gathering under an address, if anybody."""
    return db.session.scalar(
        select(Guest).where(
            Guest.gathering_id == gathering_id, Guest.email == email, Guest.state == BookingState.CONFIRMED
        )
    )


def added_before(gathering_id: UUID, moment: datetime) -> list[UUID]:
    """Return the guests who have a seat and were told so by a moment."""
    wanted = select(Guest.id).where(
        Guest.gathering_id == gathering_id, Guest.state == BookingState.CONFIRMED, Guest.added_at <= moment
    )
    return list(db.session.scalars(wanted.order_by(Guest.seq)))


def coming_of(host: UUID) -> Sequence[Guest]:
    """Return whom somebody brings to what is still to come, the next first."""
    return db.session.scalars(
        select(Guest)
        .join(Guest.booking)
        .join(Guest.gathering)
        .where(
            Booking.account_id == host,
            Guest.state == BookingState.CONFIRMED,
            Gathering.state == GatheringState.PUBLISHED,
            Gathering.ends_at > clock.now(),
        )
        .options(contains_eager(Guest.gathering))
        .order_by(Gathering.starts_at, Guest.seq)
    ).all()


def unpaid_of(host: UUID) -> Sequence[Guest]:
    """P10: return whose seats somebody is still to pay for at what is to come, the first to be paid first."""
    return db.session.scalars(
        select(Guest)
        .join(Guest.booking)
        .join(Guest.gathering)
        .where(
            Booking.account_id == host,
            Guest.state == BookingState.CONFIRMED,
            Guest.payer == Payer.HOST,
            Guest.pay_by.is_not(None),
            Guest.forgotten_at.is_(None),
            Gathering.state == GatheringState.PUBLISHED,
        )
        .options(contains_eager(Guest.gathering))
        .order_by(Guest.pay_by, Guest.seq)
    ).all()


def unpaid_seats(now: datetime) -> Sequence[UUID]:
    """P10: return the guests whose time to pay is over, the longest overdue first."""
    overdue = select(Guest.id).where(
        Guest.state == BookingState.CONFIRMED, Guest.pay_by.is_not(None), Guest.pay_by <= now
    )
    return db.session.scalars(overdue.order_by(Guest.pay_by)).all()


def seats_with_money(gathering_id: UUID) -> Sequence[UUID]:
    """P10: return the guests of a gathering for whose seat money was asked or received."""
    asked = select(Guest.id).where(Guest.gathering_id == gathering_id, Guest.fee_cents > 0)
    return db.session.scalars(asked.order_by(Guest.seq)).all()


def payment_of_seat() -> ColumnElement[str]:
    """Say as SQL how the fee of a guest's seat stands; what was given back in time asks nothing any more."""
    kept = or_(Guest.state == BookingState.CONFIRMED, Guest.fee_kept)
    return case(
        (Guest.fee_cents == 0, Payment.FREE.value),
        (Guest.lapsed, Payment.LAPSED.value),
        (and_(kept, Guest.paid_at.is_not(None)), Payment.PAID.value),
        (and_(kept, Guest.pay_by.is_not(None)), Payment.UNPAID.value),
        else_=Payment.NOTHING_ASKED.value,
    )


def used(host: UUID, first: date, last: date) -> int:
    """M5, M10: return how many guests somebody has or had a seat for between two days, both included."""
    begins = clock.at_home(datetime.combine(first, time.min))
    ends = clock.at_home(datetime.combine(last + timedelta(days=1), time.min))
    counted = (
        select(func.count())
        .select_from(Guest)
        .join(Guest.booking)
        .join(Guest.gathering)
        .where(
            Booking.account_id == host,
            Guest.state == BookingState.CONFIRMED,
            Gathering.state == GatheringState.PUBLISHED,
            Gathering.starts_at >= begins,
            Gathering.starts_at < ends,
        )
    )
    return db.session.scalar(counted) or 0


class Allowance(NamedTuple):
    """How many guests a year of membership comes with, and how many of them were brought."""

    quota: int
    used: int

    @property
    def left(self) -> int:
        """How many may still be brought."""
        return max(self.quota - self.used, 0)


def allowance(host: UUID, day: date) -> Allowance:
    """M5: return how many guests somebody may bring in the year of membership that a day falls in."""
    for period in membership.periods_of(host):
        if period.starts_on and period.ends_on and period.starts_on <= day <= (period.grace_until or period.ends_on):
            quota = sum(held.quota for held in membership.held_in(period) if held.benefit is Benefit.GUESTS)
            return Allowance(quota, used(host, period.starts_on, period.ends_on))
    return Allowance(0, 0)


def opens_at(gathering: Gathering) -> datetime:
    """G1: return from when on guests can be brought: with the members, or when theirs has begun."""
    return max(gathering.members_from, gathering.guests_from or gathering.members_from)


def _host() -> ColumnElement[str]:
    """Say as SQL who brings a guest."""
    person = Base.metadata.tables["account"].c
    name = person.given_name + " " + person.family_name
    called = select(name).where(person.id == Booking.account_id, Booking.id == Guest.booking_id)
    return called.correlate(Guest).scalar_subquery()


def _name() -> ColumnElement[str]:
    return func.trim(Guest.given_name + " " + Guest.family_name)


def at_door(gathering_id: UUID, mode: SeatMode | None) -> Select[Any]:
    """Give everybody who has a seat as a guest, in the columns of the list at the door."""
    presence = case((Guest.arrived_at.is_(None), "expected"), (Guest.left_at.is_(None), "in"), else_="left")
    return select(
        Guest.id,
        Guest.seq,
        type_coerce(null(), Uuid()).label("account_id"),
        Guest.mode,
        Guest.no_show_at,
        _name().label("name"),
        Guest.family_name,
        Guest.given_name,
        case((Guest.arrived_at.is_not(None), Guest.id)).label("stay_id"),
        Guest.way,
        Guest.arrived_at,
        Guest.left_at,
        Guest.pay_by,
        sql_cast(presence, String).label("presence"),
        _host().label("host"),
    ).where(
        Guest.gathering_id == gathering_id,
        Guest.state == BookingState.CONFIRMED,
        *([Guest.mode == mode] if mode else []),
    )


def for_bureau(gathering_id: UUID, outcome: ColumnElement[str]) -> Select[Any]:
    """Give everybody who has or had a seat as a guest, in the columns of the bureau's list."""
    wanted = select(
        Guest.id,
        Guest.seq,
        Guest.state,
        Guest.mode,
        Guest.added_at.label("booked_at"),
        Guest.cancelled_at,
        type_coerce(null(), Uuid()).label("account_id"),
        _name().label("name"),
        Guest.family_name,
        Guest.email,
        Guest.fee_cents,
        Guest.pay_by,
        Guest.paid_at,
        payment_of_seat().label("payment"),
        outcome.label("outcome"),
        _host().label("host"),
    ).where(Guest.gathering_id == gathering_id)
    return cast("Select[Any]", wanted)


def how_many(statement: Select[Any]) -> int:
    """Count what a statement finds."""
    return db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def declined_of(booking_id: UUID) -> Sequence[Guest]:
    """Return who was to come along with a seat and declined, was not paid for, or was taken off by the bureau."""
    wanted = select(Guest).where(
        Guest.booking_id == booking_id,
        or_(Guest.ending.in_((Ending.GUEST, Ending.BUREAU)), Guest.lapsed),
        Guest.forgotten_at.is_(None),
    )
    return db.session.scalars(wanted.order_by(Guest.seq)).all()
