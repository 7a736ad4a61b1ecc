"""Breakfasts of the circle with more wishes than seats: who waits, who is seated, asked, or too late (G2–G4)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from app.accounts.demo import demo_id
from app.agenda import queries, services
from app.agenda import waitlist_queries as waitlist
from app.agenda.models import GatheringKind, Wish
from app.agenda.services import GatheringDetails, SpeakerDetails
from app.core import clock
from app.demo.stage import Stage, Story

FRIDAY = 4
BEGINS, ENDS = time(7, 30), time(9)
PROGRAMME = """### Wat er gebeurt

- Koffie en brood vanaf kwart over zeven
- Een casus, een gesprek
- Om negen uur aan het werk"""


def _working_day(stage: Stage, ahead: int) -> date:
    day = stage.today + timedelta(days=ahead)
    return day if day.weekday() <= FRIDAY else day + timedelta(days=7 - day.weekday())


def _moment(day: date, at: time) -> datetime:
    return clock.at_home(datetime.combine(day, at))


def _published(day: date, title: str, summary: str, *, capacity: int, cancel_until: datetime | None = None) -> UUID:
    coordinator = demo_id("coordinator")
    details = GatheringDetails(
        kind=GatheringKind.MASTERCLASS,
        title=title,
        summary=summary,
        programme=PROGRAMME,
        venue="Kantoor van het bureau",
        address="Maliesingel 27",
        city="Utrecht",
        starts_at=_moment(day, BEGINS),
        ends_at=_moment(day, ENDS),
        capacity=capacity,
        members_from=clock.now(),
        cancel_until=cancel_until or _moment(day - timedelta(days=2), time(12)),
        pe_tenths=15,
        speakers=[SpeakerDetails(name="Annelies Brouwer", headline="Begeleidt de ontbijten van de kring")],
    )
    gathering = services.draft_gathering(details, by=coordinator)
    services.publish_gathering(gathering, by=coordinator)
    return gathering.id


def _book(gathering_id: UUID, who: str) -> None:
    services.book_seat(queries.published(gathering_id), demo_id(who), by=demo_id(who))


def _gives_back(gathering_id: UUID, who: str) -> None:
    held = queries.live_booking(gathering_id, demo_id(who))
    assert held is not None
    services.cancel_seat(held, by=demo_id(who))


def _entry(gathering_id: UUID, who: str) -> UUID:
    found = waitlist.live_entry(gathering_id, demo_id(who))
    assert found is not None
    return found.id


def _line_moves(stage: Stage) -> Story:
    """Tell of four seats: one moves up unasked, one lets it pass, one answers too late, and one is asked now."""
    yield stage.at(33, 10)
    day = _working_day(stage, 12)
    title, summary = "Ontbijt: het gesprek dat u uitstelt", "Vier stoelen en één lastig gesprek; iemand luistert mee."
    full = _published(day, title, summary, capacity=4)
    for hour, who in enumerate(("gewonnen", "deels", "mislukt", "zomer"), start=11):
        yield stage.at(33, hour)
        _book(full, who)
    yield stage.at(30, 9)
    services.choose_default_wish(demo_id("jubileum"), Wish.ASK)
    services.choose_default_wish(demo_id("gepauzeerd"), Wish.ASK)
    for hour, who in enumerate(("korting", "jubileum", "gepauzeerd"), start=10):
        yield stage.at(30, hour)
        _book(full, who)
    yield stage.at(20, 9)
    _gives_back(full, "gewonnen")
    yield stage.at(18, 9)
    _gives_back(full, "deels")
    yield stage.at(18, 15)
    services.leave(_entry(full, "jubileum"), by=demo_id("jubileum"))
    yield stage.at(16, 8)
    services.expire_offers()
    yield stage.at(14, 20)
    _book(full, "handmatig")
    yield stage.at(5, 21)
    services.choose_default_wish(demo_id("lid"), Wish.ASK)
    _book(full, "lid")
    yield stage.at(4, 8)
    _book(full, "stil")
    yield stage.now - timedelta(hours=1)
    _gives_back(full, "zomer")


def _line_stands(stage: Stage) -> Story:
    """Tell of three seats, and of three who wait with different wishes."""
    yield stage.at(25, 10)
    title = "Ontbijt: dertig minuten met een toezichthouder"
    summary = "Wat toezichthouders van een interimmer willen weten, en wanneer."
    full = _published(_working_day(stage, 26), title, summary, capacity=3)
    for hour, who in enumerate(("gepauzeerd", "stil", "deels", "mislukt", "korting", "lid", "zomer"), start=11):
        yield stage.at(24, hour)
        _book(full, who)
    yield stage.at(24, 19)
    services.choose_wish(_entry(full, "lid"), Wish.ASK)
    yield stage.at(12, 9)
    services.leave(_entry(full, "mislukt"), by=demo_id("mislukt"))


def _line_is_over(stage: Stage) -> Story:
    """Tell of a breakfast that has been, at which somebody waited in vain."""
    yield stage.at(34, 10)
    title, summary = "Ontbijt: afscheid nemen", "Hoe u weggaat zonder dat er iets valt."
    held = _published(_working_day(stage, -9), title, summary, capacity=2)
    for hour, who in enumerate(("lid", "stil", "deels"), start=11):
        yield stage.at(33, hour)
        _book(held, who)
    yield stage.at(5, 3)
    services.expire_offers()


def _too_late_to_cancel(stage: Stage) -> Story:
    """Tell of a breakfast so near that a seat is no longer given back freely."""
    yield stage.at(21, 10)
    title, summary = "Ontbijt: de eerste week", "Wat u in de eerste week van een opdracht doet, en vooral laat."
    cancel_until = _moment(stage.today - timedelta(days=1), time(12))
    near = _published(_working_day(stage, 2), title, summary, capacity=8, cancel_until=cancel_until)
    for hour, who in enumerate(("lid", "gepauzeerd", "mislukt", "jubileum"), start=11):
        yield stage.at(20, hour)
        _book(near, who)


STORIES = (_line_moves, _line_stands, _line_is_over, _too_late_to_cancel)
