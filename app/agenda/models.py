"""Anything with a date and seats (G1), who speaks there, who holds a seat, and who waits for one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.agenda.materials.models import Material
from app.core import clock
from app.core.db import Base, Id, state_column
from app.core.ddl import append_only


class GatheringKind(StrEnum):
    """What sort of gathering it is; the agenda filters on it."""

    KNOWLEDGE_SESSION = "knowledge_session"
    MASTERCLASS = "masterclass"
    OPEN_PEER_REVIEW = "open_peer_review"
    NETWORK_MEETING = "network_meeting"
    CHALLENGE_FINAL = "challenge_final"


class GatheringState(StrEnum):
    """A draft is seen by staff only; a cancelled gathering keeps its page, so that nobody travels in vain."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


NEXT = {
    GatheringState.DRAFT: {GatheringState.PUBLISHED},
    GatheringState.PUBLISHED: {GatheringState.CANCELLED},
    GatheringState.CANCELLED: set[GatheringState](),
}


class Mode(StrEnum):
    """How one takes part."""

    ON_SITE = "on_site"
    ONLINE = "online"
    HYBRID = "hybrid"


class SeatMode(StrEnum):
    """G1: how one seat is taken; of a hybrid gathering each has its own count and its own waiting list."""

    ON_SITE = "on_site"
    ONLINE = "online"

    @property
    def other(self) -> SeatMode:
        return SeatMode.ON_SITE if self is SeatMode.ONLINE else SeatMode.ONLINE


class Pool(NamedTuple):
    """The seats of one mode: how many there are and how many are taken, those held for offers included."""

    mode: SeatMode
    capacity: int
    taken: int

    @property
    def left(self) -> int:
        """How many can still be booked."""
        return self.capacity - self.taken


class Seats(Protocol):
    """What tells how many seats there are and how one takes part."""

    @property
    def venue(self) -> str: ...
    @property
    def online_url(self) -> str: ...
    @property
    def capacity(self) -> int: ...
    @property
    def seats_taken(self) -> int: ...
    @property
    def online_capacity(self) -> int | None: ...
    @property
    def online_taken(self) -> int: ...


def pools_of(of: Seats) -> tuple[Pool, ...]:
    """Give the seats by mode: one pool, or, for a hybrid gathering, the hall and then online."""
    if of.online_capacity is None:
        only = SeatMode.ON_SITE if of.venue or not of.online_url else SeatMode.ONLINE
        return (Pool(only, of.capacity, of.seats_taken),)
    hall = Pool(SeatMode.ON_SITE, of.capacity, of.seats_taken)
    return (hall, Pool(SeatMode.ONLINE, of.online_capacity, of.online_taken))


def mode_of(venue: str, online_url: str) -> Mode:
    """Tell how one takes part by what is filled in."""
    if venue and online_url:
        return Mode.HYBRID
    return Mode.ONLINE if online_url else Mode.ON_SITE


