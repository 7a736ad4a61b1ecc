"""Reading profiles, always for a viewer: what is kept from them does not leave this module (L2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, bindparam, func, or_, select
from sqlalchemy import cast as sql_cast

from app.accounts import queries as accounts
from app.core import clock, search
from app.core.db import db
from app.core.errors import NotFound
from app.membership.models import MembershipStatus, TermKind
from app.membership.queries import overview as membership
from app.membership.queries.overview import TermName
from app.profiles.models import Audience, Field, MemberCard, Profile, ProfileTerm

DIRECTORY, BUREAU = "directory", search.PEOPLE
MOST_DISCIPLINES = 2
KINDS: Mapping[Field, tuple[str, ...]] = {
    Field.DISCIPLINES: ("discipline",),
    Field.SECTORS: ("sector",),
    Field.COMPETENCES: ("hard_competence", "soft_competence"),
    Field.LANGUAGES: ("language",),
    Field.REGION: ("region",),
}
_FIELDS = {kind: field for field, kinds in KINDS.items() for kind in kinds}
_DATES: dict[str, Any] = {
    "given_up_on": MemberCard.given_up_on,
    "starts_on": MemberCard.starts_on,
    "ends_on": MemberCard.ends_on,
    "grace_until": MemberCard.grace_until,
    "lapses_after": MemberCard.lapses_after,
}
COUNTED = tuple(field for field in Field if field not in {Field.EMAIL, Field.WEBSITE})


@dataclass(frozen=True)
class Taxonomy:
    """The lists of the bureau, read in one go: what can be chosen, and what everything chosen is called."""

    terms: Mapping[UUID, TermName]

    def of(self, field: Field) -> list[TermName]:
        """Return what can be chosen in a field, in the order of the bureau."""
        return [term for term in self.terms.values() if term.kind in KINDS[field] and term.active]

    def named(self, field: Field) -> list[TermName]:
        """Return what a profile may hold in a field: what can be chosen, and what could be once."""
        return [term for term in self.terms.values() if term.kind in KINDS[field]]

    def field_of(self, term_id: UUID) -> Field | None:
        """Return the field that a term belongs in."""
        term = self.terms.get(term_id)
        return _FIELDS.get(term.kind) if term else None


@dataclass(frozen=True)
class Skill:
    """A term as a profile shows it; the level is None where none applies."""

    name: str
    level: int | None
    kind: str = ""


@dataclass(frozen=True)
class Shown:
    """A profile as one viewer sees it: what is kept from them is empty here, not merely left out on the page."""

    account_id: UUID
    name: str
    headline: str
    about: str
    website: str
    email: str
    available_from: date | None
    days_a_week: int | None
    terms: Mapping[Field, Sequence[Skill]]

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing to see but the name."""
        told = (self.headline, self.about, self.website, self.email, self.available_from, self.days_a_week)
        return not any(told) and not any(self.terms.values())

    @property
    def hard(self) -> list[Skill]:
        """What this person knows how to do."""
        return [skill for skill in self.terms[Field.COMPETENCES] if skill.kind == TermKind.HARD_COMPETENCE]

    @property
    def soft(self) -> list[Skill]:
        """How this person does it."""
        return [skill for skill in self.terms[Field.COMPETENCES] if skill.kind == TermKind.SOFT_COMPETENCE]

    @property
    def first_name(self) -> str:
        """The name to call somebody by."""
        return self.name.split(" ", 1)[0]


class Found(NamedTuple):
    """Somebody in the directory, as light as a list needs it; what is kept from members is empty here (L2)."""

    account_id: UUID
    name: str
    headline: str
    where: tuple[str, ...]
    available_from: date | None
    days_a_week: int | None


@dataclass(frozen=True)
class Outline:
    """What lists need of a profile; the headline is empty when other members may not see it (L2)."""

    listed: bool
    shown_headline: str
    region_id: UUID | None


@dataclass(frozen=True)
class Completeness:
    """ux 41: how much of a profile is told, and what is still missing, the most telling first."""

    done: int
    total: int
    missing: tuple[Field, ...]


def taxonomy() -> Taxonomy:
    """Read the lists of the bureau."""
    return Taxonomy({term.id: term for term in membership.all_terms()})


def profile_of(account_id: UUID) -> Profile | None:
    """Return somebody's profile, if they have one already."""
    return db.session.get(Profile, account_id)


def own(account_id: UUID) -> Profile:
    """Return one's own profile, or NotFound for whoever was never admitted."""
    profile = profile_of(account_id)
    if profile is None:
        raise NotFound
    return profile


