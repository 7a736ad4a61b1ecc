"""How gatherings are put to people: in which words, under which month, and with which one button."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import UUID

from markupsafe import Markup

from app.agenda.entries import Listed
from app.agenda.models import EntryState, Gathering, GatheringKind, GatheringState, Mode
from app.agenda.queries import Month, Where
from app.agenda.services import is_open as line_is_open
from app.core import clock
from app.core.i18n import _l, language

KINDS = {
    GatheringKind.KNOWLEDGE_SESSION: _l("Knowledge session"),
    GatheringKind.MASTERCLASS: _l("Masterclass"),
    GatheringKind.OPEN_PEER_REVIEW: _l("Open peer review"),
    GatheringKind.NETWORK_MEETING: _l("Network meeting"),
    GatheringKind.CHALLENGE_FINAL: _l("Interim Challenge final"),
}
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
    booked: set[UUID] = field(default_factory=set)
    in_line: dict[UUID, EntryState] = field(default_factory=dict)


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
    now, stands = clock.now(), viewer.in_line.get(gathering.id)
    opened, full = gathering.members_from <= now, not gathering.seats_left
    first_that_holds = (
        (Offer.CALLED_OFF, gathering.state is GatheringState.CANCELLED),
        (Offer.PAST, gathering.starts_at <= now),
        (Offer.BOOKED, gathering.id in viewer.booked),
        (Offer.OFFERED, stands is EntryState.OFFERED),
        (Offer.WAITING, full and stands is EntryState.WAITING),
        (Offer.QUEUE, full and opened and viewer.member and not viewer.lapsing and line_is_open(gathering)),
        (Offer.FULL, full),
        (Offer.OPENS_LATER, not opened),
        (Offer.RENEW, viewer.lapsing),
        (Offer.BOOK, viewer.member),
    )
    return next((offered for offered, holds in first_that_holds if holds), Offer.JOIN)


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


def structured_data(gathering: Gathering, url: str) -> Markup:
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
        "maximumAttendeeCapacity": gathering.capacity,
        "remainingAttendeeCapacity": gathering.seats_left,
        "location": _locations(gathering, url),
        "performer": [{"@type": "Person", "name": speaker.name} for speaker in gathering.speakers],
    }
    return _as_script({name: value for name, value in data.items() if value != []})


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
