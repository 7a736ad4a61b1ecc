"""Making invented members and applications one after another, and writing them in bulk."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from app.accounts.demo import demo_id
from app.core import clock, files
from app.core.db import Base, insert_rows
from app.core.demo import DemoPlan, Person, cast_of, drawn_id, names
from app.membership import queries
from app.membership.models import (
    Application,
    ApplicationCv,
    ApplicationReference,
    ApplicationState,
    ApplicationStep,
    ApplicationTerm,
    Company,
    ManagementCategory,
    Membership,
    MembershipPeriod,
    MembershipStatus,
    Plan,
    Resignation,
    StepName,
    TermKind,
)
from app.membership.terms import year_from

AT_ONCE = 5000
LONGEST_MEMBER_YEARS = 6
RESIGNED_DAYS_BEFORE = (20, 200)
_DAYS_TO_END = {
    MembershipStatus.ACTIVE: (0, 364),
    MembershipStatus.GRACE: (-30, -1),
    MembershipStatus.SUSPENDED: (-60, -31),
    MembershipStatus.LAPSED: (-400, -61),
    MembershipStatus.ENDED: (-700, -5),
}
_WITH_CV = (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW)
Fate = MembershipStatus | ApplicationState


class _Rows:
    """Rows on their way to the database, written in bulk, parents before children."""

    order: tuple[type[Base], ...] = (
        Company,
        Application,
        ApplicationStep,
        ApplicationTerm,
        ApplicationReference,
        ApplicationCv,
        Membership,
        MembershipPeriod,
        Resignation,
    )

    def __init__(self) -> None:
        self.waiting: dict[type[Base], list[dict[str, Any]]] = {model: [] for model in self.order}

    def add(self, model: type[Base], **values: Any) -> None:
        self.waiting[model].append(values)
        if len(self.waiting[ApplicationTerm]) >= AT_ONCE:
            self.write()

    def write(self) -> None:
        for model in self.order:
            insert_rows(model, self.waiting[model])
            self.waiting[model] = []


class Maker:
    """Makes one invented person's membership or application after another."""

    def __init__(self, plan: DemoPlan) -> None:
        self.today = plan.today
        self.rng: Random = plan.chance("membership")
        self.texts = tomllib.loads(Path(__file__).with_name("content.toml").read_text(encoding="utf-8"))
        self.terms = {kind: queries.terms(kind) for kind in TermKind}
        self.rows = _Rows()
        offered = queries.plan_on_offer(plan.today)
        assert offered is not None
        self.plan: Plan = offered
        self.benefits = {held.benefit.value: held.quota for held in offered.entitlements}

    def days_ago(self, fewest: int, most: int) -> datetime:
        day = self.today - timedelta(days=self.rng.randint(fewest, most))
        return clock.at_home(datetime.combine(day, time(self.rng.randint(8, 21), self.rng.randrange(60))))

    def member(
        self, person: Person, status: MembershipStatus, *, years: int | None = None, ends_in: int | None = None
    ) -> None:
        """Make a member with a year for each time the contribution was paid; the last ends in so many days."""
        years = years or 1 + min(int(self.rng.expovariate(0.6)), LONGEST_MEMBER_YEARS - 1)
        last = self.first_day_of_year_ending(self.rng.randint(*_DAYS_TO_END[status]) if ends_in is None else ends_in)
        first = last.replace(year=last.year - years + 1)
        company_id, application_id = self.application(
            person, ApplicationState.ACTIVE, _noon(first) - timedelta(days=25)
        )
        starts = [first.replace(year=first.year + number) for number in range(years)]
        gave_up = year_from(last) if status is MembershipStatus.ENDED else None
        membership_id = self.place(person, company_id, application_id, since=_noon(first), ends_on=gave_up)
        if gave_up:
            self.resignation(membership_id, person, gave_up)
        for sequence, starts_on in enumerate(starts, start=1):
            ends_on = year_from(starts_on)
            self.rows.add(
                MembershipPeriod,
                **period(membership_id, self.plan, sequence, drawn_id(self.rng), _noon(starts_on)),
                starts_on=starts_on,
                ends_on=ends_on,
                grace_until=ends_on + timedelta(days=self.plan.grace_days),
                lapses_after=ends_on + timedelta(days=self.plan.lapse_days),
                activated_at=_noon(starts_on),
                benefits=self.benefits,
            )

    def place(
        self, person: Person, company_id: UUID, application_id: UUID, *, since: datetime, ends_on: date | None = None
    ) -> UUID:
        membership_id = drawn_id(self.rng)
        self.rows.add(
            Membership,
            id=membership_id,
            account_id=person.id,
            plan_id=self.plan.id,
            company_id=company_id,
            application_id=application_id,
            created_at=since,
            ends_on=ends_on,
        )
        return membership_id

    def resignation(self, membership_id: UUID, person: Person, ends_on: date) -> None:
        self.rows.add(
            Resignation,
            id=drawn_id(self.rng),
            membership_id=membership_id,
            ends_on=ends_on,
            reason=self.rng.choice(self.texts["resignations"]),
            asked_at=_noon(ends_on - timedelta(days=self.rng.randint(*RESIGNED_DAYS_BEFORE))),
            asked_by_id=person.id,
        )

    def first_day_of_year_ending(self, days: int) -> date:
        """Return the first day of the year that ends in so many days; never 29 February, which comes too seldom."""
        following = self.today + timedelta(days=days + 1)
        leap_day = (following.month, following.day) == (2, 29)
        following -= timedelta(days=1) if leap_day else timedelta()
        return following.replace(year=following.year - 1)

    def company(self, person: Person) -> UUID:
        company_id = drawn_id(self.rng)
        self.rows.add(
            Company,
            id=company_id,
            account_id=person.id,
            name=person.company,
            kvk=person.kvk,
            vat_id=person.vat_id,
            address=person.street,
            postcode=person.postcode,
            city=person.city,
            country=person.country,
        )
        return company_id

    def application(self, person: Person, state: ApplicationState, sent: datetime) -> tuple[UUID, UUID]:
        """Make an application that the bureau has received, with its company."""
        rng, texts = self.rng, self.texts
        company_id, application_id = self.company(person), drawn_id(rng)
        decided = state in (
            ApplicationState.ACCEPTED,
            ApplicationState.DECLINED,
            ApplicationState.EXPIRED,
            ApplicationState.ACTIVE,
        )
        reviewed = decided or state is ApplicationState.IN_REVIEW
        met = reviewed and sent + timedelta(days=9) < clock.now()
        closed = (decided and state is not ApplicationState.ACCEPTED) or state is ApplicationState.WITHDRAWN
        billed_on = clock.local(sent).date() + timedelta(days=17)
        reasons = texts["declines"] if state is ApplicationState.DECLINED else texts["admissions"]
        self.rows.add(
            Application,
            id=application_id,
            account_id=person.id,
            state=state,
            started_at=sent - timedelta(days=2, minutes=rng.randrange(600)),
            submitted_at=sent,
            review_started_at=sent + timedelta(days=3) if reviewed else None,
            decided_at=sent + timedelta(days=16) if decided else None,
            decided_by_id=demo_id("coordinator") if decided else None,
            reason=rng.choice(reasons) if decided else "",
            closed_at=_closed_at(state, sent, billed_on + timedelta(days=self.plan.payment_days)) if closed else None,
            plan_id=self.plan.id if decided and state is not ApplicationState.DECLINED else None,
            pay_before=billed_on + timedelta(days=self.plan.payment_days)
            if decided and state is not ApplicationState.DECLINED
            else None,
            company_id=company_id,
            phone=person.phone,
            place=person.city,
            linkedin_url="",
            experience_years=rng.randint(8, 32),
            categories=[one.value for one in rng.sample(list(ManagementCategory), rng.randint(1, 3))],
            motivation=rng.choice(texts["motivations"]).strip(),
            intake_report=rng.choice(texts["intakes"]).strip() if met else "",
            intake_at=sent + timedelta(days=9) if met else None,
            intake_by_id=demo_id("coordinator") if met else None,
        )
        self.choices(application_id, person)
        if state is not ApplicationState.ACTIVE:
            self.references(application_id)
        if state in _WITH_CV:
            self.cv(application_id, person)
        if state is ApplicationState.ACCEPTED:
            since = sent + timedelta(days=16)
            place = self.place(person, company_id, application_id, since=since)
            self.rows.add(MembershipPeriod, **period(place, self.plan, 1, drawn_id(rng), since), **UNDATED)
        return company_id, application_id

    def choices(self, application_id: UUID, person: Person) -> None:
        rng, terms = self.rng, self.terms
        homes = [term for term in terms[TermKind.REGION] if term.slug == person.region]
        picked = {term.id for term in homes}
        picked |= {term.id for term in rng.sample(terms[TermKind.REGION], 2)}
        picked |= {term.id for term in terms[TermKind.LANGUAGE][: rng.randint(1, 3)]}
        picked |= {term.id for term in rng.sample(terms[TermKind.DISCIPLINE], rng.randint(1, 3))}
        picked |= {term.id for term in rng.sample(terms[TermKind.SECTOR], rng.randint(1, 3))}
        levels = {
            term.id: rng.choices((1, 2, 3, 4), (1, 2, 4, 2))[0]
            for kind in (TermKind.HARD_COMPETENCE, TermKind.SOFT_COMPETENCE)
            for term in rng.sample(terms[kind], rng.randint(3, 5))
        }
        for term_id in sorted(picked, key=str):
            self.rows.add(ApplicationTerm, application_id=application_id, term_id=term_id, level=None)
        for term_id, level in levels.items():
            self.rows.add(ApplicationTerm, application_id=application_id, term_id=term_id, level=level)

    def references(self, application_id: UUID) -> None:
        for position, (referee, role) in enumerate(
            zip(cast_of(2, self.rng), self.rng.sample(self.texts["positions"], 2), strict=True), start=1
        ):
            self.rows.add(
                ApplicationReference,
                id=drawn_id(self.rng),
                application_id=application_id,
                position=position,
                name=referee.name,
                organisation=role[0].upper() + role[1:],
                email=f"{names.slug(referee.name)}@referent.example",
                phone=referee.phone,
            )

    def cv(self, application_id: UUID, person: Person) -> None:
        content = _cv_of(person)
        self.rows.add(
            ApplicationCv,
            application_id=application_id,
            stored_name=files.keep(content, "pdf"),
            shown_name=f"CV {person.name}.pdf",
            size=len(content),
            uploaded_at=clock.now(),
        )

    def draft(self, person: Person) -> None:
        """Make a draft with its first pages filled in."""
        application_id = drawn_id(self.rng)
        self.rows.add(
            Application,
            id=application_id,
            account_id=person.id,
            state=ApplicationState.DRAFT,
            started_at=self.days_ago(1, 12),
            **dict.fromkeys(_SENT_LATER),
            **_EMPTY,
        )
        for name, answers in self.first_pages(person):
            self.rows.add(
                ApplicationStep,
                id=drawn_id(self.rng),
                application_id=application_id,
                name=name,
                answers=answers,
                complete=True,
                version=1,
                saved_at=clock.now(),
            )

    def first_pages(self, person: Person) -> Iterator[tuple[StepName, dict[str, list[str]]]]:
        region = next(term for term in self.terms[TermKind.REGION] if term.slug == person.region)
        yield (
            StepName.PERSON,
            {
                "phone": [person.phone.replace("+31", "0")],
                "place": [person.city],
                "linkedin_url": [""],
                "languages": [str(term.id) for term in self.terms[TermKind.LANGUAGE][:2]],
                "regions": [str(region.id)],
            },
        )
        yield (
            StepName.COMPANY,
            {
                "company_name": [person.company],
                "kvk": [person.kvk],
                "vat_id": [person.vat_id],
                "address": [person.street],
                "postcode": [person.postcode],
                "city": [person.city],
            },
        )