class BookingState(StrEnum):
    """A seat is held or was given back; both stay on record."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Gathering(Base):
    """G1: something to go to.

    `seats_taken` always equals the number of confirmed bookings and guests (G9) plus `seats_held`, the seats kept for
    offers (G3), and is moved only by `services.seats`, in the transaction that writes the booking, guest or offer.
    `arrivals` numbers the seats handed out, in order, `queued` the places on the waiting list; neither goes back to a
    number given out.
    Of a hybrid gathering these are the hall's, and `online_capacity`, `online_taken` and `online_held` the same for who
    takes part online; both share the numbers given out. Any other gathering has no `online_capacity`.
    `sequence` is the version that calendars compare (G5). PE points are held in tenths, as money is in cents.
    `no_shows_at` is when it was settled who did not come (G7), `guest_limit` how many guests a member may bring (G9).
    `fee_cents` is what the next seat costs, without VAT; nothing when it is free (P10).
    """

    __tablename__ = "gathering"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity >= 1", name="capacity"),
        CheckConstraint("seats_taken >= 0 AND seats_taken <= capacity", name="seats"),
        CheckConstraint("seats_held >= 0 AND seats_held <= seats_taken", name="held"),
        CheckConstraint("arrivals >= seats_taken", name="arrivals"),
        CheckConstraint("(venue <> '' AND online_url <> '') = (online_capacity IS NOT NULL)", name="hybrid"),
        CheckConstraint("online_capacity IS NULL OR online_capacity >= 1", name="online_capacity"),
        CheckConstraint("online_taken >= 0 AND online_taken <= COALESCE(online_capacity, 0)", name="online_seats"),
        CheckConstraint("online_held >= 0 AND online_held <= online_taken", name="online_held"),
        CheckConstraint("arrivals >= seats_taken + online_taken", name="all_arrivals"),
        CheckConstraint("cancel_until <= starts_at", name="cancel_before_start"),
        CheckConstraint("pe_tenths >= 0", name="pe_tenths"),
        CheckConstraint("fee_cents >= 0", name="fee_cents"),
        CheckConstraint("guest_limit >= 0", name="guest_limit"),
        CheckConstraint("venue <> '' OR online_url <> '' OR state = 'draft'", name="somewhere"),
        Index("ix_gathering_state_starts_at_id", "state", "starts_at", "id"),
        Index("ix_gathering_starts_at_id", "starts_at", "id"),
        Index("ix_gathering_series_id_starts_at", "series_id", "starts_at"),
    )

    id: Mapped[Id]
    series_id: Mapped[UUID | None] = mapped_column(ForeignKey("gathering_series.id"))
    state: Mapped[GatheringState] = state_column(GatheringState, name="state", default=GatheringState.DRAFT)
    kind: Mapped[GatheringKind] = state_column(GatheringKind, name="kind")
    title: Mapped[str] = mapped_column(String(160))
    summary: Mapped[str] = mapped_column(String(400))
    programme: Mapped[str] = mapped_column(Text, default="")
    venue: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str] = mapped_column(String(160), default="")
    city: Mapped[str] = mapped_column(String(80), default="")
    online_url: Mapped[str] = mapped_column(String(2000), default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(40), default=clock.HOME_ZONE.key)
    capacity: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(default=0)
    seats_held: Mapped[int] = mapped_column(default=0)
    online_capacity: Mapped[int | None]
    online_taken: Mapped[int] = mapped_column(default=0)
    online_held: Mapped[int] = mapped_column(default=0)
    arrivals: Mapped[int] = mapped_column(default=0)
    queued: Mapped[int] = mapped_column(default=0)
    members_from: Mapped[datetime]
    guests_from: Mapped[datetime | None]
    guest_limit: Mapped[int] = mapped_column(default=1)
    cancel_until: Mapped[datetime]
    pe_tenths: Mapped[int] = mapped_column(default=0)
    fee_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    fee_vat_code: Mapped[str] = mapped_column(String(20), default="high", server_default="high")
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    published_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(String(400), default="")
    no_shows_at: Mapped[datetime | None]

    speakers: Mapped[list[Speaker]] = relationship(
        back_populates="gathering", order_by="Speaker.position", cascade="all, delete-orphan", passive_deletes=True
    )
    materials: Mapped[list[Material]] = relationship(
        order_by=(Material.added_at, Material.id), cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def pools(self) -> tuple[Pool, ...]:
        """The seats by mode."""
        return pools_of(self)

    def pool(self, mode: SeatMode) -> Pool | None:
        """Return the seats of one mode, if one can take part like that."""
        return next((pool for pool in self.pools if pool.mode is mode), None)

    @property
    def seats_left(self) -> int:
        """How many seats can still be booked, in whatever mode."""
        return sum(pool.left for pool in self.pools)

    @property
    def everybody(self) -> int:
        """How many seats are taken, in whatever mode."""
        return sum(pool.taken for pool in self.pools)

    @property
    def pe_points(self) -> Decimal:
        """PE points as people count them."""
        return Decimal(self.pe_tenths) / 10

    @property
    def mode(self) -> Mode:
        """How one takes part, told by what is filled in."""
        return mode_of(self.venue, self.online_url)

    @property
    def timezone(self) -> ZoneInfo:
        """The zone in which the gathering's clock runs, over both clock changes."""
        return ZoneInfo(self.zone)


class Speaker(Base):
    """Somebody on the programme of one gathering, introduced as they were then."""

    __tablename__ = "speaker"
    __table_args__ = (UniqueConstraint("gathering_id", "position"),)

    id: Mapped[Id]
    gathering_id: Mapped[UUID] = mapped_column(ForeignKey("gathering.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    headline: Mapped[str] = mapped_column(String(160), default="")
    bio: Mapped[str] = mapped_column(String(1000), default="")
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), index=True)

    gathering: Mapped[Gathering] = relationship(back_populates="speakers")


UNPAID = "state = 'confirmed' AND pay_by IS NOT NULL"


