"""How gatherings are put to people: in which words, under which month, and with which one button."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import UUID

from markupsafe import Markup

from app.agenda.entries import Listed
from app.agenda.models import EntryState, Gathering, GatheringKind, GatheringState, Mode, SeatMode
from app.agenda.queries import Month, Where
from app.agenda.services import Fee
from app.agenda.services import is_open as line_is_open
from app.agenda.waitlist_queries import Stand
from app.core import clock
from app.core.i18n import _l, language
from app.payments.models import CURRENCY

KINDS = {
    GatheringKind.KNOWLEDGE_SESSION: _l("Knowledge session"),
    GatheringKind.MASTERCLASS: _l("Masterclass"),
    GatheringKind.OPEN_PEER_REVIEW: _l("Open peer review"),
    GatheringKind.NETWORK_MEETING: _l("Network meeting"),
    GatheringKind.CHALLENGE_FINAL: _l("Interim Challenge final"),
}
MODES = {SeatMode.ON_SITE: _l("In the hall"), SeatMode.ONLINE: _l("Online")}
WHERES = {Where.ON_SITE: _l("On site"), Where.ONLINE: _l("Online")}
STATES = {
    GatheringState.DRAFT: ("info", _l("Draft")),
    GatheringState.PUBLISHED: ("ok", _l("Published")),
    GatheringState.CANCELLED: ("bad", _l("Cancelled")),
}


@dataclass(frozen=True)
class Viewer:
    """What the agenda needs to know of whoever looks at it; `lapsing` is a member whose dues do not reach the day."""

    signed_in: bool = False
    member: bool = False
    lapsing: bool = False
    booked: Mapping[UUID, SeatMode] = field(default_factory=dict)
    unpaid: AbstractSet[UUID] = frozenset()
    in_line: Mapping[UUID, Stand] = field(default_factory=dict)


class Offer(StrEnum):
    """The one thing to do or to know about a gathering, for one viewer."""

    BOOKED = "booked"
    CALLED_OFF = "called_off"
    PAST = "past"
    OFFERED = "offered"
    WAITING = "waiting"
    QUEUE = "queue"
    FULL = "full"
    OPENS_LATER = "opens_later"
    BOOK = "book"
    RENEW = "renew"
    JOIN = "join"


def offer(gathering: Gathering | Listed, viewer: Viewer) -> Offer:
    """Decide what a viewer is offered; the rules themselves are asked again when it is taken."""
    now, in_line = clock.now(), viewer.in_line.get(gathering.id)
    stands = in_line.state if in_line else None
    pool = gathering.pool(in_line.mode) if in_line else None
    opened, full = gathering.members_from <= now, not (pool.left if pool else gathering.seats_left)
    first_that_holds = (
        (Offer.CALLED_OFF, gathering.state is GatheringState.CANCELLED),
        (Offer.PAST, gathering.starts_at <= now),
        (Offer.OFFERED, stands is EntryState.OFFERED),
        (Offer.BOOKED, gathering.id in viewer.booked),
        (Offer.WAITING, full and stands is EntryState.WAITING),
        (Offer.QUEUE, full and opened and viewer.member and not viewer.lapsing and line_is_open(gathering)),
        (Offer.FULL, full),
        (Offer.OPENS_LATER, not opened),
        (Offer.RENEW, viewer.lapsing),
        (Offer.BOOK, viewer.member),
    )
    return next((offered for offered, holds in first_that_holds if holds), Offer.JOIN)


@dataclass(frozen=True)
class SeatChoice:
    """G1: one way to take part in a hybrid gathering, with what somebody may do: book, exchange, or join the line."""

    mode: SeatMode
    capacity: int
    taken: int
    mine: bool
    queue: bool
    open: bool

    @property
    def left(self) -> int:
        return self.capacity - self.taken


def choices(gathering: Gathering | Listed, viewer: Viewer) -> tuple[SeatChoice, ...]:
    """G1: tell of each way to take part in a hybrid gathering what somebody can do about it; of any other nothing."""
    if gathering.online_capacity is None:
        return ()
    in_line, mine = viewer.in_line.get(gathering.id), viewer.booked.get(gathering.id)
    may_queue = in_line is None and line_is_open(gathering)
    return tuple(
        SeatChoice(
            pool.mode,
            pool.capacity,
            pool.taken,
            mine=mine is pool.mode,
            queue=not pool.left,
            open=mine is not pool.mode and (pool.left > 0 or may_queue),
        )
        for pool in gathering.pools
    )


def by_month(gatherings: Iterable[Listed]) -> tuple[tuple[Month, tuple[Listed, ...]], ...]:
    """Put gatherings under their months, in the order in which they come."""
    return tuple((month, tuple(group)) for month, group in groupby(gatherings, key=lambda one: Month.of(one.starts_at)))


def initials(name: str) -> str:
    """Write a name's first and last initial, for the mark beside a speaker."""
    parts = [part for part in name.split() if part[:1].isupper()] or name.split()
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])) if parts else ""