_SENT_LATER = (
    "submitted_at",
    "review_started_at",
    "decided_at",
    "decided_by_id",
    "closed_at",
    "plan_id",
    "pay_before",
    "company_id",
    "experience_years",
    "intake_at",
    "intake_by_id",
)
_EMPTY: dict[str, Any] = {
    "reason": "",
    "phone": "",
    "place": "",
    "linkedin_url": "",
    "motivation": "",
    "intake_report": "",
    "categories": [],
}


def _noon(day: date) -> datetime:
    return clock.at_home(datetime.combine(day, time(12)))


def _cv_of(person: Person) -> bytes:
    """Draw a CV of one page."""
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415  heavy, and only a demo needs it here
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415  as above

    page = BytesIO()
    canvas = Canvas(page, pagesize=A4)
    canvas.setTitle(f"CV {person.name}")
    canvas.setFont("Times-Bold", 24)
    canvas.drawString(72, 760, person.name)
    canvas.setFont("Helvetica", 11)
    for number, line in enumerate((person.company, f"{person.street}, {person.postcode} {person.city}", person.email)):
        canvas.drawString(72, 730 - 16 * number, line)
    canvas.showPage()
    canvas.save()
    return page.getvalue()


UNDATED = dict.fromkeys(("starts_on", "ends_on", "grace_until", "lapses_after", "activated_at", "benefits"))


def period(membership_id: UUID, plan: Plan, sequence: int, period_id: UUID, since: datetime) -> dict[str, Any]:
    """Return the row of a period, but for its dates."""
    return {
        "id": period_id,
        "membership_id": membership_id,
        "plan_id": plan.id,
        "sequence": sequence,
        "created_at": since,
    }


def _closed_at(state: ApplicationState, sent: datetime, pay_before: date) -> datetime:
    """Return when an application came to its end; who did not pay had until the last day to."""
    if state is ApplicationState.EXPIRED:
        return _noon(pay_before + timedelta(days=1))
    return sent + timedelta(days=25)
