"""What the domains' `demo.py` modules share: how much to make, one source of chance, and the invented cast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from uuid import UUID

from app.core import clock
from app.core.demo import names

PASSWORD = "een kring van vakmensen"  # noqa: S105  printed by `flask demo`, which production refuses
DOMAIN = "demo.example"


@dataclass(frozen=True)
class Person:
    """Somebody invented: who they are, where they live and what their company is called."""

    id: UUID
    given_name: str
    family_name: str
    email: str
    phone: str
    company: str
    kvk: str
    vat_id: str
    street: str
    postcode: str
    city: str
    region: str
    country: str = "NL"

    @property
    def name(self) -> str:
        """The name as it is written."""
        return f"{self.given_name} {self.family_name}"


@dataclass
class DemoPlan:
    """How much to make and as of which day; the same seed gives the same data."""

    members: int
    sessions: int
    bookings: int
    seed: int
    today: date
    rng: Random = field(init=False)
    people: Sequence[Person] = field(init=False)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)  # noqa: S311  chance for a demo, not for a secret
        self.people = cast_of(self.members, self.rng)

    def chance(self, purpose: str) -> Random:
        """Return a source of chance of one's own, so that a change in one domain's demo leaves the others alone."""
        return Random(f"{self.seed}:{purpose}")  # noqa: S311  as above

    def new_id(self) -> UUID:
        """Draw an id that is the same again with the same seed."""
        return drawn_id(self.rng)


def drawn_id(rng: Random) -> UUID:
    """Draw an id from a source of chance."""
    return UUID(int=rng.getrandbits(128), version=4)


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """Let the portal's time go on from a moment, so that what is invented to have happened then bears that date."""
    before, shift = clock.following(), moment - clock.real_now()
    clock.follow(lambda: shift)
    try:
        yield
    finally:
        clock.follow(before)


def cast_of(count: int, rng: Random) -> list[Person]:
    """Invent so many people, each with an address of their own."""
    return [_person(number, rng) for number in range(1, count + 1)]


def _person(number: int, rng: Random) -> Person:
    given, family = rng.choice(names.GIVEN), rng.choice(names.FAMILY)
    city, region, postcode_start, _area = rng.choice(names.PLACES)
    return Person(
        id=drawn_id(rng),
        given_name=given,
        family_name=family,
        email=f"{names.slug(f'{given} {family}')}.{number}@leden.{DOMAIN}",
        phone=f"+316{rng.randrange(10**7, 10**8)}",
        company=names.firm(rng, family),
        kvk=f"{rng.randrange(6 * 10**7, 9 * 10**7)}",
        vat_id=names.vat_id(rng),
        street=f"{rng.choice(names.STREETS)} {rng.randrange(1, 240)}",
        postcode=names.postcode(rng, postcode_start),
        city=city,
        region=region,
    )
