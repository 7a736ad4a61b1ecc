"""G3: the waiting list: whose turn it is, offers, and leaving. Every step is taken while the gathering's row is held.

A seat that comes free goes to the first in line who may have it, in the transaction that frees it. Whoever chose so is
seated without being asked until 48 hours before the start; after that, and for who always wants to be asked, the seat
is held and offered. Nothing is promoted past the cutoff: a seat freed then can be booked by whoever is first.

G1: of a hybrid gathering each mode has a line of its own. Who has a seat in the other mode meanwhile exchanges it, and
the seat that they leave goes to the first in that line.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.accounts import queries as accounts
from app.agenda import queries
from app.agenda import waitlist_queries as waitlist
from app.agenda.entries import Listed
from app.agenda.events import (
    OfferExpired,
    SeatBooked,
    SeatMoved,
    SeatOffered,
    SeatPromoted,
    WaitlistCalledOff,
    WaitlistLeft,
)
from app.agenda.models import (
    Booking,
    Cause,
    EntryState,
    Gathering,
    GatheringState,
    Promotion,
    SeatMode,
    Step,
    WaitlistEntry,
    WaitlistPreference,
    Wish,
)
from app.agenda.services import fees, seats
from app.agenda.services.refusals import MembershipNeeded, OfferOver
from app.agenda.services.terms import terms_until
from app.audit import services as audit
from app.core import clock
from app.core.db import atomic, db
from app.core.events import publish
from app.core.i18n import speaking
from app.membership import queries as membership

AUTOMATIC_UNTIL = timedelta(hours=48)
CUTOFF = timedelta(hours=6)
OFFER_LASTS, OFFER_LASTS_SHORTLY = timedelta(hours=24), timedelta(hours=6)
SHORTEST_OFFER = timedelta(hours=1)
TIME_TO_WITHDRAW = timedelta(hours=24)
AT_ONCE = 50
COUNTED = ("seats_taken", "seats_held", "online_taken", "online_held", "arrivals")


def closes_at(gathering: Gathering | Listed) -> datetime:
    """G3: return the cutoff: from then on nobody is promoted and nobody joins."""
    return gathering.starts_at - CUTOFF


def is_open(gathering: Gathering | Listed) -> bool:
    """Say whether a waiting list can still lead to a seat."""
    return gathering.state is GatheringState.PUBLISHED and clock.now() < closes_at(gathering)


def is_automatic(gathering: Gathering, wish: Wish) -> bool:
    """Say whether somebody who wishes so would be seated without being asked, if a seat came free now."""
    return wish is Wish.AUTOMATIC and clock.now() < gathering.starts_at - AUTOMATIC_UNTIL


def offer_ends(gathering: Gathering) -> datetime:
    """Return until when an offer made now holds: a day, six hours in the last two days, never past the cutoff."""
    now = clock.now()
    near = now >= gathering.starts_at - AUTOMATIC_UNTIL
    return min(now + (OFFER_LASTS_SHORTLY if near else OFFER_LASTS), closes_at(gathering))


def hold(gathering_id: UUID) -> Gathering:
    """Hold the gathering's row and return it as it is now."""
    return db.session.get_one(Gathering, gathering_id, populate_existing=True, with_for_update={"of": Gathering})


def promote(
    gathering_id: UUID, mode: SeatMode, *, cause: Cause, freed_by: UUID | None = None, barred: Collection[UUID] = ()
) -> None:
    """G3: give every free seat of a mode to who is first in line and may have it; what is left over anybody can book.

    Never to who freed it, nor to those in `barred`; who is no member on the day or has a seat elsewhere at these hours
    keeps the place and is passed over, with the reason in the log.
    """
    gathering = hold(gathering_id)
    if not is_open(gathering):
        return
    turn = _Turn(gathering, cause, freed_by, {*barred, *([freed_by] if freed_by else [])})
    pool = gathering.pool(mode)
    free, seq = pool.left if pool else 0, 0
    while free > 0:
        waiting = waitlist.waiting_after(gathering.id, mode, seq, AT_ONCE)
        if not waiting:
            break
        for entry in waiting:
            if free > 0 and _serve(turn, entry):
                free -= 1
            seq = entry.seq
    db.session.flush()
    db.session.expire(gathering, COUNTED)
    for account_id in turn.left:
        promote(gathering_id, mode.other, cause=Cause.SEAT_GIVEN_BACK, freed_by=account_id)


