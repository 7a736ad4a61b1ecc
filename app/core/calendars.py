"""G5: appointments as calendar programs read them (RFC 5545, 5546), and the places that appointments come from.

A domain that gives people appointments adds a source in `wiring`; whoever subscribes to their own calendar then sees
what all sources tell. Times carry their zone with the rules of both clock changes, for programs that know no zones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vRecur, vText

from app.core import clock

PRODUCT = "-//Binnenkring//Agenda//NL"
SUMMER, WINTER = timedelta(hours=2), timedelta(hours=1)
LOOK_AGAIN = "PT1H"
MOST_REMEMBERED = 4096
END = b"END:VCALENDAR\r\n"


class Method(StrEnum):
    """What the calendar is asked to do."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


@dataclass(frozen=True)
class Party:
    """Who invites or is invited."""

    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One appointment, known by its `uid` for good; a higher `sequence` overrules a lower one (RFC 5546, 2.1.4).

    `stamp` is when this version of it came about. Without an attendee it invites nobody and asks for no answer.
    """

    uid: str
    stamp: datetime
    starts_at: datetime
    ends_at: datetime
    title: str
    organizer: Party
    sequence: int = 0
    zone: str = clock.HOME_ZONE.key
    description: str = ""
    location: str = ""
    url: str = ""
    cancelled: bool = False
    attendee: Party | None = None


Source = Callable[[UUID, datetime], Iterable[Entry]]
_sources: dict[str, Source] = {}


def add_source(name: str, load: Source) -> None:
    """Let a domain tell somebody's appointments that end after a moment; adding it again replaces it."""
    _sources[name] = load


def entries_of(account_id: UUID, since: datetime) -> list[Entry]:
    """Return everything that stands in somebody's calendar from a moment on, whichever domain it comes from."""
    found = [entry for load in _sources.values() for entry in load(account_id, since)]
    return sorted(found, key=lambda entry: (entry.starts_at, entry.uid))


def calendar_of(entries: Iterable[Entry], method: Method, *, name: str = "") -> bytes:
    """Write a calendar file; with a name it is one to subscribe to, which says how often to look again."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    if name:
        calendar.add("name", one_line(name))
        calendar.add("x-wr-calname", one_line(name))
        calendar.add("x-wr-timezone", clock.HOME_ZONE.key)
        calendar["refresh-interval"] = vText(LOOK_AGAIN)
        calendar["refresh-interval"].params["VALUE"] = "DURATION"
        calendar.add("x-published-ttl", LOOK_AGAIN)
    written = list(entries)
    if name or any(_at_home(entry) for entry in written):
        calendar.add_component(amsterdam())
    return b"".join([calendar.to_ical().removesuffix(END), *(_event(entry) for entry in written), END])


@lru_cache(maxsize=MOST_REMEMBERED)
def _event(entry: Entry) -> bytes:
    """Write one event; programs that subscribe ask for the same ones again and again."""
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.stamp.replace(microsecond=0))
    event.add("last-modified", entry.stamp.replace(microsecond=0))
    event.add("sequence", entry.sequence)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("dtstart", _when(entry, entry.starts_at))
    event.add("dtend", _when(entry, entry.ends_at))
    event.add("summary", one_line(entry.title))
    if entry.description:
        event.add("description", entry.description)
    if entry.location:
        event.add("location", one_line(entry.location))
    if entry.url:
        event.add("url", entry.url)
    event.add("transp", "TRANSPARENT" if entry.cancelled else "OPAQUE")
    event.add("x-microsoft-cdo-busystatus", "FREE" if entry.cancelled else "BUSY")
    event["organizer"] = _address(entry.organizer)
    if entry.attendee:
        event.add("x-microsoft-disallow-counter", "TRUE")
        event.add("attendee", _invited(entry.attendee, cancelled=entry.cancelled), encode=False)
    return bytes(event.to_ical())


def _invited(party: Party, *, cancelled: bool) -> vCalAddress:
    """Name whoever holds the seat as somebody who comes: an answer is not asked, since booking was the answer."""
    attendee = _address(party)
    attendee.params["CUTYPE"] = vText("INDIVIDUAL")
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("DECLINED" if cancelled else "ACCEPTED")
    attendee.params["RSVP"] = vText("FALSE")
    return attendee


def _when(entry: Entry, moment: datetime) -> datetime:
    """Tell a moment on Amsterdam’s clock; in the hour that autumn has twice, and elsewhere, in UTC, which is exact."""
    local = moment.astimezone(ZoneInfo(entry.zone))
    return local if _at_home(entry) and not local.fold else moment


def _at_home(entry: Entry) -> bool:
    return entry.zone == clock.HOME_ZONE.key


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{party.email}")
    address.params["CN"] = vText(one_line(party.name).replace('"', "’"))
    return address


def one_line(text: str) -> str:
    """Keep a name or title to one printable line, whatever was typed (ASVS 1.3.11)."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def amsterdam() -> Timezone:
    """Write the rules of Amsterdam's clock as they have stood since 1996, by their recurrence and not year by year."""
    zone = Timezone()
    zone.add("tzid", clock.HOME_ZONE.key)
    for part, name, month, hour, before, after in (
        (TimezoneDaylight(), "CEST", 3, 2, WINTER, SUMMER),
        (TimezoneStandard(), "CET", 10, 3, SUMMER, WINTER),
    ):
        last_sunday = {3: 31, 10: 27}[month]
        part.add("dtstart", datetime(1996, month, last_sunday, hour))  # noqa: DTZ001  a wall-clock time by definition
        part.add("rrule", vRecur({"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": "-1SU"}))
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        part.add("tzname", name)
        zone.add_component(part)
    return zone