def points(number: Decimal) -> str:
    """Write PE points as people do: `2`, or `1,5` in Dutch."""
    text = f"{number.normalize():f}"
    return text if language() == "en" else text.replace(".", ",")


def structured_data(gathering: Gathering, url: str, fee: Fee | None = None) -> Markup:
    """G10: describe the gathering to search engines as schema.org has it, escaped so that no title ends the script."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": gathering.title,
        "description": gathering.summary,
        "url": url,
        "startDate": _iso(gathering, gathering.starts_at),
        "endDate": _iso(gathering, gathering.ends_at),
        "eventStatus": _status(gathering.state),
        "eventAttendanceMode": f"https://schema.org/{_ATTENDANCE[gathering.mode]}",
        "maximumAttendeeCapacity": sum(pool.capacity for pool in gathering.pools),
        "remainingAttendeeCapacity": gathering.seats_left,
        **_capacities(gathering),
        "location": _locations(gathering, url),
        "performer": [{"@type": "Person", "name": speaker.name} for speaker in gathering.speakers],
    }
    if fee is not None:
        data["offers"] = _offers(gathering, url, fee)
    return _as_script({name: value for name, value in data.items() if value != []})


def _offers(gathering: Gathering, url: str, fee: Fee) -> dict[str, Any]:
    """Tell what a seat costs, VAT included, and whether there is one."""
    return {
        "@type": "Offer",
        "url": url,
        "price": f"{fee.gross_cents // 100}.{fee.gross_cents % 100:02d}",
        "priceCurrency": CURRENCY,
        "availability": "https://schema.org/" + ("InStock" if gathering.seats_left else "SoldOut"),
        "validFrom": _iso(gathering, gathering.members_from),
    }


def _capacities(gathering: Gathering) -> dict[str, int]:
    """G1: tell of a hybrid gathering how many there can be in the hall, and how many online."""
    if gathering.online_capacity is None:
        return {}
    return {
        "maximumPhysicalAttendeeCapacity": gathering.capacity,
        "maximumVirtualAttendeeCapacity": gathering.online_capacity,
    }


def structured_list(gatherings: Sequence[tuple[Listed, str]]) -> Markup:
    """G10: describe a month of gatherings, each with its page, as a list of events."""
    events = [
        {
            "@type": "Event",
            "name": one.title,
            "url": url,
            "startDate": clock.local(one.starts_at).isoformat(),
            "endDate": clock.local(one.ends_at).isoformat(),
            "eventStatus": _status(one.state),
            "eventAttendanceMode": f"https://schema.org/{_ATTENDANCE[one.mode]}",
            "location": _places(one.venue, {"addressLocality": one.city}, url, online=bool(one.online_url)),
        }
        for one, url in gatherings
    ]
    items = [{"@type": "ListItem", "position": n, "item": event} for n, event in enumerate(events, start=1)]
    return _as_script({"@context": "https://schema.org", "@type": "ItemList", "itemListElement": items})


def _status(state: GatheringState) -> str:
    return "https://schema.org/" + ("EventCancelled" if state is GatheringState.CANCELLED else "EventScheduled")


def _as_script(data: dict[str, Any]) -> Markup:
    text = json.dumps(data, ensure_ascii=False)
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704  JSON in which every character of markup is escaped


_ATTENDANCE = {
    Mode.ON_SITE: "OfflineEventAttendanceMode",
    Mode.ONLINE: "OnlineEventAttendanceMode",
    Mode.HYBRID: "MixedEventAttendanceMode",
}


def _iso(gathering: Gathering, moment: datetime) -> str:
    return moment.astimezone(gathering.timezone).isoformat()


def _locations(gathering: Gathering, url: str) -> Sequence[dict[str, Any]]:
    address = {"streetAddress": gathering.address, "addressLocality": gathering.city}
    return _places(gathering.venue, address, url, online=bool(gathering.online_url))


def _places(venue: str, address: dict[str, str], url: str, *, online: bool) -> Sequence[dict[str, Any]]:
    """Tell the place; of an online gathering only the page, since the link is for who booked."""
    found: list[dict[str, Any]] = []
    if venue:
        postal = {"@type": "PostalAddress", **address, "addressCountry": "NL"}
        found.append({"@type": "Place", "name": venue, "address": postal})
    if online:
        found.append({"@type": "VirtualLocation", "url": url})
    return found
