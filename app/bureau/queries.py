"""What waits for the bureau and how things stand, as far as the viewer may know it (B1, B2, B7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.accounts import queries as accounts
from app.accounts.models import Account
from app.agenda import queries as agenda
from app.agenda import waitlist_queries as waitlist
from app.agenda.entries import Listed, doors_on
from app.agenda.models import Booking, Gathering
from app.audit import queries as audit
from app.audit.models import AuditEntry
from app.challenge import queries as challenge
from app.core import clock, search
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.jobs import queries as jobs
from app.mail import queries as mail
from app.mail.models import OutboxMail
from app.membership import queries as membership
from app.membership.models import (
    Application,
    Membership,
    MembershipPeriod,
    MembershipStatus,
    NoticeSent,
    PeriodWaiver,
)
from app.membership.queries import Standing, overview
from app.membership.queries.overview import Headcount
from app.payments import queries as payments
from app.payments.models import Bill
from app.payments.queries import Outstanding
from app.profiles import queries as profiles
from app.profiles.queries import Shown

MONTHS = 13
SESSIONS = 6
LATEST = 10
PAST = 5
FOUND = 8
SILENT_SHOWN = 100

Rights = Collection[Permission]


class Matter(StrEnum):
    """B1: what can wait for the bureau, the most pressing first."""

    PAYMENTS = "payments"
    BANK_LINES = "bank_lines"
    REFUNDS = "refunds"
    APPLICATIONS = "applications"
    REVIEWS = "reviews"
    ENVELOPES = "envelopes"
    WAITLISTS = "waitlists"
    OVERDUE = "overdue"
    MAILS = "mails"
    JOBS = "jobs"


@dataclass(frozen=True)
class Waiting:
    """Something that waits: how much of it, since when, and for how much money."""

    matter: Matter
    count: int
    since: datetime | None = None
    cents: int = 0

    @property
    def days(self) -> int:
        """For how many calendar days the oldest has been waiting."""
        return (clock.today() - clock.local(self.since).date()).days if self.since else 0


@dataclass(frozen=True)
class Figures:
    """B2: how things stand, as far as the viewer may know; what they may not is None."""

    standing: dict[MembershipStatus, int] | None
    months: Sequence[Headcount] | None
    sessions: Sequence[Listed] | None
    doors: Sequence[Listed]
    outstanding: Sequence[Outstanding] | None


@dataclass(frozen=True)
class Person:
    """B7: everything about one person that this viewer may know; a part that is closed to them is None."""

    account: Account
    standing: Standing | None
    plan: str
    company: str
    periods: Sequence[MembershipPeriod]
    waivers: Mapping[UUID, PeriodWaiver]
    waived_by: Mapping[UUID, str]
    profile: Shown | None
    applications: Sequence[Application] | None
    bills: Sequence[Bill] | None
    coming: Sequence[Booking] | None
    past: Sequence[Booking] | None
    notices: Sequence[NoticeSent]
    membership: Membership | None
    mails: Sequence[OutboxMail] | None
    trail: Sequence[AuditEntry] | None


@dataclass(frozen=True)
class Found:
    """What a search over everything found; a part that is closed to the viewer is empty."""

    people: Sequence[accounts.Person]
    bills: Sequence[Bill]
    gatherings: Sequence[Gathering]

    @property
    def count(self) -> int:
        return len(self.people) + len(self.bills) + len(self.gatherings)


def work_queue(rights: Rights, outstanding: Sequence[Outstanding] | None) -> list[Waiting]:
    """B1: return what waits for whoever holds these rights, and nothing that waits for others.

    `outstanding` is what the figures beside the queue were told of the money still to come; None is not for the viewer.
    """
    waiting = []
    if outstanding is not None:
        heaps = payments.waiting()
        waiting += [
            Waiting(Matter.PAYMENTS, heaps.tasks.count, heaps.tasks.since),
            Waiting(Matter.BANK_LINES, heaps.lines.count, heaps.lines.since, heaps.lines.cents),
            Waiting(Matter.REFUNDS, heaps.refunds.count, heaps.refunds.since, heaps.refunds.cents),
            _overdue(outstanding),
        ]
    if Permission.APPLICATION_READ in rights:
        received, judged = membership.waiting_applications(), membership.reviewing()
        waiting += [
            Waiting(Matter.APPLICATIONS, received.count, received.since),
            Waiting(Matter.REVIEWS, judged.count, judged.since),
        ]
    if Permission.CHALLENGE_RUN in rights:
        closed = challenge.waiting_for_ballots()
        waiting.append(Waiting(Matter.ENVELOPES, closed.count, closed.since))
    if Permission.BOOKING_READ in rights:
        waiting.append(Waiting(Matter.WAITLISTS, waitlist.stuck_count()))
    if Permission.MAIL_READ in rights:
        waiting.append(Waiting(Matter.MAILS, mail.failed_count()))
    if Permission.JOB_RETRY in rights:
        waiting.append(Waiting(Matter.JOBS, jobs.failed_count()))
    order = list(Matter)
    return sorted((one for one in waiting if one.count), key=lambda one: order.index(one.matter))


def _overdue(outstanding: Sequence[Outstanding]) -> Waiting:
    late = [one for one in outstanding if one.age is not payments.Age.NOT_DUE]
    return Waiting(Matter.OVERDUE, sum(one.count for one in late), cents=sum(one.cents for one in late))


def figures(rights: Rights) -> Figures:
    """B2: return the figures of the start page."""
    members = Permission.MEMBER_READ in rights
    return Figures(
        standing=profiles.head_counts() if members else None,
        months=overview.paid_members_on(_month_ends(clock.today())) if members else None,
        sessions=agenda.coming(SESSIONS) if Permission.GATHERING_READ in rights else None,
        doors=doors_on(clock.today()) if Permission.ATTENDANCE_RECORD in rights else (),
        outstanding=payments.outstanding(clock.today()) if Permission.PAYMENT_READ in rights else None,
    )


def _month_ends(today: date) -> list[date]:
    """Return today and the last days of the twelve months before, the oldest first."""
    days, day = [today], today.replace(day=1)
    while len(days) < MONTHS:
        days.append(day - timedelta(days=1))
        day = days[-1].replace(day=1)
    return days[::-1]


def person(account_id: UUID, rights: Rights) -> Person:
    """Bring one person together; NotFound for whoever neither is nor was a member and never applied."""
    account = accounts.account(account_id)
    standing = membership.standing(account_id, clock.today())
    applications = overview.received_of(account_id)
    if standing is None and not applications:
        raise NotFound
    bills = payments.bills_of(account_id) if Permission.PAYMENT_READ in rights else None
    periods, waivers = membership.periods_with_waivers(account_id)
    company = membership.company_of(standing.company_id) if standing else None
    may_see_bookings = Permission.BOOKING_READ in rights
    return Person(
        account=account,
        standing=standing,
        plan=overview.plan_names()[standing.plan_id] if standing else "",
        company=company.name if company else "",
        periods=periods,
        waivers=waivers,
        waived_by=accounts.names({waiver.by_id for waiver in waivers.values()}) if waivers else {},
        profile=profiles.as_bureau_sees(account_id),
        applications=applications if Permission.APPLICATION_READ in rights else None,
        bills=bills,
        coming=agenda.bookings_of(account_id) if may_see_bookings else None,
        past=agenda.bookings_of(account_id, past=True, limit=PAST) if may_see_bookings else None,
        notices=membership.notices_of(account_id) if Permission.MEMBER_READ in rights else (),
        membership=membership.membership(standing.membership_id) if standing else None,
        mails=mail.to_account(account_id, limit=LATEST) if Permission.MAIL_READ in rights else None,
        trail=_trail(account_id, applications, bills or ()) if Permission.AUDIT_READ in rights else None,
    )


def _trail(account_id: UUID, applications: Sequence[Application], bills: Sequence[Bill]) -> list[AuditEntry]:
    objects: list[tuple[str, UUID]] = [("account", account_id)]
    objects += [("membership", place_id) for place_id in overview.place_ids(account_id)]
    objects += [("application", application.id) for application in applications]
    objects += [("bill", bill.id) for bill in bills]
    return audit.about_any(objects, limit=2 * LATEST)


SEARCHED = frozenset({Permission.MEMBER_READ, Permission.PAYMENT_READ, Permission.GATHERING_READ})
"""Whoever has none of these finds nothing, and is offered no search."""


def find(text: str, rights: Rights) -> Found:
    """Search everything by name, address, company, invoice number or title, as far as the viewer may know it."""
    members = Permission.MEMBER_READ in rights
    people = accounts.people(search.found(profiles.BUREAU, text, FOUND)).values() if members else ()
    return Found(
        people=sorted(people, key=lambda one: search.plain(f"{one.family_name} {one.given_name}")),
        bills=payments.found(text, FOUND) if text.strip() and Permission.PAYMENT_READ in rights else (),
        gatherings=agenda.titled(text, FOUND) if text.strip() and Permission.GATHERING_READ in rights else (),
    )


@dataclass(frozen=True)
class SilentMember:
    """M12: a paid-up member of whom nothing was seen for a while."""

    account_id: UUID
    name: str
    ends_on: date
    last_seen: datetime | None
    paused: bool
    invited_on: date | None


@dataclass(frozen=True)
class Silent:
    """M12: how many are silent, and those whose year ends first."""

    count: int
    members: Sequence[SilentMember]


def silent(weeks: int) -> Silent:
    """M12: return the paid-up members who neither booked nor signed in for so many weeks."""
    since, real_since = clock.now() - timedelta(weeks=weeks), clock.real_now() - timedelta(weeks=weeks)
    active = (agenda.booked_since(since), accounts.seen_since(real_since))
    joined_before = clock.local(since).date()
    found = profiles.silent_cards(clock.today(), joined_before, active, SILENT_SHOWN)
    ids = [card.account_id for card in found.first]
    seats, seen, asked = agenda.last_seats(ids), accounts.last_seen(ids), membership.invitations(ids)
    members = []
    for card in found.first:
        paused_on, invited_on = asked.get(card.account_id, (None, None))
        known = [day for day in (seats.get(card.account_id), seen.get(card.account_id)) if day]
        last_seen = max(known, default=None)
        members.append(
            SilentMember(card.account_id, card.name, card.ends_on, last_seen, paused_on is not None, invited_on)
        )
    return Silent(found.count, members)
