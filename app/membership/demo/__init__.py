"""Members in every status and applications in every state, believable and of any number, for `flask demo`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.accounts.demo import known_people
from app.core.demo import DemoPlan, Person
from app.membership.demo.making import UNDATED, Fate, Maker, period
from app.membership.models import ApplicationState, MembershipStatus
from app.membership.services import CompanyDetails, seed_reference_data

__all__ = ["UNDATED", "details_of", "period", "seed"]

_ONE_OF_EACH: tuple[Fate, ...] = (
    MembershipStatus.ACTIVE,
    MembershipStatus.GRACE,
    MembershipStatus.SUSPENDED,
    MembershipStatus.LAPSED,
    MembershipStatus.ENDED,
    ApplicationState.SUBMITTED,
    ApplicationState.IN_REVIEW,
    ApplicationState.ACCEPTED,
    ApplicationState.DECLINED,
    ApplicationState.WITHDRAWN,
    ApplicationState.EXPIRED,
    ApplicationState.DRAFT,
)
_SHARES = (80, 4, 2, 4, 3, 2, 1.5, 1.5, 0.8, 0.4, 0.4, 0.4)
_DAYS_SINCE_SENT = {
    ApplicationState.SUBMITTED: (0, 9),
    ApplicationState.IN_REVIEW: (4, 18),
    ApplicationState.ACCEPTED: (17, 24),
    ApplicationState.EXPIRED: (40, 200),
}
_ANY_TIME = (10, 200)
# Years paid for, and in how many days the last of them ends.
_KNOWN_MEMBERS = {
    "lid": (3, 143),
    "verlengen": (2, 20),
    "incasso": (1, 18),
    "opgezegd": (2, 25),
    "gepauzeerd": (1, 200),
    "stil": (2, 150),
    "respijt": (3, -12),
    "onderweg": (2, -5),
    "opgeschort": (1, -40),
    "vervallen": (4, -90),
    "terug": (2, -75),
    "vrijgesteld": (3, -10),
    "betwist": (1, 334),
    "gewonnen": (1, 274),
    "verloren": (1, 324),
    "terugbetaald": (1, 339),
    "deels": (1, 314),
    "terugweg": (1, 287),
    "mislukt": (1, 319),
    "dubbel": (1, 358),
    "handmatig": (1, 334),
}
# How many days ago the application was sent in, which the bureau has in review.
_KNOWN_APPLICANTS = {
    "inbeoordeling": 10,
    "toegelaten": 14,
    "gesponsord": 16,
    "buitenland": 12,
    "verlegd": 20,
    "verschil": 18,
    "erelid": 15,
    "overboeking": 26,
    "korting": 50,
    "jubileum": 60,
    "zomer": 150,
}
_ABROAD: dict[str, dict[str, Any]] = {
    "buitenland": {
        "company": "Claes Interim BV",
        "country": "BE",
        "vat_id": "BE0999999922",
        "street": "Meirbrug 8",
        "postcode": "2000",
        "city": "Antwerpen",
        "kvk": "",
    },
    "verlegd": {
        "company": "Lindner Interim GmbH",
        "country": "DE",
        "vat_id": "DE999999995",
        "street": "Severinstraße 41",
        "postcode": "50667",
        "city": "Köln",
        "kvk": "",
    },
}


def seed(plan: DemoPlan) -> None:
    """Fill the lists, then give everybody a membership or an application; the known ones as their stories begin."""
    seed_reference_data()
    maker = Maker(plan)
    known = known_people(plan)
    maker.draft(known["aspirant"])
    for who, (years, ends_in) in _KNOWN_MEMBERS.items():
        maker.member(known[who], MembershipStatus.ACTIVE, years=years, ends_in=ends_in)
    for who, days in _KNOWN_APPLICANTS.items():
        maker.application(
            replace(known[who], **_ABROAD.get(who, {})), ApplicationState.IN_REVIEW, maker.days_ago(days, days)
        )
    for number, person in enumerate(plan.people):
        fate = _ONE_OF_EACH[number] if number < len(_ONE_OF_EACH) else maker.rng.choices(_ONE_OF_EACH, _SHARES)[0]
        _make(maker, person, fate)
    maker.rows.write()


def details_of(person: Person, *, name: str = "") -> CompanyDetails:
    """Return the company of somebody invented, as a form would tell it."""
    return CompanyDetails(
        name=name or person.company,
        kvk=person.kvk,
        vat_id=person.vat_id,
        address=person.street,
        postcode=person.postcode,
        city=person.city,
    )


def _make(maker: Maker, person: Person, fate: Fate) -> None:
    if isinstance(fate, MembershipStatus):
        maker.member(person, fate)
    elif fate is ApplicationState.DRAFT:
        maker.draft(person)
    else:
        maker.application(person, fate, maker.days_ago(*_DAYS_SINCE_SENT.get(fate, _ANY_TIME)))
