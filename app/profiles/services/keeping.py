"""Opening and keeping a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from app.accounts.events import AccountAnonymised, AccountChanged
from app.accounts.models import Account
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.i18n import _l
from app.membership.events import (
    ApplicationAccepted,
    ApplicationExpired,
    ApplicationSubmitted,
    MembershipActivated,
    MembershipChanged,
)
from app.membership.queries import overview as membership
from app.profiles import queries
from app.profiles.models import Audience, Field, Profile, ProfileTerm
from app.profiles.services.cards import gather

Levels = Mapping[UUID, int | None]


class WebsiteRefused(Refusal):
    """ASVS 1.2.2: a link that others click leads to a web page and nowhere else."""

    message = _l("A website begins with http:// or https://.")


def open_profile(account_id: UUID) -> Profile:
    """L1: give somebody a profile; a second call leaves the first one as it is."""
    profile = queries.profile_of(account_id)
    if profile is None:
        profile = Profile(account_id=account_id)
        db.session.add(profile)
    gather([account_id])
    return profile


def open_after_admission(event: ApplicationAccepted) -> None:
    """M3, L1: begin a profile with what the applicant told, so that nobody fills it in twice (ux 33)."""
    profile = queries.profile_of(event.account_id) or Profile(account_id=event.account_id)
    db.session.add(profile)
    if not profile.terms:
        told = membership.told_in_application(event.application_id)
        names = queries.taxonomy()
        profile.website = profile.website or (told.website if _leads_to_a_page(told.website) else "")
        for field in queries.KINDS:
            _take_terms(profile, field, told.levels, names)
    gather([event.account_id])


def open_on_activation(event: MembershipActivated) -> None:
    """L1: whoever becomes a member has a profile, also without an application; lists show the new dates."""
    open_profile(event.account_id)


def follow_application(event: ApplicationSubmitted | ApplicationExpired) -> None:
    """B3: let the bureau find an applicant by name, and lists tell that an admission came to nothing."""
    gather([event.account_id])


def follow_membership(event: MembershipChanged) -> None:
    """B3, M6: let lists show the dates of a membership as they are now."""
    gather([event.account_id])


def follow_account(event: AccountChanged) -> None:
    """B3, L2: let lists and searches follow a changed name or address."""
    gather([event.account_id])


def forget_profile(event: AccountAnonymised) -> None:
    """L4: leave nothing of what somebody told about themselves."""
    profile = queries.profile_of(event.account_id)
    if profile is not None:
        profile.listed, profile.available_from, profile.days_a_week = False, None, None
        profile.headline = profile.about = profile.website = ""
        profile.terms.clear()


def introduce(profile: Profile, *, headline: str, about: str, website: str, by: Account) -> None:
    """L1: say who you are, in a line and in a story."""
    if website and not _leads_to_a_page(website):
        raise WebsiteRefused
    with _changing(profile, by):
        profile.headline, profile.about, profile.website = headline, about, website


def describe_work(
    profile: Profile,
    *,
    terms: Mapping[Field, Levels],
    available_from: date | None,
    days_a_week: int | None,
    by: Account,
) -> None:
    """L1: say what you do, where, and from when you are free."""
    names = queries.taxonomy()
    with _changing(profile, by):
        profile.available_from, profile.days_a_week = available_from, days_a_week
        for field, levels in terms.items():
            _take_terms(profile, field, levels, names)


def tell_skills(profile: Profile, levels: Levels, *, by: Account) -> None:
    """L1: say how well you can what; level 0 takes a competence away, one that is not named stays as it is."""
    names = queries.taxonomy()
    with _changing(profile, by):
        known = {link.term_id: link.level for link in profile.terms}
        merged = {term: levels.get(term, level) for term, level in known.items()} | dict(levels)
        _take_terms(profile, Field.COMPETENCES, {term: level for term, level in merged.items() if level}, names)


def choose_audience(profile: Profile, *, listed: bool, visibility: Mapping[Field, Audience], by: Account) -> None:
    """L2: decide per field who sees it, and whether the directory shows you at all."""
    names = queries.taxonomy()
    with _changing(profile, by):
        profile.listed = listed
        profile.visibility = profile.visibility | {str(field): str(audience) for field, audience in visibility.items()}
        for link in profile.terms:
            link.audience = _audience(profile, names.field_of(link.term_id))


@contextmanager
def _changing(profile: Profile, by: Account) -> Iterator[None]:
    before = _snapshot(profile)
    yield
    after = _snapshot(profile)
    if before == after:
        return
    profile.updated_at = clock.now()
    audit.record("profile.changed", by=by.id, on=("account", profile.account_id), before=before, after=after)
    gather([profile.account_id])


def _snapshot(profile: Profile) -> dict[str, Any]:
    return {
        "headline": profile.headline,
        "about": profile.about,
        "website": profile.website,
        "available_from": profile.available_from,
        "days_a_week": profile.days_a_week,
        "listed": profile.listed,
        "visibility": {str(field): str(audience) for field, audience in profile.visibility.items()},
        "terms": {str(link.term_id): link.level for link in sorted(profile.terms, key=lambda link: str(link.term_id))},
    }


def _take_terms(profile: Profile, field: Field, levels: Levels, names: queries.Taxonomy) -> None:
    """Keep links that stay, so that a save without a change writes nothing; what is on another list is left alone."""
    links = {link.term_id: link for link in profile.terms if names.field_of(link.term_id) is field}
    for term_id, link in links.items():
        if term_id not in levels:
            profile.terms.remove(link)
    for term_id, level in levels.items():
        if term_id in links:
            links[term_id].level = level
        elif names.field_of(term_id) is field:
            profile.terms.append(ProfileTerm(term_id=term_id, level=level, audience=_audience(profile, field)))


def _audience(profile: Profile, field: Field | None) -> Audience:
    return Audience.MEMBERS if field is not None and profile.shows(field) else Audience.BUREAU


def _leads_to_a_page(address: str) -> bool:
    return urlsplit(address).scheme in {"http", "https"}
