"""Gatherings past and coming with believable bookings, for a demo of any size; counters and rows agree."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts.demo import KNOWN, demo_id
from app.agenda.absences import demo as absences
from app.agenda.attendance import demo as attendance
from app.agenda.feedback import demo as feedback
from app.agenda.materials import demo as materials
from app.agenda.models import (
    Booking,
    BookingState,
    EntryState,
    Gathering,
    GatheringKind,
    GatheringState,
    SeatMode,
    Speaker,
    WaitlistEntry,
    Wish,
)
from app.agenda.series import demo as series
from app.agenda.services import terms_of
from app.core import clock
from app.core.db import Base, db, insert_rows
from app.core.demo import DOMAIN, DemoPlan, drawn_id, names
from app.membership import queries as membership

PAST_SHARE = 0.6
LONGEST_AGO, FURTHEST_AHEAD = 730, 150
AT_ONCE = 5000
ONLINE_ONE_IN, HYBRID_ONE_IN, CANCELLED_ONE_IN, DRAFT_ONE_IN = 5, 4, 19, 11
CANCELLED_AT, FULL_ONE_IN, OPENS_LATE_ONE_IN = 3, 5, 4
OPENS_DAYS_BEFORE = 60
SHARE_SEATED_WHEN_FULL = 0.7
LONGEST_LINE = 9
ASKS_FIRST = 0.3
CHANGED_MIND = 0.06
SHARE_ONLINE = (0.2, 0.6)
FRIDAY = 4
AT_HAND = (-1, 0)
USUAL_SEATS = {
    GatheringKind.OPEN_PEER_REVIEW: (8, 8, 8),
    GatheringKind.NETWORK_MEETING: (60, 80, 120),
    GatheringKind.CHALLENGE_FINAL: (150, 180, 220),
}
STARTS, EVENING = (time(16), time(19, 30), time(13, 30), time(9, 30)), time(17, 30)
ON_SITE_IN_THE_EVENING = {GatheringKind.NETWORK_MEETING, GatheringKind.CHALLENGE_FINAL}


Subject = dict[str, Any]


@dataclass(frozen=True)
class Content:
    """What gatherings are about and where they are held."""

    subjects: list[Subject]
    venues: list[dict[str, str]]

    @classmethod
    def read(cls) -> Content:
        """Read the file beside this module."""
        found = tomllib.loads(Path(__file__).with_name("demo_content.toml").read_text(encoding="utf-8"))
        return cls(found["subject"], found["venue"])


@dataclass
class Made:
    """The rows of one gathering, and how many seats are to be filled."""

    row: dict[str, Any]
    fill: float
    at_hand: bool = False
    speakers: list[dict[str, Any]] = field(default_factory=list)


def seed(plan: DemoPlan) -> None:
    """Make the gatherings of the plan and fill their seats with people who were ever admitted."""
    rng, lines = plan.chance("agenda"), plan.chance("waiting lists")
    content = Content.read()
    days = _days(plan, rng)
    first_ahead = sum(day < plan.today for day in days)
    made = [_gathering(content, day, number, first_ahead, rng) for number, day in enumerate(days)]
    if not made:
        return
    series.lay_out(made, plan.chance("series"))
    _let_a_member_speak([one for one in made[:first_ahead] if one.row["state"] is GatheringState.PUBLISHED])
    seats = _seats_taken(made, plan, rng, lines)
    insert_rows(Gathering, [one.row for one in made])
    insert_rows(Speaker, [speaker for one in made for speaker in one.speakers])
    for start in range(0, len(seats.bookings), AT_ONCE):
        insert_rows(Booking, seats.bookings[start : start + AT_ONCE])
    insert_rows(WaitlistEntry, seats.waiting)
    attendance.write(seats.stays, AT_ONCE)
    materials.add([one.row for one in made], plan.chance("materials"))
    absences.add(seats.bookings)
    feedback.add([one.row for one in made], seats.bookings, seats.stays, plan.chance("feedback"))


def _let_a_member_speak(past: list[Made]) -> None:
    """Give the demo member the floor at the third last of what has been, to see what people thought of it."""
    lid = next(known for known in KNOWN if known.who == "lid")
    for one in past[-3:-2]:
        for speaker in one.speakers[:1]:
            speaker |= {"name": f"{lid.given_name} {lid.family_name}", "account_id": demo_id(lid.who)}


def _days(plan: DemoPlan, rng: Random) -> list[date]:
    """Spread the gatherings over two years past and the coming months, on working days; one yesterday, one today."""
    past = round(plan.sessions * PAST_SHARE)
    days = [
        plan.today - timedelta(days=1 + int(LONGEST_AGO * (number + rng.random()) / past)) for number in range(past)
    ]
    ahead = plan.sessions - past
    days += [
        plan.today + timedelta(days=3 + int(FURTHEST_AHEAD * (number + rng.random()) / ahead))
        for number in range(ahead)
    ]
    days = sorted(day + timedelta(days=2) if day.weekday() > FRIDAY else day for day in days)
    first_ahead = sum(day < plan.today for day in days)
    around = [(first_ahead - 1, plan.today - timedelta(days=1)), (first_ahead, plan.today)]
    for number, day in around:
        if 0 <= number < len(days):
            days[number] = day
    return days


def _gathering(content: Content, day: date, number: int, first_ahead: int, rng: Random) -> Made:
    subject = content.subjects[(number * 5 + 3) % len(content.subjects)]
    gathering_id, kind = drawn_id(rng), GatheringKind(subject["kind"])
    starts_at = _moment(day, EVENING if kind in ON_SITE_IN_THE_EVENING else rng.choice(STARTS))
    if at_hand := number - first_ahead in AT_HAND:
        starts_at = _this_evening(day)
    state, now = _state(number - first_ahead), clock.now()
    draft, cancelled = state is GatheringState.DRAFT, state is GatheringState.CANCELLED
    opens = starts_at - timedelta(days=OPENS_DAYS_BEFORE)
    members_from = opens if number % OPENS_LATE_ONE_IN == 0 else min(opens, now - timedelta(days=1))
    row = {
        "id": gathering_id,
        "kind": kind,
        "title": subject["title"],
        "summary": subject["summary"],
        "programme": _programme(subject),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=rng.choice((120, 120, 150, 180))),
        "zone": clock.HOME_ZONE.key,
        "capacity": rng.choice(USUAL_SEATS.get(kind, (14, 18, 20, 24, 30))),
        "seats_taken": 0,
        "online_capacity": None,
        "online_taken": 0,
        "online_held": 0,
        "arrivals": 0,
        "queued": 0,
        "members_from": members_from,
        "guests_from": None,
        "cancel_until": _moment(day - timedelta(days=2), time(12)),
        "pe_tenths": subject["pe_tenths"],
        "sequence": 1 if cancelled else 0,
        "created_at": min(opens - timedelta(days=20), now - timedelta(days=9)),
        "published_at": None if draft else min(opens, now) - timedelta(days=5),
        "cancelled_at": min(starts_at - timedelta(days=4), now - timedelta(hours=3)) if cancelled else None,
        "no_shows_at": None,
        "cancel_reason": "De spreker is ziek geworden. Wij zoeken een nieuwe datum." if cancelled else "",
        "state": state,
        **_where(content, kind, number, rng, on_site=at_hand),
    }
    fill = 0.0 if draft or members_from > now else _fill(number - first_ahead, starts_at, rng)
    return Made(row, fill, at_hand, _speakers(gathering_id, subject, rng))


def _this_evening(day: date) -> datetime:
    """Let what is at hand begin in the evening, or, for who makes the demo at night, within the hour."""
    evening, soon = _moment(day, time(19, 30)), clock.now() + timedelta(minutes=45)
    late = day == clock.today() and evening < soon
    return soon.replace(minute=30 * (soon.minute // 30), second=0, microsecond=0) if late else evening


def _state(ahead: int) -> GatheringState:
    """Let most be published; `ahead` counts from the next one, negative for what has been."""
    if ahead % CANCELLED_ONE_IN == CANCELLED_AT:
        return GatheringState.CANCELLED
    drafted = ahead >= 0 and ahead % DRAFT_ONE_IN == DRAFT_ONE_IN - 1
    return GatheringState.DRAFT if drafted else GatheringState.PUBLISHED


def _moment(day: date, at: time) -> datetime:
    return clock.at_home(datetime.combine(day, at))


def _programme(subject: Subject) -> str:
    items = "\n".join(f"- {item}" for item in subject["items"])
    closing = "Na afloop is er tijd om door te praten, met iets te drinken en iets te eten."
    return f"### Wat er gebeurt\n\n{items}\n\n{closing}"


def _where(content: Content, kind: GatheringKind, number: int, rng: Random, *, on_site: bool) -> dict[str, str]:
    online = f"https://meet.{DOMAIN}/kring-{rng.randrange(10**6):06d}"
    on_site = on_site or kind in ON_SITE_IN_THE_EVENING
    if number % ONLINE_ONE_IN == ONLINE_ONE_IN - 1 and not on_site:
        return {"venue": "", "address": "", "city": "", "online_url": online}
    place = rng.choice(content.venues)
    hybrid = number % HYBRID_ONE_IN == HYBRID_ONE_IN - 1 and not on_site
    return {
        "venue": place["name"],
        "address": place["address"],
        "city": place["city"],
        "online_url": online if hybrid else "",
    }


def _fill(ahead: int, starts_at: datetime, rng: Random) -> float:
    """Decide how full it is: what was is well attended, what is far off is filling, a few are full."""
    if ahead < 0:
        return min(1.0, rng.uniform(0.6, 1.1))
    if ahead % FULL_ONE_IN == 1:
        return 1.0
    return min(1.0, rng.uniform(0.55, 1.1) * max(0.15, 1 - (starts_at - clock.now()).days / FURTHEST_AHEAD))


def _speakers(gathering_id: UUID, subject: Subject, rng: Random) -> list[dict[str, Any]]:
    return [
        {
            "id": drawn_id(rng),
            "gathering_id": gathering_id,
            "position": position,
            "name": f"{rng.choice(names.GIVEN)} {rng.choice(names.FAMILY)}",
            "headline": role[0].upper() + role[1:],
            "bio": "",
            "account_id": None,
        }
        for position, role in enumerate(subject["speakers"])
    ]


@dataclass(frozen=True)
class _Bookers:
    """Who was ever admitted, and until when they are members if they are so now; the demo member first."""

    ever: list[UUID]
    until: dict[UUID, date]

    @classmethod
    def found(cls) -> _Bookers:
        """Look them up; whoever else has an address of their own books in stories."""
        roll = membership.roll(clock.today()).subquery()
        person = Base.metadata.tables["account"].c
        lid = demo_id("lid")
        others = [demo_id(known.who) for known in KNOWN if demo_id(known.who) != lid]
        rows = db.session.execute(
            select(person.id, roll.c.status, roll.c.ends_on)
            .join(roll, roll.c.account_id == person.id)
            .where(person.id.not_in(others))
            .order_by(person.email)
        ).all()
        rows = sorted(rows, key=lambda row: row.id != lid)
        return cls([row.id for row in rows], {row.id: row.ends_on for row in rows if row.status == "active"})

    def of(self, row: dict[str, Any]) -> list[UUID]:
        """Return who may have booked a gathering: for one to come, who is a member on its day (M7)."""
        if row["starts_at"] <= clock.now():
            return self.ever
        day = clock.local(row["starts_at"]).date()
        return [account_id for account_id, until in self.until.items() if until >= day]


@dataclass
class _Seats:
    """Who has a seat, who waits for one, and who came."""

    bookings: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    stays: list[dict[str, Any]] = field(default_factory=list)


def _seats_taken(made: list[Made], plan: DemoPlan, rng: Random, lines: Random) -> _Seats:
    """Fill seats until the plan's number is reached; halls grow where the plan asks for more than they usually hold.

    What is full before its time has a waiting line.
    """
    bookers = _Bookers.found()
    planned = sum(one.fill * one.row["capacity"] for one in made)
    growth = plan.bookings / planned if planned and plan.bookings > planned else 1.0
    seats = _Seats()
    screens = plan.chance("online seats")
    door = plan.chance("attendance")
    for number, one in enumerate(made):
        if growth > 1:
            one.row["capacity"] = round(one.row["capacity"] * growth)
        people = bookers.of(one.row)
        to_come = one.row["starts_at"] > clock.now()
        if one.fill == 1.0 and to_come:
            one.row["capacity"] = max(1, min(one.row["capacity"], round(SHARE_SEATED_WHEN_FULL * len(people))))
        wanted = min(round(one.fill * one.row["capacity"]), len(people), one.row["capacity"])
        who = rng.sample(people, wanted)
        if people and wanted and (number % 3 == 0 or one.at_hand) and people[0] not in who:
            who[-1] = people[0]
        online = _online(one.row, [person for person in people if person not in set(who)], screens)
        taken = _seats(one.row, who, online, rng)
        seats.bookings += taken
        seats.stays += attendance.came(one.row, taken, door)
        if one.row["seats_taken"] == one.row["capacity"] and to_come and one.row["state"] is GatheringState.PUBLISHED:
            seats.waiting += _line(one.row, [person for person in people if person not in {*who, *online}], lines)
    return seats


def _line(row: dict[str, Any], left_over: list[UUID], rng: Random) -> list[dict[str, Any]]:
    """Let some wait since the seats were gone; some to be seated unasked, some to be asked."""
    who = rng.sample(left_over, min(len(left_over), rng.randint(2, LONGEST_LINE)))
    moments = sorted(clock.now() - timedelta(minutes=rng.randrange(30, 3 * 24 * 60)) for _ in who)
    row["queued"] = len(who)
    return [
        {
            "id": drawn_id(rng),
            "gathering_id": row["id"],
            "account_id": account_id,
            "state": EntryState.WAITING,
            "mode": _only_mode(row),
            "wish": Wish.ASK if rng.random() < ASKS_FIRST else Wish.AUTOMATIC,
            "seq": seq,
            "joined_at": moment,
        }
        for seq, (account_id, moment) in enumerate(zip(who, moments, strict=True), start=1)
    ]


def _only_mode(row: dict[str, Any]) -> SeatMode:
    """Tell how most take part."""
    return SeatMode.ON_SITE if row["venue"] else SeatMode.ONLINE


def _online(row: dict[str, Any], left_over: list[UUID], rng: Random) -> list[UUID]:
    """Give a hybrid gathering seats online, and tell who of those without a seat in the hall has one."""
    if not (row["venue"] and row["online_url"]):
        return []
    row["online_capacity"] = 2 * row["capacity"]
    share = rng.uniform(*SHARE_ONLINE) if row["seats_taken"] or row["members_from"] <= clock.now() else 0
    if row["state"] is GatheringState.DRAFT:
        return []
    return rng.sample(left_over, min(len(left_over), round(share * row["capacity"])))


def _seats(row: dict[str, Any], in_hall: list[UUID], online: list[UUID], rng: Random) -> list[dict[str, Any]]:
    """Book one gathering full to its wanted number; now and then somebody gave a seat back earlier."""
    who = [*in_hall, *online]
    opened, closed = row["members_from"], min(row["starts_at"], row["cancelled_at"] or clock.now(), clock.now())
    moments = sorted(opened + (closed - opened) * rng.random() ** 2 for _ in who)
    terms = terms_of(Gathering(cancel_until=row["cancel_until"]))
    rows = []
    for seq, (account_id, moment) in enumerate(zip(who, moments, strict=True), start=1):
        gone = len(in_hall) < row["capacity"] and rng.random() < CHANGED_MIND and moment < row["cancel_until"]
        mode = SeatMode.ONLINE if seq > len(in_hall) else _only_mode(row)
        rows.append(
            {
                "id": drawn_id(rng),
                "gathering_id": row["id"],
                "account_id": account_id,
                "state": BookingState.CANCELLED if gone else BookingState.CONFIRMED,
                "mode": mode,
                "moves": 0,
                "seq": seq,
                "booked_at": moment,
                "cancel_until": row["cancel_until"],
                "terms": terms,
                "cancelled_at": min(moment + timedelta(days=2), closed) if gone else None,
                "cancelled_late": False,
                "no_show_at": None,
            }
        )
    row["arrivals"] = len(rows)
    kept = [one["mode"] for one in rows if one["state"] is BookingState.CONFIRMED]
    row["online_taken"] = kept.count(SeatMode.ONLINE) if row["online_capacity"] else 0
    row["seats_taken"] = len(kept) - row["online_taken"]
    return rows