def outlines(account_ids: Collection[UUID]) -> dict[UUID, Outline]:
    """Return of each of these profiles what lists need, in three light queries however many they are."""
    region_ids = [term.id for term in taxonomy().of(Field.REGION)]
    chosen = select(ProfileTerm.account_id, ProfileTerm.term_id).where(
        ProfileTerm.account_id.in_(account_ids), ProfileTerm.term_id.in_(region_ids)
    )
    regions = {row.account_id: row.term_id for row in db.session.execute(chosen)}
    columns = (Profile.account_id, Profile.listed, Profile.headline, Profile.visibility)
    rows = db.session.execute(select(*columns).where(Profile.account_id.in_(account_ids)))
    return {
        account_id: Outline(
            listed, headline if visibility.get(Field.HEADLINE) == Audience.MEMBERS else "", regions.get(account_id)
        )
        for account_id, listed, headline, visibility in rows
    }


def status_on(on: date) -> ColumnElement[str]:
    """M6: give as SQL how the person on a card stands on a day."""
    return membership.status_by_dates(on, **_DATES)


@lru_cache(maxsize=64)
def _stands_as(statuses: tuple[MembershipStatus, ...], on: date) -> ColumnElement[bool]:
    return or_(*(membership.stands_by_dates(status, on, **_DATES) for status in statuses))


def stands_as(statuses: Sequence[MembershipStatus], on: date) -> ColumnElement[bool]:
    """M6: say as SQL that the person on a card stands in one of these ways on a day."""
    return _stands_as(tuple(statuses), on)


def stands_as_today(statuses: Sequence[MembershipStatus]) -> ColumnElement[bool]:
    """M6: say so for today, for the filters of lists."""
    return stands_as(statuses, clock.today())


def cards() -> Select[Any]:
    """B3: select everybody who was ever admitted, with how they stand today, to filter, sort and page further."""
    return _cards(clock.today())


@lru_cache(maxsize=2)
def _cards(on: date) -> Select[Any]:
    columns = [column for column in MemberCard.__table__.columns if column.name != "listed"]
    return cast("Select[Any]", select(*columns, status_on(on).label("status")))


def head_counts() -> dict[MembershipStatus, int]:
    """B2: count everybody who was ever admitted by how they stand today."""
    status = status_on(clock.today()).label("status")
    rows = db.session.execute(select(status, func.count()).select_from(MemberCard).group_by(status))
    return {MembershipStatus(status): count for status, count in rows}


def known_to_bureau(text: str) -> ColumnElement[bool]:
    """Say that the person on a card has a name, address or company with words that begin like these."""
    return search.matching(BUREAU, MemberCard.account_id, text)


def directory() -> Select[Any]:
    """L2, M7: select whom members may find: listed by themselves, and a member today."""
    return _directory(clock.today())


@lru_cache(maxsize=2)
def _directory(on: date) -> Select[Any]:
    member = membership.member_by_dates(
        on, given_up_on=MemberCard.given_up_on, starts_on=MemberCard.starts_on, grace_until=MemberCard.grace_until
    )
    found = select(MemberCard.account_id, MemberCard.name).where(MemberCard.listed.is_(True), member)
    return cast("Select[Any]", found)


