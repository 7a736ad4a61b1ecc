"""Applicants and members as the tests need them. The day is Monday 4 January 2027, nine o'clock in Amsterdam."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import Engine, event, select

from app.accounts.models import Account
from app.core import clock
from app.core.db import db
from app.core.i18n import _, speaking
from app.mail.models import OutboxMail
from app.membership import queries, services
from app.membership.models import (
    Application,
    ApplicationState,
    Membership,
    MembershipPeriod,
    Plan,
    StepName,
    TermKind,
)
from app.membership.services import Answers, CompanyDetails, ReferenceDetails
from app.payments.events import BillPaid
from app.payments.queries import bill_for
from tests.factories import make_account

from .renewing import Years, pay_first

NOW = datetime(2027, 1, 4, 8, 0, tzinfo=UTC)
TODAY = date(2027, 1, 4)
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
MOTIVATION = (
    "Ik leid al jaren organisaties door moeilijke tijden en mis een plek waar iemand mij vraagt waarom ik iets doe."
    " Ik breng ervaring met toezicht mee."
)


@pytest.fixture(autouse=True)
def calendar() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def lists(app: Any) -> None:
    services.seed_reference_data()


@pytest.fixture
def applicant(lists: None) -> Account:
    return make_account(given_name="Ruben", family_name="Hoekstra", email="ruben@voorbeeld.example")


@pytest.fixture
def coordinator(lists: None) -> Account:
    return make_account(roles=("coordinator",), given_name="Annelies", family_name="Brouwer")


@pytest.fixture
def as_applicant(client: FlaskClient, applicant: Account, sign_in: Any) -> FlaskClient:
    sign_in(client, applicant)
    return client


@pytest.fixture
def as_coordinator(app: Any, coordinator: Account, sign_in: Any) -> FlaskClient:
    client = app.test_client()
    sign_in(client, coordinator)
    return client


@pytest.fixture
def posted(app: Any) -> Callable[..., list[OutboxMail]]:
    def mails(to: Account) -> list[OutboxMail]:
        db.session.expire_all()
        wanted = select(OutboxMail).where(OutboxMail.recipient == to.email)
        return list(db.session.scalars(wanted.order_by(OutboxMail.created_at, OutboxMail.key)))

    return mails


def pages() -> dict[StepName, dict[str, Any]]:
    """What somebody types on each page; the CV comes as a file."""
    terms = {kind: [str(term.id) for term in queries.terms(kind)] for kind in TermKind}
    levels = {
        kind: {f"level-{term.slug}": str(number % 5) for number, term in enumerate(queries.terms(kind))}
        for kind in (TermKind.HARD_COMPETENCE, TermKind.SOFT_COMPETENCE)
    }
    return {
        StepName.PERSON: {
            "phone": "06 12 34 56 78",
            "place": "Haarlem",
            "languages": terms[TermKind.LANGUAGE][:2],
            "regions": terms[TermKind.REGION][6:8],
        },
        StepName.COMPANY: {
            "company_name": "Hoekstra Interim B.V.",
            "kvk": "1234 5678",
            "vat_id": "nl 0000.99998.B57",
            "address": "Kade 12",
            "postcode": "2011ab",
            "city": "Haarlem",
        },
        StepName.EXPERIENCE: {
            "years": "18",
            "categories": ["change", "crisis"],
            "disciplines": terms[TermKind.DISCIPLINE][:2],
            "sectors": terms[TermKind.SECTOR][2:4],
        },
        StepName.HARD_COMPETENCES: levels[TermKind.HARD_COMPETENCE],
        StepName.SOFT_COMPETENCES: levels[TermKind.SOFT_COMPETENCE],
        StepName.REFERENCES: {
            "references-0-name": "Petra de Wit",
            "references-0-organisation": "Bestuurder, zorggroep",
            "references-0-email": "petra@referent.example",
            "references-0-phone": "06 87654321",
            "references-1-name": "Omar Bakkali",
            "references-1-organisation": "Directeur, woningcorporatie",
            "references-1-email": "omar@referent.example",
            "references-1-phone": "020 5551234",
        },
        StepName.MOTIVATION: {"motivation": MOTIVATION},
    }


def a_cv(content: bytes = PDF, name: str = "cv.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def fill_in(client: FlaskClient, *without: StepName) -> None:
    """Start and fill in every page but those left out."""
    client.post("/application")
    for name, typed in pages().items():
        if name not in without:
            files = {"cv": a_cv()} if name is StepName.MOTIVATION else {}
            client.post(f"/application/{name}", data=typed | files, content_type="multipart/form-data")


def ticks() -> dict[str, str]:
    return {f"consent-{text.id}": "1" for text in queries.consent_texts(clock.today())}


def answers() -> Answers:
    """A whole application, checked."""
    terms = queries.terms(TermKind.LANGUAGE, TermKind.REGION, TermKind.DISCIPLINE, TermKind.SECTOR)
    return Answers(
        phone="+31612345678",
        place="Haarlem",
        linkedin_url="",
        company=CompanyDetails("Hoekstra Interim B.V.", "12345678", "NL000099998B57", "Kade 12", "2011 AB", "Haarlem"),
        experience_years=18,
        categories=[],
        term_ids=[term.id for term in terms[:6]],
        levels={term.id: 3 for term in queries.terms(TermKind.HARD_COMPETENCE)[:4]},
        references=[
            ReferenceDetails("Petra de Wit", "Bestuurder, zorggroep", "petra@referent.example", "+31687654321"),
            ReferenceDetails("Omar Bakkali", "Directeur, corporatie", "omar@referent.example", "+31205551234"),
        ],
        motivation=MOTIVATION,
    )


def applied(applicant: Account, state: ApplicationState = ApplicationState.SUBMITTED, *, by: Account) -> Application:
    """An application brought to a state by the rules themselves."""
    application = services.start_application(by=applicant)
    if state is ApplicationState.DRAFT:
        return application
    services.submit(application, answers(), consents=queries.consent_texts(clock.today()), by=applicant)
    if state is ApplicationState.WITHDRAWN:
        services.withdraw(application, by=applicant)
        return application
    if state is ApplicationState.SUBMITTED:
        return application
    services.take_into_review(application, by=by)
    if state is ApplicationState.DECLINED:
        services.decline(application, reason="Uw ervaring ligt vooral in advies, niet in leiding.", by=by)
    elif state is not ApplicationState.IN_REVIEW:
        services.admit(application, plan=the_plan(), reason="Goede referenties.", by=by)
        if state is ApplicationState.ACTIVE:
            services.activate_after_payment(payment_for(application))
        if state is ApplicationState.EXPIRED:
            application.pay_before = clock.today() - timedelta(days=1)
            services.expire_admission(application)
    db.session.flush()
    return application


def the_plan() -> Plan:
    found = queries.plan_on_offer(clock.today())
    assert found is not None
    return found


def period_of(application: Application) -> MembershipPeriod:
    wanted = select(MembershipPeriod).join(Membership, Membership.id == MembershipPeriod.membership_id)
    return db.session.scalars(
        wanted.where(Membership.account_id == application.account_id).order_by(MembershipPeriod.sequence.desc())
    ).first()


def payment_for(application: Application, *, at: datetime | None = None) -> BillPaid:
    """The news that the bill of an admission is covered."""
    period = period_of(application)
    bill = bill_for("membership_period", period.id)
    assert bill is not None
    return BillPaid(
        bill_id=bill.id,
        person_id=application.account_id,
        subject_type="membership_period",
        subject_id=period.id,
        paid_at=at or clock.now(),
    )


def said(message: Any, **values: Any) -> str:
    """A text as a Dutch page shows it."""
    with speaking("nl"):
        return str(escape(_(str(message), **values) if isinstance(message, str) else str(message)))


def statements(act: Callable[[], object]) -> int:
    """How many statements an act sends."""
    sent: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return len(sent)


@pytest.fixture
def years(applicant: Account, coordinator: Account, calendar: time_machine.Traveller) -> Years:
    """Ruben, who paid on 4 January 2027 for the first time."""
    pay_first(applied(applicant, ApplicationState.ACCEPTED, by=coordinator), coordinator)
    db.session.commit()
    return Years(calendar, applicant, coordinator)