@dataclass(frozen=True)
class _Turn:
    """What holds for everybody whose turn it is: why there is a seat, and who may not have it.

    `left` names who left a seat of the other mode for it.
    """

    gathering: Gathering
    cause: Cause
    freed_by: UUID | None
    refused: Collection[UUID]
    left: list[UUID] = field(default_factory=list)


def _serve(turn: _Turn, entry: WaitlistEntry) -> bool:
    """Seat or ask somebody, or pass them over; say whether that took a seat."""
    reason = _why_not(turn.gathering, entry, turn.refused)
    if reason is not None:
        _note(entry, turn.gathering, Step.PASSED_OVER, reason)
        return False
    seated = is_automatic(turn.gathering, entry.wish) and fees.can_be_billed(turn.gathering, entry.account_id)
    return _seat(turn, entry) if seated else _offer(turn, entry)


def _why_not(gathering: Gathering, entry: WaitlistEntry, refused: Collection[UUID]) -> Cause | None:
    if entry.account_id in refused:
        return Cause.OWN_SEAT
    if not membership.is_member(entry.account_id, clock.local(gathering.starts_at).date()):
        return Cause.NO_MEMBER
    return Cause.OVERLAP if waitlist.seat_elsewhere(entry.account_id, gathering) else None


def _seat(turn: _Turn, entry: WaitlistEntry) -> bool:
    """Seat somebody unasked; they get a day to give the seat back freely, but never past the start (G4)."""
    gathering, now = turn.gathering, clock.now()
    if held := _seat_in_other_mode(gathering, entry):
        return _exchange(turn, entry, held)
    until = max(gathering.cancel_until, min(now + TIME_TO_WITHDRAW, gathering.starts_at))
    with speaking(accounts.account(entry.account_id).locale):
        terms = terms_until(until, paid=bool(gathering.fee_cents))
    given = seats.take(gathering.id, entry.account_id, entry.mode, now=now, cancel_until=until, terms=terms)
    if given is None:
        return False
    fees.charge(gathering, given.id, entry.account_id, buyer=fees.buyer_for(gathering, entry.account_id), by=None)
    _seated(turn, entry, given.id)
    return True


def _seat_in_other_mode(gathering: Gathering, entry: WaitlistEntry) -> Booking | None:
    """G1: return the seat that somebody in line for one mode of a hybrid gathering has in the other."""
    return queries.live_booking(gathering.id, entry.account_id) if gathering.online_capacity is not None else None


def _exchange(turn: _Turn, entry: WaitlistEntry, held: Booking) -> bool:
    """Let somebody have a seat for the one of the other mode that they have."""
    if not seats.move(held.id, turn.gathering.id, to=entry.mode):
        return False
    db.session.expire(held)
    turn.left.append(entry.account_id)
    _seated(turn, entry, held.id)
    return True


def _seated(turn: _Turn, entry: WaitlistEntry, booking_id: UUID) -> None:
    _close(entry, EntryState.SEATED, booking_id=booking_id)
    _note(entry, turn.gathering, Step.SEATED, turn.cause, turn.freed_by)
    audit.record(
        "booking.promoted",
        by=None,
        on=("booking", booking_id),
        after={"title": turn.gathering.title, "account_id": entry.account_id},
    )
    publish(SeatPromoted(entry_id=entry.id, booking_id=booking_id))


def _offer(turn: _Turn, entry: WaitlistEntry) -> bool:
    """Hold a seat and ask; not when there is too little time left to answer."""
    gathering, until = turn.gathering, offer_ends(turn.gathering)
    if until - clock.now() < SHORTEST_OFFER or not seats.hold(gathering.id, entry.mode):
        return False
    entry.state, entry.offered_at, entry.offer_until = EntryState.OFFERED, clock.now(), until
    entry.freed_by_id = turn.freed_by
    _note(entry, gathering, Step.OFFERED, turn.cause, turn.freed_by)
    _audit("waitlist.offered", entry, gathering, by=None)
    publish(SeatOffered(entry_id=entry.id, until=until))
    return True