class Booking(Base):
    """G2: one person's seat. At most one confirmed booking per person and gathering; earlier ones stay as history.

    G4: `cancel_until` and `terms` are what the person agreed to when booking; a later change never makes them worse.
    G1: `mode` is how they take part; `moves` counts how often that changed, since calendars compare versions (G5).
    G7: `cancelled_late` tells who gave the seat back after that, `no_show_at` who kept it and did not come.
    P10: `fee_cents` is the fee as it was when the seat was taken, without VAT. While it is to be paid there is a
    `pay_by`, once it is there is a `paid_at`; with neither nothing is asked. `lapsed` tells whose seat was not paid.
    """

    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("gathering_id", "seq"),
        Index(
            "uq_booking_live",
            "gathering_id",
            "account_id",
            unique=True,
            sqlite_where=text("state = 'confirmed'"),
            postgresql_where=text("state = 'confirmed'"),
        ),
        Index("ix_booking_account_id_state_gathering_id", "account_id", "state", "gathering_id"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
        CheckConstraint("NOT cancelled_late OR state = 'cancelled'", name="late"),
        CheckConstraint("no_show_at IS NULL OR state = 'confirmed'", name="no_show"),
        CheckConstraint("fee_cents >= 0", name="fee_cents"),
        CheckConstraint("pay_by IS NULL OR (paid_at IS NULL AND fee_cents > 0)", name="pay_by"),
        CheckConstraint("NOT lapsed OR state = 'cancelled'", name="lapsed"),
        Index(
            "ix_booking_pay_by",
            "pay_by",
            sqlite_where=text(UNPAID),
            postgresql_where=text(UNPAID),
        ),
    )

    id: Mapped[Id]
    gathering_id: Mapped[UUID] = mapped_column(ForeignKey("gathering.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    state: Mapped[BookingState] = state_column(BookingState, name="state", default=BookingState.CONFIRMED)
    mode: Mapped[SeatMode] = state_column(SeatMode, name="mode", default=SeatMode.ON_SITE)
    moves: Mapped[int] = mapped_column(default=0)
    seq: Mapped[int]
    booked_at: Mapped[datetime]
    cancel_until: Mapped[datetime]
    terms: Mapped[str] = mapped_column(Text, default="")
    cancelled_at: Mapped[datetime | None]
    cancelled_late: Mapped[bool] = mapped_column(default=False)
    no_show_at: Mapped[datetime | None]
    fee_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    pay_by: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    lapsed: Mapped[bool] = mapped_column(default=False, server_default=false())

    gathering: Mapped[Gathering] = relationship()


class Wish(StrEnum):
    """G3: what somebody on a waiting list wants done when a seat comes free."""

    AUTOMATIC = "automatic"
    ASK = "ask"


class EntryState(StrEnum):
    """How somebody's place on a waiting list stands, or ended; `over` is a gathering that began or was called off."""

    WAITING = "waiting"
    OFFERED = "offered"
    SEATED = "seated"
    DECLINED = "declined"
    EXPIRED = "expired"
    LEFT = "left"
    OVER = "over"


IN_LINE = "state IN ('waiting', 'offered')"


class WaitlistEntry(Base):
    """G3: one person's place on a waiting list. At most one live place per person and gathering.

    G1: `mode` is what they wait for; who has a seat in the other mode keeps it while waiting.

    `freed_by_id` is whose seat is being offered: should the offer lapse, that seat does not return to them either.
    """

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        UniqueConstraint("gathering_id", "seq"),
        Index(
            "uq_waitlist_entry_live",
            "gathering_id",
            "account_id",
            unique=True,
            sqlite_where=text(IN_LINE),
            postgresql_where=text(IN_LINE),
        ),
        Index("ix_waitlist_entry_gathering_id_state_seq", "gathering_id", "state", "seq"),
        Index("ix_waitlist_entry_account_id_state", "account_id", "state"),
        Index("ix_waitlist_entry_state_offer_until", "state", "offer_until"),
        CheckConstraint("(state IN ('waiting', 'offered')) = (ended_at IS NULL)", name="ended_at"),
        CheckConstraint("state <> 'offered' OR offer_until IS NOT NULL", name="offer_until"),
        CheckConstraint("(state = 'seated') = (booking_id IS NOT NULL)", name="booking"),
    )

    id: Mapped[Id]
    gathering_id: Mapped[UUID] = mapped_column(ForeignKey("gathering.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    state: Mapped[EntryState] = state_column(EntryState, name="state", default=EntryState.WAITING)
    mode: Mapped[SeatMode] = state_column(SeatMode, name="mode", default=SeatMode.ON_SITE)
    wish: Mapped[Wish] = state_column(Wish, name="wish")
    seq: Mapped[int]
    joined_at: Mapped[datetime]
    offered_at: Mapped[datetime | None]
    offer_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("booking.id"))
    freed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))

    gathering: Mapped[Gathering] = relationship()


class WaitlistPreference(Base):
    """G3: what somebody wants on every waiting list they join; until they say so, to be taken automatically."""

    __tablename__ = "waitlist_preference"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    wish: Mapped[Wish] = state_column(Wish, name="wish")
    changed_at: Mapped[datetime]


class Step(StrEnum):
    """What was done with somebody in line."""

    SEATED = "seated"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    PASSED_OVER = "passed_over"


class Cause(StrEnum):
    """Why: what made a seat free, or why somebody was passed over."""

    SEAT_GIVEN_BACK = "seat_given_back"
    SEATS_ADDED = "seats_added"
    OFFER_DECLINED = "offer_declined"
    OFFER_EXPIRED = "offer_expired"
    OWN_ANSWER = "own_answer"
    OWN_SEAT = "own_seat"
    NO_MEMBER = "no_member"
    OVERLAP = "overlap"


class Promotion(Base):
    """G3: the log of a waiting list: each step, with its reason, kept as it was; `mode` when there were two lists."""

    __tablename__ = "promotion"
    __table_args__ = (Index("ix_promotion_gathering_id_at", "gathering_id", "at"),)

    id: Mapped[Id]
    gathering_id: Mapped[UUID] = mapped_column(ForeignKey("gathering.id"))
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("waitlist_entry.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    step: Mapped[Step] = state_column(Step, name="step")
    cause: Mapped[Cause] = state_column(Cause, name="cause")
    mode: Mapped[SeatMode | None] = state_column(SeatMode, name="mode")
    seq: Mapped[int]
    freed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


append_only(Promotion)