def shows_term(term_ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Say that a profile shows one of these terms to members; by what is kept from them it is not found either."""
    shown = select(ProfileTerm.account_id).where(
        ProfileTerm.term_id.in_(term_ids), ProfileTerm.audience == Audience.MEMBERS
    )
    return MemberCard.account_id.in_(shown)


def found_by(text: str, names: Taxonomy) -> ColumnElement[bool]:
    """Say that a name, a headline or a shown term holds words that begin like these, in either language."""

    def shown_terms(word: str) -> Select[UUID] | None:
        term_ids = [term.id for term in names.terms.values() if _has_word(term, word)]
        shown = select(ProfileTerm.account_id).where(ProfileTerm.audience == Audience.MEMBERS)
        return shown.where(ProfileTerm.term_id.in_(term_ids)) if term_ids else None

    return search.matching(DIRECTORY, MemberCard.account_id, text, also=shown_terms)


def _has_word(term: TermName, word: str) -> bool:
    return any(one.startswith(word) for one in search.words(term.name_nl, term.name_en))


def in_directory(account_id: UUID) -> Shown:
    """L2: return one profile as other members see it; whoever left the circle or the directory is not there."""
    if db.session.execute(directory().where(MemberCard.account_id == account_id)).first() is None:
        raise NotFound
    return as_members_see(own(account_id), taxonomy())


def as_members_see(profile: Profile, names: Taxonomy) -> Shown:
    """L2: return a profile without what its owner keeps from other members."""
    links = [(link.term_id, link.level) for link in profile.terms if link.audience is Audience.MEMBERS]
    return _shown(profile, names, links, set(filter(profile.shows, Field)))


def as_owner_sees(profile: Profile, names: Taxonomy) -> Shown:
    """Return a profile with everything its owner told."""
    return _shown(profile, names, [(link.term_id, link.level) for link in profile.terms], set(Field))


def as_bureau_sees(account_id: UUID) -> Shown | None:
    """Return a profile as its owner sees it, if there is one: the bureau knows its members (L2)."""
    profile = profile_of(account_id)
    return as_owner_sees(profile, taxonomy()) if profile else None


_SHOWN_TERMS = (
    select(func.aggregate_strings(sql_cast(ProfileTerm.term_id, String), " "))
    .where(
        ProfileTerm.account_id == Profile.account_id,
        ProfileTerm.term_id.in_(bindparam("terms", expanding=True)),
        ProfileTerm.audience == Audience.MEMBERS,
    )
    .scalar_subquery()
)
_FOUND = select(
    Profile.account_id,
    Profile.headline,
    Profile.available_from,
    Profile.days_a_week,
    Profile.visibility,
    _SHOWN_TERMS.label("terms"),
).where(Profile.account_id.in_(bindparam("people", expanding=True)))


def in_rows(people: Mapping[UUID, str], names: Taxonomy) -> list[Found]:
    """L2: return a page of the directory, names by account, as members see it, in the order asked, in one query."""
    where = [term for field in (Field.DISCIPLINES, Field.REGION) for term in names.named(field)]
    order = {term.id.hex: place for place, term in enumerate(where)}
    asked = {"people": list(people), "terms": [term.id for term in where]}
    found = {}
    for row in db.session.execute(_FOUND, asked) if people else ():
        chosen = sorted(order[written.replace("-", "")] for written in (row.terms or "").split())
        found[row.account_id] = _found(row, people, [where[place] for place in chosen])
    return [found[account_id] for account_id in people]


def _found(row: Any, people: Mapping[UUID, str], terms: Sequence[TermName]) -> Found:
    kept = {field for field in (Field.HEADLINE, Field.AVAILABILITY) if row.visibility.get(field) != Audience.MEMBERS}
    free = Field.AVAILABILITY not in kept
    disciplines = [term.name for term in terms if term.kind in KINDS[Field.DISCIPLINES]]
    regions = [term.name for term in terms if term.kind in KINDS[Field.REGION]]
    return Found(
        account_id=row.account_id,
        name=people[row.account_id],
        headline="" if Field.HEADLINE in kept else row.headline,
        where=(*disciplines[:MOST_DISCIPLINES], *regions[:1]),
        available_from=row.available_from if free else None,
        days_a_week=row.days_a_week if free else None,
    )


def completeness(profile: Profile, names: Taxonomy) -> Completeness:
    """Say how much is told and what is missing (ux 41)."""
    told = {names.field_of(link.term_id) for link in profile.terms}
    told |= {Field.HEADLINE} if profile.headline else set()
    told |= {Field.ABOUT} if profile.about else set()
    told |= {Field.AVAILABILITY} if profile.available_from or profile.days_a_week else set()
    missing = tuple(field for field in COUNTED if field not in told)
    return Completeness(len(COUNTED) - len(missing), len(COUNTED), missing)


def _shown(profile: Profile, names: Taxonomy, links: Sequence[tuple[UUID, int | None]], visible: set[Field]) -> Shown:
    account = accounts.account(profile.account_id)
    return _build(profile, account.name, account.email, names, links, visible)


def _build(
    profile: Profile,
    name: str,
    email: str,
    names: Taxonomy,
    links: Sequence[tuple[UUID, int | None]],
    visible: set[Field],
) -> Shown:
    levels = dict(links)
    terms: dict[Field, list[Skill]] = {field: [] for field in KINDS}
    for term in names.terms.values():
        field = names.field_of(term.id) if term.id in levels else None
        if field is not None:
            terms[field].append(Skill(term.name, levels[term.id], term.kind))
    terms[Field.COMPETENCES].sort(key=lambda skill: -(skill.level or 0))
    free = Field.AVAILABILITY in visible
    return Shown(
        account_id=profile.account_id,
        name=name,
        headline=profile.headline if Field.HEADLINE in visible else "",
        about=profile.about if Field.ABOUT in visible else "",
        website=profile.website if Field.WEBSITE in visible else "",
        email=email if Field.EMAIL in visible else "",
        available_from=profile.available_from if free else None,
        days_a_week=profile.days_a_week if free else None,
        terms=terms,
    )


class SilentCard(NamedTuple):
    """Somebody of whom nothing was seen."""

    account_id: UUID
    name: str
    ends_on: date


@dataclass(frozen=True)
class SilentCards:
    """How many are silent, and the first of them."""

    count: int
    first: list[SilentCard]


def silent_cards(today: date, joined_before: date, active: Sequence[Select[UUID]], limit: int) -> SilentCards:
    """M12: return who is paid up today, joined before a day and is in none of these; whose year ends first on top."""
    silent = select(MemberCard.account_id, MemberCard.name, MemberCard.ends_on).where(
        membership.stands_by_dates(MembershipStatus.ACTIVE, today, **_DATES), MemberCard.joined_on < joined_before
    )
    for seen in active:
        silent = silent.where(MemberCard.account_id.not_in(seen))
    count = db.session.scalar(select(func.count()).select_from(silent.subquery())) or 0
    rows = db.session.execute(silent.order_by(MemberCard.ends_on, MemberCard.account_id).limit(limit))
    return SilentCards(count, [SilentCard._make(row) for row in rows])
