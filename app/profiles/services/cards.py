"""Gathering the member cards: what lists show of people, brought together from the domains that own it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts import queries as accounts
from app.core import search
from app.core.db import atomic, db, put_rows
from app.membership.queries import overview as membership
from app.profiles import queries
from app.profiles.models import MemberCard

PARTICLES = frozenset(
    (
        "van",
        "de",
        "der",
        "den",
        "het",
        "t",
        "s",
        "ten",
        "ter",
        "te",
        "in",
        "op",
        "aan",
        "el",
        "al",
        "von",
        "du",
        "da",
        "la",
        "le",
    )
)
LONGEST_NAME = 200
AT_ONCE = 500


def sort_key(given_name: str, family_name: str) -> str:
    """Write a name as a Dutch list sorts it: `Anna van der Berg` stands under the B."""
    parts = family_name.split()
    while len(parts) > 1 and search.plain(parts[0]) in PARTICLES:
        parts.pop(0)
    return search.plain(f"{' '.join(parts)} {given_name}")[:LONGEST_NAME]


def gather(account_ids: Collection[UUID]) -> int:
    """Bring these people's cards up to date, in the transaction that changed what they show; return how many have one.

    Whoever was never admitted gets no card. The words they are found by come along: for the directory what other
    members may see, for the bureau name, address and company of applicants too.
    """
    db.session.flush()
    ids = sorted(set(account_ids))
    locked = select(MemberCard.account_id).where(MemberCard.account_id.in_(ids)).order_by(MemberCard.account_id)
    db.session.execute(locked.with_for_update())
    places = membership.places(ids)
    profiles = queries.outlines(ids)
    people = accounts.people(ids)
    cards: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    for place in places:
        person, profile = people[place.account_id], profiles.get(place.account_id)
        card = {
            "account_id": place.account_id,
            "name": person.name[:LONGEST_NAME],
            "sort_key": sort_key(person.given_name, person.family_name),
            "email": person.email,
            "company": place.company,
            "city": place.city,
            "plan_id": place.plan_id,
            "region_id": profile.region_id if profile else None,
            "listed": profile is not None and profile.listed,
            "joined_on": place.joined_on,
            "starts_on": place.starts_on,
            "ends_on": place.ends_on,
            "grace_until": place.grace_until,
            "lapses_after": place.lapses_after,
            "given_up_on": place.given_up_on,
        }
        cards.append(card)
        if profile is not None and profile.listed:
            words += search.rows(queries.DIRECTORY, place.account_id, person.name, profile.shown_headline)
    companies = {place.account_id: place.company for place in places}
    companies |= membership.companies_applied_with(people.keys() - companies.keys())
    for account_id, person in people.items():
        words += search.rows(queries.BUREAU, account_id, person.name, person.email, companies.get(account_id, ""))
    put_rows(MemberCard, cards)
    search.forget(queries.DIRECTORY, *ids)
    search.forget(queries.BUREAU, *ids)
    put_rows(search.SearchWord, words)
    return len(cards)


def gather_all() -> int:
    """Gather everybody's card again, some hundreds per transaction: daily, and after an import."""
    everybody = membership.known_ids()
    gathered = 0
    for ids in _chunks(everybody):
        with atomic():
            gathered += gather(ids)
    return gathered


def gather_everybody() -> int:
    """Do the same within the transaction that is open, for data made in bulk."""
    return sum(gather(ids) for ids in _chunks(membership.known_ids()))


def _chunks(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
