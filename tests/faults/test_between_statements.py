"""A process that dies between any two statements of the path leaves nothing half, and trying again does it once.

Booking, giving back and calling off are held to this in tests/agenda, paying step by step in tests/payments. Here is what
runs through several domains: from the first page of the application to the membership that the money begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts import queries as accounts
from app.accounts.models import Account, Purpose
from app.accounts.services import entering, tokens
from app.audit import services as audit
from app.core import clock
from app.core.db import atomic, db, forget_reads
from app.jobs import services as jobs
from app.jobs.models import Job, JobState
from app.mail.models import MailState, OutboxMail
from app.membership import queries, services
from app.membership.models import Application, ApplicationState, StepName
from app.payments import services as payments
from app.payments.models import BillState, Method
from app.payments.providers import testpay
from app.payments.providers.testpay import Play
from app.payments.queries import bill_for
from tests.factories import make_account
from tests.faults.plug import PulledError, cut_off_everywhere, plug
from tests.membership.conftest import answers, period_of, the_plan

pytestmark = pytest.mark.committed


class Cast:
    """An applicant and a coordinator, by id: after every death they are looked up anew."""

    def __init__(self) -> None:
        with atomic():
            services.seed_reference_data()
            self._applicant = make_account(given_name="Ruben", family_name="Hoekstra").id
            self._coordinator = make_account(roles=["coordinator"]).id

    @property
    def applicant(self) -> Account:
        return accounts.account(self._applicant)

    @property
    def coordinator(self) -> Account:
        return accounts.account(self._coordinator)

    @property
    def application(self) -> Application:
        found = queries.current_application(self._applicant)
        assert found
        return found

    def start(self) -> None:
        with atomic():
            services.start_application(by=self.applicant)

    def submit(self) -> None:
        with atomic():
            texts = queries.consent_texts(clock.today())
            services.submit(self.application, answers(), consents=texts, by=self.applicant)

    def review(self) -> None:
        with atomic():
            services.take_into_review(self.application, by=self.coordinator)

    def admit(self) -> None:
        with atomic():
            services.admit(self.application, plan=the_plan(), reason="Goede referenties.", by=self.coordinator)

    def bill(self) -> UUID:
        found = bill_for("membership_period", period_of(self.application).id)
        assert found
        return found.id

    def mails(self, template: str) -> int:
        db.session.expire_all()
        return sum(mail.template.endswith(template) for mail in db.session.query(OutboxMail))


@pytest.fixture
def cast(committed_app: Flask) -> Cast:
    return Cast()


@pytest.fixture(autouse=True)
def sealed(committed_app: Flask) -> Iterator[None]:
    """However it went: the audit log is whole, and no mail is left lying."""
    yield
    forget_reads()
    jobs.run_due()
    forget_reads()
    assert audit.verify_chain().sound
    left = [mail.template for mail in db.session.query(OutboxMail) if mail.state is not MailState.SENT]
    assert left == []


def test_m3_confirming_the_address_opens_one_account(committed_app: Flask) -> None:
    with atomic():
        asked = entering.sign_up(
            email="ruben@voorbeeld.example",
            given_name="Ruben",
            family_name="Hoekstra",
            password="",
            browser="this",
            locale="nl",
            next_page="/application",
        )
        token = entering.token_of(asked.token_id)
        assert token
        secret = tokens.arm(token)

    def confirm() -> None:
        with atomic():
            found = tokens.find(secret, Purpose.SIGN_UP)
            assert found
            entering.confirm_sign_up(found)

    events, changed = cut_off_everywhere(confirm)
    assert events >= 5
    assert changed["account"] == 1


def test_m3_beginning_and_keeping_a_page_is_all_or_nothing(cast: Cast) -> None:
    events, changed = cut_off_everywhere(cast.start)
    assert events >= 3
    assert changed["application"] == 1

    def save() -> None:
        with atomic():
            services.save_step(cast.application, StepName.COMPANY, {"kvk": ["1234"]}, complete=False, seen=0)

    events, changed = cut_off_everywhere(save)
    assert events >= 3
    assert changed == {"application_step": 1}


def test_m4_sending_in_is_all_or_nothing(cast: Cast) -> None:
    cast.start()
    events, changed = cut_off_everywhere(cast.submit)
    assert events >= 10
    assert changed["company"] == 1
    assert changed["application_reference"] == 2
    cast.submit()
    assert cast.mails("application_received") == 1
    assert cast.application.state is ApplicationState.SUBMITTED


def test_m4_review_and_admission_are_all_or_nothing_with_bill_period_and_mail(cast: Cast) -> None:
    cast.start()
    cast.submit()
    cut_off_everywhere(cast.review)
    events, changed = cut_off_everywhere(cast.admit)
    assert events >= 12
    assert {name: changed[name] for name in ("membership", "membership_period", "bill", "bill_line")} == {
        "membership": 1,
        "membership_period": 1,
        "bill": 1,
        "bill_line": 1,
    }
    cast.admit()
    assert cast.mails("application_accepted") == 1


def test_m4_declining_and_withdrawing_are_all_or_nothing(cast: Cast) -> None:
    cast.start()
    cast.submit()
    cast.review()

    def decline() -> None:
        with atomic():
            services.decline(cast.application, reason="Uw ervaring ligt vooral in advies.", by=cast.coordinator)

    cut_off_everywhere(decline)
    decline()
    assert cast.mails("application_declined") == 1
    cast.start()
    cast.submit()

    def withdraw() -> None:
        with atomic():
            services.withdraw(cast.application, by=cast.applicant)

    cut_off_everywhere(withdraw)
    assert cast.mails("application_withdrawn") == 1


def paid_at_the_bank(cast: Cast) -> str:
    """Admitted, and paid on the provider's page; the portal does not know yet."""
    cast.start()
    cast.submit()
    cast.review()
    cast.admit()
    bill = cast.bill()
    url = payments.pay(bill, method=Method.IDEAL, by=cast.applicant, email="", locale="nl", back=("/a", "/b"))
    reference = url.rpartition("/")[2]
    with atomic():
        testpay.play(reference, Play.PAY)
    return reference