def accept_offer(entry_id: UUID, *, by: UUID, fee_seen: int | None = None) -> Booking:
    """Take the seat that is held, at the fee that was seen; asked twice it returns the same booking."""
    entry, gathering = _held(entry_id)
    if entry.state is EntryState.SEATED and entry.booking_id:
        return queries.booking(entry.booking_id)
    _refuse_unless_offered(entry, gathering)
    day = clock.local(gathering.starts_at).date()
    if not membership.is_member(entry.account_id, day):
        raise MembershipNeeded(day, renewing=membership.is_member(entry.account_id, clock.today()))
    if held := _seat_in_other_mode(gathering, entry):
        return _accept_in_exchange(entry, gathering, held, by=by)
    fees.refuse_another_fee(gathering, fee_seen)
    buyer = fees.buyer_for(gathering, entry.account_id)
    given = seats.take_held(
        gathering.id,
        entry.account_id,
        entry.mode,
        now=clock.now(),
        cancel_until=gathering.cancel_until,
        terms=terms_until(gathering.cancel_until, paid=bool(gathering.fee_cents)),
    )
    if given is None:
        raise OfferOver
    fees.charge(gathering, given.id, entry.account_id, buyer=buyer, by=by)
    _close(entry, EntryState.SEATED, booking_id=given.id)
    _note(entry, gathering, Step.ACCEPTED, Cause.OWN_ANSWER)
    db.session.expire(gathering, COUNTED)
    audit.record(
        "booking.made",
        by=by,
        on=("booking", given.id),
        after={"title": gathering.title, "account_id": entry.account_id},
    )
    publish(
        SeatBooked(booking_id=given.id, gathering_id=gathering.id, account_id=entry.account_id, sequence=given.sequence)
    )
    return queries.booking(given.id)


def _accept_in_exchange(entry: WaitlistEntry, gathering: Gathering, held: Booking, *, by: UUID) -> Booking:
    if not seats.move(held.id, gathering.id, to=entry.mode, held=True):
        raise OfferOver
    _close(entry, EntryState.SEATED, booking_id=held.id)
    _note(entry, gathering, Step.ACCEPTED, Cause.OWN_ANSWER)
    after_exchange(held, gathering, by=by)
    return held


def after_exchange(booking: Booking, gathering: Gathering, *, by: UUID) -> None:
    """G1: write down that somebody exchanged a seat, tell them, and give the one they left to the next in line."""
    db.session.flush()
    db.session.expire(booking)
    db.session.expire(gathering, COUNTED)
    audit.record(
        "booking.mode_changed",
        by=by,
        on=("booking", booking.id),
        before={"mode": booking.mode.other},
        after={"mode": booking.mode, "title": gathering.title, "account_id": booking.account_id},
    )
    publish(SeatMoved(booking_id=booking.id, moves=booking.moves))
    promote(gathering.id, booking.mode.other, cause=Cause.SEAT_GIVEN_BACK, freed_by=booking.account_id)


def _refuse_unless_offered(entry: WaitlistEntry, gathering: Gathering) -> None:
    late = entry.offer_until is None or entry.offer_until <= clock.now()
    if entry.state is not EntryState.OFFERED or late or gathering.state is not GatheringState.PUBLISHED:
        raise OfferOver


def leave(entry_id: UUID, *, by: UUID) -> None:
    """Leave the waiting list, freely and at any time; an offered seat goes on to the next. Twice is once."""
    entry, gathering = _held(entry_id)
    if entry.state not in waitlist.IN_LINE:
        return
    offered = entry.state is EntryState.OFFERED
    _close(entry, EntryState.DECLINED if offered else EntryState.LEFT)
    if offered:
        _note(entry, gathering, Step.DECLINED, Cause.OWN_ANSWER)
    _audit("waitlist.declined" if offered else "waitlist.left", entry, gathering, by=by)
    publish(WaitlistLeft(entry_id=entry.id))
    if offered:
        _pass_on(entry, Cause.OFFER_DECLINED)


def _pass_on(entry: WaitlistEntry, cause: Cause) -> None:
    """Free a seat that was held, for the next in line: not for who let it pass, nor for whose seat it was."""
    db.session.flush()
    seats.let_go(entry.gathering_id, entry.mode)
    barred = [entry.freed_by_id] if entry.freed_by_id else []
    promote(entry.gathering_id, entry.mode, cause=cause, freed_by=entry.account_id, barred=barred)


def expire_offers() -> None:
    """End offers that nobody answered in time, and close lists that are over; doing it again changes nothing."""
    for entry_id in waitlist.overdue_offers():
        with atomic():
            _expire(entry_id)
    for gathering_id in waitlist.lists_that_are_over():
        with atomic():
            close(gathering_id)


def _expire(entry_id: UUID) -> None:
    entry, gathering = _held(entry_id)
    if entry.state is not EntryState.OFFERED or entry.offer_until is None or entry.offer_until > clock.now():
        return
    _close(entry, EntryState.EXPIRED)
    _note(entry, gathering, Step.EXPIRED, Cause.OFFER_EXPIRED)
    _audit("waitlist.expired", entry, gathering, by=None)
    publish(OfferExpired(entry_id=entry.id))
    _pass_on(entry, Cause.OFFER_EXPIRED)


