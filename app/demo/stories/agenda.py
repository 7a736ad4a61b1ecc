"""Breakfasts of the circle with more wishes than seats: who waits, who is seated, asked, or too late (G2–G4)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from app.accounts.demo import demo_id
from app.agenda import queries, services
from app.agenda import waitlist_queries as waitlist
from app.agenda.attendance import services as attendance
from app.agenda.attendance.models import Passage, Way
from app.agenda.guests import door as guests_door
from app.agenda.guests import services as guests
from app.agenda.guests.models import Ending, Payer
from app.agenda.guests.services import Person
from app.agenda.guests.unpaid import release_unpaid as release_unpaid_guests
from app.agenda.models import GatheringKind, SeatMode, Wish
from app.agenda.services import GatheringDetails, SpeakerDetails
from app.core import clock
from app.core.demo import DOMAIN
from app.demo.stage import Stage, Story
from app.demo.stories.finding import bill_of
from app.development import services as development
from app.payments.demo import at_the_bank

FRIDAY = 4
BEGINS, ENDS = time(7, 30), time(9)
FEE = 95_00
PROGRAMME = """### Wat er gebeurt

- Koffie en brood vanaf kwart over zeven
- Een casus, een gesprek
- Om negen uur aan het werk"""


def _working_day(stage: Stage, ahead: int) -> date:
    day = stage.today + timedelta(days=ahead)
    return day if day.weekday() <= FRIDAY else day + timedelta(days=7 - day.weekday())


def _moment(day: date, at: time) -> datetime:
    return clock.at_home(datetime.combine(day, at))


def _published(
    day: date,
    title: str,
    summary: str,
    *,
    capacity: int,
    online: int | None = None,
    cancel_until: datetime | None = None,
    fee_cents: int = 0,
) -> UUID:
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
        online_url=f"https://meet.{DOMAIN}/ontbijt" if online else "",
        online_capacity=online,
        members_from=clock.now(),
        cancel_until=cancel_until or _moment(day - timedelta(days=2), time(12)),
        pe_tenths=15,
        fee_cents=fee_cents,
        speakers=[SpeakerDetails(name="Annelies Brouwer", headline="Begeleidt de ontbijten van de kring")],
    )
    gathering = services.draft_gathering(details, by=coordinator)
    services.publish_gathering(gathering, by=coordinator)
    return gathering.id


def _book(gathering_id: UUID, who: str, mode: SeatMode | None = None) -> None:
    services.book_seat(queries.published(gathering_id), demo_id(who), by=demo_id(who), mode=mode)


def _brings(gathering_id: UUID, who: str, given_name: str, family_name: str, payer: Payer = Payer.HOST) -> UUID:
    held = queries.live_booking(gathering_id, demo_id(who))
    assert held is not None
    email = f"{given_name}.{family_name}@elders.example".lower()
    person = Person(given_name=given_name, family_name=family_name, email=email)
    return guests.add_guest(held.id, person, by=demo_id(who), payer=payer).id


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
    yield stage.at(18, 10)
    _brings(near, "lid", "Hanneke", "Vermeer")
    declined = _brings(near, "gepauzeerd", "Bas", "Terlouw")
    yield stage.at(16, 9)
    guests.take_away(declined, ending=Ending.GUEST, by=None)


def _pays(gathering_id: UUID, who: str, stage: Stage) -> None:
    held = queries.live_booking(gathering_id, demo_id(who))
    assert held is not None
    at_the_bank.pays(bill_of(held.id, services.SUBJECT).id, stage.account(who))


def _costs_something(stage: Stage) -> Story:
    """Tell of a masterclass with a fee: two have paid, one has until tomorrow, one did not, one got the money back.

    Of the guests, one paid, one was not paid for in time, and two are to be paid: by the member, and by the guest.
    """
    yield stage.at(13, 10)
    title = "Ontbijtmasterclass: onderhandelen over uw eigen opdracht"
    summary = "Een ochtend oefenen met een acteur, over tarief, mandaat en het moment waarop u weggaat."
    dear = _published(_working_day(stage, 19), title, summary, capacity=8, fee_cents=FEE)
    yield stage.at(12, 11)
    for who in ("jubileum", "zomer", "stil", "gepauzeerd"):
        _book(dear, who)
    for who in ("jubileum", "zomer", "gepauzeerd"):
        yield stage.at(12, 12)
        _pays(dear, who, stage)
    yield stage.at(12, 14)
    brought = _brings(dear, "jubileum", "Marloes", "Zijlstra", Payer.GUEST)
    _brings(dear, "gepauzeerd", "Otto", "Wiersma")
    yield stage.at(11, 9)
    at_the_bank.pays(bill_of(brought, services.ALONG).id, stage.account("jubileum"))
    yield stage.at(9, 15)
    services.release_unpaid()
    release_unpaid_guests()
    yield stage.at(4, 15)
    _gives_back(dear, "zomer")
    yield stage.at(4, 16)
    seat = queries.latest_booking(dear, demo_id("zomer"))
    at_the_bank.sends_back(bill_of(seat.id, services.SUBJECT).refund_orders[0].id)
    yield stage.at(1, 20)
    _book(dear, "lid")
    yield stage.at(1, 21)
    _brings(dear, "lid", "Annet", "Kuipers")
    _brings(dear, "gepauzeerd", "Floris", "Adema", Payer.GUEST)


def _guests_have_been(stage: Stage) -> Story:
    """Tell of guests who came, who did not come, and of one so long ago that the name is erased."""
    yield stage.at(46, 10)
    long_ago = _published(
        _working_day(stage, -38), "Ontbijt: de stilte na de vraag", "Wat u hoort als u niets zegt.", capacity=6
    )
    yield stage.at(45, 11)
    _book(long_ago, "stil")
    yield stage.at(44, 11)
    once = _brings(long_ago, "stil", "Pieter", "Hartog")
    yield _moment(_working_day(stage, -38), BEGINS)
    _comes_in(long_ago, "stil", once)
    yield stage.at(15, 10)
    lately = _published(
        _working_day(stage, -8), "Ontbijt: wie er aan tafel zit", "Over stakeholders die u niet ziet.", capacity=6
    )
    for hour, who in enumerate(("jubileum", "deels"), start=11):
        yield stage.at(14, hour)
        _book(lately, who)
    yield stage.at(13, 9)
    came = _brings(lately, "jubileum", "Carolien", "Postma")
    _brings(lately, "deels", "Rik", "Doornbos")
    yield _moment(_working_day(stage, -8), BEGINS)
    _comes_in(lately, "jubileum", came)
    attendance.pass_door(_seat(lately, "deels"), lately, Passage.IN, way=Way.NAME, by=demo_id("coordinator"))
    yield stage.at(4, 13)
    development.credit_all()
    attendance.record_no_shows(lately, by=demo_id("coordinator"))
    yield stage.at(3, 5)
    guests.forget_guests()


def _comes_in(gathering_id: UUID, who: str, guest_id: UUID) -> None:
    by = demo_id("coordinator")
    attendance.pass_door(_seat(gathering_id, who), gathering_id, Passage.IN, way=Way.TICKET, by=by)
    guests_door.pass_door(guest_id, gathering_id, Passage.IN, way=Way.TICKET, by=by)


def _seat(gathering_id: UUID, who: str) -> UUID:
    held = queries.live_booking(gathering_id, demo_id(who))
    assert held is not None
    return held.id


def _both_ways(stage: Stage) -> Story:
    """Tell of a hybrid breakfast: the hall is full with a line, online there is room; one keeps a seat there and waits.

    Another first came to the hall and takes part online now; that seat went on.
    """
    yield stage.at(11, 10)
    title = "Ontbijt in de zaal en online: besturen op afstand"
    summary = "Drie stoelen aan tafel en acht op het scherm, over leiding geven aan mensen die u zelden ziet."
    both = _published(_working_day(stage, 16), title, summary, capacity=3, online=8)
    for hour, who in enumerate(("jubileum", "stil", "deels", "lid", "korting"), start=11):
        yield stage.at(10, hour)
        _book(both, who, SeatMode.ON_SITE)
    for hour, who in enumerate(("zomer", "gepauzeerd", "lid"), start=11):
        yield stage.at(9, hour)
        _book(both, who, SeatMode.ONLINE)
    yield stage.at(7, 9)
    _book(both, "jubileum", SeatMode.ONLINE)
    for hour, who in enumerate(("handmatig", "zomer"), start=9):
        yield stage.at(6, hour)
        _book(both, who, SeatMode.ON_SITE)
    yield stage.at(5, 9)
    _brings(both, "gepauzeerd", "Wil", "Haverkort")


STORIES = (
    _line_moves,
    _line_stands,
    _line_is_over,
    _too_late_to_cancel,
    _costs_something,
    _both_ways,
    _guests_have_been,
)