def test_p3_m6_the_money_and_the_membership_it_begins_come_together_or_not_at_all(cast: Cast) -> None:
    reference = paid_at_the_bank(cast)
    events, changed = cut_off_everywhere(lambda: payments.converge(reference))
    assert events >= 20
    assert changed["ledger_entry"] == 1
    assert changed["number_counter"] in {0, 1}
    payments.converge(reference)
    assert queries.is_member(cast.applicant.id, clock.today())
    assert cast.application.state is ApplicationState.ACTIVE
    assert (cast.mails("welcome"), cast.mails("payment_received")) == (1, 1)


def test_p4_a_transfer_booked_by_the_treasurer_is_all_or_nothing(cast: Cast) -> None:
    cast.start()
    cast.submit()
    cast.review()
    cast.admit()
    bill = cast.bill()

    def book() -> None:
        with atomic():
            payments.book_transfer(
                bill, amount_cents=598_95, received_at=clock.now(), reference="2027-014/3", by=cast.coordinator
            )

    events, changed = cut_off_everywhere(book)
    assert events >= 20
    assert changed["ledger_entry"] == 1
    assert queries.is_member(cast.applicant.id, clock.today())
    assert cast.mails("welcome") == 1


def test_a_worker_that_dies_anywhere_leaves_its_jobs_to_be_done_once(cast: Cast) -> None:
    """Mail, invoice and hook are jobs; whichever statement of any of them is the last, the next worker ends the same."""
    reference = paid_at_the_bank(cast)
    with atomic():
        payments.receive_hook(testpay.play(reference, Play.PAY))
    died = 0
    for number in range(1, 200):
        with plug(number), suppress(PulledError):
            jobs.run_due()
            break
        died += 1
        db.session.remove()
        _let_leases_pass()
    assert died >= 20
    jobs.run_due()
    assert bill_for("membership_period", period_of(cast.application).id).state is BillState.PAID
    assert queries.is_member(cast.applicant.id, clock.today())
    assert (cast.mails("welcome"), cast.mails("payment_received"), cast.mails("application_accepted")) == (1, 1, 1)


def _let_leases_pass() -> None:
    """A dead worker's lease ends by itself; here at once."""
    with atomic() as session:
        session.execute(update(Job).where(Job.state == JobState.RUNNING).values(leased_until=clock.now()))
        session.execute(update(Job).values(attempts=0, run_at=clock.now()))
