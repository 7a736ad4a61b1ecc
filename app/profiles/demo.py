"""Believable profiles for everybody in the demo who was ever admitted, of any number."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from app.accounts.demo import demo_id
from app.core import clock
from app.core.db import insert_rows
from app.core.demo import DemoPlan
from app.membership.queries import overview as membership
from app.membership.queries.overview import TermName
from app.profiles import queries, services
from app.profiles.models import Audience, Field, Profile, ProfileTerm, first_visibility

AT_ONCE = 2000
UNTOLD_IN_TEN = 2
STORY_IN_TEN = 7
HIDDEN_IN_HUNDRED = 4
SHOWS_MAIL_IN_TEN = 4
FREE_IN_TEN = 6
SHOWS_FREEDOM_IN_TEN = 5
LANGUAGE_SHARES = (30, 12, 5, 2, 1, 1, 2, 1)


@dataclass(frozen=True)
class Content:
    """What invented members tell of themselves."""

    headlines: Mapping[str, Sequence[str]]
    stories: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls) -> Content:
        """Read the file beside this module."""
        found = tomllib.loads(Path(__file__).with_name("demo_content.toml").read_text(encoding="utf-8"))
        return cls(found["headlines"], found["stories"])


class _Teller:
    """Makes one invented member's profile after another."""

    def __init__(self, plan: DemoPlan) -> None:
        names = queries.taxonomy()
        self.today, self.rng, self.content = plan.today, plan.chance("profiles"), Content.read()
        self.terms = {field: names.of(field) for field in queries.KINDS}
        self.regions = {person.id: person.region for person in plan.people}

    def profile(self, account_id: UUID, disciplines: Sequence[TermName]) -> dict[str, Any]:
        """Make what somebody tells; some tell nothing, most keep their availability to the bureau."""
        rng = self.rng
        visibility = first_visibility()
        if rng.randrange(10) < SHOWS_MAIL_IN_TEN:
            visibility[Field.EMAIL] = Audience.MEMBERS
        if rng.randrange(10) < SHOWS_FREEDOM_IN_TEN:
            visibility[Field.AVAILABILITY] = Audience.MEMBERS
        told = rng.randrange(10) >= UNTOLD_IN_TEN
        free = told and rng.randrange(10) < FREE_IN_TEN
        since = clock.at_home(datetime.combine(self.today - timedelta(days=rng.randrange(1, 400)), time(10)))
        return {
            "account_id": account_id,
            "listed": rng.randrange(100) >= HIDDEN_IN_HUNDRED,
            "headline": rng.choice(self.content.headlines[disciplines[0].slug]) if told else "",
            "about": _story(self.content, rng) if told and rng.randrange(10) < STORY_IN_TEN else "",
            "website": "",
            "available_from": self.today + timedelta(days=rng.randrange(-20, 180)) if free else None,
            "days_a_week": rng.choice((2, 3, 3, 4, 4, 5)) if free else None,
            "visibility": {str(field): str(audience) for field, audience in visibility.items()},
            "created_at": since,
            "updated_at": since,
        }

    def disciplines(self) -> list[TermName]:
        """Choose one discipline, or now and then two."""
        return self.rng.sample(self.terms[Field.DISCIPLINES], self.rng.choice((1, 1, 2)))

    def links(self, account_id: UUID, disciplines: Sequence[TermName]) -> list[dict[str, Any]]:
        """Choose somebody's terms, with levels for competences."""
        rng, terms = self.rng, self.terms
        region = self.regions.get(account_id, "utrecht")
        home, others = terms[Field.LANGUAGES][:1], terms[Field.LANGUAGES][1:]
        chosen: list[tuple[TermName, int | None]] = [(term, None) for term in disciplines]
        chosen += [(term, None) for term in rng.sample(terms[Field.SECTORS], rng.randrange(1, 4))]
        chosen += [(term, None) for term in home + rng.choices(others, LANGUAGE_SHARES[: len(others)])]
        chosen += [(term, None) for term in terms[Field.REGION] if term.slug == region]
        competences = rng.sample(terms[Field.COMPETENCES], rng.randrange(4, 9))
        chosen += [(term, rng.choice((2, 3, 3, 4))) for term in competences]
        return [
            {"account_id": account_id, "term_id": term.id, "level": level, "audience": Audience.MEMBERS}
            for term, level in chosen
        ]


def seed(plan: DemoPlan) -> None:
    """Let everybody who was admitted tell something."""
    teller = _Teller(plan)
    admitted = membership.admitted_ids()
    for start in range(0, len(admitted), AT_ONCE):
        profiles: list[dict[str, Any]] = []
        links: list[dict[str, Any]] = []
        for account_id in admitted[start : start + AT_ONCE]:
            disciplines = teller.disciplines()
            profiles.append(teller.profile(account_id, disciplines))
            if account_id == demo_id("lid"):
                profiles[-1] |= {"listed": True}
            links += teller.links(account_id, disciplines)
        insert_rows(Profile, profiles)
        insert_rows(ProfileTerm, links)


def gather(plan: DemoPlan) -> None:
    """Gather the cards that lists are made of, once everything they show is there."""
    del plan
    services.gather_everybody()


def _story(content: Content, rng: Random) -> str:
    stories = content.stories
    parts = [f"{rng.choice(stories['opening'])} {rng.choice(stories['work'])}"]
    if rng.randrange(2):
        items = "\n".join(f"- {item}" for item in rng.sample(list(stories["list_items"]), 3))
        parts.append(f"{rng.choice(stories['list_heading'])}\n\n{items}")
    parts.append(rng.choice(stories["closing"]))
    return "\n\n".join(parts)
