"""What can wait for the bureau, each in one call."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from app.accounts.models import Account
from app.core import clock
from app.core.db import db
from app.jobs.models import Job, JobState
from app.mail.models import MailState, OutboxMail
from app.membership.models import Application, ApplicationState
from app.payments.models import (
    BankFile,
    BankLine,
    BankStatement,
    Bill,
    BillState,
    RefundOrder,
    Task,
    TaskKind,
)
from app.profiles.services import gather
from tests.factories import make_account


def apply(*, days_ago: int = 0, state: ApplicationState = ApplicationState.SUBMITTED, **account) -> Application:
    person = make_account(**account)
    sent = clock.now() - timedelta(days=days_ago)
    application = Application(account_id=person.id, state=state, submitted_at=sent, review_started_at=sent)
    db.session.add(application)
    db.session.flush()
    gather([person.id])
    return application


def owe(person: Account, *, cents: int, days_late: int, state: BillState = BillState.DRAFT) -> Bill:
    bill = Bill(
        person_id=person.id,
        subject_type="membership_period",
        subject_id=uuid4(),
        state=state,
        rf_reference=f"RF{uuid4().hex[:20].upper()}",
        due_on=clock.today() - timedelta(days=days_late),
        net_cents=cents,
        vat_cents=0,
        gross_cents=cents,
        buyer={"name": person.name},
    )
    db.session.add(bill)
    db.session.flush()
    return bill


def task(bill: Bill) -> Task:
    found = Task(key=uuid4().hex, bill_id=bill.id, kind=TaskKind.OVERPAID, details={"amount_cents": 100})
    db.session.add(found)
    db.session.flush()
    return found


def bank_line(*, cents: int, by: Account) -> BankLine:
    file = BankFile(name="januari.xml", sha256=uuid4().hex, size=1, uploaded_by=by.id)
    file.statements = [BankStatement(position=1, account="NL02ABNA0123456789", currency="EUR")]
    db.session.add(file)
    db.session.flush()
    values = {"account": "NL02ABNA0123456789", "currency": "EUR", "booked_on": clock.today(), "file_line": 1}
    line = BankLine(identity=uuid4().hex, statement_id=file.statements[0].id, amount_cents=cents, **values)
    db.session.add(line)
    db.session.flush()
    return line


def refund_by_hand(bill: Bill, *, cents: int) -> RefundOrder:
    values = {"provider": "bank", "payment_reference": "2027-014/3", "reason": "te veel"}
    order = RefundOrder(bill_id=bill.id, amount_cents=cents, **values)
    db.session.add(order)
    db.session.flush()
    return order


def mail(*, state: MailState = MailState.FAILED, account_id: UUID | None = None, subject: str = "Welkom") -> OutboxMail:
    found = OutboxMail(
        key=uuid4().hex,
        recipient="iemand@voorbeeld.example",
        template="membership/welcome",
        locale="nl",
        subject=subject,
        text="",
        html="",
        state=state,
        message_id=f"<{uuid4()}@x>",
        account_id=account_id,
    )
    db.session.add(found)
    db.session.flush()
    return found


def dead_job(*, kind: str = "mail.deliver", error: str = "SMTPServerDisconnected") -> Job:
    job = Job(kind=kind, state=JobState.FAILED, attempts=9, last_error=error, finished_at=clock.now(), payload={})
    db.session.add(job)
    db.session.flush()
    return job