def follow_move(gathering: Gathering) -> None:
    """Let no offer outlast the cutoff of a gathering that moved to an earlier moment; its row is held."""
    for entry in waitlist.in_line(gathering.id):
        if entry.offer_until and entry.offer_until > closes_at(gathering):
            entry.offer_until = closes_at(gathering)


def close(gathering_id: UUID) -> None:
    """End a waiting list for good: the gathering has begun or is called off, and then who waited is told."""
    gathering = hold(gathering_id)
    standing = waitlist.in_line(gathering.id)
    for entry in standing:
        if entry.state is EntryState.OFFERED:
            seats.let_go(gathering.id, entry.mode)
        _close(entry, EntryState.OVER)
    db.session.flush()
    db.session.expire(gathering, COUNTED)
    if standing and gathering.state is GatheringState.CANCELLED:
        publish(WaitlistCalledOff(gathering_id=gathering.id, entry_ids=tuple(entry.id for entry in standing)))


def seated_by_own_click(entry: WaitlistEntry, gathering: Gathering, booking_id: UUID) -> None:
    """End the place of somebody who booked a free seat while still in line; their row is held by that booking."""
    _close(entry, EntryState.SEATED, booking_id=booking_id)
    _note(entry, gathering, Step.ACCEPTED, Cause.OWN_ANSWER)


def choose_wish(entry_id: UUID, wish: Wish) -> None:
    """Change, for one place, whether to be seated or asked."""
    entry, _gathering = _held(entry_id)
    if entry.state is EntryState.WAITING:
        entry.wish = wish


def choose_default_wish(account_id: UUID, wish: Wish) -> None:
    """Remember what somebody wants on every waiting list from now on; places they have keep their own choice."""
    kept = db.session.get(WaitlistPreference, account_id)
    if kept is None:
        kept = WaitlistPreference(account_id=account_id)
        db.session.add(kept)
    kept.wish, kept.changed_at = wish, clock.now()


@dataclass(frozen=True)
class Effect:
    """What another number of seats would do: who is seated, who is asked, how many seats anybody can book."""

    seated: tuple[UUID, ...]
    asked: tuple[UUID, ...]
    passed_over: tuple[UUID, ...]
    left_over: int


def effect_of(gathering: Gathering, mode: SeatMode, capacity: int) -> Effect:
    """Tell, without changing anything, what `promote` would do at another capacity."""
    seated: list[UUID] = []
    asked: list[UUID] = []
    passed: list[UUID] = []
    pool = gathering.pool(mode)
    free = capacity - (pool.taken if pool else 0)
    in_time = offer_ends(gathering) - clock.now() >= SHORTEST_OFFER
    for entry in waitlist.in_line(gathering.id) if is_open(gathering) else ():
        if entry.state is not EntryState.WAITING or entry.mode is not mode or free <= 0:
            continue
        automatic = is_automatic(gathering, entry.wish)
        if _why_not(gathering, entry, ()) or not (automatic or in_time):
            passed.append(entry.account_id)
            continue
        (seated if automatic else asked).append(entry.account_id)
        free -= 1
    return Effect(tuple(seated), tuple(asked), tuple(passed), max(free, 0))


def _held(entry_id: UUID) -> tuple[WaitlistEntry, Gathering]:
    """Hold the gathering's row of a place and return both as they are now."""
    gathering = hold(waitlist.entry(entry_id).gathering_id)
    return db.session.get_one(WaitlistEntry, entry_id, populate_existing=True), gathering


def _close(entry: WaitlistEntry, state: EntryState, *, booking_id: UUID | None = None) -> None:
    entry.state, entry.ended_at, entry.booking_id = state, clock.now(), booking_id


def _note(entry: WaitlistEntry, gathering: Gathering, step: Step, cause: Cause, freed_by: UUID | None = None) -> None:
    db.session.add(
        Promotion(
            gathering_id=entry.gathering_id,
            entry_id=entry.id,
            account_id=entry.account_id,
            step=step,
            cause=cause,
            mode=entry.mode if gathering.online_capacity is not None else None,
            seq=entry.seq,
            freed_by_id=freed_by,
            at=clock.now(),
        )
    )


def _audit(action: str, entry: WaitlistEntry, gathering: Gathering, *, by: UUID | None) -> None:
    audit.record(
        action,
        by=by,
        on=("waitlist_entry", entry.id),
        after={"title": gathering.title, "account_id": entry.account_id},
    )
