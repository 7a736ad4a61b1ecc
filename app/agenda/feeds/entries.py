"""Seats and gatherings as appointments, and gatherings as news (RSS 2.0)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree import ElementTree as ET

from flask import current_app

from app.agenda.feeds import queries
from app.agenda.invitations import described, place_of, where
from app.agenda.models import Gathering, GatheringState
from app.core.calendars import Entry, Party, one_line
from app.core.formats import time_range
from app.core.i18n import _
from app.mail.rendering import link, public_url

ATOM = "http://www.w3.org/2005/Atom"


def own_seats(account_id: UUID, since: datetime) -> list[Entry]:
    """G5: tell somebody's seats as appointments; with the same UID as the invitations by mail."""
    return [
        _entry(
            booking.gathering,
            uid=booking.id,
            since=booking.booked_at,
            description=described(booking.gathering, booking.mode, _page(booking.gathering)),
            location=where(booking.gathering, booking.mode),
            moves=booking.moves,
        )
        for booking in queries.seats_since(account_id, since)
    ]


def public_entries(gatherings: Iterable[Gathering]) -> list[Entry]:
    """G10: tell gatherings to anybody; the online address is for who holds a seat."""
    return [
        _entry(
            gathering,
            uid=gathering.id,
            since=gathering.published_at or gathering.created_at,
            description=f"{gathering.summary}\n\n{_page(gathering)}",
            location=place_of(gathering) or _("Online"),
        )
        for gathering in gatherings
    ]


def _entry(
    gathering: Gathering, *, uid: UUID, since: datetime, description: str, location: str, moves: int = 0
) -> Entry:
    house = current_app.config["HOUSE"]
    return Entry(
        uid=f"{uid}@{urlsplit(public_url()).hostname or 'localhost'}",
        stamp=max(since, gathering.cancelled_at or since),
        sequence=gathering.sequence + moves,
        starts_at=gathering.starts_at,
        ends_at=gathering.ends_at,
        zone=gathering.zone,
        title=gathering.title,
        description=description,
        location=location,
        url=_page(gathering),
        cancelled=gathering.state is GatheringState.CANCELLED,
        organizer=Party(house.bureau, house.email),
    )


def _page(gathering: Gathering) -> str:
    return link("agenda.show", id=gathering.id)


def news(gatherings: Iterable[Gathering], *, title: str, here: str, locale: str) -> bytes:
    """G10: write gatherings as news for feed readers, the last announced first."""
    ET.register_namespace("atom", ATOM)
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    _say(channel, "title", title)
    _say(channel, "link", link("agenda.index"))
    _say(channel, "description", _("What the circle has newly put in its agenda."))
    _say(channel, "language", locale)
    ET.SubElement(channel, f"{{{ATOM}}}link", href=here, rel="self", type="application/rss+xml")
    for gathering in gatherings:
        item = ET.SubElement(channel, "item")
        _say(item, "title", gathering.title)
        _say(item, "link", _page(gathering))
        ET.SubElement(item, "guid", isPermaLink="true").text = _page(gathering)
        _say(item, "pubDate", format_datetime(gathering.published_at or gathering.created_at))
        when = time_range(gathering.starts_at, gathering.ends_at)
        _say(item, "description", f"{when} · {place_of(gathering) or _('Online')}. {gathering.summary}")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(rss, encoding="utf-8")


def _say(parent: ET.Element, name: str, text: str) -> None:
    """Add an element; signs that XML cannot hold become a space."""
    ET.SubElement(parent, name).text = one_line(text)
