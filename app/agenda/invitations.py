"""G5: one booking as one evolving appointment in somebody's calendar: invited, changed, taken out.

The appointment is known by its UID, which is the booking's; a higher SEQUENCE overrules a lower one, in whatever order
mails arrive.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.agenda.guests.models import Guest
from app.agenda.models import Booking, Gathering, GatheringState, SeatMode
from app.core import clock
from app.core.calendars import Entry, Method, Party, calendar_of


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """What goes into one calendar file."""

    method: Method
    sequence: int
    host: str
    url: str
    organizer: Party
    attendee: Party


def calendar_file(booking: Booking | Guest, appointment: Appointment) -> bytes:
    """Write the calendar file of one booking; it holds exactly one event."""
    gathering = booking.gathering
    entry = Entry(
        uid=f"{booking.id}@{appointment.host}",
        stamp=clock.now(),
        sequence=appointment.sequence + booking.moves,
        starts_at=gathering.starts_at,
        ends_at=gathering.ends_at,
        zone=gathering.zone,
        title=gathering.title,
        description=described(gathering, booking.mode, appointment.url),
        location=where(gathering, booking.mode),
        url=appointment.url,
        cancelled=appointment.method is Method.CANCEL,
        organizer=appointment.organizer,
        attendee=None if appointment.method is Method.PUBLISH else appointment.attendee,
    )
    return calendar_of([entry], appointment.method)


def where(gathering: Gathering, mode: SeatMode) -> str:
    """G1: say where to go: the place with its address, or the online address for who takes part online."""
    return room_of(gathering, mode) or place_of(gathering)


def room_of(gathering: Gathering, mode: SeatMode) -> str:
    """G1: return the online address; empty for who comes to the hall, and for what does not take place."""
    called_off = gathering.state is GatheringState.CANCELLED
    return gathering.online_url if mode is SeatMode.ONLINE and not called_off else ""


def place_for(gathering: Gathering, mode: SeatMode) -> str:
    """G1: write the place with its address in one line; empty for who takes part online."""
    return place_of(gathering) if mode is SeatMode.ON_SITE else ""


def place_of(gathering: Gathering) -> str:
    """Write the place with its address in one line; empty when it is only online."""
    return ", ".join(part for part in (gathering.venue, gathering.address, gathering.city) if part)


def described(gathering: Gathering, mode: SeatMode, url: str) -> str:
    """Say what it is about and where to click, for whoever holds a seat of this mode."""
    return "\n\n".join(line for line in (gathering.summary, room_of(gathering, mode), url) if line)
